//! Coarser outlines: which vertex goes at which tolerance, found once, valid at every tolerance.
//!
//! Vertices go one after another, least first, from all arcs of a coverage at once. What a vertex weighs is the
//! greater of two lengths in metres: half the side of the square that is as large as the triangle which the vertex
//! makes with its neighbours (its effective area; Visvalingam and Whyatt 1993), and how far the vertices for which
//! the new edge stands lie from it. So at a tolerance of `t` metres
//!
//! * what is smaller than a square of 2 `t` × 2 `t` goes, and
//! * no border lies further than `t` from where it was.
//!
//! Lengths and areas are measured on a plane that is true at the vertex; whether lines cross is decided exactly, in
//! longitude and latitude, as the lines of GeoJSON run. A vertex goes only when the triangle that it spans holds no
//! other vertex, and when its two neighbours are not joined already: then the new edge crosses nothing, so no two
//! areas come to overlap, no ring crosses itself, and every ring keeps three corners. A vertex that is held up by
//! another is looked at again when that one goes.
//!
//! Weights never fall along the order in which vertices go, so every tolerance is one moment of the same course, and
//! as valid as all others.
//!
//! A ring that is one closed arc, smaller than that square, with nothing within, goes altogether (an islet, a pond),
//! unless it is the largest ring of an area: no area vanishes.

mod course;
mod ground;
mod nearby;
mod round;
#[cfg(test)]
mod tests;

use geo::{Coord, LineString};

use super::{Arc, Coverage, ring_area};
use crate::geometry::is_in_ring;
use course::Course;
use ground::Ground;

pub use round::Rounded;

/// The tolerance in metres at which every vertex and every small ring of a coverage goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Simplification {
    /// For each vertex of the coverage; infinite for one that stays.
    vertices_m: Vec<f32>,
    /// For each arc that is a ring which may go; infinite for all others.
    arcs_m: Vec<f32>,
}

/// Width of the equator's tile pyramid at zoom 0 in metres (Web Mercator, half the major axis of WGS 84 times 2 π).
const WORLD_M: f64 = 40_075_016.685_578_49;

/// Pixels along a tile's side.
const TILE_PIXELS: f64 = 256.0;

/// The northernmost land of the United Kingdom, where a pixel of Web Mercator covers least ground (degrees).
const NORTHERNMOST: f64 = 60.87;

/// The tolerance in metres for maps at a zoom of Web Mercator: a quarter of what a pixel covers in the
/// far north of the United Kingdom. Two layers drawn at one zoom, each within a quarter of a pixel of the truth, are
/// within half a pixel of each other.
pub fn tolerance_at_zoom_m(zoom: f64) -> f64 {
    pixel_m(zoom) / 4.0
}

/// The digits after the point, 6 at most, with which a step of a coordinate is at most a sixth of a pixel at a zoom.
pub fn digits_at_zoom(zoom: f64) -> u8 {
    const METRES_IN_DEGREE: f64 = 111_320.0;
    (1..6).find(|&digits| METRES_IN_DEGREE / 10f64.powi(digits) <= pixel_m(zoom) / 6.0).unwrap_or(6) as u8
}

fn pixel_m(zoom: f64) -> f64 {
    WORLD_M * NORTHERNMOST.to_radians().cos() / (TILE_PIXELS * zoom.exp2())
}

impl Coverage {
    /// Finds at which tolerance each vertex and each small ring goes. Takes time in proportion to n log n for n
    /// vertices; [`Coverage::simplified`] then only picks.
    pub fn simplification(&self) -> Simplification {
        Simplification { vertices_m: Course::new(self).run(), arcs_m: self.rings_that_may_go() }
    }

    /// The coverage at a tolerance in metres: the same blocks, fewer vertices, no vertex moved.
    ///
    /// A simplification of another coverage takes nothing away where it does not fit.
    #[must_use]
    pub fn simplified(&self, simplification: &Simplification, tolerance_m: f64) -> Coverage {
        let kept = |weight: Option<&f32>| weight.is_none_or(|&weight| f64::from(weight) > tolerance_m);
        let mut coarse = Coverage { blocks: self.blocks.clone(), ..Coverage::default() };
        for (number, &arc) in self.arcs.iter().enumerate() {
            if !kept(simplification.arcs_m.get(number)) {
                continue;
            }
            let start = coarse.vertices.len() as u32;
            let numbered = (arc.start as usize..).zip(self.vertices_of(arc));
            coarse.vertices.extend(
                numbered.filter(|(i, _)| kept(simplification.vertices_m.get(*i))).map(|(_, &vertex)| vertex),
            );
            let end = coarse.vertices.len() as u32;
            coarse.arcs.push(Arc { start, end, ..arc });
        }
        coarse
    }

    /// For each arc half the side of the square as large as its ring, if it is one with nothing within and no area's largest.
    fn rings_that_may_go(&self) -> Vec<f32> {
        let largest = self.largest_rings();
        let starts = Starts::of(self);
        self.arcs
            .iter()
            .enumerate()
            .map(|(number, &arc)| {
                let line = self.vertices_of(arc);
                let closed = line.len() > 3 && line.first() == line.last();
                if !closed || largest.contains(&(number as u32)) || starts.any_in(number as u32, line) {
                    return f32::INFINITY;
                }
                let ground = Ground::at(line[0].y);
                ((ring_area(line).abs() * ground.m2_per_square_degree()).sqrt() / 2.0) as f32
            })
            .collect()
    }

    /// The arcs that alone are the largest outer ring of a block.
    fn largest_rings(&self) -> std::collections::HashSet<u32> {
        let outlines = self.outlines();
        let largest = outlines.polygons.iter().filter_map(|polygons| polygons.first()?.first());
        largest
            .filter_map(|ring| if let [only] = ring[..] { Some(only.index() as u32) } else { None })
            .collect()
    }
}

/// Where arcs begin, from west to east: what lies within a ring has an arc that begins there.
struct Starts(Vec<(Coord, u32)>);

impl Starts {
    fn of(coverage: &Coverage) -> Starts {
        let ends = coverage.arcs.iter().enumerate().flat_map(|(number, &arc)| {
            let line = coverage.vertices_of(arc);
            let ends = [line.first().copied(), line.last().copied()];
            ends.into_iter().flatten().map(move |end| (end, number as u32))
        });
        let mut starts: Vec<(Coord, u32)> = ends.collect();
        starts.sort_unstable_by(|a, b| a.0.x.total_cmp(&b.0.x));
        Starts(starts)
    }

    /// True when another arc begins within the ring, or where the ring itself begins.
    fn any_in(&self, own: u32, line: &[Coord]) -> bool {
        let bounds = |place: fn(&Coord) -> f64| {
            let places = || line.iter().map(place);
            (places().fold(f64::INFINITY, f64::min), places().fold(f64::NEG_INFINITY, f64::max))
        };
        let ((west, east), (south, north)) = (bounds(|c| c.x), bounds(|c| c.y));
        let first = self.0.partition_point(|(at, _)| at.x < west);
        let mut near = self.0[first..]
            .iter()
            .take_while(|(at, _)| at.x <= east)
            .filter(|(at, number)| *number != own && (south..=north).contains(&at.y))
            .peekable();
        if near.peek().is_none() {
            return false;
        }
        let ring = LineString(line.to_vec());
        near.any(|&(at, _)| Some(&at) == line.first() || is_in_ring(at, &ring))
    }
}
