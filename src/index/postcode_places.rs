//! Postcodes by where they are: those within a distance.
//!
//! Points in square cells, row by row. In a row of cells those that lie wholly within the circle stand side by side, and so do
//! those that its rim passes through on either side: the former are one copy, and only the latter are measured.

use std::ops::Range;

use super::Postcodes;
use super::pages::LargePages;
use crate::geometry::EastNorth;

/// Side of a cell: small enough that a circle of 500 m looks at few points in vain, and so large that one of 5 km has few rows.
const CELL_M: u32 = 400;
/// The same as a length.
const SIDE_M: f64 = CELL_M as f64;
/// Cells of a row of which all points tell where they are from the western side of the first: as far as 16 bits reach.
const STRETCH: usize = 128;
/// How far that is.
const STRETCH_M: u32 = STRETCH as u32 * CELL_M;
/// Circles over no more rows have their memory fetched ahead: of larger ones most is copied, which fetches as it goes.
const FEW_ROWS: usize = 8;
/// Points in a line of memory.
const LINE_POINTS: usize = 64 / size_of::<Point>();

/// The places of postcodes on the British National Grid. A postcode is known by its number in the order of
/// [`Postcodes::iter`].
pub struct PostcodePlaces {
    /// Row by row from the south, and one more after the last.
    rows: Box<[Row]>,
    /// Where the points of each cell begin, rows one after the other.
    firsts: LargePages<u32>,
    points: LargePages<Point>,
}

/// The number of a postcode, and where it is: metres east in its stretch of its row, and by 2^16 as many north in the row. Both
/// in one place, as a point near the rim needs both.
type Point = [u32; 2];

/// The cells of a row, from its westernmost point to its easternmost.
#[derive(Clone, Copy, Default)]
struct Row {
    /// The column of the first of them.
    column: u32,
    /// Their place in the table of beginnings; they end where those of the next row begin.
    cells: u32,
}

/// Cells of a row that a circle may touch, by their places in the table of beginnings.
struct Span {
    row: usize,
    /// The column of a cell less its place.
    column: isize,
    cells: Range<usize>,
    /// Those that lie wholly within; at the end of all where there are none.
    whole: Range<usize>,
    /// The points of all of them.
    points: Range<usize>,
    /// The points of those wholly within.
    inner: Range<usize>,
}

impl PostcodePlaces {
    /// Of all postcodes whose position is known.
    pub fn new(postcodes: &Postcodes) -> Self {
        let placed = || {
            postcodes.iter().enumerate().filter_map(|(number, entry)| {
                let at = entry.position?;
                let cell = (at.easting_m / CELL_M, (at.northing_m / CELL_M) as usize);
                let offset = at.easting_m % STRETCH_M + ((at.northing_m % CELL_M) << 16);
                Some((cell, [number as u32, offset]))
            })
        };
        // The first and the last column of each row.
        let mut extents: Vec<Option<(u32, u32)>> = Vec::new();
        for ((column, row), _) in placed() {
            if extents.len() <= row {
                extents.resize(row + 1, None);
            }
            let (first, last) = extents[row].unwrap_or((column, column));
            extents[row] = Some((first.min(column), last.max(column)));
        }
        let mut cells = 0;
        let mut rows: Vec<Row> = Vec::with_capacity(extents.len() + 1);
        for extent in extents {
            rows.push(Row { column: extent.map_or(0, |(first, _)| first), cells });
            cells += extent.map_or(0, |(first, last)| last - first + 1);
        }
        rows.push(Row { column: 0, cells });
        let place = |(column, row): (u32, usize)| (rows[row].cells + column - rows[row].column) as usize;
        let mut firsts = vec![0u32; cells as usize + 1];
        for (cell, _) in placed() {
            firsts[place(cell) + 1] += 1;
        }
        for i in 1..firsts.len() {
            firsts[i] += firsts[i - 1];
        }
        let count = firsts[cells as usize] as usize;
        let mut points = LargePages::zeroed(count);
        let by_cell = points.as_mut_slice();
        let mut next = firsts.clone();
        for (cell, point) in placed() {
            let at = &mut next[place(cell)];
            by_cell[*at as usize] = point;
            *at += 1;
        }
        PostcodePlaces { rows: rows.into(), firsts: firsts.into(), points }
    }

    /// The numbers of the postcodes within a radius in metres on the grid, the rim counted in, in no order. Distances on the
    /// grid differ from those on the ground by up to a thousandth.
    pub fn within(&self, middle: EastNorth, radius_m: f64) -> Vec<u32> {
        let (x, y) = (middle.easting_m(), middle.northing_m());
        if !(radius_m >= 0.0 && y + radius_m >= 0.0 && x + radius_m >= 0.0) {
            return Vec::new();
        }
        // A cast of a negative number gives 0.
        let rows = ((y - radius_m) / SIDE_M) as usize..((y + radius_m) / SIDE_M) as usize + 1;
        let rows = rows.start..rows.end.min(self.rows.len() - 1);
        if rows.len() <= FEW_ROWS {
            self.touch_firsts(rows.clone(), (x - radius_m) / SIDE_M, (x + radius_m) / SIDE_M);
        }
        let spans: Vec<Span> = rows.map(|row| self.span(row, middle, radius_m)).collect();
        if spans.len() <= FEW_ROWS {
            self.touch(&spans);
        }
        // Room for all that may be within: the points of cells at the rim are written before they are judged.
        let mut found = vec![0; spans.iter().map(|span| span.points.len()).sum()];
        let mut count = 0;
        for span in spans {
            let west = span.cells.start..span.whole.start;
            count = self.measure(&span, west, (middle, radius_m), &mut found, count);
            let inner = &self.points[span.inner.clone()];
            for (room, &[number, _]) in found[count..count + inner.len()].iter_mut().zip(inner) {
                *room = number;
            }
            count += inner.len();
            let east = span.whole.end..span.cells.end;
            count = self.measure(&span, east, (middle, radius_m), &mut found, count);
        }
        found.truncate(count);
        found
    }

    /// The cells of a row that a circle may touch.
    fn span(&self, row: usize, middle: EastNorth, radius_m: f64) -> Span {
        let (from, until) = (self.rows[row].cells as usize, self.rows[row + 1].cells as usize);
        let column = f64::from(self.rows[row].column);
        let south_m = row as f64 * SIDE_M - middle.northing_m();
        let north_m = south_m + SIDE_M;
        let reach_m = |dy: f64| (radius_m * radius_m - dy * dy).max(0.0).sqrt();
        let rim_m = reach_m(south_m.max(-north_m).max(0.0));
        // None when the farthest side of the row is not within.
        let farthest_m = north_m.max(-south_m);
        let inner_m = if farthest_m < radius_m { reach_m(farthest_m) } else { -SIDE_M };
        // Of a length from the western side of the first cell. A cast rounds down, and one of a negative number gives 0.
        let down = |metres: f64| (metres / SIDE_M) as usize;
        let up = |metres: f64| down(metres) + usize::from((down(metres) as f64) < metres / SIDE_M);
        let place = |cells: usize| (from + cells).min(until);
        let x = middle.easting_m() - column * SIDE_M;
        let start = place(down(x - rim_m));
        let end = if x + rim_m < 0.0 { start } else { place(down(x + rim_m) + 1) };
        let whole = place(up(x - inner_m)).clamp(start, end);
        let whole = whole..place(down(x + inner_m)).clamp(whole, end);
        let whole = if whole.is_empty() { end..end } else { whole };
        let at = |cell: usize| self.firsts[cell] as usize;
        Span {
            row,
            column: self.rows[row].column as isize - from as isize,
            points: at(start)..at(end),
            inner: at(whole.start)..at(whole.end),
            cells: start..end,
            whole,
        }
    }

    /// Reads where the points of some columns of rows begin, so that the processor waits for all of them at once.
    fn touch_firsts(&self, rows: Range<usize>, west: f64, east: f64) {
        let mut touched = 0;
        for row in rows {
            let Row { column, cells } = self.rows[row];
            for at in [west, east] {
                let cell = (cells as usize + (at - f64::from(column)) as usize).min(self.firsts.len() - 1);
                touched ^= self.firsts[cell];
            }
        }
        std::hint::black_box(touched);
    }

    /// Reads a word of every line of memory that rows need, so that the processor waits for all of them at once.
    fn touch(&self, spans: &[Span]) {
        let mut touched = 0;
        for span in spans {
            for line in self.points[span.points.clone()].chunks(LINE_POINTS) {
                touched ^= line[0][0];
            }
        }
        std::hint::black_box(touched);
    }

    /// Adds the points of some cells of a row that are within to those found; gives how many there are then.
    fn measure(
        &self,
        span: &Span,
        cells: Range<usize>,
        (middle, radius_m): (EastNorth, f64),
        found: &mut [u32],
        mut count: usize,
    ) -> usize {
        let y = span.row as f64 * SIDE_M - middle.northing_m();
        let mut cell = cells.start;
        while cell < cells.end {
            let column = span.column.saturating_add_unsigned(cell) as usize;
            let first = column - column % STRETCH;
            let until = cells.end.min(cell + STRETCH - column % STRETCH);
            let x = first as f64 * SIDE_M - middle.easting_m();
            let points = self.firsts[cell] as usize..self.firsts[until] as usize;
            for &[number, offset] in &self.points[points] {
                let (dx, dy) = (x + f64::from(offset as u16), y + f64::from((offset >> 16) as u16));
                // Written whether it is within or not: there is nothing for the processor to guess.
                found[count] = number;
                count += usize::from(dx * dx + dy * dy <= radius_m * radius_m);
            }
            cell = until;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::Postcode;
    use crate::index::{PostcodeEntry, PostcodePosition};
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    /// Where the places of the test begin: among them one stretch of cells ends and the next begins.
    const WEST_M: u32 = STRETCH_M - 25 * CELL_M;

    #[test]
    fn circles_hold_what_a_plain_search_finds() {
        let mut random = StdRng::seed_from_u64(11);
        let mut entries: Vec<PostcodeEntry> = Vec::new();
        for (number, place) in (0..6_000).filter_map(|place| Postcode::from_place(place * 7)).enumerate() {
            // Some on the sides of cells, so at whole distances from one another, and some far away.
            let step = if number % 3 == 0 { CELL_M } else { 1 };
            let scale = if number % 5 == 0 { 6 } else { 1 };
            let position = PostcodePosition {
                easting_m: WEST_M + random.random_range(0..20_000 * scale / step) * step,
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
            let x = whole(f64::from(WEST_M) + random.random_range(-2_000.0..22_000.0));
            let y = whole(random.random_range(0.0..16_000.0));
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
