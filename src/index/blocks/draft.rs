//! Lines while they are drawn.

use geo::Coord;

use super::line::{FARTHEST, Line, MOST, Place, SIDE};

const HALF: f64 = SIDE / 2.0;
const MOST_EDGES: usize = MOST.0;
const MOST_CHANGES: usize = MOST.1;

/// The edges of a cell, one after the other. Between chains are edges that change nothing.
#[derive(Default)]
pub(super) struct Draft {
    vertices: [u32; MOST_EDGES + 1],
    vertex_count: usize,
    /// Which changes every edge makes, a bit for each.
    edges: [u8; MOST_EDGES],
    changes: [u32; MOST_CHANGES],
    change_count: usize,
    /// Every change without the bits by which those before it are known, and which together give that.
    reduced: [(u32, u8); MOST_CHANGES],
    /// Where the last edge ended, and what it changed.
    end: Option<(Coord, u32)>,
}

impl Draft {
    /// Adds an edge, its ends in fractions of the cell's sides from its south-west corner; `None` when no line holds so much.
    pub fn add(&mut self, a: Coord, b: Coord, change: u32) -> Option<()> {
        let units = |c: Coord| Coord { x: c.x * SIDE - HALF, y: c.y * SIDE - HALF };
        let Some((a, b)) = clipped(units(a), units(b)) else { return Some(()) };
        if self.end != Some((a, change)) {
            self.end_chain()?;
            if ends_in_the_east(a) {
                self.push(to_the_north(a), 0)?;
                self.push(a, change)?;
            } else {
                self.push(a, 0)?;
            }
        }
        self.push(b, change)?;
        self.end = Some((b, change));
        Some(())
    }

    /// True when nothing came near the cell.
    pub fn is_empty(&self) -> bool {
        self.vertex_count == 0
    }

    /// The shortest line that holds all this.
    pub fn line(mut self) -> Option<Line> {
        self.end_chain()?;
        let edges = self.vertex_count.checked_sub(1)?;
        Line::new(&self.vertices[..=edges], &self.changes[..self.change_count], &self.edges[..edges])
    }

    fn end_chain(&mut self) -> Option<()> {
        match self.end.take() {
            Some((end, change)) if ends_in_the_east(end) => self.push(to_the_north(end), change),
            _ => Some(()),
        }
    }

    /// Adds a vertex, and what the edge that leads there changes.
    fn push(&mut self, at: Coord, change: u32) -> Option<()> {
        let vertex = Place::written(at);
        if let Some(edge) = self.vertex_count.checked_sub(1) {
            if self.vertices[edge] == vertex {
                return Some(());
            }
            *self.edges.get_mut(edge)? = self.made_of(change)?;
        }
        *self.vertices.get_mut(self.vertex_count)? = vertex;
        self.vertex_count += 1;
        Some(())
    }

    /// Which of the changes make one together, which is one of them from now on where they do not.
    fn made_of(&mut self, change: u32) -> Option<u8> {
        let (mut rest, mut of) = (change, 0);
        for &(value, which) in &self.reduced[..self.change_count] {
            if rest ^ value < rest {
                (rest, of) = (rest ^ value, of ^ which);
            }
        }
        if rest == 0 {
            return Some(of);
        }
        let count = self.change_count;
        *self.changes.get_mut(count)? = change;
        self.reduced[count] = (rest, of ^ 1 << count);
        self.change_count += 1;
        Some(1 << count)
    }
}

/// True for an end of a chain that points of the cell can pass on the north or on the south, to the west of it.
fn ends_in_the_east(end: Coord) -> bool {
    end.x > HALF && end.y.abs() < HALF + 2.0
}

fn to_the_north(end: Coord) -> Coord {
    Coord { x: end.x, y: FARTHEST }
}

/// What of an edge is no farther from the middle than [`FARTHEST`], east and north.
fn clipped(a: Coord, b: Coord) -> Option<(Coord, Coord)> {
    let is_near = |c: Coord| c.x.abs().max(c.y.abs()) <= FARTHEST;
    if is_near(a) && is_near(b) {
        return Some((a, b));
    }
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (start, way) in [(a.x, dx), (a.y, dy)] {
        if way == 0.0 {
            if start.abs() > FARTHEST {
                return None;
            }
            continue;
        }
        let (one, other) = ((-FARTHEST - start) / way, (FARTHEST - start) / way);
        from = from.max(one.min(other));
        to = to.min(one.max(other));
    }
    let at = |part: f64| {
        let kept = |units: f64| units.clamp(-FARTHEST, FARTHEST);
        Coord { x: kept(a.x + dx * part), y: kept(a.y + dy * part) }
    };
    (from < to).then(|| (if from > 0.0 { at(from) } else { a }, if to < 1.0 { at(to) } else { b }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::way::Way;
    use super::*;

    fn place(at: (f64, f64)) -> Coord {
        Coord { x: at.0, y: at.1 }
    }

    /// False only for edges that are wholly beyond one side of the cell.
    fn may_touch(a: Coord, b: Coord) -> bool {
        a.x.max(b.x) >= 0.0 && a.x.min(b.x) <= 1.0 && a.y.max(b.y) >= 0.0 && a.y.min(b.y) <= 1.0
    }

    proptest! {
        #[test]
        fn places_of_a_cell_differ_by_the_edges_between_them(
            // Triangles about the cell, inside and far beyond it, each with what crossing its border changes.
            rings in prop::collection::vec((prop::collection::vec((-4.0..5.0_f64, -4.0..5.0_f64), 3), 1..8_u32), 1..5),
            places in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 2..20),
        ) {
            let edges: Vec<(Coord, Coord, u32)> = rings
                .iter()
                .flat_map(|(ring, change)| (0..3).map(|i| (place(ring[i]), place(ring[(i + 1) % 3]), *change)))
                .filter(|(a, b, _)| may_touch(*a, *b))
                .collect();
            let mut draft = Draft::default();
            let added = edges.iter().try_for_each(|&(a, b, change)| draft.add(a, b, change));
            // Of some six in seven there is a line.
            let Some(line) = added.and_then(|()| draft.line()) else { return Ok(()) };
            let told: Vec<_> = places
                .iter()
                .filter_map(|&at| Some((place(at), line.block(Place::of(place(at)))?)))
                .collect();
            for pair in told.windows(2) {
                let way = Way::new(pair[0].0, pair[1].0);
                let between = edges.iter().filter(|(a, b, _)| way.crosses(*a, *b));
                prop_assert_eq!(pair[0].1 ^ pair[1].1, between.fold(0, |all, edge| all ^ edge.2));
            }
        }
    }
}
