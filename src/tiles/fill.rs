//! Filling tangled rings anew: what they wind round once or more, as valid polygons.

use std::collections::HashMap;

use super::mend::{GridPolygon, Ring, doubled_area};
use super::shape::GridPoint;
use super::snap::{Segment, snap, turn};

/// The polygons that the rings wind round in the sense of outer rings: what a narrow ring turned inside out,
/// and a hole grown beyond its polygon, enclose nothing; what two polygons share is filled once. Polygons are
/// the connected parts of what is filled, each with a simple outer ring and simple holes that touch it and
/// each other in single points at most.
pub(super) fn fill_anew(polygons: &[GridPolygon]) -> Vec<GridPolygon> {
    let mut segments: Vec<Segment> = Vec::new();
    for ring in polygons.iter().flatten() {
        let next = ring.iter().cycle().skip(1);
        segments.extend(ring.iter().copied().zip(next.copied()).filter(|(a, b)| a != b));
    }
    let edges = edges_once(snap(&segments));
    let mut rims = rims(&edges);
    rims.sort_unstable();
    assemble(walks(&rims))
}

/// Segments in one place, lesser end first.
#[derive(Clone, Copy, Debug)]
struct Edge {
    a: GridPoint,
    b: GridPoint,
    /// How many run from `a` to `b`, less those that run back. Never zero.
    runs: i64,
}

fn edges_once(segments: Vec<Segment>) -> Vec<Edge> {
    let mut edges: Vec<Edge> = segments
        .into_iter()
        .map(|(a, b)| if a < b { Edge { a, b, runs: 1 } } else { Edge { a: b, b: a, runs: -1 } })
        .collect();
    edges.sort_unstable_by_key(|edge| (edge.a, edge.b));
    edges.dedup_by(|next, kept| {
        let same = (next.a, next.b) == (kept.a, kept.b);
        if same {
            kept.runs += next.runs;
        }
        same
    });
    edges.retain(|edge| edge.runs != 0);
    edges
}

/// The edges with something filled on one side only, turned so that it is on their positive side.
fn rims(edges: &[Edge]) -> Vec<Segment> {
    let upright = |edge: &Edge| edge.a.x == edge.b.x;
    let (of_columns, of_rows) = (Strips::new(edges, |p| p.x), Strips::new(edges, |p| p.y));
    let mut rims = Vec::new();
    for edge in edges {
        // Twice the middle: no other edge passes there.
        let middle = GridPoint { x: edge.a.x + edge.b.x, y: edge.a.y + edge.b.y };
        // How often the rings wind round the places next to the middle, found by looking along a line from
        // it.
        let (positive_side, negative_side) = if upright(edge) {
            let lesser: i64 =
                of_rows.across(middle.y).map(|other| winding_of_lesser_x(other, edge, middle)).sum();
            (lesser, lesser - edge.runs)
        } else {
            let lesser: i64 =
                of_columns.across(middle.x).map(|other| winding_of_lesser_y(other, edge, middle)).sum();
            (lesser + edge.runs, lesser)
        };
        match (positive_side > 0, negative_side > 0) {
            (true, false) => rims.push((edge.a, edge.b)),
            (false, true) => rims.push((edge.b, edge.a)),
            _ => {}
        }
    }
    rims
}

fn doubled(p: GridPoint) -> GridPoint {
    GridPoint { x: 2 * p.x, y: 2 * p.y }
}

fn same_edge(one: &Edge, other: &Edge) -> bool {
    (one.a, one.b) == (other.a, other.b)
}

/// What an edge that spans the middle's column adds to the winding there, when it lies on the side of lesser
/// y.
fn winding_of_lesser_y(other: &Edge, own: &Edge, middle: GridPoint) -> i64 {
    let spans = 2 * other.a.x <= middle.x && middle.x < 2 * other.b.x;
    let lesser = spans && !same_edge(other, own) && turn(doubled(other.a), doubled(other.b), middle) > 0;
    if lesser { other.runs } else { 0 }
}

/// What an edge that spans the middle's row adds to the winding there, when it lies on the side of lesser x.
fn winding_of_lesser_x(other: &Edge, own: &Edge, middle: GridPoint) -> i64 {
    let (low, high, runs) =
        if other.a.y < other.b.y { (other.a, other.b, other.runs) } else { (other.b, other.a, -other.runs) };
    let spans = 2 * low.y <= middle.y && middle.y < 2 * high.y;
    let lesser = spans && !same_edge(other, own) && turn(doubled(low), doubled(high), middle) < 0;
    if lesser { -runs } else { 0 }
}

/// Edges by the strips of the grid that they reach into, so that few need to be asked.
struct Strips<'a> {
    least: i64,
    /// log2 of a strip's width.
    width_bits: u32,
    edges: Vec<Vec<&'a Edge>>,
}

impl<'a> Strips<'a> {
    fn new(edges: &'a [Edge], place: impl Fn(GridPoint) -> i64) -> Strips<'a> {
        let places = || edges.iter().flat_map(|edge| [place(edge.a), place(edge.b)]);
        let (least, most) = (places().min().unwrap_or(0), places().max().unwrap_or(0));
        // Of few edges all are sooner asked than sorted.
        let width_bits = if edges.len() <= 32 { 32 } else { 5 };
        let mut strips = vec![Vec::new(); ((most - least) >> width_bits) as usize + 1];
        for edge in edges {
            let (one, other) = (place(edge.a) - least, place(edge.b) - least);
            let (from, to) = (one.min(other) >> width_bits, one.max(other) >> width_bits);
            for strip in &mut strips[from as usize..=to as usize] {
                strip.push(edge);
            }
        }
        Strips { least, width_bits, edges: strips }
    }

    /// The edges that may reach across a place, given twice.
    fn across(&self, doubled_place: i64) -> impl Iterator<Item = &'a Edge> {
        let strip = ((doubled_place >> 1) - self.least) >> self.width_bits;
        self.edges.get(strip as usize).into_iter().flatten().copied()
    }
}

/// The rims, sorted, joined head to tail, each time by the first one found turning from the last rim's back over what
/// is filled: once round a connected part of it.
fn walks(rims: &[Segment]) -> Vec<Vec<GridPoint>> {
    let mut used = vec![false; rims.len()];
    let mut walks = Vec::new();
    for first in 0..rims.len() {
        let mut walk = Vec::new();
        let mut rim = first;
        while !used[rim] {
            used[rim] = true;
            let (from, here) = rims[rim];
            walk.push(from);
            let leaving = rims.partition_point(|(start, _)| *start < here);
            let choices = (leaving..rims.len()).take_while(|&choice| rims[choice].0 == here);
            let Some(next) = choices.reduce(|best, choice| {
                if is_first(here, from, rims[choice].1, rims[best].1) { choice } else { best }
            }) else {
                break;
            };
            rim = next;
        }
        if !walk.is_empty() {
            walks.push(walk);
        }
    }
    walks
}

/// True when, turning at `here` from `back` against the sense of outer rings, `one` comes before `other`.
fn is_first(here: GridPoint, back: GridPoint, one: GridPoint, other: GridPoint) -> bool {
    let half_turns = |p: GridPoint| {
        let side = turn(here, back, p);
        let ahead = (back.x - here.x) * (p.x - here.x) + (back.y - here.y) * (p.y - here.y) < 0;
        match side.signum() {
            -1 => 0,
            0 if ahead => 1,
            1 => 2,
            _ => 3,
        }
    };
    match half_turns(one).cmp(&half_turns(other)) {
        std::cmp::Ordering::Equal => turn(here, one, other) < 0,
        order => order.is_lt(),
    }
}

/// Polygons of the walks round connected parts: each walk has one outer ring and the holes that touch it, or
/// holes alone that belong to the part around them.
fn assemble(walks: Vec<Vec<GridPoint>>) -> Vec<GridPolygon> {
    let mut polygons: Vec<GridPolygon> = Vec::new();
    let mut loose: Vec<Ring> = Vec::new();
    for walk in walks {
        let (outer, holes): (Vec<Ring>, Vec<Ring>) =
            simple_loops(walk).into_iter().partition(|ring| doubled_area(ring) > 0);
        if outer.is_empty() {
            loose.extend(holes);
        } else {
            polygons.extend(outer.into_iter().map(|ring| vec![ring]));
            if let Some(polygon) = polygons.last_mut() {
                polygon.extend(holes);
            }
        }
    }
    for hole in loose {
        let (Some(&a), Some(&b)) = (hole.first(), hole.get(1)) else { continue };
        // The middle of an edge lies on no other ring, as a vertex might.
        let middle = GridPoint { x: a.x + b.x, y: a.y + b.y };
        let around = polygons.iter_mut().filter(|polygon| encloses_doubled(&polygon[0], middle));
        if let Some(polygon) = around.min_by_key(|polygon| doubled_area(&polygon[0])) {
            polygon.push(hole);
        }
    }
    polygons
}

/// Parts a closed walk where it comes back to a point.
fn simple_loops(walk: Vec<GridPoint>) -> Vec<Ring> {
    let mut loops: Vec<Ring> = Vec::new();
    let mut path: Ring = Vec::with_capacity(walk.len());
    let mut places: HashMap<GridPoint, usize> = HashMap::with_capacity(walk.len());
    for point in walk {
        if let Some(&start) = places.get(&point) {
            for passed in &path[start + 1..] {
                places.remove(passed);
            }
            loops.push(path.split_off(start));
        } else {
            places.insert(point, path.len());
        }
        path.push(point);
    }
    loops.push(path);
    loops
}

/// Even-odd test of a point, given twice, that is not on the ring.
fn encloses_doubled(ring: &[GridPoint], point: GridPoint) -> bool {
    let mut inside = false;
    let mut a = ring.last().copied().map(doubled);
    for b in ring.iter().copied().map(doubled) {
        if let Some(a) = a.filter(|a| (a.y > point.y) != (b.y > point.y)) {
            let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
            inside ^= turn(low, high, point) > 0;
        }
        a = Some(b);
    }
    inside
}
