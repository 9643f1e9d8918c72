//! Point -> block.
//!
//! A grid of cells lies over every coverage. A cell knows the block at its south-east corner and the edges that touch it.
//! On the way from that corner north to the level of the point, then west to the point, every edge crossed leads from
//! one of its blocks into the other; so the block at the point is the block at the corner, changed by the edges of one
//! cell only. Blocks are numbers, and a change from one into another is an exclusive or of both, so the order of the
//! crossings does not matter. Every crossing is judged by the exact half-open rule of [`crosses_to_the_east`]: a point on a
//! shared border is in one block only.
//!
//! The blocks of a coverage must not overlap, which is what a coverage is.

use geo::Coord;

use crate::coverage::{Coverage, NOWHERE};
use crate::geometry::{LonLat, crosses_to_the_east, lies_to_the_north, nearest_on_segments, spans_meridian};

/// Cells for each edge: more make cells faster to search and the grid larger.
const CELLS_PER_EDGE: f64 = 2.0;
/// Never fewer cells (small coverages cost nothing), never more (sixteen bytes each).
const CELL_COUNT: std::ops::RangeInclusive<f64> = 256.0..=4e6;
/// By how much of a cell's side edges beyond it are taken into it, so that no rounding can put a point into a cell
/// that lacks an edge it needs.
const MARGIN: f64 = 1e-6;

/// An edge and the blocks on its two sides, numbered from 1; 0 is nowhere.
#[derive(Clone, Copy)]
struct Edge {
    a: Coord,
    b: Coord,
    left: u32,
    right: u32,
}

impl Edge {
    /// What crossing it does to the number of the block.
    fn change(&self) -> u32 {
        self.left ^ self.right
    }
}

/// The grid over one coverage.
struct Grid {
    /// The number of its first block through all coverages.
    first_block: u32,
    /// South-west corner of the grid.
    origin: Coord,
    /// Side of a cell in degrees.
    side: f64,
    columns: usize,
    rows: usize,
    edges: Vec<Edge>,
    /// The block at the south-east corner of every cell, row by row from the south-west, numbered as in [`Edge`].
    corners: Vec<u32>,
    /// Where each cell's edges begin in `members`.
    firsts: Vec<u32>,
    /// Numbers of edges, cell by cell.
    members: Vec<u32>,
}

/// Finds the block at a point. Blocks are numbered through all coverages in their order.
pub struct BlockIndex {
    grids: Vec<Grid>,
}

impl BlockIndex {
    /// Indexes coverages; where two of them overlap, the earlier one answers.
    pub fn new(coverages: &[&Coverage]) -> Self {
        let mut first_block = 0;
        let mut grids = Vec::with_capacity(coverages.len());
        for coverage in coverages {
            grids.push(Grid::new(coverage, first_block));
            first_block += coverage.blocks().len() as u32;
        }
        BlockIndex { grids }
    }

    /// The number of the block at a point in lon/lat degrees; `None` at sea.
    pub fn locate(&self, point: Coord) -> Option<u32> {
        self.grids.iter().find_map(|grid| grid.locate(point))
    }

    /// The blocks within a distance of a position, each with its distance in metres (0 for one that holds it), in no
    /// order. Where coverages overlap, blocks of all of them are told.
    pub fn near(&self, from: LonLat, within_m: f64) -> Vec<(u32, f64)> {
        self.grids.iter().flat_map(|grid| grid.near(from, within_m)).collect()
    }
}

impl Grid {
    fn new(coverage: &Coverage, first_block: u32) -> Self {
        let mut edges = Vec::with_capacity(coverage.vertex_count());
        let (mut low, mut high) = (Coord { x: f64::MAX, y: f64::MAX }, Coord { x: f64::MIN, y: f64::MIN });
        for arc in coverage.arcs().iter().filter(|arc| arc.left != arc.right) {
            // Nowhere becomes 0, block 0 becomes 1.
            let (left, right) = (arc.left.wrapping_add(1), arc.right.wrapping_add(1));
            for edge in coverage.vertices_of(*arc).windows(2) {
                edges.push(Edge { a: edge[0], b: edge[1], left, right });
            }
            for v in coverage.vertices_of(*arc) {
                low = Coord { x: low.x.min(v.x), y: low.y.min(v.y) };
                high = Coord { x: high.x.max(v.x), y: high.y.max(v.y) };
            }
        }
        debug_assert_eq!(NOWHERE.wrapping_add(1), 0);
        if edges.is_empty() {
            (low, high) = (Coord { x: 0.0, y: 0.0 }, Coord { x: 0.0, y: 0.0 });
        }
        let cells = (edges.len() as f64 * CELLS_PER_EDGE).clamp(*CELL_COUNT.start(), *CELL_COUNT.end());
        let (width, height) = (high.x - low.x, high.y - low.y);
        // A line of an area would have no height.
        let side = (width * height / cells).sqrt().max(width.max(height) / cells).max(1e-9);
        let mut grid = Grid {
            first_block,
            origin: low,
            side,
            columns: (width / side) as usize + 1,
            rows: (height / side) as usize + 1,
            edges,
            corners: Vec::new(),
            firsts: Vec::new(),
            members: Vec::new(),
        };
        grid.corners = grid.corner_blocks();
        grid.fill();
        grid
    }

    /// Longitude of the eastern side of a column.
    fn east_of(&self, column: usize) -> f64 {
        self.origin.x + (column + 1) as f64 * self.side
    }

    /// Latitude of the southern side of a row.
    fn south_of(&self, row: usize) -> f64 {
        self.origin.y + row as f64 * self.side
    }

    /// The number of columns (or rows) from the first to one that holds a coordinate, kept within the grid.
    fn step(&self, degrees: f64, count: usize) -> usize {
        // A cast of a negative number gives 0.
        ((degrees / self.side) as usize).min(count - 1)
    }

    /// The block at every south-east corner: as many changes as there are edges that a ray to the east crosses.
    fn corner_blocks(&self) -> Vec<u32> {
        let mut corners = vec![0u32; self.columns * self.rows];
        for edge in &self.edges {
            let (south, north) = if edge.a.y < edge.b.y { (edge.a, edge.b) } else { (edge.b, edge.a) };
            let rows = self.step(south.y - self.origin.y, self.rows)
                ..=self.step(north.y - self.origin.y + self.side, self.rows);
            for row in rows {
                let y = self.south_of(row);
                if (south.y > y) == (north.y > y) {
                    continue;
                }
                let crosses =
                    |column: usize| crosses_to_the_east(Coord { x: self.east_of(column), y }, edge.a, edge.b);
                // The corners that see the edge to their east are those of the first columns: a guess how many, put
                // right by the exact test.
                let x = south.x + (north.x - south.x) * ((y - south.y) / (north.y - south.y));
                let mut seeing = self.step(x - self.origin.x, self.columns);
                while seeing < self.columns && crosses(seeing) {
                    seeing += 1;
                }
                while seeing > 0 && !crosses(seeing - 1) {
                    seeing -= 1;
                }
                if seeing > 0 {
                    corners[row * self.columns + seeing - 1] ^= edge.change();
                }
            }
        }
        for row in corners.chunks_mut(self.columns) {
            let mut block = 0;
            for corner in row.iter_mut().rev() {
                block ^= *corner;
                *corner = block;
            }
        }
        corners
    }

    /// Lists the edges of every cell, by a counting sort.
    fn fill(&mut self) {
        let mut firsts = vec![0u32; self.columns * self.rows + 1];
        for edge in &self.edges {
            self.touched(edge, |cell| firsts[cell + 1] += 1);
        }
        for i in 1..firsts.len() {
            firsts[i] += firsts[i - 1];
        }
        let mut next = firsts.clone();
        let mut members = vec![0u32; firsts[firsts.len() - 1] as usize];
        for (number, edge) in self.edges.iter().enumerate() {
            self.touched(edge, |cell| {
                members[next[cell] as usize] = number as u32;
                next[cell] += 1;
            });
        }
        (self.firsts, self.members) = (firsts, members);
    }

    /// Tells every cell that an edge touches or nearly touches.
    fn touched(&self, edge: &Edge, mut tell: impl FnMut(usize)) {
        let margin = self.side * MARGIN;
        let (south, north) = if edge.a.y < edge.b.y { (edge.a, edge.b) } else { (edge.b, edge.a) };
        let rise = north.y - south.y;
        let x_at = |y: f64| {
            if rise > margin {
                south.x + (north.x - south.x) * ((y - south.y) / rise).clamp(0.0, 1.0)
            } else {
                south.x
            }
        };
        for row in self.step(south.y - margin - self.origin.y, self.rows)
            ..=self.step(north.y + margin - self.origin.y, self.rows)
        {
            let y = self.south_of(row);
            let (mut from, mut to) = (x_at(y - margin), x_at(y + self.side + margin));
            if rise <= margin {
                (from, to) = (south.x, north.x);
            }
            let (west, east) = (from.min(to) - margin, from.max(to) + margin);
            for column in
                self.step(west - self.origin.x, self.columns)..=self.step(east - self.origin.x, self.columns)
            {
                tell(row * self.columns + column);
            }
        }
    }

    fn members_of(&self, cell: usize) -> &[u32] {
        &self.members[self.firsts[cell] as usize..self.firsts[cell + 1] as usize]
    }

    fn locate(&self, point: Coord) -> Option<u32> {
        let (x, y) = ((point.x - self.origin.x) / self.side, (point.y - self.origin.y) / self.side);
        // False for what is not a number, too.
        if !(x >= 0.0 && x < self.columns as f64 && y >= 0.0 && y < self.rows as f64) {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        let cell = row * self.columns + column;
        let level = Coord { x: self.east_of(column), y: point.y };
        let corner = Coord { x: level.x, y: self.south_of(row) };
        let mut block = self.corners[cell];
        for &member in self.members_of(cell) {
            let edge = &self.edges[member as usize];
            let (a, b) = (edge.a, edge.b);
            if crosses_to_the_east(point, a, b) != crosses_to_the_east(level, a, b) {
                block ^= edge.change();
            }
            if spans_meridian(level.x, a, b)
                && lies_to_the_north(level, a, b) != lies_to_the_north(corner, a, b)
            {
                block ^= edge.change();
            }
        }
        (block > 0).then(|| self.first_block + block - 1)
    }

    fn near(&self, from: LonLat, within_m: f64) -> Vec<(u32, f64)> {
        let point = from.coord();
        // A degree north is never shorter than 110.5 km, and a degree east shrinks with the latitude: a little more than
        // the distance is looked at, and the exact distance decides.
        let north = within_m / 110_000.0;
        let east = north / (point.y.abs() + north).min(89.9).to_radians().cos();
        let mut sides: Vec<(u32, u32)> = Vec::new();
        let (x, y) = (point.x - self.origin.x, point.y - self.origin.y);
        let (width, height) = (self.side * self.columns as f64, self.side * self.rows as f64);
        if x + east >= 0.0 && x - east <= width && y + north >= 0.0 && y - north <= height {
            for row in self.step(y - north, self.rows)..=self.step(y + north, self.rows) {
                for column in self.step(x - east, self.columns)..=self.step(x + east, self.columns) {
                    for &member in self.members_of(row * self.columns + column) {
                        let edge = &self.edges[member as usize];
                        let blocks = [edge.left, edge.right].into_iter().filter(|b| *b > 0);
                        sides.extend(blocks.map(|block| (block - 1, member)));
                    }
                }
            }
        }
        sides.sort_unstable();
        sides.dedup();
        let here = self.locate(point);
        let mut found: Vec<(u32, f64)> = here.map(|block| (block, 0.0)).into_iter().collect();
        for run in sides.chunk_by(|a, b| a.0 == b.0) {
            let block = self.first_block + run[0].0;
            let edges = run.iter().map(|(_, member)| &self.edges[*member as usize]);
            let nearest = nearest_on_segments(from, edges.map(|edge| (edge.a, edge.b)));
            match nearest {
                Some(nearest) if Some(block) != here && nearest.distance_m <= within_m => {
                    found.push((block, nearest.distance_m));
                }
                _ => {}
            }
        }
        found
    }
}
