//! Cells over one coverage, as they are asked.
//!
//! A grid of equal cells lies over the coverage; a cell with many edges is parted into sixteen, and these again, so that
//! cities cost as little to search as moors. Every cell is one number: its block, or where its sixteen parts stand, or
//! where the [`line`](mod@line) of its edges stands, so that one place in memory answers. Here blocks are numbered from 1; 0 is
//! nowhere.

use std::sync::Arc;

use geo::{Coord, Rect};

use super::super::pages::LargePages;
use super::BATCH;
use super::line::{self, LINE, Place};
use super::record::{Record, Records};
use super::way::Way;
use crate::coverage::Coverage;
use crate::geometry::{LonLat, nearest_on_segments};

/// The two highest bits of a cell tell what the rest of it is.
pub(super) const KIND: u32 = 3 << 30;
/// The cell lies in one block: the rest is its number.
pub(super) const WHOLE: u32 = 0;
/// The cell is parted: the rest numbers the words of its parts, [`LINE`] by [`LINE`]; they stand row by row from the south-west.
pub(super) const PARTED: u32 = 1 << 30;
/// The cell has edges: the rest numbers its line in the same way, above which stands how long it is.
pub(super) const EDGED: u32 = 2 << 30;
/// The cell has edges that no line holds: the rest tells where what is known of it begins.
pub(super) const CROWDED: u32 = 3 << 30;
/// The length of a line stands from here, ...
pub(super) const LENGTH_SHIFT: u32 = 28;
/// ... and where words are counted by [`LINE`], they are numbered below it.
pub(super) const NUMBER: u32 = (1 << LENGTH_SHIFT) - 1;
/// A parted cell has this many columns, and rows.
pub(super) const PARTS: usize = 4;

/// A square of the grid, in sides of its cells from its south-west corner: all three numbers are exact.
#[derive(Clone, Copy)]
pub(super) struct Square {
    pub west: f64,
    pub south: f64,
    pub side: f64,
}

impl Square {
    /// One of its sixteen parts.
    pub fn part(self, column: usize, row: usize) -> Square {
        let side = self.side / PARTS as f64;
        Square { west: self.west + column as f64 * side, south: self.south + row as f64 * side, side }
    }
}

/// How the grid lies.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// South-west corner.
    pub origin: Coord,
    /// Side of a cell in degrees.
    pub side: f64,
    /// Cells to a degree: `1 / side`.
    pub per_degree: f64,
    pub columns: usize,
    pub rows: usize,
}

impl Frame {
    /// A place in sides of the grid's cells from its south-west corner.
    #[inline]
    pub fn in_cells(&self, at: Coord) -> Coord {
        Coord { x: (at.x - self.origin.x) * self.per_degree, y: (at.y - self.origin.y) * self.per_degree }
    }

    /// A place as fractions of a square's sides, from its south-west corner, ...
    pub fn inside(&self, square: Square, at: Coord) -> Coord {
        let at = self.in_cells(at);
        Coord { x: (at.x - square.west) / square.side, y: (at.y - square.south) / square.side }
    }

    /// ... and back in degrees.
    pub fn place(&self, square: Square, inside: Coord) -> Coord {
        Coord {
            x: self.origin.x + (square.west + inside.x * square.side) * self.side,
            y: self.origin.y + (square.south + inside.y * square.side) * self.side,
        }
    }

    /// The box that the cells cover, in degrees.
    pub fn bounds(&self) -> Rect {
        let size = Coord { x: self.columns as f64, y: self.rows as f64 } * self.side;
        Rect::new(self.origin, self.origin + size)
    }

    /// The south-east corner of a square in degrees. Everyone must ask here, so that all mean the same point.
    pub fn corner(&self, square: Square) -> Coord {
        Coord {
            x: self.origin.x + (square.west + square.side) * self.side,
            y: self.origin.y + square.south * self.side,
        }
    }
}

/// The cells of a coverage.
pub(super) struct Cells {
    pub frame: Frame,
    /// The cells of the grid row by row from the south-west, then groups of sixteen and lines.
    pub words: LargePages<u32>,
    /// The edges in [`LINE`] words, by their number.
    pub records: Records,
    /// Of each crowded cell the block at its south-east corner, then a record of its edges.
    pub crowded: Vec<u32>,
    pub coverage: Arc<Coverage>,
}

impl Cells {
    /// The cells to be asked.
    #[inline]
    pub fn read(&self) -> Reader<'_> {
        Reader { cells: self, words: &self.words }
    }

    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.words) + self.records.memory_bytes() + size_of_val(&*self.crowded)
    }
}

/// The cells of a coverage while they are asked.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    cells: &'a Cells,
    words: &'a [u32],
}

impl Reader<'_> {
    /// The number of the block at a point.
    #[inline]
    pub fn locate(&self, point: Coord) -> u32 {
        let Some((mut cell, mut inside)) = self.top(point) else { return 0 };
        while cell & KIND == PARTED {
            (cell, inside) = self.step(cell, inside);
        }
        self.settle(cell, inside, point)
    }

    /// The numbers of the blocks at points not found yet, 0 for those found; tells how many were asked. At most [`BATCH`]
    /// points.
    pub fn locate_batch<T>(&self, points: &[Coord], found: &[Option<T>], blocks: &mut [u32; BATCH]) -> usize {
        let mut places = [Coord { x: 0.0, y: 0.0 }; BATCH];
        let (mut asked, mut parted) = (0, 0);
        // Every loop is over all points, and what it reads for one does not depend on another: the processor waits for
        // the memory of many at once. First the cells of the grid, then step by step their parts, ...
        for (i, (&point, known)) in points.iter().zip(found).enumerate().take(BATCH) {
            blocks[i] = WHOLE;
            if known.is_some() {
                continue;
            }
            asked += 1;
            if let Some((cell, inside)) = self.top(point) {
                places[i] = inside;
                blocks[i] = cell;
                parted += usize::from(cell & KIND == PARTED);
            }
        }
        while parted > 0 {
            parted = 0;
            for (place, cell) in places.iter_mut().zip(blocks.iter_mut()) {
                if *cell & KIND == PARTED {
                    (*cell, *place) = self.step(*cell, *place);
                    parted += usize::from(*cell & KIND == PARTED);
                }
            }
        }
        // ... then the first words of their lines, and last the lines.
        let lines = blocks.iter().filter(|cell| **cell & KIND == EDGED);
        std::hint::black_box(lines.fold(0, |touched, &line| touched ^ self.words[at(line)]));
        for (i, &point) in points.iter().enumerate().take(BATCH) {
            blocks[i] = self.settle(blocks[i], places[i], point);
        }
        asked
    }

    /// The cell of the grid that holds a point, and where in it the point is, as fractions of its sides.
    #[inline]
    fn top(&self, point: Coord) -> Option<(u32, Coord)> {
        let Frame { columns, rows, .. } = self.cells.frame;
        let Coord { x, y } = self.cells.frame.in_cells(point);
        // False for what is not a number, too.
        if !(x >= 0.0 && x < columns as f64 && y >= 0.0 && y < rows as f64) {
            return None;
        }
        // 32 bits: their casts from and to fractions are one instruction.
        let (column, row) = (x as u32, y as u32);
        let inside = Coord { x: x - f64::from(column), y: y - f64::from(row) };
        Some((self.words[row as usize * columns + column as usize], inside))
    }

    /// From a parted cell into the part that holds the point, the point given as fractions of the cell's sides.
    #[inline]
    fn step(&self, cell: u32, inside: Coord) -> (u32, Coord) {
        let (x, y) = (inside.x * PARTS as f64, inside.y * PARTS as f64);
        let (column, row) = (x as u32, y as u32);
        let part = self.words[at(cell) + row as usize * PARTS + column as usize];
        (part, Coord { x: x - f64::from(column), y: y - f64::from(row) })
    }

    /// The block at a point in a cell that is not parted.
    #[inline]
    fn settle(&self, cell: u32, inside: Coord, point: Coord) -> u32 {
        if cell & KIND == WHOLE {
            return cell;
        }
        self.by_line(cell, inside).unwrap_or_else(|| self.exactly(point))
    }

    /// The block by the line of a cell that has one; `None` for one that has not, and in doubt.
    #[inline]
    fn by_line(&self, cell: u32, inside: Coord) -> Option<u32> {
        if cell & KIND != EDGED {
            return None;
        }
        line::block(&self.words[at(cell)..], (cell & !KIND) >> LENGTH_SHIFT, Place::of(inside))
    }

    /// The block at a point in a cell with edges, by these edges as they are: from a place of the cell of which there is no doubt.
    #[cold]
    #[inline(never)]
    fn exactly(&self, point: Coord) -> u32 {
        let Some((mut cell, mut inside)) = self.top(point) else { return 0 };
        let frame = &self.cells.frame;
        let Coord { x, y } = frame.in_cells(point);
        let mut square = Square { west: x.floor(), south: y.floor(), side: 1.0 };
        while cell & KIND == PARTED {
            square = square.part((inside.x * PARTS as f64) as usize, (inside.y * PARTS as f64) as usize);
            (cell, inside) = self.step(cell, inside);
        }
        let known = if cell & KIND == CROWDED {
            self.cells.crowded.get((cell & !KIND) as usize).map(|&block| (frame.corner(square), block))
        } else {
            line::probes().find_map(|probe| Some((frame.place(square, probe), self.by_line(cell, probe)?)))
        };
        known.map_or(0, |(from, block)| {
            block ^ self.record(cell).changed(&self.cells.coverage, Way::new(from, point))
        })
    }

    /// The edges of a cell that has some.
    fn record(&self, cell: u32) -> Record<'_> {
        if cell & KIND == EDGED {
            return self.cells.records.get((cell & NUMBER) as usize);
        }
        Record(self.cells.crowded.get((cell & !KIND) as usize + 1..).unwrap_or_default())
    }

    /// The blocks within a distance of a position, with their distances in metres.
    pub fn near(&self, from: LonLat, within_m: f64) -> Vec<(u32, f64)> {
        let point = from.coord();
        // A degree north is never shorter than 110.5 km, and a degree east shrinks with the latitude: a little more than
        // the distance is looked at, and the exact distance decides.
        let north = within_m / 110_000.0;
        let east = north / (point.y.abs() + north).min(89.9).to_radians().cos();
        let Frame { columns, rows, .. } = self.cells.frame;
        let reach = Coord { x: east, y: north };
        let low = self.cells.frame.in_cells(point - reach);
        let high = self.cells.frame.in_cells(point + reach);
        let mut edges: Vec<(u32, [u64; 4])> = Vec::new();
        if high.x >= 0.0 && low.x <= columns as f64 && high.y >= 0.0 && low.y <= rows as f64 {
            // A cast of a negative number gives 0.
            for row in low.y as usize..=(high.y as usize).min(rows - 1) {
                for column in low.x as usize..=(high.x as usize).min(columns - 1) {
                    self.gather(self.words[row * columns + column], &mut edges);
                }
            }
        }
        // By block; an edge that touches several cells once.
        edges.sort_unstable();
        edges.dedup();
        let here = self.locate(point);
        let mut found: Vec<(u32, f64)> = Vec::new();
        if here > 0 {
            found.push((here, 0.0));
        }
        for of_block in edges.chunk_by(|a, b| a.0 == b.0).filter(|of_block| of_block[0].0 != here) {
            let segments = of_block
                .iter()
                .map(|(_, ends)| ends.map(f64::from_bits))
                .map(|[ax, ay, bx, by]| (Coord { x: ax, y: ay }, Coord { x: bx, y: by }));
            if let Some(nearest) = nearest_on_segments(from, segments)
                && nearest.distance_m <= within_m
            {
                found.push((of_block[0].0, nearest.distance_m));
            }
        }
        found
    }

    /// Adds the edges of a cell and of its parts, once for each block beside them.
    fn gather(&self, cell: u32, edges: &mut Vec<(u32, [u64; 4])>) {
        match cell & KIND {
            PARTED => {
                for &part in self.words[at(cell)..].iter().take(PARTS * PARTS) {
                    self.gather(part, edges);
                }
            }
            EDGED | CROWDED => {
                for run in self.record(cell).runs(&self.cells.coverage) {
                    for edge in run.vertices.windows(2) {
                        let bits = [edge[0].x, edge[0].y, edge[1].x, edge[1].y].map(f64::to_bits);
                        edges.extend([run.left, run.right].into_iter().filter(|b| *b > 0).map(|b| (b, bits)));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Where the parts or the line of a cell begin.
#[inline]
fn at(cell: u32) -> usize {
    (cell & NUMBER) as usize * LINE
}
