//! Vertices by the squares of a grid, and exact tests of where they lie.

use geo::Coord;

/// Vertices that are still there, by the squares in which they lie.
pub(super) struct Nearby {
    west: f64,
    south: f64,
    /// Squares in a degree.
    fineness: f64,
    columns: usize,
    rows: usize,
    squares: Vec<Vec<u32>>,
}

impl Nearby {
    /// An empty grid for about `count` vertices within the corners.
    pub(super) fn new(least: Coord, greatest: Coord, count: usize) -> Nearby {
        let (width, height) = (greatest.x - least.x, greatest.y - least.y);
        let fineness = (count as f64 / (width * height).max(1e-12)).sqrt();
        // A line due north has no width: then one square in that direction is enough.
        let squares_along = |length: f64| ((length * fineness).ceil() as usize).clamp(1, count.max(1));
        let (columns, rows) = (squares_along(width), squares_along(height));
        let squares = vec![Vec::new(); columns.saturating_mul(rows).min(16 * count.max(1))];
        Nearby { west: least.x, south: least.y, fineness, columns, rows, squares }
    }

    fn column(&self, x: f64) -> usize {
        (((x - self.west) * self.fineness) as usize).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> usize {
        (((y - self.south) * self.fineness) as usize).min(self.rows - 1)
    }

    fn square(&self, column: usize, row: usize) -> usize {
        (row * self.columns + column) % self.squares.len()
    }

    pub(super) fn insert(&mut self, vertex: u32, at: Coord) {
        let square = self.square(self.column(at.x), self.row(at.y));
        self.squares[square].push(vertex);
    }

    pub(super) fn remove(&mut self, vertex: u32, at: Coord) {
        let square = self.square(self.column(at.x), self.row(at.y));
        if let Some(place) = self.squares[square].iter().position(|&v| v == vertex) {
            self.squares[square].swap_remove(place);
        }
    }

    /// A vertex in the closed triangle, corners excepted unless another vertex lies on the middle corner `b`.
    pub(super) fn in_triangle(&self, positions: &[Coord], [a, b, c]: [u32; 3]) -> Option<u32> {
        let [pa, pb, pc] = [a, b, c].map(|v| positions[v as usize]);
        let columns = self.column(pa.x.min(pb.x).min(pc.x))..=self.column(pa.x.max(pb.x).max(pc.x));
        let rows = self.row(pa.y.min(pb.y).min(pc.y))..=self.row(pa.y.max(pb.y).max(pc.y));
        for row in rows {
            for column in columns.clone() {
                let mut here = self.squares[self.square(column, row)].iter();
                let found = here.find(|&&v| {
                    let p = positions[v as usize];
                    v != b && p != pa && p != pc && holds([pa, pb, pc], p)
                });
                if found.is_some() {
                    return found.copied();
                }
            }
        }
        None
    }
}

/// Positive when a, b, c turn to the left; exact in sign.
pub(super) fn turn(a: Coord, b: Coord, c: Coord) -> f64 {
    let of = |c: Coord| robust::Coord { x: c.x, y: c.y };
    robust::orient2d(of(a), of(b), of(c))
}

/// True when a point lies in a closed triangle, which may be flat.
pub(super) fn holds([a, b, c]: [Coord; 3], p: Coord) -> bool {
    let within = |least: f64, place: f64, greatest: f64| least <= place && place <= greatest;
    // Most vertices are clear of the triangle on one side.
    if !within(a.x.min(b.x).min(c.x), p.x, a.x.max(b.x).max(c.x))
        || !within(a.y.min(b.y).min(c.y), p.y, a.y.max(b.y).max(c.y))
    {
        return false;
    }
    let turns = [turn(a, b, p), turn(b, c, p), turn(c, a, p)];
    turns.iter().all(|&t| t >= 0.0) || turns.iter().all(|&t| t <= 0.0)
}

/// True when the segments a-b and c-d have a point in common.
pub(super) fn meet((a, b): (Coord, Coord), (c, d): (Coord, Coord)) -> bool {
    let (of_c, of_d) = (turn(a, b, c), turn(a, b, d));
    let (of_a, of_b) = (turn(c, d, a), turn(c, d, b));
    let apart = |one: f64, other: f64| (one > 0.0 && other > 0.0) || (one < 0.0 && other < 0.0);
    if apart(of_c, of_d) || apart(of_a, of_b) {
        return false;
    }
    // All on one line: then their boxes decide, which for other segments meet anyway.
    a.x.min(b.x) <= c.x.max(d.x)
        && c.x.min(d.x) <= a.x.max(b.x)
        && a.y.min(b.y) <= c.y.max(d.y)
        && c.y.min(d.y) <= a.y.max(b.y)
}
