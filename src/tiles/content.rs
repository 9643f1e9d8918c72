//! Which vector layers a tile holds.

use std::str::FromStr;

/// The vector layers of a tile that a client wants. Outlines over another map need no areas, and a map that draws its own
/// lines no borders: what is left out is neither made nor sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TileContent {
    /// A polygon for each area.
    pub areas: bool,
    /// Each border once.
    pub borders: bool,
    /// A point inside each area.
    pub labels: bool,
}

/// Why a text does not say what tiles hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TileContentError {
    /// There is no such vector layer.
    #[error("tiles hold areas, borders and labels, not {0:?}")]
    Unknown(String),
    /// One is named twice.
    #[error("{0} are named twice")]
    Twice(&'static str),
}

impl TileContent {
    /// All there is.
    pub const ALL: TileContent = TileContent { areas: true, borders: true, labels: true };

    /// True when areas are to be looked at: for themselves, or for their labels.
    pub(super) fn needs_areas(self) -> bool {
        self.areas || self.labels
    }

    /// True when it has the vector layer of an id.
    pub(super) fn has(mut self, id: &str) -> bool {
        self.named_mut(id).is_some_and(|(_, has)| *has)
    }

    fn named_mut(&mut self, id: &str) -> Option<(&'static str, &mut bool)> {
        match id {
            "areas" => Some(("areas", &mut self.areas)),
            "borders" => Some(("borders", &mut self.borders)),
            "labels" => Some(("labels", &mut self.labels)),
            _ => None,
        }
    }
}

impl FromStr for TileContent {
    type Err = TileContentError;

    /// Reads ids with commas between them, in any order.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut content = TileContent { areas: false, borders: false, labels: false };
        for id in text.split(',') {
            let named = content.named_mut(id).ok_or_else(|| TileContentError::Unknown(id.to_owned()));
            match named? {
                (name, true) => return Err(TileContentError::Twice(name)),
                (_, has) => *has = true,
            }
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_may_come_in_any_order_once_each() {
        assert_eq!("labels,borders,areas".parse(), Ok(TileContent::ALL));
        assert_eq!("areas".parse(), Ok(TileContent { areas: true, borders: false, labels: false }));
        let lines = TileContent { areas: false, borders: true, labels: false };
        assert_eq!("borders".parse(), Ok(lines));
        assert!(lines.has("borders") && !lines.has("areas") && !lines.has("lines"));
        for (wrong, message) in [
            ("", "tiles hold areas, borders and labels, not \"\""),
            ("areas,lad", "tiles hold areas, borders and labels, not \"lad\""),
            ("areas,", "tiles hold areas, borders and labels, not \"\""),
            ("labels,areas,labels", "labels are named twice"),
        ] {
            assert_eq!(wrong.parse::<TileContent>().unwrap_err().to_string(), message);
        }
    }
}
