//! Postcodes by where they are: those within a distance.
//!
//! Points in square cells, row by row. In a row of cells those that lie wholly within the circle stand side by side, so
//! most answers are one copy; only the points of cells that the circle's rim passes through are measured.

use std::ops::Range;

use super::Postcodes;
use super::pages::LargePages;
use crate::geometry::EastNorth;

/// Side of a cell: small enough that a circle of 500 m looks at few points in vain.
const CELL_M: f64 = 500.0;
/// Circles over no more rows have their memory fetched ahead: of larger ones most is copied, which fetches as it goes.
const FEW_ROWS: usize = 8;
/// Points in a line of memory.
const LINE_POINTS: usize = 16;

/// The places of postcodes on the British National Grid. A postcode is known by its number in the order of
/// [`Postcodes::iter`].
pub struct PostcodePlaces {
    columns: usize,
    rows: usize,
    /// Where the points of each cell begin.
    firsts: LargePages<u32>,
    /// Point by point: the number of the postcode, ...
    numbers: LargePages<u32>,
    /// ... and where in its cell it is, in metres east and north.
    offsets: LargePages<[u16; 2]>,
}

/// Cells of a row that a circle may touch.
struct Span {
    row: usize,
    columns: Range<usize>,
    /// Those that lie wholly within.
    whole: Range<usize>,
    /// The points of all of them.
    points: Range<usize>,
}

impl PostcodePlaces {
    /// Of all postcodes whose position is known.
    pub fn new(postcodes: &Postcodes) -> Self {
        let cell_m = CELL_M as u32;
        let placed = || {
            postcodes.iter().enumerate().filter_map(|(number, entry)| {
                let at = entry.position?;
                let cell = ((at.easting_m / cell_m) as usize, (at.northing_m / cell_m) as usize);
                let offset = [(at.easting_m % cell_m) as u16, (at.northing_m % cell_m) as u16];
                Some((number as u32, cell, offset))
            })
        };
        let (mut columns, mut rows) = (1, 1);
        for (_, (column, row), _) in placed() {
            (columns, rows) = (columns.max(column + 1), rows.max(row + 1));
        }
        let mut firsts = vec![0u32; columns * rows + 1];
        for (_, (column, row), _) in placed() {
            firsts[row * columns + column + 1] += 1;
        }
        for i in 1..firsts.len() {
            firsts[i] += firsts[i - 1];
        }
        let count = firsts[columns * rows] as usize;
        let (mut numbers, mut offsets) = (vec![0; count], vec![[0; 2]; count]);
        let mut next = firsts.clone();
        for (number, (column, row), offset) in placed() {
            let at = &mut next[row * columns + column];
            (numbers[*at as usize], offsets[*at as usize]) = (number, offset);
            *at += 1;
        }
        let (firsts, numbers, offsets) = (firsts.into(), numbers.into(), offsets.into());
        PostcodePlaces { columns, rows, firsts, numbers, offsets }
    }

    /// The numbers of the postcodes within a radius in metres on the grid, the rim counted in, in no order. Distances on the
    /// grid differ from those on the ground by up to a thousandth.
    pub fn within(&self, middle: EastNorth, radius_m: f64) -> Vec<u32> {
        let (x, y) = (middle.easting_m(), middle.northing_m());
        let mut found = Vec::new();
        if !(radius_m >= 0.0 && y + radius_m >= 0.0 && x + radius_m >= 0.0) {
            return found;
        }
        let rows = cell(y - radius_m, self.rows)..=cell(y + radius_m, self.rows - 1);
        let spans: Vec<Span> = rows.filter_map(|row| self.span(row, middle, radius_m)).collect();
        if spans.len() <= FEW_ROWS {
            self.touch(&spans);
        }
        for Span { row, columns, whole, .. } in spans {
            for column in columns.start..whole.start {
                self.measure(row, column, middle, radius_m, &mut found);
            }
            let points = self.points(row, whole.start)..self.points(row, whole.end);
            found.extend_from_slice(&self.numbers[points]);
            for column in whole.end..columns.end {
                self.measure(row, column, middle, radius_m, &mut found);
            }
        }
        found
    }

    /// The cells of a row that a circle may touch.
    fn span(&self, row: usize, middle: EastNorth, radius_m: f64) -> Option<Span> {
        let (x, y) = (middle.easting_m(), middle.northing_m());
        let (south, north) = (row as f64 * CELL_M, (row + 1) as f64 * CELL_M);
        let nearest = (south - y).max(y - north).max(0.0);
        let farthest = (y - south).abs().max((north - y).abs());
        let reach = |dy: f64| (radius_m * radius_m - dy * dy).max(0.0).sqrt();
        let rim = reach(nearest);
        if x + rim < 0.0 {
            return None;
        }
        let columns = cell(x - rim, self.columns)..cell(x + rim, self.columns - 1) + 1;
        // Cells all of which is within: none when the farthest side of the row is not.
        let inner = if farthest < radius_m { reach(farthest) } else { -CELL_M };
        let first = ((x - inner).max(0.0) / CELL_M).ceil() as usize;
        let end = ((x + inner).max(0.0) / CELL_M).floor() as usize;
        let whole = if first < end {
            first.min(columns.end)..end.clamp(first.min(columns.end), columns.end)
        } else {
            columns.end..columns.end
        };
        let points = self.points(row, columns.start)..self.points(row, columns.end);
        Some(Span { row, columns, whole, points })
    }

    /// Reads a word of every line of memory that rows need, so that the processor waits for all of them at once.
    fn touch(&self, spans: &[Span]) {
        let mut touched = 0;
        for at in spans.iter().flat_map(|span| span.points.clone().step_by(LINE_POINTS)) {
            touched ^= self.numbers[at] ^ u32::from(self.offsets[at][0]);
        }
        std::hint::black_box(touched);
    }

    /// Where the points of a cell begin; those of the column after the last are the next row's.
    fn points(&self, row: usize, column: usize) -> usize {
        self.firsts[row * self.columns + column] as usize
    }

    /// Adds the points of a cell that are within.
    fn measure(&self, row: usize, column: usize, middle: EastNorth, radius_m: f64, found: &mut Vec<u32>) {
        let points = self.points(row, column)..self.points(row, column + 1);
        let x = column as f64 * CELL_M - middle.easting_m();
        let y = row as f64 * CELL_M - middle.northing_m();
        let from = found.len();
        found.resize(from + points.len(), 0);
        let mut count = 0;
        for (&number, &[east, north]) in self.numbers[points.clone()].iter().zip(&self.offsets[points]) {
            let (dx, dy) = (x + f64::from(east), y + f64::from(north));
            // Written whether it is within or not: there is nothing for the processor to guess.
            found[from + count] = number;
            count += usize::from(dx * dx + dy * dy <= radius_m * radius_m);
        }
        found.truncate(from + count);
    }
}

/// The column or row of a length in metres, `most` where it is beyond: a cast of a negative number gives 0.
fn cell(metres: f64, most: usize) -> usize {
    ((metres / CELL_M) as usize).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::Postcode;
    use crate::index::{PostcodeEntry, PostcodePosition};
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn circles_hold_what_a_plain_search_finds() {
        let mut random = StdRng::seed_from_u64(11);
        let mut entries: Vec<PostcodeEntry> = Vec::new();
        for (number, place) in (0..6_000).filter_map(|place| Postcode::from_place(place * 7)).enumerate() {
            // Some on the sides of cells, so at whole distances from one another, and some far away.
            let step = if number % 3 == 0 { 500 } else { 1 };
            let scale = if number % 5 == 0 { 6 } else { 1 };
            let position = PostcodePosition {
                easting_m: random.random_range(0..20_000 * scale / step) * step,
                northing_m: random.random_range(0..12_000 * scale / step) * step,
            };
            let position = (number % 50 != 0).then_some(position);
            entries.push(PostcodeEntry { postcode: place, position, live: true, quality: None });
        }
        let postcodes = Postcodes::from_bytes(&Postcodes::to_bytes(&entries).unwrap()).unwrap();
        let places = PostcodePlaces::new(&postcodes);
        let (mut total, mut on_rims) = (0, 0);
        for i in 0..1_000 {
            // Some smaller than any cell and some larger than all of them.
            let radius_m = match i % 10 {
                7 => random.random_range(0.0..3.0),
                8 => random.random_range(0.0..100.0),
                9 => random.random_range(25_000.0..40_000.0),
                0 | 4 => f64::from(random.random_range(0..60) * 100),
                _ => f64::from(random.random_range(0..6_000)),
            };
            // Every second middle is a point of the grid, so that some distances are the radius exactly.
            let whole = |metres: f64| if i % 2 == 0 { (metres / 100.0).round() * 100.0 } else { metres };
            let (x, y) =
                (whole(random.random_range(0.0..24_000.0)), whole(random.random_range(0.0..16_000.0)));
            let mut found = places.within(EastNorth::new(x, y).unwrap(), radius_m);
            found.sort_unstable();
            let is_within = |entry: &PostcodeEntry| {
                entry.position.is_some_and(|at| {
                    let (dx, dy) = (f64::from(at.easting_m) - x, f64::from(at.northing_m) - y);
                    dx * dx + dy * dy <= radius_m * radius_m
                })
            };
            let wanted: Vec<u32> =
                (0..entries.len() as u32).filter(|n| is_within(&entries[*n as usize])).collect();
            assert_eq!(found, wanted, "{radius_m} m around {x} {y}");
            total += found.len();
            on_rims += found
                .iter()
                .filter(|&&n| {
                    let at = entries[n as usize].position.unwrap();
                    (f64::from(at.easting_m) - x).hypot(f64::from(at.northing_m) - y) == radius_m
                })
                .count();
        }
        assert!(total > 100_000 && on_rims > 20, "{total}, {on_rims} on rims");
    }
}
