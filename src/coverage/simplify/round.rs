//! Fewer digits without new faults.
//!
//! Rounding coordinates moves vertices, and can lay a border over another or fold a narrow ring. Here vertices move
//! one after another, each to the nearest place of the coarser grid that its surroundings allow: the triangles which
//! its edges sweep hold no other vertex, and nothing lies between the old place and the new one.

use std::collections::HashMap;

use geo::Coord;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::Coverage;
use super::nearby::{holds, meet};

/// A coverage with fewer digits.
#[derive(Clone, Debug)]
pub struct Rounded {
    /// The same blocks and arcs.
    pub coverage: Coverage,
    /// How many places could not be rounded and keep all their digits.
    pub left: usize,
}

/// How many steps of the grid a vertex may move either way.
const REACH: i64 = 2;

impl Coverage {
    /// Moves vertices to multiples of 10^-`digits` degrees, none by more than two and a half steps either way and almost
    /// all by at most half a step. What was valid stays so.
    #[must_use]
    pub fn rounded(&self, digits: u8) -> Rounded {
        let steps_per_degree = 10f64.powi(i32::from(digits));
        let mut places = Places::of(self);
        let mut left = 0;
        for place in 0..places.vertices.len() {
            let at = places.at(place);
            let mut choices: Vec<Coord> = Vec::new();
            let (x, y) = ((at.x * steps_per_degree).round() as i64, (at.y * steps_per_degree).round() as i64);
            let degrees = |steps: i64| steps as f64 / steps_per_degree;
            let nearest = Coord { x: degrees(x), y: degrees(y) };
            if nearest == at {
                continue;
            }
            if places.may_move(place, nearest) {
                places.move_to(place, nearest);
                continue;
            }
            for dx in -REACH..=REACH {
                for dy in -REACH..=REACH {
                    choices.push(Coord { x: degrees(x + dx), y: degrees(y + dy) });
                }
            }
            let away = |c: &Coord| (c.x - at.x).powi(2) + (c.y - at.y).powi(2);
            choices.sort_by(|a, b| away(a).total_cmp(&away(b)));
            match choices.into_iter().skip(1).find(|&to| places.may_move(place, to)) {
                Some(to) => places.move_to(place, to),
                None => left += 1,
            }
        }
        let coverage = Coverage { vertices: places.positions, ..self.clone() };
        Rounded { coverage, left }
    }
}

/// Vertices by place: the ends of arcs that meet move together.
struct Places {
    positions: Vec<Coord>,
    /// The vertices at each place.
    vertices: Vec<Vec<u32>>,
    /// The place of each vertex.
    place_of: Vec<u32>,
    /// The vertices next to each vertex along its arc.
    neighbours: Vec<[Option<u32>; 2]>,
    /// Each edge by its first vertex, in its box. Boxes move with their edges: any that held wherever an edge may come to lie
    /// would be among the boxes of thousands where the grid is coarse.
    edges: RTree<Edge>,
}

type Edge = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// The edge from a vertex to the next.
fn edge(positions: &[Coord], vertex: u32) -> Edge {
    let corner = |at: Coord| [at.x, at.y];
    let [from, to] = [vertex, vertex + 1].map(|v| corner(positions[v as usize]));
    GeomWithData::new(Rectangle::from_corners(from, to), vertex)
}

impl Places {
    fn of(coverage: &Coverage) -> Places {
        let positions = coverage.vertices.clone();
        let mut vertices: Vec<Vec<u32>> = Vec::with_capacity(positions.len());
        let mut place_of = vec![0u32; positions.len()];
        let mut neighbours = vec![[None; 2]; positions.len()];
        let mut known: HashMap<(u64, u64), u32> = HashMap::new();
        let mut boxes = Vec::with_capacity(positions.len());
        for arc in coverage.arcs() {
            for vertex in arc.start..arc.end {
                let at = positions[vertex as usize];
                let new = vertices.len() as u32;
                let is_end = vertex == arc.start || vertex + 1 == arc.end;
                let key = ((at.x + 0.0).to_bits(), (at.y + 0.0).to_bits());
                let place = if is_end { *known.entry(key).or_insert(new) } else { new };
                if place == new {
                    vertices.push(Vec::new());
                }
                vertices[place as usize].push(vertex);
                place_of[vertex as usize] = place;
                neighbours[vertex as usize] =
                    [(vertex > arc.start).then(|| vertex - 1), (vertex + 1 < arc.end).then(|| vertex + 1)];
                if vertex + 1 < arc.end {
                    boxes.push(edge(&positions, vertex));
                }
            }
        }
        Places { positions, vertices, place_of, neighbours, edges: RTree::bulk_load(boxes) }
    }

    fn at(&self, place: usize) -> Coord {
        self.positions[self.vertices[place][0] as usize]
    }

    fn move_to(&mut self, place: usize, to: Coord) {
        let vertices = &self.vertices[place];
        let ends = |&vertex: &u32| {
            let [before, after] = self.neighbours[vertex as usize];
            before.into_iter().chain(after.map(|_| vertex))
        };
        let mut edges: Vec<u32> = vertices.iter().flat_map(ends).collect();
        // An arc that is one edge from a place to itself has it at both ends.
        edges.sort_unstable();
        edges.dedup();
        for &moved in &edges {
            self.edges.remove(&edge(&self.positions, moved));
        }
        for &vertex in vertices {
            self.positions[vertex as usize] = to;
        }
        for &moved in &edges {
            self.edges.insert(edge(&self.positions, moved));
        }
    }

    fn may_move(&self, place: usize, to: Coord) -> bool {
        let from = self.at(place);
        let next: Vec<Coord> = self.vertices[place]
            .iter()
            .flat_map(|&v| self.neighbours[v as usize])
            .flatten()
            .map(|v| self.positions[v as usize])
            .collect();
        if next.contains(&to) {
            return false;
        }
        let (mut least, mut greatest) = ([from.x, from.y], [from.x, from.y]);
        for at in next.iter().chain([&to]) {
            least = [least[0].min(at.x), least[1].min(at.y)];
            greatest = [greatest[0].max(at.x), greatest[1].max(at.y)];
        }
        let swept = AABB::from_corners(least, greatest);
        self.edges.locate_in_envelope_intersecting(swept).all(|edge| {
            let ends = [edge.data, edge.data + 1];
            let others = ends.iter().filter(|&&v| self.place_of[v as usize] as usize != place);
            let mut outside = others.map(|&v| self.positions[v as usize]);
            let clear = outside.all(|p| next.iter().all(|&n| n == p || !holds([n, from, to], p)));
            let is_own = ends.iter().any(|&v| self.place_of[v as usize] as usize == place);
            let [p, q] = ends.map(|v| self.positions[v as usize]);
            clear && (is_own || !meet((from, to), (p, q)))
        })
    }
}
