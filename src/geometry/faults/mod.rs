//! What is wrong with a shape: every fault, with the ring and the place.
//!
//! The rules are those of OGC Simple Features for a multipolygon: rings are simple, holes lie in their
//! shell, rings touch at points only, parts do not overlap. (That the inside of a part hangs together is
//! not checked.) All edges are compared once, through a tree of their boxes, so that a coastline of a
//! hundred thousand vertices is no trouble. Orientation tests are exact.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{
    BoundingRect, Coord, Distance, Euclidean, Intersects, Line, LineString, MultiPolygon, Point, Polygon,
};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::LonLat;
use super::centre::point_inside;

/// One thing wrong with a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeFault {
    /// Which polygon of the shape, from 0.
    pub polygon: usize,
    /// Which of its rings: 0 the shell, 1 the first hole.
    pub ring: usize,
    /// What is wrong.
    pub kind: FaultKind,
    /// Where, in degrees, when it is at one place.
    pub at: Option<Coord>,
}

/// The ways in which a shape can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A coordinate that is not a number, or infinite.
    NotFinite,
    /// A coordinate beyond 180 degrees of longitude or 90 of latitude.
    OffGlobe,
    /// Fewer than three different places, so no inside.
    TooFewPlaces,
    /// The ring crosses or touches itself.
    SelfIntersection,
    /// The ring turns back along itself.
    Spike,
    /// A hole lies outside its shell, or partly.
    HoleOutside,
    /// The ring crosses or overlaps another ring of its polygon, or lies in a hole beside it.
    RingsOverlap {
        /// The other ring, as in [`ShapeFault::ring`].
        other: usize,
    },
    /// The ring runs along another ring of its polygon.
    RingsShareEdge {
        /// The other ring, as in [`ShapeFault::ring`].
        other: usize,
    },
    /// The polygon overlaps another of the shape.
    PolygonsOverlap {
        /// The other polygon, from 0.
        other: usize,
    },
    /// The polygon runs along another of the shape: they should have been one.
    PolygonsShareEdge {
        /// The other polygon, from 0.
        other: usize,
    },
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::NotFinite => f.write_str("a coordinate is not a finite number"),
            FaultKind::OffGlobe => f.write_str("a coordinate is not on the globe"),
            FaultKind::TooFewPlaces => f.write_str("fewer than three different places"),
            FaultKind::SelfIntersection => f.write_str("crosses or touches itself"),
            FaultKind::Spike => f.write_str("turns back along itself"),
            FaultKind::HoleOutside => f.write_str("the hole is not inside its shell"),
            FaultKind::RingsOverlap { other } => write!(f, "overlaps ring {other}"),
            FaultKind::RingsShareEdge { other } => write!(f, "runs along ring {other}"),
            FaultKind::PolygonsOverlap { other } => write!(f, "overlaps polygon {other}"),
            FaultKind::PolygonsShareEdge { other } => write!(f, "runs along polygon {other}"),
        }
    }
}

impl fmt::Display for ShapeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "polygon {} ring {}: {}", self.polygon, self.ring, self.kind)?;
        match self.at {
            Some(at) => write!(f, " at {},{}", at.x, at.y),
            None => Ok(()),
        }
    }
}

/// Beyond this many a shape is beyond repair by hand, and listing more helps nobody.
const MOST_FAULTS: usize = 10_000;

/// Every fault of a shape in degrees, in the order of its polygons and rings; none if it is valid.
///
/// A ring whose coordinates are not numbers, or which has no inside, is not compared with others.
/// At most ten thousand faults are listed.
pub fn faults(shape: &MultiPolygon) -> Vec<ShapeFault> {
    let mut found = Findings::default();
    let mut sound = Vec::new();
    for (polygon, part) in shape.iter().enumerate() {
        for (ring, line) in rings(part).enumerate() {
            let at = RingId { polygon, ring };
            if found.coordinates(at, line) {
                sound.push((at, distinct_edges(line)));
            }
        }
    }
    let contacts = found.edges(&sound);
    let is_sound: BTreeSet<RingId> = sound.iter().map(|(ring, _)| *ring).collect();
    for (polygon, part) in shape.iter().enumerate() {
        if is_sound.contains(&RingId { polygon, ring: 0 }) {
            found.holes(polygon, part, &is_sound, &contacts);
        }
    }
    found.parts(shape, &is_sound, &contacts);
    found.into_sorted()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RingId {
    polygon: usize,
    ring: usize,
}

fn rings(polygon: &Polygon) -> impl Iterator<Item = &LineString> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// The edges of a ring that have a length.
fn distinct_edges(ring: &LineString) -> Vec<Line> {
    ring.lines().filter(|edge| edge.start != edge.end).collect()
}

/// Pairs of rings (the lower first) that meet, and the place they were first seen to.
type Contacts = BTreeMap<(RingId, RingId), Coord>;

#[derive(Default)]
struct Findings {
    /// Faults found, each once; places keyed by their bits, for floats have no order.
    seen: BTreeSet<Finding>,
}

type Finding = (RingId, FaultKind, Option<(u64, u64)>);

impl Findings {
    fn add(&mut self, ring: RingId, kind: FaultKind, at: Option<Coord>) {
        if self.seen.len() < MOST_FAULTS {
            self.seen.insert((ring, kind, at.map(|c| (order_bits(c.x), order_bits(c.y)))));
        }
    }

    /// As [`Self::add`], but only the first of its kind for the ring.
    fn add_once(&mut self, ring: RingId, kind: FaultKind, at: Option<Coord>) {
        let first = (ring, kind, None);
        if self.seen.range(first..).next().is_none_or(|(r, k, _)| (*r, *k) != (ring, kind)) {
            self.add(ring, kind, at);
        }
    }

    fn into_sorted(self) -> Vec<ShapeFault> {
        let fault = |(RingId { polygon, ring }, kind, at): Finding| ShapeFault {
            polygon,
            ring,
            kind,
            at: at.map(|(x, y)| Coord { x: from_order_bits(x), y: from_order_bits(y) }),
        };
        self.seen.into_iter().map(fault).collect()
    }

    /// Check the coordinates of one ring; true when it is fit to be compared with others.
    fn coordinates(&mut self, ring: RingId, line: &LineString) -> bool {
        let before = self.seen.len();
        for &c in &line.0 {
            if !c.x.is_finite() || !c.y.is_finite() {
                self.add(ring, FaultKind::NotFinite, None);
            } else if LonLat::try_from(c).is_err() {
                self.add(ring, FaultKind::OffGlobe, Some(c));
            }
        }
        if self.seen.len() > before {
            return false;
        }
        let places: BTreeSet<_> = line.0.iter().map(|c| (order_bits(c.x), order_bits(c.y))).collect();
        if places.len() < 3 {
            self.add(ring, FaultKind::TooFewPlaces, line.0.first().copied());
            return false;
        }
        true
    }

    /// Compare every two edges whose boxes meet.
    fn edges(&mut self, rings: &[(RingId, Vec<Line>)]) -> Contacts {
        let mut boxes = Vec::new();
        for (r, (_, edges)) in rings.iter().enumerate() {
            for (e, edge) in edges.iter().enumerate() {
                let ends = Rectangle::from_corners([edge.start.x, edge.start.y], [edge.end.x, edge.end.y]);
                boxes.push(GeomWithData::new(ends, (r, e)));
            }
        }
        let tree = RTree::bulk_load(boxes);
        let mut contacts = Contacts::new();
        for (r, (ring, edges)) in rings.iter().enumerate() {
            for (e, edge) in edges.iter().enumerate() {
                let bounds = AABB::from_corners([edge.start.x, edge.start.y], [edge.end.x, edge.end.y]);
                for met in tree.locate_in_envelope_intersecting(bounds) {
                    let (other_r, other_e) = met.data;
                    if (other_r, other_e) <= (r, e) {
                        continue;
                    }
                    let (other_ring, other_edges) = &rings[other_r];
                    let other_edge = other_edges[other_e];
                    if let Some(meeting) = line_intersection(*edge, other_edge) {
                        if r == other_r {
                            let next = other_e == e + 1 || (e == 0 && other_e == edges.len() - 1);
                            self.own_edges_meet(*ring, next, edges.len(), *edge, other_edge, meeting);
                        } else {
                            contacts.entry((*ring, *other_ring)).or_insert_with(|| place(meeting));
                            self.two_rings_meet(*ring, *other_ring, meeting);
                        }
                    }
                }
            }
        }
        contacts
    }

    fn own_edges_meet(
        &mut self,
        ring: RingId,
        next: bool,
        count: usize,
        edge: Line,
        other: Line,
        meeting: LineIntersection<f64>,
    ) {
        match meeting {
            LineIntersection::Collinear { intersection } if next => {
                // Edges in line one after the other meet in a point; more is a way back.
                if intersection.start != intersection.end {
                    let turn = if edge.end == other.start { edge.end } else { edge.start };
                    self.add(ring, FaultKind::Spike, Some(turn));
                }
            }
            LineIntersection::SinglePoint { .. } if next && count > 2 => {}
            _ => self.add(ring, FaultKind::SelfIntersection, Some(place(meeting))),
        }
    }

    fn two_rings_meet(&mut self, ring: RingId, other: RingId, meeting: LineIntersection<f64>) {
        let along = matches!(
            meeting,
            LineIntersection::Collinear { intersection } if intersection.start != intersection.end
        );
        let across = matches!(meeting, LineIntersection::SinglePoint { is_proper: true, .. });
        let same = ring.polygon == other.polygon;
        let kind = match (along, across, same) {
            (true, _, true) => FaultKind::RingsShareEdge { other: other.ring },
            (true, _, false) => FaultKind::PolygonsShareEdge { other: other.polygon },
            (_, true, true) => FaultKind::RingsOverlap { other: other.ring },
            (_, true, false) => FaultKind::PolygonsOverlap { other: other.polygon },
            (false, false, _) => return,
        };
        self.add_once(ring, kind, Some(place(meeting)));
    }

    /// Each hole in its shell, and in no other hole.
    fn holes(&mut self, polygon: usize, part: &Polygon, sound: &BTreeSet<RingId>, contacts: &Contacts) {
        let id = |ring| RingId { polygon, ring };
        let shell = Polygon::new(part.exterior().clone(), Vec::new());
        let holes: Vec<(usize, Polygon)> = (1..)
            .zip(part.interiors())
            .filter(|(ring, _)| sound.contains(&id(*ring)))
            .map(|(ring, hole)| (ring, Polygon::new(hole.clone(), Vec::new())))
            .collect();
        for (ring, hole) in &holes {
            let touching = contacts.contains_key(&(id(0), id(*ring)));
            if let Some(at) = witness(hole, &shell, CoordPos::Outside, touching) {
                self.add(id(*ring), FaultKind::HoleOutside, Some(at));
            }
        }
        let bounds: Vec<_> = holes.iter().map(|(_, hole)| hole.bounding_rect()).collect();
        for (i, (ring, hole)) in holes.iter().enumerate() {
            for (j, (other_ring, other)) in holes.iter().enumerate().skip(i + 1) {
                let (Some(here), Some(there)) = (bounds[i], bounds[j]) else { continue };
                if !here.intersects(&there) {
                    continue;
                }
                let touching = contacts.contains_key(&(id(*ring), id(*other_ring)));
                let inside = witness(hole, other, CoordPos::Inside, touching)
                    .or_else(|| witness(other, hole, CoordPos::Inside, touching));
                if inside.is_some() {
                    self.add_once(id(*ring), FaultKind::RingsOverlap { other: *other_ring }, inside);
                }
            }
        }
    }

    /// No part overlapping another.
    fn parts(&mut self, shape: &MultiPolygon, sound: &BTreeSet<RingId>, contacts: &Contacts) {
        let parts: BTreeMap<usize, Polygon> = shape
            .iter()
            .enumerate()
            .filter(|(polygon, _)| sound.contains(&RingId { polygon: *polygon, ring: 0 }))
            .map(|(polygon, part)| {
                let holes = (1..)
                    .zip(part.interiors())
                    .filter(|(ring, _)| sound.contains(&RingId { polygon, ring: *ring }));
                (
                    polygon,
                    Polygon::new(part.exterior().clone(), holes.map(|(_, hole)| hole.clone()).collect()),
                )
            })
            .collect();
        let boxes = parts.iter().filter_map(|(polygon, part)| {
            let bounds = part.bounding_rect()?;
            let (low, high) = (bounds.min(), bounds.max());
            Some(GeomWithData::new(
                Rectangle::from_corners([low.x, low.y], [high.x, high.y]),
                (*polygon, part),
            ))
        });
        let tree = RTree::bulk_load(boxes.collect());
        let touching: BTreeSet<(usize, usize)> =
            contacts.keys().map(|(ring, other)| (ring.polygon, other.polygon)).collect();
        for (here, there) in tree.intersection_candidates_with_other_tree(&tree) {
            let ((polygon, part), (other, other_part)) = (here.data, there.data);
            if polygon >= other {
                continue;
            }
            let touching = touching.contains(&(polygon, other));
            let inside = witness(part, other_part, CoordPos::Inside, touching)
                .or_else(|| witness(other_part, part, CoordPos::Inside, touching));
            if inside.is_some() {
                self.add_once(RingId { polygon, ring: 0 }, FaultKind::PolygonsOverlap { other }, inside);
            }
        }
    }
}

/// A place of `part` that is at `position` in `whole`: a vertex of its shell, the middle of an edge, or its inside.
///
/// Where their borders do not meet, all of the shell is on one side and a single vertex tells.
fn witness(part: &Polygon, whole: &Polygon, position: CoordPos, touching: bool) -> Option<Coord> {
    let at_position = |c: &Coord| whole.coordinate_position(c) == position;
    let vertices = &part.exterior().0;
    if !touching {
        return vertices.first().copied().filter(at_position);
    }
    // The middle of an edge is rounded, and may fall off a border that it should be on.
    let middles = part.exterior().lines().map(|edge| (edge.start + edge.end) / 2.0);
    let clear = |c: &Coord| rings(whole).all(|ring| Euclidean.distance(&Point(*c), ring) > ROUNDING);
    vertices
        .iter()
        .copied()
        .find(at_position)
        .or_else(|| middles.chain(point_inside(part)).find(|c| at_position(c) && clear(c)))
}

/// In degrees: a micrometre on the ground, far above what rounding does and far below any survey.
const ROUNDING: f64 = 1e-11;

fn place(meeting: LineIntersection<f64>) -> Coord {
    match meeting {
        LineIntersection::SinglePoint { intersection, .. } => intersection,
        LineIntersection::Collinear { intersection } => intersection.start,
    }
}

/// Bits in the order of the numbers, so that places can be sorted and told apart.
fn order_bits(number: f64) -> u64 {
    // Adding nought makes minus nought plain nought.
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn from_order_bits(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}
#[cfg(test)]
mod tests;
