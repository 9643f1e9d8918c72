//! Cells over one coverage, as they are made.

use std::sync::Arc;

use geo::Coord;
use rayon::prelude::*;

use super::super::pages::LargePages;
use super::cells::{CROWDED, Cells, EDGED, Frame, KIND, LENGTH_SHIFT, PARTED, PARTS, Square, WHOLE};
use super::draft::Draft;
use super::line::{self, LINE, Line, MOST, Place};
use super::record::{self, FIRST, LAST, Records};
use super::way::Way;
use crate::coverage::{Coverage, NOWHERE};
use crate::geometry::crosses_to_the_east;

/// Cells of the grid for each edge: more make the grid larger and fewer of its cells parted.
const CELLS_PER_EDGE: f64 = 9.0;
/// Never fewer cells (small coverages cost nothing), never more: every point asks the grid first, and a larger one (four
/// bytes a cell) would not stay at hand. Where there are more edges, more cells are parted.
const CELL_COUNT: std::ops::RangeInclusive<f64> = 256.0..=3e5;
/// A cell with more edges is parted, as is one whose edges no line holds, ...
const MOST_EDGES: usize = MOST.0;
/// ... but not more often than so: many edges may meet in a point.
const DEEPEST: usize = 6;
/// A smaller cell has no line: places in it are not told apart well enough by degrees. A millimetre.
const LEAST_DEGREES: f64 = 1e-8;
/// By how much of a cell's side edges beyond it are taken into it, so that no rounding can put a point into a cell
/// that lacks an edge it needs; and never by less than so many degrees, which are many times what rounding does.
const MARGIN: f64 = 1e-6;
const LEAST_MARGIN: f64 = 1e-12;
/// Rows of the grid that are made together.
const BAND_ROWS: usize = 8;
/// The words of a parted cell, which like longer lines begin where a line of the processor's cache does.
const GROUP: usize = PARTS * PARTS;

/// An edge, and what crossing it does to the number of the block.
#[derive(Clone, Copy)]
struct Edge {
    a: Coord,
    b: Coord,
    change: u32,
}

impl Edge {
    /// True when it touches or nearly touches a box; never false for one that does.
    fn touches(self, low: Coord, high: Coord) -> bool {
        let (a, b) = (self.a, self.b);
        if a.x.max(b.x) < low.x || a.x.min(b.x) > high.x || a.y.max(b.y) < low.y || a.y.min(b.y) > high.y {
            return false;
        }
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let side = |x: f64, y: f64| dx * (y - a.y) - dy * (x - a.x);
        let sides = [side(low.x, low.y), side(high.x, low.y), side(low.x, high.y), side(high.x, high.y)];
        !(sides.iter().all(|s| *s > 0.0) || sides.iter().all(|s| *s < 0.0))
    }
}

/// Makes the cells of a coverage; one of more vertices than [`FIRST`] tells has none that hold anything.
pub(super) fn cells_of(coverage: &Arc<Coverage>) -> Cells {
    debug_assert_eq!(NOWHERE.wrapping_add(1), 0);
    let mut changes = vec![0; coverage.vertex_count()];
    let (mut low, mut high) = (Coord { x: f64::MAX, y: f64::MAX }, Coord { x: f64::MIN, y: f64::MIN });
    let is_counted = coverage.vertex_count() <= FIRST as usize;
    let mut edge_count = 0;
    for arc in coverage.arcs().iter().filter(|arc| is_counted && arc.left != arc.right) {
        let vertices = coverage.vertices_of(*arc);
        let edges = vertices.len().saturating_sub(1);
        // Nowhere becomes 0, block 0 becomes 1.
        let change = arc.left.wrapping_add(1) ^ arc.right.wrapping_add(1);
        changes[coverage.first_vertex_of(*arc) as usize..][..edges].fill(change);
        edge_count += edges;
        for v in vertices {
            low = Coord { x: low.x.min(v.x), y: low.y.min(v.y) };
            high = Coord { x: high.x.max(v.x), y: high.y.max(v.y) };
        }
    }
    if edge_count == 0 {
        (low, high) = (Coord { x: 0.0, y: 0.0 }, Coord { x: 0.0, y: 0.0 });
    }
    let count = (edge_count as f64 * CELLS_PER_EDGE).clamp(*CELL_COUNT.start(), *CELL_COUNT.end());
    let (width, height) = (high.x - low.x, high.y - low.y);
    // A line of an area would have no height.
    let side = (width * height / count).sqrt().max(width.max(height) / count).max(1e-9);
    let per_degree = 1.0 / side;
    // Reckoned as the cell of a point is, so that no point of the coverage is beyond the last.
    let count_along = |degrees: f64| (degrees * per_degree) as usize + 1;
    let (columns, rows) = (count_along(width), count_along(height));
    let frame = Frame { origin: low, side, per_degree, columns, rows };
    let grid = Grid { frame, coverage, changes };
    let (corners, (firsts, members)) = rayon::join(|| grid.corner_blocks(), || grid.members());
    let bands: Vec<Band> = (0..frame.rows.div_ceil(BAND_ROWS))
        .into_par_iter()
        .map(|band| {
            let rows = band * BAND_ROWS..((band + 1) * BAND_ROWS).min(frame.rows);
            let mut made = Band::of(&grid);
            for (row, column) in rows.flat_map(|row| (0..frame.columns).map(move |column| (row, column))) {
                let cell = row * frame.columns + column;
                let square = Square { west: column as f64, south: row as f64, side: 1.0 };
                let members = &members[firsts[cell] as usize..firsts[cell + 1] as usize];
                let made_cell = made.cell(square, corners[cell], members, 0);
                made.top.push(made_cell);
            }
            made.begin_at(GROUP);
            made
        })
        .collect();
    joined(&grid, bands)
}

/// Puts bands together; what cells refer to gets the place that it has in the whole.
fn joined(grid: &Grid, bands: Vec<Band>) -> Cells {
    let top: usize = bands.iter().map(|band| band.top.len()).sum();
    let start = top.next_multiple_of(GROUP);
    let mut words = LargePages::zeroed(start + bands.iter().map(|band| band.words.len()).sum::<usize>());
    let (mut in_grid, mut rest) = words.as_mut_slice().split_at_mut(start);
    let mut first = start / LINE;
    let mut records = Vec::with_capacity(first + bands.iter().map(|band| band.records.len()).sum::<usize>());
    records.resize(first, LAST);
    let mut crowded: Vec<u32> = Vec::new();
    for band in bands {
        let placed = |cell: u32| match cell & KIND {
            EDGED | PARTED => cell + first as u32,
            CROWDED => cell + crowded.len() as u32,
            _ => cell,
        };
        let top = in_grid.split_off_mut(..band.top.len()).unwrap_or_default();
        for (word, cell) in top.iter_mut().zip(band.top) {
            *word = placed(cell);
        }
        let here = rest.split_off_mut(..band.words.len()).unwrap_or_default();
        here.copy_from_slice(&band.words);
        for group in band.groups {
            for cell in &mut here[group..group + GROUP] {
                *cell = placed(*cell);
            }
        }
        crowded.extend(band.crowded);
        records.extend(band.records);
        first += here.len() / LINE;
    }
    let coverage = Arc::clone(grid.coverage);
    Cells { frame: grid.frame, words, records: Records::new(records), crowded, coverage }
}

/// The grid while its cells are made. An edge is named by the place of its first vertex in the coverage.
struct Grid<'a> {
    frame: Frame,
    coverage: &'a Arc<Coverage>,
    /// What crossing each edge changes; 0 where none begins.
    changes: Vec<u32>,
}

impl Grid<'_> {
    fn edge(&self, first: u32) -> Edge {
        let (first, vertices) = (first as usize, self.coverage.vertices());
        Edge { a: vertices[first], b: vertices[first + 1], change: self.changes[first] }
    }

    fn edges(&self) -> impl Iterator<Item = (u32, Edge)> {
        let firsts = (0..).zip(&self.changes).filter(|(_, change)| **change != 0);
        firsts.map(|(first, _)| (first, self.edge(first)))
    }

    /// Latitude of the southern side of a row.
    fn south_of(&self, row: usize) -> f64 {
        self.frame.origin.y + row as f64 * self.frame.side
    }

    /// The number of columns (or rows) from the first to one that holds a coordinate, kept within the grid.
    fn step(&self, degrees: f64, count: usize) -> usize {
        // A cast of a negative number gives 0.
        ((degrees / self.frame.side) as usize).min(count - 1)
    }

    fn margin(&self, square_side: f64) -> f64 {
        (self.frame.side * square_side * MARGIN).max(LEAST_MARGIN)
    }

    /// The block at every south-east corner: as many changes as there are edges that a ray to the east crosses.
    fn corner_blocks(&self) -> Vec<u32> {
        let Frame { origin, side, columns, rows, .. } = self.frame;
        let mut corners = vec![0u32; columns * rows];
        for (_, edge) in self.edges() {
            let (south, north) = if edge.a.y < edge.b.y { (edge.a, edge.b) } else { (edge.b, edge.a) };
            for row in self.step(south.y - origin.y, rows)..=self.step(north.y - origin.y + side, rows) {
                let corner = |column: usize| {
                    self.frame.corner(Square { west: column as f64, south: row as f64, side: 1.0 })
                };
                let y = corner(0).y;
                if (south.y > y) == (north.y > y) {
                    continue;
                }
                let crosses = |column: usize| crosses_to_the_east(corner(column), edge.a, edge.b);
                // The corners that see the edge to their east are those of the first columns: a guess how many, put
                // right by the exact test.
                let x = south.x + (north.x - south.x) * ((y - south.y) / (north.y - south.y));
                let mut seeing = self.step(x - origin.x, columns);
                while seeing < columns && crosses(seeing) {
                    seeing += 1;
                }
                while seeing > 0 && !crosses(seeing - 1) {
                    seeing -= 1;
                }
                if seeing > 0 {
                    corners[row * columns + seeing - 1] ^= edge.change;
                }
            }
        }
        for row in corners.chunks_mut(columns) {
            let mut block = 0;
            for corner in row.iter_mut().rev() {
                block ^= *corner;
                *corner = block;
            }
        }
        corners
    }

    /// Where the edges of every cell of the grid begin, and their names cell by cell: by a counting sort.
    fn members(&self) -> (Vec<u32>, Vec<u32>) {
        let mut firsts = vec![0u32; self.frame.columns * self.frame.rows + 1];
        for (_, edge) in self.edges() {
            self.touched(edge, |cell| firsts[cell + 1] += 1);
        }
        for i in 1..firsts.len() {
            firsts[i] += firsts[i - 1];
        }
        let mut next = firsts.clone();
        let mut members = vec![0u32; firsts[firsts.len() - 1] as usize];
        for (first, edge) in self.edges() {
            self.touched(edge, |cell| {
                members[next[cell] as usize] = first;
                next[cell] += 1;
            });
        }
        (firsts, members)
    }

    /// Tells every cell of the grid that an edge touches or nearly touches.
    fn touched(&self, edge: Edge, mut tell: impl FnMut(usize)) {
        let Frame { origin, side, columns, rows, .. } = self.frame;
        let margin = self.margin(1.0);
        let (south, north) = if edge.a.y < edge.b.y { (edge.a, edge.b) } else { (edge.b, edge.a) };
        let rise = north.y - south.y;
        let x_at = |y: f64| {
            if rise > margin {
                south.x + (north.x - south.x) * ((y - south.y) / rise).clamp(0.0, 1.0)
            } else {
                south.x
            }
        };
        for row in self.step(south.y - margin - origin.y, rows)..=self.step(north.y + margin - origin.y, rows)
        {
            let y = self.south_of(row);
            let (mut from, mut to) = (x_at(y - margin), x_at(y + side + margin));
            if rise <= margin {
                (from, to) = (south.x, north.x);
            }
            let (west, east) = (from.min(to) - margin, from.max(to) + margin);
            for column in self.step(west - origin.x, columns)..=self.step(east - origin.x, columns) {
                tell(row * columns + column);
            }
        }
    }
}

/// Some rows of the grid, made by one thread. What cells refer to is counted from the band's first words.
struct Band<'a> {
    grid: &'a Grid<'a>,
    top: Vec<u32>,
    /// Groups of sixteen and lines: as many words as are whole groups.
    words: Vec<u32>,
    /// Where groups begin.
    groups: Vec<usize>,
    /// A record for each [`LINE`] words, without edges where no line begins.
    records: Vec<u32>,
    /// As [`Cells::crowded`].
    crowded: Vec<u32>,
}

impl<'a> Band<'a> {
    fn of(grid: &'a Grid<'a>) -> Self {
        let (top, words, groups, records, crowded) = Default::default();
        Band { grid, top, words, groups, records, crowded }
    }

    /// Fills up to where a number of words may begin.
    fn begin_at(&mut self, words: usize) {
        while !self.words.len().is_multiple_of(words) {
            self.words.extend([0; LINE]);
            self.records.push(LAST);
        }
    }

    /// Makes a cell of the block at its corner and of the edges that touch it, in ascending order.
    fn cell(&mut self, square: Square, corner_block: u32, members: &[u32], depth: usize) -> u32 {
        if members.is_empty() {
            return WHOLE | corner_block;
        }
        let is_told_apart = square.side * self.grid.frame.side >= LEAST_DEGREES;
        if is_told_apart
            && members.len() <= MOST_EDGES
            && let Some(cell) = self.edged(square, corner_block, members)
        {
            return cell;
        }
        if depth == DEEPEST || !is_told_apart {
            let at = self.crowded.len() as u32;
            self.crowded.push(corner_block);
            record::write(members, &mut self.crowded);
            return CROWDED | at;
        }
        self.begin_at(GROUP);
        let group = self.words.len();
        self.words.resize(group + GROUP, WHOLE);
        self.records.extend([LAST; GROUP / LINE]);
        self.groups.push(group);
        let frame = self.grid.frame;
        let margin = self.grid.margin(square.side / PARTS as f64);
        // The edges of cells that are not parted again stand nearest: what is asked first is fetched with them.
        let mut parted_again: Vec<(usize, Square, u32, Vec<u32>)> = Vec::new();
        let mut touching = Vec::with_capacity(members.len());
        for (row, column) in (0..PARTS).flat_map(|row| (0..PARTS).map(move |column| (row, column))) {
            let part = square.part(column, row);
            let corner = frame.corner(part);
            let side = part.side * frame.side;
            let low = Coord { x: corner.x - side - margin, y: corner.y - margin };
            let high = Coord { x: corner.x + margin, y: corner.y + side + margin };
            let way = Way::new(frame.corner(square), corner);
            let mut block = corner_block;
            touching.clear();
            for &member in members {
                let edge = self.grid.edge(member);
                if way.crosses(edge.a, edge.b) {
                    block ^= edge.change;
                }
                if edge.touches(low, high) {
                    touching.push(member);
                }
            }
            let word = group + row * PARTS + column;
            if touching.len() > MOST_EDGES && depth + 1 < DEEPEST {
                parted_again.push((word, part, block, std::mem::take(&mut touching)));
            } else {
                self.words[word] = self.cell(part, block, &touching, depth + 1);
            }
        }
        for (word, part, block, touching) in parted_again {
            self.words[word] = self.cell(part, block, &touching, depth + 1);
        }
        PARTED | (group / LINE) as u32
    }

    /// Writes the line of a cell; `None` when there is none that holds its edges.
    fn edged(&mut self, square: Square, corner_block: u32, members: &[u32]) -> Option<u32> {
        let (grid, frame) = (self.grid, self.grid.frame);
        let edges = members.iter().map(|&member| grid.edge(member));
        let mut draft = Draft::default();
        for edge in edges.clone() {
            draft.add(frame.inside(square, edge.a), frame.inside(square, edge.b), edge.change)?;
        }
        if draft.is_empty() {
            return Some(WHOLE | corner_block);
        }
        let mut line = draft.line()?;
        // What is the same for all points of the cell shows at any of which there is no doubt.
        let begins_with = line::probes().find_map(|probe| {
            let changed = line.block(Place::of(probe))?;
            let way = Way::new(frame.corner(square), frame.place(square, probe));
            let crossed = edges.clone().filter(|edge| way.crosses(edge.a, edge.b));
            Some(crossed.fold(corner_block ^ changed, |block, edge| block ^ edge.change))
        })?;
        line.begin_with(begins_with);
        Some(self.put(&line, members))
    }

    fn put(&mut self, line: &Line, members: &[u32]) -> u32 {
        self.begin_at(line.words().len().min(GROUP));
        let number = (self.words.len() / LINE) as u32;
        self.words.extend(line.words());
        record::write(members, &mut self.records);
        self.records.extend(std::iter::repeat_n(LAST, line.words().len() / LINE - 1));
        EDGED | line.length << LENGTH_SHIFT | number
    }
}
