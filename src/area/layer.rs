//! Layers: a kind of area at a vintage.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What sort of area a layer holds: `lad`, `icb`, `sicbl`, `rgn`...
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LayerKind(Box<str>);

/// Which edition of the areas: usually the year in which it came into force (`2025`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vintage(Box<str>);

/// One layer exactly: kind and vintage, written `lad@2025`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LayerId {
    /// What sort of area.
    pub kind: LayerKind,
    /// Which edition.
    pub vintage: Vintage,
}

/// A layer as asked for: `lad@2025`, or `lad` for whichever vintage is current.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LayerRef {
    /// What sort of area.
    pub kind: LayerKind,
    /// Which edition, when it was named.
    pub vintage: Option<Vintage>,
}

/// Why a text does not name a layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayerRefError {
    /// The kind is empty or holds something other than a-z, 0-9, `-` and `_`.
    #[error("`{0}` is not a kind of layer: use small letters, digits, `-` and `_`, as in `lad`")]
    Kind(String),
    /// The vintage is empty or holds something other than letters, digits, `-`, `_` and `.`.
    #[error("`{0}` is not a vintage: use letters, digits, `-`, `_` and `.`, as in `2025`")]
    Vintage(String),
    /// A vintage is needed here.
    #[error("`{0}` names no vintage: write it as in `lad@2025`")]
    NoVintage(String),
}

/// Longest kind or vintage accepted; far above any in use, it bounds what a request can make us echo.
const MAX_CHARS: usize = 40;

impl LayerRef {
    /// The current councils, `lad`: the layer that a place is in when nothing else is said.
    pub fn council() -> Self {
        LayerRef { kind: LayerKind("lad".into()), vintage: None }
    }
}

impl FromStr for LayerKind {
    type Err = LayerRefError;
    fn from_str(text: &str) -> Result<Self, LayerRefError> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if text.is_empty() || text.len() > MAX_CHARS || !text.bytes().all(fits) {
            return Err(LayerRefError::Kind(text.to_owned()));
        }
        Ok(LayerKind(text.into()))
    }
}

impl FromStr for Vintage {
    type Err = LayerRefError;
    fn from_str(text: &str) -> Result<Self, LayerRefError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if text.is_empty() || text.len() > MAX_CHARS || !text.bytes().all(fits) {
            return Err(LayerRefError::Vintage(text.to_owned()));
        }
        Ok(Vintage(text.into()))
    }
}

impl FromStr for LayerRef {
    type Err = LayerRefError;
    fn from_str(text: &str) -> Result<Self, LayerRefError> {
        match text.split_once('@') {
            None => Ok(LayerRef { kind: text.parse()?, vintage: None }),
            Some((kind, vintage)) => Ok(LayerRef { kind: kind.parse()?, vintage: Some(vintage.parse()?) }),
        }
    }
}

impl TryFrom<String> for LayerRef {
    type Error = LayerRefError;
    fn try_from(text: String) -> Result<Self, LayerRefError> {
        text.parse()
    }
}

impl From<LayerRef> for String {
    fn from(layer: LayerRef) -> String {
        layer.to_string()
    }
}

impl FromStr for LayerId {
    type Err = LayerRefError;
    fn from_str(text: &str) -> Result<Self, LayerRefError> {
        let LayerRef { kind, vintage } = text.parse()?;
        let vintage = vintage.ok_or_else(|| LayerRefError::NoVintage(text.to_owned()))?;
        Ok(LayerId { kind, vintage })
    }
}

macro_rules! text_type {
    ($name:ident) => {
        impl $name {
            /// The text as written in URLs and files.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = LayerRefError;
            fn try_from(text: String) -> Result<Self, LayerRefError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0.into()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
text_type!(LayerKind);
text_type!(Vintage);

impl TryFrom<String> for LayerId {
    type Error = LayerRefError;
    fn try_from(text: String) -> Result<Self, LayerRefError> {
        text.parse()
    }
}

impl From<LayerId> for String {
    fn from(id: LayerId) -> String {
        id.to_string()
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.kind, self.vintage)
    }
}

impl fmt::Display for LayerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.vintage {
            Some(vintage) => write!(f, "{}@{vintage}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_written_with_or_without_its_vintage() {
        let id: LayerId = "lad@2025".parse().unwrap();
        assert_eq!((id.kind.as_str(), id.vintage.as_str()), ("lad", "2025"));
        assert_eq!(id.to_string(), "lad@2025");
        assert_eq!("icb".parse::<LayerRef>().unwrap().vintage, None);
        assert_eq!("icb".parse::<LayerId>(), Err(LayerRefError::NoVintage("icb".into())));
    }

    #[test]
    fn what_is_not_a_layer_is_refused() {
        for text in ["", "LAD", "lad@", "@2025", "lad@20 25", "lad/2025"] {
            assert!(text.parse::<LayerRef>().is_err(), "{text}");
        }
    }
}
