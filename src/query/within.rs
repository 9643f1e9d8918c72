//! What is within a distance of a point, and what is nearest to it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::atlas::AtlasLayer;
use crate::geometry::{Circle, LonLat, NearestSearch};

/// The farthest that is looked, in metres.
pub const FARTHEST_M: f64 = 500_000.0;

/// How an area must lie to the circle or polygon asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// Some place of it is in there, its border included.
    Intersects,
    /// All of it is in there.
    Contains,
    /// Its centroid is in there.
    Centroid,
}

impl Relation {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Relation::Intersects => "intersects",
            Relation::Contains => "contains",
            Relation::Centroid => "centroid",
        }
    }
}

impl std::str::FromStr for Relation {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Relation::Intersects, Relation::Contains, Relation::Centroid]
            .into_iter()
            .find(|relation| relation.as_str() == text)
            .ok_or_else(|| "give `intersects`, `contains` or `centroid`".to_owned())
    }
}

/// An area within a distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// The number of the area in the layer.
    pub area: u32,
    /// Metres on the ellipsoid from the point to the nearest place of the area; 0 inside.
    pub distance_m: f64,
    /// The share of the area's ground inside the circle, 0 to 1.
    pub share_inside: f64,
}

/// Areas that are read together before they are looked at, as one by one they would be waited for.
const READ_TOGETHER: usize = 128;

/// The areas of a layer that lie to a circle as asked, nearest first, of those equally near the most of it inside first.
pub fn within_circle(layer: &AtlasLayer, circle: &Circle, relation: Relation) -> Vec<Within> {
    let (index, middle, radius_m) = (layer.index(), circle.middle(), circle.radius_m());
    let mut search = NearestSearch::about(middle);
    let mut found: Vec<Within> = Vec::new();
    let mut near = index.near(middle, radius_m);
    near.retain(|&area| index.bounds(area).is_some_and(|bounds| !circle.misses_box(bounds)));
    for (i, &area) in near.iter().enumerate() {
        if i % READ_TOGETHER == 0 {
            index.touch_small(&near[i..near.len().min(i + READ_TOGETHER)]);
        }
        let Some(bounds) = index.bounds(area) else { continue };
        let Some(distance_m) = index.distance_m(area, &mut search, radius_m) else { continue };
        let is_meant = match relation {
            Relation::Intersects => true,
            Relation::Contains => index.is_in_circle(area, circle),
            Relation::Centroid => layer.centroids()[area as usize].is_some_and(|c| circle.holds(c)),
        };
        if is_meant {
            let share_inside = match layer.areas()[area as usize].area_m2 {
                _ if circle.holds_box(bounds) => 1.0,
                whole_m2 if whole_m2 > 0.0 => {
                    (index.area_in_circle_m2(area, circle) / whole_m2).clamp(0.0, 1.0)
                }
                _ => 0.0,
            };
            found.push(Within { area, distance_m, share_inside });
        }
    }
    found.sort_by(|a, b| {
        (a.distance_m.total_cmp(&b.distance_m))
            .then(b.share_inside.total_cmp(&a.share_inside))
            .then(a.area.cmp(&b.area))
    });
    found
}

/// The `limit` areas of a layer nearest to a point and no farther than `farthest_m`: number and distance in metres (0
/// inside), nearest first.
pub fn nearest(layer: &AtlasLayer, from: LonLat, limit: usize, farthest_m: f64) -> Vec<(u32, f64)> {
    let (index, mut search) = (layer.index(), NearestSearch::about(from));
    // As far as the areas asked for reach when they are a quarter as large as others, as where people live.
    let usual_m = (limit as f64 * layer.mean_area_m2() / (4.0 * std::f64::consts::PI)).sqrt();
    let mut reach_m = usual_m.max(1_000.0).min(farthest_m);
    loop {
        let lower_m = |area: u32| index.bounds(area).map(|bounds| search.frame().box_at_least_m(bounds));
        // A length that is not negative is in the order of its bits.
        let mut candidates: BinaryHeap<Reverse<(u64, u32)>> = index
            .near(from, reach_m)
            .into_iter()
            .filter_map(|area| Some((lower_m(area)?, area)))
            .filter(|(lower_m, _)| *lower_m <= reach_m)
            .map(|(lower_m, area)| Reverse((lower_m.to_bits(), area)))
            .collect();
        // Nearest first; no box that begins beyond the last of enough found can hold a nearer area.
        let mut found: Vec<(u32, f64)> = Vec::with_capacity(limit + 1);
        while let Some(Reverse((lower_m, area))) = candidates.pop() {
            let lower_m = f64::from_bits(lower_m);
            let last_m = if found.len() < limit { reach_m } else { found.last().map_or(reach_m, |f| f.1) };
            if lower_m > last_m {
                break;
            }
            if let Some(distance_m) = index.distance_m(area, &mut search, last_m) {
                let place =
                    found.partition_point(|f| f.1.total_cmp(&distance_m).then(f.0.cmp(&area)).is_lt());
                found.insert(place, (area, distance_m));
                found.truncate(limit);
            }
        }
        if found.len() >= limit || reach_m >= farthest_m {
            return found;
        }
        reach_m = (reach_m * 2.0).min(farthest_m);
    }
}
