//! The commands of which a vector tile's shapes are made, written and read again.

use super::shape::GridPoint;
use super::write::put;

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

/// The commands of a feature's geometry, each point written as the way from the one before.
#[derive(Debug, Default)]
pub(super) struct Commands {
    pub(super) bytes: Vec<u8>,
    /// Where the last command ended.
    cursor: (i32, i32),
}

impl Commands {
    /// How long the first command is when it begins where [`Commands::starting_at`] says.
    pub(super) const FIRST_STEP: usize = 3;

    /// Commands of which the first leads to a point: no step is needed for that.
    pub(super) fn starting_at(point: GridPoint) -> Self {
        Commands { bytes: Vec::new(), cursor: (point.x as i32, point.y as i32) }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.cursor = (0, 0);
    }

    /// The command that moves to a point from where every feature begins, and its two steps.
    pub(super) fn start(point: GridPoint) -> [u32; 3] {
        [MOVE_TO | 1 << 3, zigzag(point.x as i32), zigzag(point.y as i32)]
    }

    pub(super) fn point(&mut self, point: GridPoint) {
        self.command(MOVE_TO, 1);
        self.step(point);
    }

    pub(super) fn line(&mut self, line: &[GridPoint]) {
        let Some((&first, rest)) = line.split_first() else { return };
        self.point(first);
        self.command(LINE_TO, rest.len());
        for &point in rest {
            self.step(point);
        }
    }

    pub(super) fn ring(&mut self, ring: &[GridPoint]) {
        self.line(ring);
        self.command(CLOSE_PATH, 1);
    }

    fn command(&mut self, command: u32, count: usize) {
        put(u64::from(command) | (count as u64) << 3, &mut self.bytes);
    }

    /// After clipping, coordinates are at most the tile and its buffer.
    fn step(&mut self, point: GridPoint) {
        let (x, y) = (point.x as i32, point.y as i32);
        let (east, south) = (zigzag(x - self.cursor.0), zigzag(y - self.cursor.1));
        self.cursor = (x, y);
        if (east | south) < 1 << 7 {
            self.bytes.extend_from_slice(&[east as u8, south as u8]);
        } else {
            put(east.into(), &mut self.bytes);
            put(south.into(), &mut self.bytes);
        }
    }
}

/// A step as a number without sign.
fn zigzag(by: i32) -> u32 {
    ((by << 1) ^ (by >> 31)) as u32
}

/// Reads commands again: the points of one line or ring after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps<'a> {
    /// Where the next line begins, if another one follows.
    first: Option<GridPoint>,
    after: &'a [u8],
}

impl<'a> Steps<'a> {
    /// Lines or rings that begin at a point, as [`super::write::LayerWriter::written`] has them.
    pub(super) fn new(first: GridPoint, after: &'a [u8]) -> Self {
        Steps { first: Some(first), after }
    }

    /// Adds the points of the next line or ring to others; false when there is none.
    pub(super) fn next_line(&mut self, points: &mut Vec<GridPoint>) -> bool {
        let Some(mut point) = self.first.take() else { return false };
        points.push(point);
        while !self.after.is_empty() {
            let command = self.number();
            match (command as u32 & 7, command >> 3) {
                (MOVE_TO, _) => {
                    self.first = Some(self.step(point));
                    break;
                }
                (LINE_TO, count) => {
                    points.reserve(count as usize);
                    for _ in 0..count {
                        point = self.step(point);
                        points.push(point);
                    }
                }
                // A ring ends where it began; the way on is counted from its last point.
                _ => {}
            }
        }
        true
    }

    fn step(&mut self, from: GridPoint) -> GridPoint {
        let by = |zigzag: u64| (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        let (east, south) = (by(self.number()), by(self.number()));
        GridPoint { x: from.x + east, y: from.y + south }
    }

    /// What [`put`] wrote.
    #[inline]
    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        while let Some((&byte, after)) = self.after.split_first() {
            self.after = after;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 1 << 7 {
                break;
            }
            shift += 7;
        }
        number
    }
}
