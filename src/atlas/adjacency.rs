//! Which areas of a layer share a border, and how much of it.
//!
//! Over one coverage that is read off the arcs: exactly. Where two coverages meet, as at the border between England and
//! Scotland, the two sources drew the same border on their own; there the outer edges of the one are matched with the
//! nearest outer edges of the other, and the result is marked approximate.

use std::collections::HashMap;

use geo::{Coord, Intersects, Rect};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::layer::PartBorder;
use super::{AtlasLayer, LayerPart};
use crate::coverage::{NOWHERE, united};
use crate::geometry::{self, LonLat};

/// How far apart two drawings of one border may lie, in metres, where one of them is drawn for small scales. Along the
/// land border between England and Scotland the shipped drawings are at most 1,340 m apart.
pub const APPROXIMATE_BORDER_M: f64 = 1_500.0;
/// The same where both are drawn for large scales.
pub const EXACT_BORDER_M: f64 = 50.0;

/// Edges of the one side are matched in pieces of at most this length in metres.
const PIECE_M: f64 = 200.0;

/// A border with another area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Border {
    /// The number of the other area in the layer.
    pub area: u32,
    /// Its length in metres on the ellipsoid; 0 where the two only touch in points.
    pub length_m: f64,
    /// True when the length is only about right: drawn for small scales, or matched between two drawings.
    pub approximate: bool,
}

/// The borders of every area of a layer.
pub struct Adjacency {
    first: Vec<u32>,
    borders: Vec<Border>,
}

/// What two areas share, so far.
#[derive(Clone, Copy, Default)]
struct Shared {
    length_m: f64,
    approximate: bool,
}

/// Pairs of areas, the lower first.
type Pairs = HashMap<(u32, u32), Shared>;

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

impl Adjacency {
    /// Reads off who touches whom.
    pub(super) fn of(layer: &AtlasLayer) -> Adjacency {
        let mut pairs = Pairs::new();
        for part in layer.parts() {
            inside(layer, part, &mut pairs);
        }
        for (i, one) in layer.parts().iter().enumerate() {
            for other in &layer.parts()[i + 1..] {
                between(layer, one, other, &mut pairs);
            }
        }
        Self::from_pairs(layer.areas().len(), &pairs)
    }

    fn from_pairs(areas: usize, pairs: &Pairs) -> Adjacency {
        let mut rows: Vec<(u32, Border)> = Vec::with_capacity(pairs.len() * 2);
        for (&(a, b), &Shared { length_m, approximate }) in pairs {
            rows.push((a, Border { area: b, length_m, approximate }));
            rows.push((b, Border { area: a, length_m, approximate }));
        }
        rows.sort_unstable_by(|(a, l), (b, r)| {
            a.cmp(b).then(r.length_m.total_cmp(&l.length_m)).then(l.area.cmp(&r.area))
        });
        let first = (0..=areas as u32).map(|area| rows.partition_point(|(a, _)| *a < area) as u32).collect();
        Adjacency { first, borders: rows.into_iter().map(|(_, border)| border).collect() }
    }

    /// The areas that touch an area, those with most common border first, those that touch in points only last.
    pub fn touching(&self, area: u32) -> &[Border] {
        &self.borders[self.first[area as usize] as usize..self.first[area as usize + 1] as usize]
    }

    /// The areas that share a border with an area, longest first.
    pub fn bordering(&self, area: u32) -> &[Border] {
        let touching = self.touching(area);
        &touching[..touching.partition_point(|border| border.length_m > 0.0)]
    }
}

/// Over one coverage: lines with an area on both sides are borders; areas that meet where lines end touch.
fn inside(layer: &AtlasLayer, part: &LayerPart, pairs: &mut Pairs) {
    let borders: Vec<PartBorder> = part.borders(layer).collect();
    let lengths: Vec<(u32, u32, f64)> = borders
        .par_iter()
        .filter(|border| border.left != NOWHERE && border.right != NOWHERE)
        .map(|border| (border.left, border.right, part.length_m(border)))
        .collect();
    for (left, right, length_m) in lengths {
        let shared = pairs.entry(pair(left, right)).or_default();
        shared.length_m += length_m;
        shared.approximate |= part.approximate;
    }
    // Every end of a line with an area beside it. Sorted, the areas that meet in a place stand together; a map of lists
    // would take several times the room.
    let mut meeting: Vec<(u64, u64, u32)> = Vec::with_capacity(borders.len() * 4);
    for border in &borders {
        let (Some(start), Some(end)) = (border.line.first(), border.line.last()) else { continue };
        for node in [start, end] {
            let sides = [border.left, border.right].into_iter().filter(|&side| side != NOWHERE);
            meeting.extend(sides.map(|side| (node.x.to_bits(), node.y.to_bits(), side)));
        }
    }
    meeting.par_sort_unstable();
    meeting.dedup();
    for here in meeting.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        for (i, &(_, _, a)) in here.iter().enumerate() {
            for &(_, _, b) in &here[i + 1..] {
                pairs.entry(pair(a, b)).or_default().approximate |= part.approximate;
            }
        }
    }
}

/// An outer edge and the area it bounds.
type OuterEdge = GeomWithData<Rectangle<[f64; 2]>, (Coord, Coord, u32)>;

/// The edges with an area on one side only.
fn outer_edges<'a>(
    layer: &'a AtlasLayer,
    part: &'a LayerPart,
) -> impl Iterator<Item = (Coord, Coord, u32)> + 'a {
    let outer = part.borders(layer).filter(|border| border.left == NOWHERE || border.right == NOWHERE);
    outer.flat_map(|border| {
        let area = if border.left == NOWHERE { border.right } else { border.left };
        border.line.windows(2).map(move |e| (e[0], e[1], area))
    })
}

/// A box around the areas of a part and all that is within a distance in metres of them.
fn around(layer: &AtlasLayer, part: &LayerPart, within_m: f64) -> Option<Rect> {
    let boxes = part.areas().iter().filter_map(|&area| layer.areas()[area as usize].bbox);
    let bounds = boxes.reduce(united)?;
    let corners = [bounds.min(), bounds.max()].map(|c| LonLat::new(c.x, c.y));
    let reach = corners.into_iter().flatten().flat_map(|at| geometry::boxes_around(at, within_m));
    reach.reduce(united)
}

/// Between two coverages: the length is taken along the edges of the first.
fn between(layer: &AtlasLayer, one: &LayerPart, other: &LayerPart, pairs: &mut Pairs) {
    let tolerance_m =
        if one.approximate || other.approximate { APPROXIMATE_BORDER_M } else { EXACT_BORDER_M };
    // Most outer edges are coasts far from the other coverage.
    let (Some(here), Some(there)) =
        (around(layer, one, tolerance_m + PIECE_M), around(layer, other, tolerance_m + PIECE_M))
    else {
        return;
    };
    let in_reach = |of: Rect| move |(a, b, _): &(Coord, Coord, u32)| of.intersects(&Rect::new(*a, *b));
    let edges: Vec<OuterEdge> = outer_edges(layer, other)
        .filter(in_reach(here))
        .map(|edge| {
            GeomWithData::new(Rectangle::from_corners([edge.0.x, edge.0.y], [edge.1.x, edge.1.y]), edge)
        })
        .collect();
    let tree = RTree::bulk_load(edges);
    let near = |c: Coord| {
        let around = LonLat::new(c.x, c.y).map(|at| geometry::boxes_around(at, tolerance_m + PIECE_M));
        around.unwrap_or_default().into_iter().flat_map(|b: Rect| {
            let envelope = AABB::from_corners([b.min().x, b.min().y], [b.max().x, b.max().y]);
            tree.locate_in_envelope_intersecting(envelope)
        })
    };
    let mut matched: HashMap<(u32, u32), f64> = HashMap::new();
    for (a, b, area) in outer_edges(layer, one).filter(in_reach(there)) {
        if near(a).next().is_none() && near(b).next().is_none() {
            continue;
        }
        let length_m = geometry::length_m(&[a, b]);
        let pieces = (length_m / PIECE_M).ceil().max(1.0) as u32;
        for i in 0..pieces {
            let middle = a + (b - a) * ((f64::from(i) + 0.5) / f64::from(pieces));
            let Ok(at) = LonLat::new(middle.x, middle.y) else { continue };
            let mut nearest: Option<(f64, u32)> = None;
            for &(from, to, theirs) in near(middle).map(|edge| &edge.data) {
                let Some(found) = geometry::nearest_on_segments(at, [(from, to)]) else { continue };
                // Of two areas equally near, at the end of the border between them, the lower number.
                if nearest.is_none_or(|least| (found.distance_m, theirs) < least) {
                    nearest = Some((found.distance_m, theirs));
                }
            }
            if let Some((_, theirs)) = nearest.filter(|(away_m, _)| *away_m <= tolerance_m) {
                *matched.entry((area, theirs)).or_default() += length_m / f64::from(pieces);
            }
        }
    }
    // Less than the tolerance tells no border from a corner, and an area of both coverages has none with itself.
    let is_border =
        |((area, theirs), length_m): &((u32, u32), f64)| area != theirs && *length_m >= tolerance_m;
    for ((area, theirs), length_m) in matched.into_iter().filter(is_border) {
        let shared = pairs.entry(pair(area, theirs)).or_default();
        shared.length_m += length_m;
        shared.approximate = true;
    }
}
