//! The edges of a cell as points ask them: a line of memory, judged all at once.
//!
//! Edges are drawn in a grid of their cell, so coarse that a vertex is two numbers of 16 bits. A point is judged by them
//! where rounding cannot have changed on which side of an edge it lies; of those left in doubt, a point in some
//! thousands, the [`record`](super::record) of the cell has to be asked.
//!
//! A line tells which edges a ray from the point to the east crosses, and what they change together. Only edges of the cell are in
//! it; where a chain of them ends to the east of the cell, it is drawn straight on to the north. So points of the cell differ
//! by as many crossings as all edges of the coverage make them differ by, and what is the same for all of them is told
//! with the line.

use std::hint::select_unpredictable;

use geo::Coord;

/// Words of the shortest line, by which the places of all are counted.
pub(super) const LINE: usize = 8;
/// Words of the longest.
const LONGEST: usize = 3 * LINE;
/// Edges, and different changes of them, that the lines hold, shortest first. Changes that are others together do not count.
const HOLDING: [(usize, usize); 3] = [(4, 2), (8, 4), (12, 6)];
/// What the longest holds.
pub(super) const MOST: (usize, usize) = HOLDING[HOLDING.len() - 1];
/// Blocks and changes take so many bits of a word.
const BLOCK_BITS: u32 = 27;
const BLOCK: u32 = (1 << BLOCK_BITS) - 1;

/// The side of a cell in units of its grid, whose origin is in the middle of the cell.
pub(super) const SIDE: f64 = 16_384.0;
/// Edges end here, in units from the middle of the cell: as far as 16 bits tell.
pub(super) const FARTHEST: f64 = 32_000.0;

/// A place in the grid of a cell.
#[derive(Clone, Copy)]
pub(super) struct Place {
    x: f32,
    y: f32,
}

impl Place {
    /// By fractions of the cell's sides, from its south-west corner.
    #[inline]
    pub fn of(inside: Coord) -> Place {
        let units = |fraction: f64| (fraction * SIDE - SIDE / 2.0) as f32;
        Place { x: units(inside.x), y: units(inside.y) }
    }

    /// A vertex as it is written.
    #[inline]
    fn read(word: u32) -> Place {
        Place { x: f32::from(word as i16), y: ((word as i32) >> 16) as f32 }
    }

    /// The word of a place within [`FARTHEST`], rounded.
    pub fn written(units: Coord) -> u32 {
        let number = |units: f64| u32::from(units.round() as i16 as u16);
        number(units.x) | number(units.y) << 16
    }
}

/// The block at a place, by the line that `words` begin with; `length` is that of [`HOLDING`]. `None` when rounding might have
/// changed it, or there is no such line.
#[inline]
pub(super) fn block(words: &[u32], length: u32, at: Place) -> Option<u32> {
    match length {
        0 => {
            let line: &[u32; LINE] = words.first_chunk()?;
            let pair = (line[0] >> BLOCK_BITS | line[1] >> BLOCK_BITS << 16, line[1] & BLOCK, line[2]);
            let crossed = crossed::<1>(line.last_chunk::<5>()?, at)?;
            Some(line[0] & BLOCK ^ changed(pair, crossed))
        }
        1 => {
            let line: &[u32; 2 * LINE] = words.first_chunk()?;
            longer::<{ HOLDING[1].1 }, { HOLDING[1].0 / 4 }>(line, at)
        }
        _ => {
            let line: &[u32; 3 * LINE] = words.first_chunk()?;
            longer::<{ HOLDING[2].1 }, { HOLDING[2].0 / 4 }>(line, at)
        }
    }
}

/// The block by a line whose changes, `CHANGES` of them, and for each two of these the edges that make it, stand before the vertices.
#[inline]
fn longer<const CHANGES: usize, const PASSES: usize>(line: &[u32], at: Place) -> Option<u32> {
    let (block, rest) = line.split_first()?;
    let (changes, rest) = rest.split_first_chunk::<CHANGES>()?;
    let (edges, vertices) = rest.split_at_checked(CHANGES / 2)?;
    let crossed = crossed::<PASSES>(vertices, at)?;
    let pairs = edges.iter().zip(changes.chunks_exact(2));
    Some(pairs.fold(*block, |block, (edges, pair)| block ^ changed((*edges, pair[0], pair[1]), crossed)))
}

/// What two changes make together, each an odd or even number of times: given are the edges of both, of the second in the
/// upper half of the word, the two, and which edges are crossed.
#[inline]
fn changed((edges, first, second): (u32, u32, u32), crossed: u32) -> u32 {
    let mut odd = edges & (crossed | crossed << 16);
    odd ^= odd >> 8 & 0x00ff_00ff;
    odd ^= odd >> 4;
    odd ^= odd >> 2;
    odd ^= odd >> 1;
    // Which of both is as good as chance, and a wrong guess of the processor costs more than all this.
    select_unpredictable(odd & 1 != 0, first, 0) ^ select_unpredictable(odd & 1 << 16 != 0, second, 0)
}

/// A vertex is off by half a unit, east and north, and a place by less than a hundredth: within this of the level of the place it may be
/// on its other side.
const LEVEL: f32 = 1.01;
/// A cross product may be off by so much for each unit of the sides of its edge, and by so much besides. Where the edge passes
/// the level of the place it is off by half a unit, and by half of `dx / dy`, as far as its ends are; that times `dy` is no more
/// than `|dx| + |dy| + 1`, as the ends are a unit and more from the level, and single precision loses a fiftieth of it.
const TURN_BY_SIDES: f32 = 1.25;
const TURN: f32 = 2.0;

/// Which edges between vertices that follow one another a ray from a place to the east crosses, a bit for each. `None` where
/// rounding might have changed it.
#[inline]
fn crossed<const PASSES: usize>(vertices: &[u32], at: Place) -> Option<u32> {
    let (mut crossed, mut in_doubt) = (0, false);
    for pass in 0..PASSES {
        let starts = vertices.get(4 * pass..)?.first_chunk()?;
        let ends = vertices.get(4 * pass + 1..)?.first_chunk()?;
        let (four, doubt) = crossed_of_four(starts, ends, at);
        crossed |= four << (4 * pass);
        in_doubt |= doubt;
    }
    (!in_doubt).then_some(crossed)
}

/// Of four edges, as many as the processor takes at once, by their starts and ends, and whether rounding might have changed it.
#[expect(clippy::needless_bitwise_bool, reason = "without a branch, which is what makes it fast")]
#[inline]
fn crossed_of_four(starts: &[u32; 4], ends: &[u32; 4], at: Place) -> (u32, bool) {
    let (mut crosses, mut doubt) = ([false; 4], [false; 4]);
    for i in 0..4 {
        let (a, b) = (Place::read(starts[i]), Place::read(ends[i]));
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let turn = dx * (at.y - a.y) - dy * (at.x - a.x);
        let (a_is_north, b_is_north) = (a.y > at.y, b.y > at.y);
        let spans = a_is_north ^ b_is_north;
        crosses[i] = spans & ((turn > 0.0) == b_is_north);
        doubt[i] = ((a.y - at.y).abs() <= LEVEL)
            | ((b.y - at.y).abs() <= LEVEL)
            | (spans & (turn.abs() <= (dx.abs() + dy.abs()) * TURN_BY_SIDES + TURN));
    }
    let bits = crosses.into_iter().enumerate().fold(0, |bits, (i, one)| bits | u32::from(one) << i);
    (bits, doubt.iter().fold(false, |any, one| any | one))
}

/// A line with its length, as [`block`] takes it.
pub(super) struct Line {
    words: [u32; LONGEST],
    pub length: u32,
}

impl Line {
    /// Of vertices, the last of them repeated to the end, the changes that edges make, and which of these each edge makes, a bit
    /// for each. `None` when they are too many.
    pub fn new(vertices: &[u32], changes: &[u32], edges: &[u8]) -> Option<Line> {
        let holds = |&(most, different): &(usize, usize)| edges.len() <= most && changes.len() <= different;
        let length = HOLDING.iter().position(holds)?;
        let making = |change: usize| {
            let bits = edges.iter().enumerate().map(|(edge, makes)| u32::from(makes >> change & 1) << edge);
            bits.fold(0, |all, bit| all | bit)
        };
        let mut words = [*vertices.last()?; LONGEST];
        words[..=HOLDING[length].1].fill(0);
        words[1..=changes.len()].copy_from_slice(changes);
        let before = if length == 0 {
            words[0] = making(0) << BLOCK_BITS;
            words[1] |= making(1) << BLOCK_BITS;
            3
        } else {
            let pairs = HOLDING[length].1 / 2;
            for pair in 0..pairs {
                words[1 + 2 * pairs + pair] = making(2 * pair) | making(2 * pair + 1) << 16;
            }
            1 + 3 * pairs
        };
        words[before..before + vertices.len()].copy_from_slice(vertices);
        Some(Line { words, length: length as u32 })
    }

    pub fn words(&self) -> &[u32] {
        &self.words[..LINE * (self.length as usize + 1)]
    }

    /// The block at a place, or what its edges change until [`Line::begin_with`] was told.
    pub fn block(&self, at: Place) -> Option<u32> {
        block(self.words(), self.length, at)
    }

    /// Tells the block where nothing is changed.
    pub fn begin_with(&mut self, block: u32) {
        self.words[0] |= block & BLOCK;
    }
}

/// Places all over a cell, one of which no line will leave in doubt.
pub(super) fn probes() -> impl Iterator<Item = Coord> {
    // Roberts' sequence: each is far from those before.
    (0..16).map(|probe| {
        let inside = |step: f64| (0.5 + f64::from(probe) * step).fract();
        Coord { x: inside(0.754_877_666_246_693), y: inside(0.569_840_290_998_053) }
    })
}
