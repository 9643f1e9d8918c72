//! The order in which vertices go, and what holds them up.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use geo::Coord;

use super::Coverage;
use super::ground::Ground;
use super::nearby::Nearby;

/// No vertex: before the first of an arc, after the last.
const NONE: u32 = u32::MAX;

/// A vertex that may go: its weight (as bits, which order as the numbers do), its number, and which look at it this is.
type Candidate = Reverse<(u64, u32, u32)>;

/// Vertices on their way out.
pub(super) struct Course<'a> {
    positions: &'a [Coord],
    before: Vec<u32>,
    after: Vec<u32>,
    /// How often each vertex was looked at; a candidate of an earlier look has lapsed.
    looks: Vec<u32>,
    nearby: Nearby,
    /// The ends of arcs at each node.
    ends: HashMap<(u64, u64), Vec<u32>>,
    candidates: BinaryHeap<Candidate>,
    /// The vertices that each vertex holds up.
    held_up: HashMap<u32, Vec<u32>>,
    /// What each vertex that has gone weighed, in metres.
    weights_m: Vec<f32>,
}

fn key(at: Coord) -> (u64, u64) {
    // Adding zero folds -0.0 into 0.0.
    ((at.x + 0.0).to_bits(), (at.y + 0.0).to_bits())
}

impl<'a> Course<'a> {
    pub(super) fn new(coverage: &'a Coverage) -> Course<'a> {
        let positions = coverage.vertices.as_slice();
        let count = positions.len();
        let (mut least, mut greatest) = match positions.first() {
            Some(&first) => (first, first),
            None => (Coord { x: 0.0, y: 0.0 }, Coord { x: 0.0, y: 0.0 }),
        };
        for at in positions {
            least = Coord { x: least.x.min(at.x), y: least.y.min(at.y) };
            greatest = Coord { x: greatest.x.max(at.x), y: greatest.y.max(at.y) };
        }
        let mut course = Course {
            positions,
            before: vec![NONE; count],
            after: vec![NONE; count],
            looks: vec![0; count],
            nearby: Nearby::new(least, greatest, count),
            ends: HashMap::new(),
            candidates: BinaryHeap::with_capacity(count),
            held_up: HashMap::new(),
            weights_m: vec![f32::INFINITY; count],
        };
        for arc in coverage.arcs() {
            for vertex in arc.start..arc.end {
                if vertex > arc.start {
                    course.before[vertex as usize] = vertex - 1;
                }
                if vertex + 1 < arc.end {
                    course.after[vertex as usize] = vertex + 1;
                }
                let at = positions[vertex as usize];
                if vertex == arc.start || vertex + 1 == arc.end {
                    let here = course.ends.entry(key(at)).or_default();
                    here.push(vertex);
                    if let [only] = here[..] {
                        course.nearby.insert(only, at);
                    }
                } else {
                    course.nearby.insert(vertex, at);
                }
            }
        }
        course
    }

    /// Takes vertices away, least first, until none can go; what each weighed in metres.
    pub(super) fn run(mut self) -> Vec<f32> {
        for vertex in 0..self.positions.len() as u32 {
            self.look_at(vertex);
        }
        let mut reached_m = 0.0f64;
        while let Some(Reverse((weight, vertex, look))) = self.candidates.pop() {
            if look != self.looks[vertex as usize] {
                continue;
            }
            let (a, c) = (self.before[vertex as usize], self.after[vertex as usize]);
            if self.are_joined(a, c) {
                continue;
            }
            if let Some(holder) = self.nearby.in_triangle(self.positions, [a, vertex, c]) {
                self.held_up.entry(holder).or_default().push(vertex);
                continue;
            }
            reached_m = reached_m.max(f64::from_bits(weight));
            self.take_away(vertex, reached_m);
        }
        self.weights_m
    }

    fn take_away(&mut self, vertex: u32, weight_m: f64) {
        let (a, c) = (self.before[vertex as usize], self.after[vertex as usize]);
        self.weights_m[vertex as usize] = weight_m as f32;
        self.nearby.remove(vertex, self.positions[vertex as usize]);
        self.after[a as usize] = c;
        self.before[c as usize] = a;
        self.before[vertex as usize] = NONE;
        self.after[vertex as usize] = NONE;
        self.looks[vertex as usize] += 1;
        self.look_at(a);
        self.look_at(c);
        for held in self.held_up.remove(&vertex).unwrap_or_default() {
            self.look_at(held);
        }
    }

    /// Weighs a vertex anew and puts it among the candidates; ends of arcs never go, and what has gone stays gone.
    fn look_at(&mut self, vertex: u32) {
        let (a, c) = (self.before[vertex as usize], self.after[vertex as usize]);
        if a == NONE || c == NONE {
            return;
        }
        self.looks[vertex as usize] += 1;
        let [pa, pb, pc] = [a, vertex, c].map(|v| self.positions[v as usize]);
        let ground = Ground::at(pb.y);
        // Vertices of an arc are numbered in a row.
        let stood_for = &self.positions[a as usize + 1..c as usize];
        // A square of side 2 t has four times the area of t squared.
        let weight_m2 = (ground.triangle_m2(pa, pb, pc) / 4.0).max(ground.furthest_m2(pa, pc, stood_for));
        self.candidates.push(Reverse((weight_m2.sqrt().to_bits(), vertex, self.looks[vertex as usize])));
    }

    /// True when an edge runs between the places of two vertices already, or they are one place.
    fn are_joined(&self, a: u32, c: u32) -> bool {
        let (pa, pc) = (self.positions[a as usize], self.positions[c as usize]);
        let has_neighbour_at = |vertex: u32, place: Coord| {
            [self.before[vertex as usize], self.after[vertex as usize]]
                .into_iter()
                .any(|n| n != NONE && self.positions[n as usize] == place)
        };
        let is_end =
            |vertex: u32| self.before[vertex as usize] == NONE || self.after[vertex as usize] == NONE;
        pa == pc
            || match (is_end(a), is_end(c)) {
                (false, _) => has_neighbour_at(a, pc),
                (true, false) => has_neighbour_at(c, pa),
                (true, true) => {
                    self.ends.get(&key(pa)).into_iter().flatten().any(|&end| has_neighbour_at(end, pc))
                }
            }
    }
}
