//! Points in groups of those near one another, so that memory that several of them need is fetched once.

use geo::{Coord, Rect};

/// Columns and rows of tiles over the points. With more of them, the ends of the groups would not all be at hand while points
/// are handed out.
const COLUMNS: usize = 32;
const ROWS: usize = 64;

/// Points by the tiles in which they lie.
#[derive(Default)]
pub(super) struct Groups {
    /// The points, group by group.
    pub points: Vec<Coord>,
    /// Where each of them stood.
    pub places: Vec<u32>,
    tiles: Vec<u16>,
}

impl Groups {
    /// Parts points into groups; what was held before is forgotten. `bounds` holds the places where it matters.
    pub fn part(&mut self, points: &[Coord], bounds: Rect) {
        // The box around the points, no larger than `bounds`.
        let (mut low, mut high) = (bounds.max(), bounds.min());
        for point in points {
            let inside = Coord {
                x: point.x.max(bounds.min().x).min(bounds.max().x),
                y: point.y.max(bounds.min().y).min(bounds.max().y),
            };
            low = Coord { x: low.x.min(inside.x), y: low.y.min(inside.y) };
            high = Coord { x: high.x.max(inside.x), y: high.y.max(inside.y) };
        }
        let (per_x, per_y) = (COLUMNS as f64 / (high.x - low.x), ROWS as f64 / (high.y - low.y));
        let mut ends = [0u32; COLUMNS * ROWS];
        self.tiles.clear();
        self.tiles.extend(points.iter().map(|point| {
            // What lies beyond goes to a tile at the side, what is no number to the first.
            let column = (((point.x - low.x) * per_x) as usize).min(COLUMNS - 1);
            let row = (((point.y - low.y) * per_y) as usize).min(ROWS - 1);
            let tile = row * COLUMNS + column;
            ends[tile] += 1;
            tile as u16
        }));
        let mut end = 0;
        for count in &mut ends {
            end += std::mem::replace(count, end);
        }
        self.points.resize(points.len(), Coord { x: 0.0, y: 0.0 });
        self.places.resize(points.len(), 0);
        for (place, (&point, &tile)) in points.iter().zip(&self.tiles).enumerate() {
            let at = &mut ends[usize::from(tile)];
            self.points[*at as usize] = point;
            self.places[*at as usize] = place as u32;
            *at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_point_is_in_one_group(
            points in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..300),
            box_of in ((-2.0..2.0_f64, -2.0..2.0_f64), (0.0..2.0_f64, 0.0..2.0_f64)),
            before in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 0..300),
        ) {
            let coords = |of: &[(f64, f64)]| of.iter().map(|&(x, y)| Coord { x, y }).collect::<Vec<_>>();
            let (points, mut groups) = (coords(&points), Groups::default());
            let ((x, y), (width, height)) = box_of;
            let bounds = Rect::new(Coord { x, y }, Coord { x: x + width, y: y + height });
            groups.part(&coords(&before), bounds);
            groups.part(&points, bounds);
            let mut places = groups.places.clone();
            places.sort_unstable();
            prop_assert_eq!(places, (0..points.len() as u32).collect::<Vec<_>>());
            for (point, &place) in groups.points.iter().zip(&groups.places) {
                let there = points[place as usize];
                prop_assert_eq!((point.x.to_bits(), point.y.to_bits()), (there.x.to_bits(), there.y.to_bits()));
            }
        }
    }
}
