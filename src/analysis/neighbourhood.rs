//! Who counts as a neighbour, read off a layer: by its borders, or by the distance of its areas.

use std::sync::atomic::{AtomicUsize, Ordering};

use geo::Coord;
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::GeomWithData;

use crate::atlas::{AtlasLayer, Border};
use crate::geometry::{self, LonLat, NearestSearch};

/// The place that stands for an area where distances are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The point inside it farthest from its border.
    LabelPoint,
    /// Its centroid, which may lie outside.
    Centroid,
}

/// Which areas are neighbours.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Neighbourhood {
    /// Those that share a border or touch in a point.
    Queen,
    /// Those that share a border.
    Rook,
    /// The k nearest, of those equally near the one with the lower number. One-sided: an area need not be among the nearest
    /// of its nearest.
    Nearest {
        /// How many.
        k: usize,
        /// From where to where.
        place: Place,
    },
    /// All within a distance.
    Band {
        /// The distance in metres on the ellipsoid, itself included.
        distance_m: f64,
        /// From where to where.
        place: Place,
    },
}

/// What is done with an area that has no neighbour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Islands {
    /// It stays without: its row of weights is 0.
    Alone,
    /// It and the area nearest to it become neighbours of each other.
    Joined,
}

/// An island and the area it was joined to, by their places among the areas asked about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Joint {
    /// The island.
    pub island: u32,
    /// The area whose ground is nearest to the island's label point.
    pub nearest: u32,
    /// How far that is, in metres.
    pub distance_m: f64,
}

/// The neighbours of some areas among each other, by their places among the areas asked about.
#[derive(Clone, PartialEq, Debug)]
pub struct Neighbours {
    /// The neighbours of each.
    pub lists: Vec<Vec<u32>>,
    /// Those that had none.
    pub islands: Vec<u32>,
    /// What the islands were joined to.
    pub joints: Vec<Joint>,
    /// How many borders are only about right: matched between two coverages, or drawn for small scales.
    pub approximate: usize,
}

/// Why neighbours cannot be had.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum NeighbourhoodFault {
    /// There are not so many others.
    #[error("{areas} areas have a value, so each has at most {} neighbours", .areas - 1)]
    TooMany {
        /// How many areas there are.
        areas: usize,
    },
    /// The weights would be almost a full matrix.
    #[error(
        "so many neighbours make more than {MOST_LINKS} pairs: ask for a shorter distance or fewer neighbours"
    )]
    TooDense,
}

/// The most pairs of neighbours, each direction counted: a hundred for each small area of England and Wales.
pub const MOST_LINKS: usize = 4_000_000;

/// The least radius of curvature of the ellipsoid, in metres: that of the meridian at the equator.
const LEAST_RADIUS_M: f64 = 6_335_439.0;

/// The farthest that the area nearest to an island is looked for, in metres.
const FARTHEST_M: f64 = 500_000.0;

/// The neighbours of some areas of a layer among each other; `areas` are their numbers, ascending. Areas that are not named
/// are as if they were not there: those beyond them are no neighbours.
pub fn neighbours(
    layer: &AtlasLayer,
    areas: &[u32],
    neighbourhood: Neighbourhood,
    islands: Islands,
) -> Result<Neighbours, NeighbourhoodFault> {
    let adjacency = layer.adjacency();
    let mut found = match neighbourhood {
        Neighbourhood::Queen => by_border(areas, |area| adjacency.touching(area)),
        Neighbourhood::Rook => by_border(areas, |area| adjacency.bordering(area)),
        Neighbourhood::Nearest { k, place } => Points::of(layer, areas, place).nearest(k)?,
        Neighbourhood::Band { distance_m, place } => Points::of(layer, areas, place).within(distance_m)?,
    };
    found.islands = (0..areas.len() as u32).filter(|&place| found.lists[place as usize].is_empty()).collect();
    if islands == Islands::Joined {
        let join = |&island: &u32| {
            let (nearest, distance_m) = nearest_ground(layer, areas, island)?;
            Some(Joint { island, nearest, distance_m })
        };
        found.joints = found.islands.par_iter().filter_map(join).collect();
        for joint in &found.joints {
            found.lists[joint.island as usize].push(joint.nearest);
            found.lists[joint.nearest as usize].push(joint.island);
        }
    }
    Ok(found)
}

fn unjoined(lists: Vec<Vec<u32>>, approximate: usize) -> Neighbours {
    Neighbours { lists, islands: Vec::new(), joints: Vec::new(), approximate }
}

fn by_border<'a>(areas: &[u32], around: impl Fn(u32) -> &'a [Border]) -> Neighbours {
    let mut approximate = 0;
    let of = |&area: &u32| {
        let mut list = Vec::new();
        for border in around(area) {
            if let Ok(place) = areas.binary_search(&border.area) {
                list.push(place as u32);
                approximate += usize::from(border.approximate && border.area > area);
            }
        }
        list
    };
    let lists = areas.iter().map(of).collect();
    unjoined(lists, approximate)
}

/// The area among `areas` whose ground is nearest to the label point of one of them.
fn nearest_ground(layer: &AtlasLayer, areas: &[u32], island: u32) -> Option<(u32, f64)> {
    let own = areas[island as usize];
    let from = LonLat::try_from(layer.label_points()[own as usize]?).ok()?;
    let (index, mut search) = (layer.index(), NearestSearch::about(from));
    let mut reach_m = 10_000.0;
    loop {
        let mut nearest: Option<(f64, u32)> = None;
        for area in index.near(from, reach_m).into_iter().filter(|&area| area != own) {
            let Ok(place) = areas.binary_search(&area) else { continue };
            let limit_m = nearest.map_or(reach_m, |(least_m, _)| least_m);
            if let Some(distance_m) = index.distance_m(area, &mut search, limit_m)
                && nearest.is_none_or(|least| (distance_m, place as u32) < least)
            {
                nearest = Some((distance_m, place as u32));
            }
        }
        if nearest.is_some() || reach_m >= FARTHEST_M {
            return nearest.map(|(distance_m, place)| (place, distance_m));
        }
        reach_m = (reach_m * 2.0).min(FARTHEST_M);
    }
}

/// A place and its number.
type Entry = GeomWithData<[f64; 3], u32>;

/// The places of areas, in a tree of earth-centred points. The straight line between two is never longer than their
/// distance, so the tree finds every candidate, and the distance on the ellipsoid decides.
struct Points {
    at: Vec<Option<LonLat>>,
    tree: RTree<Entry>,
}

/// The straight line between two places, in metres.
fn line_m(from: LonLat, to: &Entry) -> f64 {
    geometry::earth_centred_m(from).iter().zip(to.geom()).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

impl Points {
    fn of(layer: &AtlasLayer, areas: &[u32], place: Place) -> Points {
        let places: &[Option<Coord>] = match place {
            Place::LabelPoint => layer.label_points(),
            Place::Centroid => layer.centroids(),
        };
        let at: Vec<Option<LonLat>> =
            areas.iter().map(|&area| LonLat::try_from(places[area as usize]?).ok()).collect();
        let entry = |(number, at): (usize, &Option<LonLat>)| {
            Some(GeomWithData::new(geometry::earth_centred_m((*at)?), number as u32))
        };
        let tree = RTree::bulk_load(at.iter().enumerate().filter_map(entry).collect());
        Points { at, tree }
    }

    /// The same both ways, to the last digit.
    fn distance_m(&self, one: u32, other: u32) -> f64 {
        match (self.at[one.min(other) as usize], self.at[one.max(other) as usize]) {
            (Some(from), Some(to)) => geometry::distance_m(from, to),
            _ => f64::INFINITY,
        }
    }

    fn nearest(&self, k: usize) -> Result<Neighbours, NeighbourhoodFault> {
        let areas = self.at.len();
        if k >= areas {
            return Err(NeighbourhoodFault::TooMany { areas });
        }
        if k == 0 {
            return Ok(unjoined(vec![Vec::new(); areas], 0));
        }
        if k.saturating_mul(areas) > MOST_LINKS {
            return Err(NeighbourhoodFault::TooDense);
        }
        let of = |number: u32| {
            let Some(at) = self.at[number as usize] else { return Vec::new() };
            let mut found: Vec<(f64, u32)> = Vec::with_capacity(k + 1);
            for entry in self.tree.nearest_neighbor_iter(geometry::earth_centred_m(at)) {
                if entry.data == number {
                    continue;
                }
                let last_m = if found.len() < k { f64::INFINITY } else { found[k - 1].0 };
                if line_m(at, entry) > last_m {
                    break;
                }
                let here = (self.distance_m(number, entry.data), entry.data);
                let place = found.partition_point(|there| *there < here);
                found.insert(place, here);
                found.truncate(k);
            }
            found.into_iter().map(|(_, other)| other).collect()
        };
        Ok(unjoined((0..areas as u32).into_par_iter().map(of).collect(), 0))
    }

    fn within(&self, distance_m: f64) -> Result<Neighbours, NeighbourhoodFault> {
        let links = AtomicUsize::new(0);
        let angle = (distance_m / (2.0 * LEAST_RADIUS_M)).min(std::f64::consts::FRAC_PI_2);
        // Less a millimetre for rounding.
        let surely_m = 2.0 * LEAST_RADIUS_M * angle.sin() - 1e-3;
        let of = |number: u32| {
            let Some(at) = self.at[number as usize] else { return Some(Vec::new()) };
            let mut list = Vec::new();
            let close =
                self.tree.locate_within_distance(geometry::earth_centred_m(at), distance_m * distance_m);
            for entry in close.filter(|entry| entry.data != number) {
                // No shortest line bends more than a circle of the least radius, so none whose straight line is short
                // enough for that is too long: this spares almost all the dear distances.
                if line_m(at, entry) <= surely_m || self.distance_m(number, entry.data) <= distance_m {
                    list.push(entry.data);
                    if links.fetch_add(1, Ordering::Relaxed) >= MOST_LINKS {
                        return None;
                    }
                }
            }
            list.sort_unstable();
            Some(list)
        };
        let lists: Option<Vec<Vec<u32>>> = (0..self.at.len() as u32).into_par_iter().map(of).collect();
        Ok(unjoined(lists.ok_or(NeighbourhoodFault::TooDense)?, 0))
    }
}
