//! What no tile of a zoom changes: shapes and borders rounded to the zoom's grid, valid, and written.
//!
//! The grids of all tiles of a zoom are one grid, counted from other points. So what lies wholly within a tile and its
//! buffer differs from tile to tile by where it begins, and by nothing else; what the tile's edge crosses is read again
//! and cut. A map in other colours, which asks for the same tiles with other values, copies its shapes.

use rayon::prelude::*;

use super::TileCoord;
use super::clip::{Reach, reach};
use super::commands::Commands;
use super::encode::polygons_within;
use super::plain::{Found, PlainRings};
use super::shape::{GridPoint, LEAST, MOST, TileGrid, TileShape, WorldPoint};

/// Deeper tiles hold few areas, which are sooner made than kept.
pub(super) const READY_TO: u8 = 10;

/// In grid units; what is wider or higher is not kept: each of its tiles shows a small part of it.
pub(super) const WIDEST: i64 = i16::MAX as i64;

/// Shapes or borders that are made together.
const TOGETHER: usize = 256;

/// The corners of a tile with its buffer.
const LEAST_CORNER: GridPoint = GridPoint { x: LEAST, y: LEAST };
const MOST_CORNER: GridPoint = GridPoint { x: MOST, y: MOST };

/// A shape or a border on the grid of a tile.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ready<'a> {
    /// It was not made ready.
    Unknown,
    /// It encloses nothing on this grid, or is a line of one point.
    Nothing,
    /// Where it begins, and the commands after that.
    Written {
        /// How its box lies to the tile.
        reach: Reach,
        /// Where it begins.
        first: GridPoint,
        /// The commands after the first point.
        after: &'a [u8],
    },
}

/// The shapes and borders of a layer, ready for the tiles of one zoom.
pub(super) struct ReadyZoom {
    shapes: Vec<Part>,
    borders: Vec<Part>,
}

/// Some of them, one after the other.
#[derive(Default)]
struct Part {
    /// Around all of them.
    around: GridBox,
    boxes: Vec<GridBox>,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Where it begins, on the grid of the zoom.
    first: (i32, i32),
    is_known: bool,
    /// Where its bytes end; they begin where the last one's end.
    end: u32,
}

/// A box on the grid of a zoom, which down to [`READY_TO`] needs 23 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GridBox {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl ReadyZoom {
    /// Rounds and writes shapes, each with its label's point if it has one, and borders.
    pub(super) fn new(
        zoom: u8,
        shapes: &[TileShape],
        labels: &[Option<WorldPoint>],
        borders: &[&[WorldPoint]],
    ) -> Self {
        let grid = TileGrid::of_zoom(zoom);
        let shapes = shapes.par_chunks(TOGETHER).zip(labels.par_chunks(TOGETHER)).map(|(shapes, labels)| {
            let (mut part, mut plain) = (Part::default(), PlainRings::default());
            for (shape, label) in shapes.iter().zip(labels) {
                part.add_shape(grid, shape, *label, &mut plain);
            }
            part
        });
        let borders = borders.par_chunks(TOGETHER).map(|lines| {
            let (mut part, mut rounded) = (Part::default(), Vec::new());
            for line in lines {
                part.add_border(grid, line, &mut rounded);
            }
            part
        });
        ReadyZoom { shapes: shapes.collect(), borders: borders.collect() }
    }

    /// Tells the shapes that may be in a tile of this zoom, with their numbers, in order.
    pub(super) fn shapes_in<'a>(&'a self, tile: TileCoord, tell: impl FnMut(u32, Ready<'a>)) {
        tell_in(&self.shapes, tile, tell);
    }

    /// Tells the borders that may be in a tile of this zoom, with their numbers, in order.
    pub(super) fn borders_in<'a>(&'a self, tile: TileCoord, tell: impl FnMut(u32, Ready<'a>)) {
        tell_in(&self.borders, tile, tell);
    }
}

fn tell_in<'a>(parts: &'a [Part], tile: TileCoord, mut tell: impl FnMut(u32, Ready<'a>)) {
    let grid = TileGrid::of(tile);
    let window = GridBox::of(grid.unshifted(LEAST_CORNER)).with(GridBox::of(grid.unshifted(MOST_CORNER)));
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.around.meets(window)) {
        for (place, _) in part.boxes.iter().enumerate().filter(|(_, one)| one.meets(window)) {
            tell((number * TOGETHER + place) as u32, part.ready(place, grid));
        }
    }
}

impl Entry {
    const NOTHING: Entry = Entry { first: (0, 0), is_known: true, end: 0 };
    const UNKNOWN: Entry = Entry { is_known: false, ..Entry::NOTHING };
}

impl Default for GridBox {
    /// Of nothing.
    fn default() -> Self {
        GridBox { left: i32::MAX, top: i32::MAX, right: i32::MIN, bottom: i32::MIN }
    }
}

impl GridBox {
    fn of(point: GridPoint) -> GridBox {
        let (x, y) = (point.x as i32, point.y as i32);
        GridBox { left: x, top: y, right: x, bottom: y }
    }

    fn around(points: impl Iterator<Item = GridPoint>) -> GridBox {
        points.map(GridBox::of).fold(GridBox::default(), GridBox::with)
    }

    fn with(self, other: GridBox) -> GridBox {
        GridBox {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    #[expect(
        clippy::needless_bitwise_bool,
        reason = "most boxes fail one or two of four, as good as at random"
    )]
    fn meets(&self, other: GridBox) -> bool {
        (self.left <= other.right)
            & (self.right >= other.left)
            & (self.top <= other.bottom)
            & (self.bottom >= other.top)
    }

    fn corners(&self) -> [GridPoint; 2] {
        [
            GridPoint { x: self.left.into(), y: self.top.into() },
            GridPoint { x: self.right.into(), y: self.bottom.into() },
        ]
    }
}

impl Part {
    fn ready(&self, place: usize, grid: TileGrid) -> Ready<'_> {
        let entry = &self.entries[place];
        let start = place.checked_sub(1).map_or(0, |before| self.entries[before].end);
        let after = &self.bytes[start as usize..entry.end as usize];
        if !entry.is_known {
            Ready::Unknown
        } else if after.is_empty() {
            Ready::Nothing
        } else {
            let [least, most] = self.boxes[place].corners().map(|corner| grid.shifted(corner));
            let first = GridPoint { x: entry.first.0.into(), y: entry.first.1.into() };
            Ready::Written { reach: reach(least, most), first: grid.shifted(first), after }
        }
    }

    /// Adds one that lies in a box, which is larger than what is drawn where an area's label is, or would be, beside that.
    fn add(&mut self, entry: Entry, within: GridBox, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.boxes.push(within);
        self.around = self.around.with(within);
        // Of some hundred shapes that are no wider than a few tiles.
        self.entries.push(Entry { end: self.bytes.len() as u32, ..entry });
    }

    fn add_shape(
        &mut self,
        grid: TileGrid,
        shape: &TileShape,
        label: Option<WorldPoint>,
        plain: &mut PlainRings,
    ) {
        let corners = shape.polygons.iter().flat_map(|polygon| polygon.corners);
        let label = GridBox::around(label.into_iter().map(|label| grid.upper_left(label)));
        let within = GridBox::around(corners.map(|corner| grid.nearest(corner))).with(label);
        let Some(here) = near(grid, within) else { return self.add(Entry::UNKNOWN, within, &[]) };
        match plain.take(here, shape) {
            Found::Nothing => self.add(Entry::NOTHING, label, &[]),
            Found::Valid => self.write(here, within, plain.rings(), Commands::ring),
            Found::Unclear => {
                let polygons = polygons_within(here, shape);
                self.write(here, within, polygons.iter().flatten().map(Vec::as_slice), Commands::ring);
            }
        }
    }

    fn add_border(&mut self, grid: TileGrid, line: &[WorldPoint], rounded: &mut Vec<GridPoint>) {
        let within = GridBox::around(line.iter().map(|&point| grid.nearest(point)));
        let Some(here) = near(grid, within) else { return self.add(Entry::UNKNOWN, within, &[]) };
        rounded.clear();
        here.round_onto(line, rounded);
        let lines = (rounded.len() > 1).then_some(rounded.as_slice());
        self.write(here, within, lines.into_iter(), Commands::line);
    }

    /// Adds lines or rings whose coordinates are counted from `here` on.
    fn write<'a>(
        &mut self,
        here: TileGrid,
        within: GridBox,
        mut lines: impl Iterator<Item = &'a [GridPoint]>,
        write: fn(&mut Commands, &[GridPoint]),
    ) {
        let Some((first, line)) = lines.next().and_then(|line| Some((*line.first()?, line))) else {
            return self.add(Entry::NOTHING, within, &[]);
        };
        let mut commands = Commands::starting_at(first);
        write(&mut commands, line);
        lines.for_each(|line| write(&mut commands, line));
        let first = here.unshifted(first);
        let entry = Entry { first: (first.x as i32, first.y as i32), ..Entry::NOTHING };
        self.add(entry, within, &commands.bytes[Commands::FIRST_STEP..]);
    }
}

/// The grid counted from the least corner of a box on; `None` where that is too large or of nothing.
fn near(grid: TileGrid, within: GridBox) -> Option<TileGrid> {
    let [least, most] = within.corners();
    let sizes = [most.x - least.x, most.y - least.y];
    sizes.iter().all(|size| (0..=WIDEST).contains(size)).then(|| grid.counted_from(least))
}
