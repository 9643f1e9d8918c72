//! Cells over one coverage, as they are asked.
//!
//! A grid of equal cells lies over the coverage; a cell with many edges is parted into sixteen, and these again, so that
//! cities cost as little to search as moors. Every cell is one number: its block, or where its sixteen parts stand, or
//! where its edges stand. The edges of a cell stand together as chains of vertices, copied from the coverage unchanged,
//! so that one place in memory answers. Here blocks are numbered from 1; 0 is nowhere.

use geo::{Coord, Rect};

use super::super::pages::LargePages;
use super::BATCH;
use super::vertices::{Microdegrees, Vertices, Whole};
use crate::geometry::{LonLat, crosses_to_the_east, lies_to_the_north, nearest_on_segments};

/// The two highest bits of a cell tell what the rest of it is.
const KIND: u32 = 3 << 30;
/// The cell lies in one block: the rest is its number.
pub(super) const WHOLE: u32 = 0;
/// The cell is parted: the rest numbers a group of sixteen cells, row by row from the south-west.
pub(super) const PARTED: u32 = 1 << 30;
/// The cell has edges: the rest is where they begin.
pub(super) const EDGED: u32 = 2 << 30;
/// A parted cell has this many columns, and rows.
pub(super) const PARTS: usize = 4;

/// A chain is headed by one word: the blocks on its left and right, and how many edges it has.
pub(super) const BLOCK_BITS: u32 = 27;
/// Longest chain; a longer line is several.
pub(super) const LONGEST_CHAIN: usize = (1 << (64 - 2 * BLOCK_BITS)) - 1;

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
    /// The cells of the grid row by row from the south-west, then groups of sixteen.
    pub words: LargePages<u32>,
    /// Cell by cell: a word with the block at the corner and the number of chains, then each chain: a word of blocks and
    /// length, then its vertices.
    pub edges: LargePages<u64>,
    /// Whether vertices are written as [`Microdegrees`].
    pub in_microdegrees: bool,
}

/// What a way from a corner to a point makes of the blocks.
#[derive(Clone, Copy)]
pub(super) struct Way {
    corner: Coord,
    point: Coord,
    /// Level with the point, on the meridian of the corner.
    level: Coord,
    west: f64,
    east: f64,
}

impl Way {
    pub fn new(corner: Coord, point: Coord) -> Way {
        Way {
            corner,
            point,
            level: Coord { x: corner.x, y: point.y },
            west: corner.x.min(point.x),
            east: corner.x.max(point.x),
        }
    }

    /// True when the way crosses the edge an odd number of times.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, which is what makes it fast")]
    pub fn crosses(&self, a: Coord, b: Coord) -> bool {
        // Most edges are clear of the way, and that is seen without branches.
        let spans_level = (a.y > self.point.y) != (b.y > self.point.y);
        let clear = (a.x > self.east && b.x > self.east) || (a.x < self.west && b.x < self.west);
        let spans_meridian = (a.x > self.corner.x) != (b.x > self.corner.x);
        (spans_level & !clear
            && crosses_to_the_east(self.point, a, b) != crosses_to_the_east(self.level, a, b))
            ^ (spans_meridian && lies_to_the_north(self.level, a, b) != lies_to_the_north(self.corner, a, b))
    }

    /// True when the way crosses an odd number of the edges of a chain, as [`Way::crosses`] tells it edge by edge; `None`
    /// where that needs exact arithmetic.
    ///
    /// Which edges are near the way cannot be foreseen, and a wrong guess of the processor takes longer than to reckon
    /// for all of them without a branch.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, which is what makes it fast")]
    #[inline]
    fn crosses_chain<V: Vertices>(&self, chain: &Chain<'_>) -> Option<bool> {
        let Way { corner, point, .. } = *self;
        let mut ends = chain.vertices.chunks_exact(V::WORDS).map(V::read);
        let mut a = ends.next()?;
        let (mut odd, mut unsure) = (false, false);
        for b in ends {
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            // On which side of the edge a place is, and whether that is beyond doubt: the bound of rounding is that of
            // Shewchuk, *Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates*, 1997.
            let side = |x: f64, y: f64| {
                let (left, right) = (dx * (y - a.y), dy * (x - a.x));
                let turn = left - right;
                (turn > 0.0, turn.abs() <= (left.abs() + right.abs()) * ROUNDING)
            };
            let (of_point, doubts_point) = side(point.x, point.y);
            let (of_level, doubts_level) = side(corner.x, point.y);
            let (of_corner, doubts_corner) = side(corner.x, corner.y);
            let spans_level = (a.y > point.y) != (b.y > point.y);
            let spans_meridian = (a.x > corner.x) != (b.x > corner.x);
            odd ^= (spans_level & (of_point != of_level)) ^ (spans_meridian & (of_level != of_corner));
            unsure |= (spans_level & (doubts_point | doubts_level))
                | (spans_meridian & (doubts_level | doubts_corner));
            a = b;
        }
        (!unsure).then_some(odd)
    }
}

/// How far, as a share of the sum of its two terms, a cross product may be off by rounding: Shewchuk's `ccwerrboundA`.
const ROUNDING: f64 = (3.0 + 8.0 * f64::EPSILON) * (f64::EPSILON / 2.0);

/// A chain of edges with one block on its left and one on its right.
struct Chain<'a> {
    left: u32,
    right: u32,
    vertices: &'a [u64],
}

impl Chain<'_> {
    fn edges<V: Vertices>(&self) -> impl Iterator<Item = (Coord, Coord)> {
        let mut vertices = self.vertices.chunks_exact(V::WORDS).map(V::read);
        let first = vertices.next();
        vertices.scan(first, |before, next| before.replace(next).map(|before| (before, next)))
    }
}

impl Cells {
    /// The cells to be asked.
    #[inline]
    pub fn read(&self) -> Reader<'_> {
        Reader {
            frame: &self.frame,
            words: &self.words,
            edges: &self.edges,
            in_microdegrees: self.in_microdegrees,
        }
    }

    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.words) + size_of_val(&*self.edges)
    }
}

/// The cells of a coverage while they are asked.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    frame: &'a Frame,
    words: &'a [u32],
    edges: &'a [u64],
    in_microdegrees: bool,
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
            touched ^= self.edges[at] ^ self.edges[(at + 8).min(self.edges.len() - 1)];
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
        let way = Way::new(self.frame.corner(square), point);
        if self.in_microdegrees {
            self.changed::<Microdegrees>(cell, way)
        } else {
            self.changed::<Whole>(cell, way)
        }
    }

    /// The block at the end of a way from the corner of a cell with edges.
    #[inline]
    fn changed<V: Vertices>(&self, cell: u32, way: Way) -> u32 {
        let mut block = self.edges[(cell & !KIND) as usize] as u32;
        self.chains::<V>(cell, |chain| {
            let exactly = || chain.edges::<V>().fold(false, |odd, (a, b)| odd ^ way.crosses(a, b));
            let odd = way.crosses_chain::<V>(&chain).unwrap_or_else(exactly);
            block ^= u32::from(odd).wrapping_neg() & (chain.left ^ chain.right);
        });
        block
    }

    /// Tells every chain of a cell with edges.
    #[inline]
    fn chains<V: Vertices>(&self, cell: u32, mut tell: impl FnMut(Chain)) {
        let mut rest = &self.edges[(cell & !KIND) as usize..];
        let count = rest[0] >> 32;
        rest = &rest[1..];
        for _ in 0..count {
            let head = rest[0];
            let edges = (head >> (2 * BLOCK_BITS)) as usize;
            let (vertices, after) = rest[1..].split_at(V::WORDS * (edges + 1));
            let block = |bits: u64| bits as u32 & ((1 << BLOCK_BITS) - 1);
            tell(Chain { left: block(head), right: block(head >> BLOCK_BITS), vertices });
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
        let gather = if self.in_microdegrees { Self::gather::<Microdegrees> } else { Self::gather::<Whole> };
        if east >= 0.0 && west <= columns as f64 && north >= 0.0 && south <= rows as f64 {
            // A cast of a negative number gives 0.
            for row in south as usize..=(north as usize).min(rows - 1) {
                for column in west as usize..=(east as usize).min(columns - 1) {
                    gather(self, self.words[row * columns + column], &mut edges);
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
            let segments =
                of_block.iter().map(|(_, bits)| (Whole::read(&bits[..2]), Whole::read(&bits[2..])));
            if let Some(nearest) = nearest_on_segments(from, segments)
                && nearest.distance_m <= within_m
            {
                found.push((of_block[0].0, nearest.distance_m));
            }
        }
        found
    }

    /// Adds the edges of a cell and of its parts, once for each block beside them.
    fn gather<V: Vertices>(&self, cell: u32, edges: &mut Vec<(u32, [u64; 4])>) {
        match cell & KIND {
            PARTED => {
                let group = (cell & !KIND) as usize * PARTS * PARTS;
                for &part in &self.words[group..group + PARTS * PARTS] {
                    self.gather::<V>(part, edges);
                }
            }
            EDGED => self.chains::<V>(cell, |chain| {
                for (a, b) in chain.edges::<V>() {
                    let bits = [a.x.to_bits(), a.y.to_bits(), b.x.to_bits(), b.y.to_bits()];
                    edges.extend([chain.left, chain.right].into_iter().filter(|b| *b > 0).map(|b| (b, bits)));
                }
            }),
            _ => {}
        }
    }
}
