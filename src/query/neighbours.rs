//! The areas around an area.

use std::collections::HashMap;

use crate::atlas::{AtlasLayer, Border};

/// What counts as touching.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Touch {
    /// A common length of border.
    Border,
    /// Corners too.
    Point,
}

impl std::str::FromStr for Touch {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "border" => Ok(Touch::Border),
            "point" => Ok(Touch::Point),
            _ => Err("give `border` (a common length) or `point` (corners too)".to_owned()),
        }
    }
}

/// An area some steps away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The number of the area in the layer.
    pub area: u32,
    /// The least number of borders to cross on the way there.
    pub order: u32,
    /// The length of the common border in metres; 0 beyond the first order and where the two touch in points only.
    pub shared_border_m: f64,
    /// True when a border on the way is drawn for small scales or was matched between two drawings.
    pub approximate: bool,
}

/// The areas of a layer within a number of steps of one of them: nearest order first, then by common border, longest
/// first; beyond the first order in the order of their numbers.
pub fn neighbours(layer: &AtlasLayer, area: u32, order: u32, touch: Touch) -> Vec<Neighbour> {
    let adjacency = layer.adjacency();
    let around = |area: u32| -> &[Border] {
        match touch {
            Touch::Border => adjacency.bordering(area),
            Touch::Point => adjacency.touching(area),
        }
    };
    let mut found: Vec<Neighbour> = Vec::new();
    let mut known: HashMap<u32, usize> = HashMap::from([(area, usize::MAX)]);
    let mut rim: Vec<(u32, bool)> = vec![(area, false)];
    for step in 1..=order {
        let begins = found.len();
        for (from, approximate) in rim {
            for border in around(from) {
                let approximate = approximate || border.approximate;
                match known.get(&border.area) {
                    None => {
                        known.insert(border.area, found.len());
                        let shared_border_m = if step == 1 { border.length_m } else { 0.0 };
                        found.push(Neighbour {
                            area: border.area,
                            order: step,
                            shared_border_m,
                            approximate,
                        });
                    }
                    // One way there without doubt is enough.
                    Some(&at) if at >= begins && at < found.len() => found[at].approximate &= approximate,
                    Some(_) => {}
                }
            }
        }
        if step > 1 {
            found[begins..].sort_unstable_by_key(|n| n.area);
            for (i, neighbour) in found.iter().enumerate().skip(begins) {
                known.insert(neighbour.area, i);
            }
        }
        rim = found[begins..].iter().map(|n| (n.area, n.approximate)).collect();
        if rim.is_empty() {
            break;
        }
    }
    found
}
