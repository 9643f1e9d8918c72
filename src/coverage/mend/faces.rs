//! The faces that noded edges cut the plane into, and the polygons that cover each.
//!
//! Each edge is two half-edges, one in either direction, with a face on the left of each. Walking along the
//! left of half-edges gives the boundary cycles; a cycle that runs clockwise is the outside of a connected
//! group of edges and belongs to the face around it, which a ray to the west finds.

use std::cmp::Ordering;

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::linework::{Linework, Node, Part, cross};

/// A half-edge: twice the index of its edge, plus one when it runs from `b` to `a`.
pub(super) type Half = usize;

/// The other direction of the same edge.
pub(super) fn twin(half: Half) -> Half {
    half ^ 1
}

/// One face.
#[derive(Debug, Default, Clone)]
pub(super) struct Face {
    /// Twice its area in square grid steps. Meaningless for the outside.
    pub twice_area: i128,
    /// The polygons that cover it, sorted.
    pub cover: Vec<Part>,
}

/// The number of the face that reaches to infinity.
pub(super) const OUTSIDE: usize = 0;

/// The planar subdivision.
#[derive(Debug)]
pub(super) struct Faces {
    ends: Vec<(Node, Node)>,
    /// All half-edges by their first vertex and, around it, counter-clockwise from east.
    fan: Vec<Half>,
    /// Where each half-edge is in `fan`.
    place: Vec<usize>,
    face_of: Vec<usize>,
    all: Vec<Face>,
}

impl Faces {
    /// Finds all faces of noded linework.
    pub fn of(lines: &Linework) -> Faces {
        let ends: Vec<(Node, Node)> = lines.edges().iter().map(|e| (e.a, e.b)).collect();
        let mut fan: Vec<Half> = (0..ends.len() * 2).collect();
        let direction = |half: Half| {
            let (from, to) = span(&ends, half);
            (from, Node { x: to.x - from.x, y: to.y - from.y })
        };
        fan.sort_unstable_by(|&l, &r| {
            let ((l_from, l_to), (r_from, r_to)) = (direction(l), direction(r));
            l_from.cmp(&r_from).then_with(|| by_angle(l_to, r_to))
        });
        let mut place = vec![0; fan.len()];
        for (i, &half) in fan.iter().enumerate() {
            place[half] = i;
        }
        let mut faces = Faces { ends, fan, place, face_of: Vec::new(), all: Vec::new() };
        faces.trace(lines);
        faces
    }

    /// The first and last vertex of a half-edge.
    pub fn span(&self, half: Half) -> (Node, Node) {
        span(&self.ends, half)
    }

    /// How many half-edges there are.
    pub fn half_count(&self) -> usize {
        self.fan.len()
    }

    /// The next half-edge clockwise around the first vertex of `half`.
    pub fn clockwise(&self, half: Half) -> Half {
        let at = self.place[half];
        let from = self.span(half).0;
        if at > 0 && self.span(self.fan[at - 1]).0 == from {
            return self.fan[at - 1];
        }
        let more = self.fan[at..].partition_point(|&other| self.span(other).0 == from);
        self.fan[at + more - 1]
    }

    /// The face on the left of a half-edge.
    pub fn left(&self, half: Half) -> usize {
        self.face_of[half]
    }

    /// All faces; the first is the outside.
    pub fn all(&self) -> &[Face] {
        &self.all
    }

    fn trace(&mut self, lines: &Linework) {
        let mut cycle_of = vec![usize::MAX; self.half_count()];
        let mut starts: Vec<Half> = Vec::new();
        let mut twice_area: Vec<i128> = Vec::new();
        for start in 0..self.half_count() {
            if cycle_of[start] != usize::MAX {
                continue;
            }
            let (mut half, mut area) = (start, 0_i128);
            while cycle_of[half] == usize::MAX {
                cycle_of[half] = starts.len();
                let (from, to) = self.span(half);
                area += i128::from(from.x) * i128::from(to.y) - i128::from(to.x) * i128::from(from.y);
                half = self.clockwise(twin(half));
            }
            starts.push(start);
            twice_area.push(area);
        }
        let mut same_face = Sets::new(starts.len() + 1);
        let beyond = starts.len();
        let boxes = self.ends.iter().enumerate().map(|(i, &(a, b))| {
            GeomWithData::new(Rectangle::from_corners([a.x as f64, a.y as f64], [b.x as f64, b.y as f64]), i)
        });
        let tree = RTree::bulk_load(boxes.collect());
        let mut cover: Vec<Option<Vec<Part>>> = vec![None; starts.len()];
        for outer in (0..starts.len()).filter(|&cycle| twice_area[cycle] <= 0) {
            let west = self.westmost(starts[outer]);
            let (around, parts) = self.look_west(&tree, lines, west);
            same_face.join(outer, around.map_or(beyond, |half| cycle_of[half]));
            cover[outer] = Some(parts);
            self.spread(lines, outer, &starts, &cycle_of, &mut cover);
        }
        // Number the faces, the outside first.
        let mut number = vec![usize::MAX; starts.len() + 1];
        number[same_face.root(beyond)] = OUTSIDE;
        self.all.push(Face::default());
        for cycle in 0..starts.len() {
            let root = same_face.root(cycle);
            if number[root] == usize::MAX {
                number[root] = self.all.len();
                self.all.push(Face::default());
            }
            let face = &mut self.all[number[root]];
            face.twice_area += twice_area[cycle];
            if let Some(parts) = cover[cycle].take() {
                face.cover = parts;
            }
        }
        self.face_of = cycle_of.iter().map(|&cycle| number[same_face.root(cycle)]).collect();
    }

    /// The westmost vertex of a cycle, the southmost of these.
    fn westmost(&self, start: Half) -> Node {
        let (mut half, mut west) = (start, self.span(start).0);
        loop {
            half = self.clockwise(twin(half));
            if half == start {
                return west;
            }
            west = west.min(self.span(half).0);
        }
    }

    /// What lies just west of a vertex that has no edge of its own group further west: the half-edge with
    /// that face on its left (`None` for the outside), and the polygons that cover it.
    fn look_west(
        &self,
        tree: &RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
        lines: &Linework,
        from: Node,
    ) -> (Option<Half>, Vec<Part>) {
        let (x, y) = (from.x as f64, from.y as f64);
        let ray = AABB::from_corners([-400e6, y], [x, y]);
        let mut nearest: Option<(Node, Node, Half)> = None;
        let mut cover = Vec::new();
        for found in tree.locate_in_envelope_intersecting(ray) {
            let (a, b) = self.ends[found.data];
            let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
            // Half-open, so that a ray through a vertex crosses one of the two edges that pass it.
            if from.y < low.y || from.y >= high.y || cross(low, high, from) >= 0 {
                continue;
            }
            for &part in lines.parts(&lines.edges()[found.data]) {
                toggle(&mut cover, part);
            }
            if nearest.is_none_or(|(l, h, _)| further_east((low, high), (l, h), from.y)) {
                let downwards = if low == a { 2 * found.data + 1 } else { 2 * found.data };
                nearest = Some((low, high, downwards));
            }
        }
        (nearest.map(|(_, _, half)| half), cover)
    }

    /// Carries the cover of one cycle to all cycles of its group: crossing an edge enters or leaves exactly
    /// the polygons that have it.
    fn spread(
        &self,
        lines: &Linework,
        from: usize,
        starts: &[Half],
        cycle_of: &[usize],
        cover: &mut [Option<Vec<Part>>],
    ) {
        let mut todo = vec![from];
        while let Some(cycle) = todo.pop() {
            let Some(here) = cover[cycle].clone() else { continue };
            let mut half = starts[cycle];
            loop {
                let next = cycle_of[twin(half)];
                if cover[next].is_none() {
                    let mut there = here.clone();
                    for &part in lines.parts(&lines.edges()[half / 2]) {
                        toggle(&mut there, part);
                    }
                    cover[next] = Some(there);
                    todo.push(next);
                }
                half = self.clockwise(twin(half));
                if half == starts[cycle] {
                    break;
                }
            }
        }
    }
}

fn span(ends: &[(Node, Node)], half: Half) -> (Node, Node) {
    let (a, b) = ends[half / 2];
    if half.is_multiple_of(2) { (a, b) } else { (b, a) }
}

/// Counter-clockwise from east.
fn by_angle(l: Node, r: Node) -> Ordering {
    let origin = Node { x: 0, y: 0 };
    let south = |n: Node| n.y < 0 || (n.y == 0 && n.x < 0);
    south(l).cmp(&south(r)).then_with(|| 0.cmp(&cross(origin, l, r)))
}

/// Is the first upward edge further east than the second just above the height `y`, where both pass?
fn further_east((a, b): (Node, Node), (c, d): (Node, Node), y: i64) -> bool {
    // x = a.x + (y - a.y) (b.x - a.x) / (b.y - a.y), compared as fractions; i128 holds the products.
    let at = |low: Node, high: Node| {
        let rise = i128::from(high.y - low.y);
        (i128::from(low.x) * rise + i128::from(y - low.y) * i128::from(high.x - low.x), rise)
    };
    let ((x1, rise1), (x2, rise2)) = (at(a, b), at(c, d));
    match (x1 * rise2).cmp(&(x2 * rise1)) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => i128::from(b.x - a.x) * rise2 > i128::from(d.x - c.x) * rise1,
    }
}

/// Enters or leaves a polygon.
fn toggle(cover: &mut Vec<Part>, part: Part) {
    match cover.binary_search(&part) {
        Ok(at) => {
            cover.remove(at);
        }
        Err(at) => cover.insert(at, part),
    }
}

/// Disjoint sets of numbers.
#[derive(Debug)]
pub(super) struct Sets(Vec<usize>);

impl Sets {
    /// Each number alone.
    pub fn new(count: usize) -> Sets {
        Sets((0..count).collect())
    }

    /// The number that stands for the set.
    pub fn root(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    /// Makes two sets one.
    pub fn join(&mut self, l: usize, r: usize) {
        let (l, r) = (self.root(l), self.root(r));
        self.0[l.max(r)] = l.min(r);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: i64, y: i64, side: i64, part: Part) -> Vec<(Node, Node, Part)> {
        let n = |dx, dy| Node { x: x + dx, y: y + dy };
        let ring = [n(0, 0), n(side, 0), n(side, side), n(0, side)];
        (0..4).map(|i| (ring[i], ring[(i + 1) % 4], part)).collect()
    }

    #[test]
    fn an_island_in_a_hole_lies_in_the_right_face() {
        // Polygon 0 is a square with a square hole; polygon 1 is an island in the hole; polygon 2 stands apart, east.
        let mut walked = square(0, 0, 30, 0);
        walked.extend(square(5, 5, 20, 0));
        walked.extend(square(10, 5 + 5, 4, 1));
        walked.extend(square(100, 10, 4, 2));
        let faces = Faces::of(&Linework::gather(walked, vec![0, 1, 2]));
        let mut found: Vec<(i128, Vec<Part>)> =
            faces.all()[1..].iter().map(|f| (f.twice_area, f.cover.clone())).collect();
        found.sort();
        let expected =
            [(2 * 16, vec![1]), (2 * 16, vec![2]), (2 * (400 - 16), vec![]), (2 * (900 - 400), vec![0])];
        assert_eq!(found, expected);
        assert!(faces.all()[OUTSIDE].cover.is_empty());
    }
}
