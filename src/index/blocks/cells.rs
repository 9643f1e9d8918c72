//! Cells over one coverage, as they are asked.
//!
//! A grid of equal cells lies over the coverage; a cell with many edges is parted into sixteen, and these again, so that
//! cities cost as little to search as moors. Every cell is one number: its block, or where its sixteen parts stand, or
//! where its edges stand. The edges of a cell stand together as chains of vertices, copied from the coverage unchanged,
//! so that one place in memory answers. Here blocks are numbered from 1; 0 is nowhere.

use geo::{Coord, Rect};

use super::super::pages::LargePages;
use super::BATCH;
use super::vertices::{Base, Near, Vertices, Whole};
use super::way::{QuickWay, Way};
use crate::geometry::{LonLat, nearest_on_segments};

/// The two highest bits of a cell tell what the rest of it is.
pub(super) const KIND: u32 = 3 << 30;
/// The cell lies in one block: the rest is its number.
pub(super) const WHOLE: u32 = 0;
/// The cell is parted: the rest numbers a group of sixteen cells, row by row from the south-west.
pub(super) const PARTED: u32 = 1 << 30;
/// The cell has edges: the rest is where they begin.
pub(super) const EDGED: u32 = 2 << 30;
/// A parted cell has this many columns, and rows.
pub(super) const PARTS: usize = 4;

/// Blocks take so many bits of a word.
pub(super) const BLOCK_BITS: u32 = 27;
const BLOCK: u32 = (1 << BLOCK_BITS) - 1;
/// In the first word of the edges of a cell, beside the block that the way begins with: the vertices are [`Whole`], else [`Near`].
pub(super) const AS_THEY_ARE: u32 = 1 << 31;
/// In the second word of a chain: it is the last of its cell.
pub(super) const LAST: u32 = 1 << 31;
/// How many edges a chain has stands above its blocks: so many bits of it in the first of its words, the others in the second.
pub(super) const LOW_BITS: u32 = 32 - BLOCK_BITS;
/// Longest chain; a longer line is several.
pub(super) const LONGEST_CHAIN: usize = (1 << (LOW_BITS + 31 - BLOCK_BITS)) - 1;

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
    /// The cells of the grid row by row from the south-west, then groups of sixteen, each followed by the edges of its
    /// cells. Edges are: a word with the block at the corner, changed for each edge of which
    /// `half_crosses` is true there, then each chain: two words of blocks and length, then its
    /// vertices.
    pub words: LargePages<u32>,
}

/// A chain of edges with one block on its left and one on its right.
struct Chain<'a> {
    left: u32,
    right: u32,
    vertices: &'a [u32],
}

impl Chain<'_> {
    fn edges<V: Vertices>(&self, base: Base) -> impl Iterator<Item = (Coord, Coord)> {
        let mut vertices = self.vertices.chunks_exact(V::WORDS).map(move |words| V::read(words, base));
        let first = vertices.next();
        vertices.scan(first, |before, next| before.replace(next).map(|before| (before, next)))
    }
}

impl Cells {
    /// The cells to be asked.
    #[inline]
    pub fn read(&self) -> Reader<'_> {
        Reader { frame: &self.frame, words: &self.words }
    }

    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.words)
    }
}

/// The cells of a coverage while they are asked.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    frame: &'a Frame,
    words: &'a [u32],
}

impl Reader<'_> {
    /// The number of the block at a point.
    pub fn locate(&self, point: Coord) -> u32 {
        let Some((mut square, mut cell, mut inside)) = self.top(point) else { return 0 };
        while cell & KIND == PARTED {
            (square, cell, inside) = self.step(square, cell, inside);
        }
        self.settle(square, cell, point)
    }

    /// The numbers of the blocks at points not found yet, 0 for those found; tells how many were asked. At most [`BATCH`]
    /// points.
    pub fn locate_batch<T>(&self, points: &[Coord], found: &[Option<T>], blocks: &mut [u32; BATCH]) -> usize {
        const NOTHING: (Square, Coord) =
            (Square { west: 0.0, south: 0.0, side: 1.0 }, Coord { x: 0.0, y: 0.0 });
        let mut places = [NOTHING; BATCH];
        let (mut asked, mut parted) = (0, 0);
        // Every loop is over all points, and what it reads for one does not depend on another: the processor waits for
        // the memory of many at once. First the cells of the grid, then step by step their parts, ...
        for (i, (&point, known)) in points.iter().zip(found).enumerate().take(BATCH) {
            blocks[i] = WHOLE;
            if known.is_some() {
                continue;
            }
            asked += 1;
            if let Some((square, cell, inside)) = self.top(point) {
                places[i] = (square, inside);
                blocks[i] = cell;
                parted += usize::from(cell & KIND == PARTED);
            }
        }
        while parted > 0 {
            parted = 0;
            for (place, cell) in places.iter_mut().zip(blocks.iter_mut()) {
                if *cell & KIND == PARTED {
                    let (square, part, inside) = self.step(place.0, *cell, place.1);
                    (*place, *cell) = ((square, inside), part);
                    parted += usize::from(part & KIND == PARTED);
                }
            }
        }
        // ... then the first words of their edges, which bring what follows them along, and last the edges.
        let mut touched = 0;
        for cell in blocks.iter().filter(|cell| **cell & KIND == EDGED) {
            let at = (cell & !KIND) as usize;
            touched ^= self.words[at] ^ self.words[(at + PARTS * PARTS).min(self.words.len() - 1)];
        }
        std::hint::black_box(touched);
        for (i, &point) in points.iter().enumerate().take(BATCH) {
            blocks[i] = self.settle(places[i].0, blocks[i], point);
        }
        asked
    }

    /// The cell of the grid that holds a point, and where in it the point is, as fractions of its sides.
    fn top(&self, point: Coord) -> Option<(Square, u32, Coord)> {
        let Frame { origin, per_degree, columns, rows, .. } = *self.frame;
        let (x, y) = ((point.x - origin.x) * per_degree, (point.y - origin.y) * per_degree);
        // False for what is not a number, too.
        if !(x >= 0.0 && x < columns as f64 && y >= 0.0 && y < rows as f64) {
            return None;
        }
        // 32 bits: their casts from and to fractions are one instruction.
        let (column, row) = (x as u32, y as u32);
        let square = Square { west: f64::from(column), south: f64::from(row), side: 1.0 };
        let inside = Coord { x: x - square.west, y: y - square.south };
        Some((square, self.words[row as usize * columns + column as usize], inside))
    }

    /// From a parted cell into the part that holds the point, the point given as fractions of the cell's sides.
    fn step(&self, square: Square, cell: u32, inside: Coord) -> (Square, u32, Coord) {
        let (x, y) = (inside.x * PARTS as f64, inside.y * PARTS as f64);
        let (column, row) = (x as u32, y as u32);
        let group = (cell & !KIND) as usize * PARTS * PARTS;
        let part = self.words[group + row as usize * PARTS + column as usize];
        let inside = Coord { x: x - f64::from(column), y: y - f64::from(row) };
        (square.part(column as usize, row as usize), part, inside)
    }

    /// The block at a point in a cell that is not parted.
    fn settle(&self, square: Square, cell: u32, point: Coord) -> u32 {
        if cell & KIND != EDGED {
            return cell;
        }
        let corner = self.frame.corner(square);
        if self.words[(cell & !KIND) as usize] & AS_THEY_ARE == 0 {
            self.changed::<Near>(cell, corner, point)
        } else {
            self.changed::<Whole>(cell, corner, point)
        }
    }

    /// The block at the end of the way from the corner of a cell with edges, of which the half of the corner is done.
    #[inline]
    fn changed<V: Vertices>(&self, cell: u32, corner: Coord, point: Coord) -> u32 {
        let mut block = self.words[(cell & !KIND) as usize] & BLOCK;
        let base = Base::of(corner);
        let way = QuickWay::new::<V>(corner, point, base);
        self.chains::<V>(cell, |chain| {
            let exactly = || {
                let way = Way::new(corner, point);
                chain.edges::<V>(base).fold(false, |odd, (a, b)| odd ^ way.crosses_but_for_corner(a, b))
            };
            let odd = way.crosses_chain::<V>(chain.vertices).unwrap_or_else(exactly);
            block ^= u32::from(odd).wrapping_neg() & (chain.left ^ chain.right);
        });
        block
    }

    /// Tells every chain of a cell with edges.
    #[inline]
    fn chains<V: Vertices>(&self, cell: u32, mut tell: impl FnMut(Chain)) {
        let mut rest = &self.words[(cell & !KIND) as usize + 1..];
        loop {
            let (left, right) = (rest[0], rest[1]);
            let edges = left >> BLOCK_BITS | (right & !LAST) >> BLOCK_BITS << LOW_BITS;
            let (vertices, after) = rest[2..].split_at(V::WORDS * (edges as usize + 1));
            tell(Chain { left: left & BLOCK, right: right & BLOCK, vertices });
            if right & LAST != 0 {
                return;
            }
            rest = after;
        }
    }

    /// The blocks within a distance of a position, with their distances in metres.
    pub fn near(&self, from: LonLat, within_m: f64) -> Vec<(u32, f64)> {
        let point = from.coord();
        // A degree north is never shorter than 110.5 km, and a degree east shrinks with the latitude: a little more than
        // the distance is looked at, and the exact distance decides.
        let north = within_m / 110_000.0;
        let east = north / (point.y.abs() + north).min(89.9).to_radians().cos();
        let Frame { origin, side, columns, rows, .. } = *self.frame;
        let sides = |degrees: f64, start: f64| (degrees - start) / side;
        let (west, east) = (sides(point.x - east, origin.x), sides(point.x + east, origin.x));
        let (south, north) = (sides(point.y - north, origin.y), sides(point.y + north, origin.y));
        let mut edges: Vec<(u32, [u64; 4])> = Vec::new();
        if east >= 0.0 && west <= columns as f64 && north >= 0.0 && south <= rows as f64 {
            // A cast of a negative number gives 0.
            for row in south as usize..=(north as usize).min(rows - 1) {
                for column in west as usize..=(east as usize).min(columns - 1) {
                    let square = Square { west: column as f64, south: row as f64, side: 1.0 };
                    self.gather(square, self.words[row * columns + column], &mut edges);
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
    fn gather(&self, square: Square, cell: u32, edges: &mut Vec<(u32, [u64; 4])>) {
        match cell & KIND {
            PARTED => {
                let group = (cell & !KIND) as usize * PARTS * PARTS;
                for (i, &part) in self.words[group..group + PARTS * PARTS].iter().enumerate() {
                    self.gather(square.part(i % PARTS, i / PARTS), part, edges);
                }
            }
            EDGED if self.words[(cell & !KIND) as usize] & AS_THEY_ARE == 0 => {
                self.gather_edges::<Near>(square, cell, edges);
            }
            EDGED => self.gather_edges::<Whole>(square, cell, edges),
            _ => {}
        }
    }

    fn gather_edges<V: Vertices>(&self, square: Square, cell: u32, edges: &mut Vec<(u32, [u64; 4])>) {
        let base = Base::of(self.frame.corner(square));
        self.chains::<V>(cell, |chain| {
            for (a, b) in chain.edges::<V>(base) {
                let bits = [a.x.to_bits(), a.y.to_bits(), b.x.to_bits(), b.y.to_bits()];
                edges.extend([chain.left, chain.right].into_iter().filter(|b| *b > 0).map(|b| (b, bits)));
            }
        });
    }
}
