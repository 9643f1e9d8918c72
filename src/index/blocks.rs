//! Point -> block.
//!
//! The boxes of blocks stand in an R-tree; the blocks whose box holds the point are judged by the exact half-open
//! rule of [`crosses_to_the_east`], so that a point on a shared border is in one block only.

use geo::Coord;
use rstar::{AABB, RTree, RTreeObject};

use crate::coverage::{Coverage, NOWHERE};
use crate::geometry::crosses_to_the_east;

/// A block's box and the edges of its rings.
struct Entry {
    block: u32,
    low: [f64; 2],
    high: [f64; 2],
    /// Where its edges stand in [`BlockIndex::edges`].
    edges: std::ops::Range<u32>,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.low, self.high)
    }
}

/// Finds the block at a point. Blocks are numbered through all coverages in their order.
pub struct BlockIndex {
    trees: Vec<RTree<Entry>>,
    edges: Vec<(Coord, Coord)>,
}

impl BlockIndex {
    /// Indexes coverages; where two of them overlap, the earlier one answers.
    pub fn new(coverages: &[&Coverage]) -> Self {
        let mut index = BlockIndex { trees: Vec::new(), edges: Vec::new() };
        let mut offset = 0;
        for coverage in coverages {
            index.add(coverage, offset);
            offset += coverage.blocks().len() as u32;
        }
        index
    }

    fn add(&mut self, coverage: &Coverage, offset: u32) {
        // Counting sort of edges by block: the order within a block does not matter to the parity of crossings.
        let blocks = coverage.blocks().len();
        let mut starts = vec![0u32; blocks + 1];
        let sides = |arc: &crate::coverage::Arc| [arc.left, arc.right].into_iter().filter(|&b| b != NOWHERE);
        for arc in coverage.arcs() {
            for block in sides(arc) {
                starts[block as usize + 1] += coverage.vertices_of(*arc).len() as u32 - 1;
            }
        }
        for i in 0..blocks {
            starts[i + 1] += starts[i];
        }
        let base = self.edges.len() as u32;
        let zero = Coord { x: 0.0, y: 0.0 };
        self.edges.resize(base as usize + starts[blocks] as usize, (zero, zero));
        let mut next = starts.clone();
        let (mut low, mut high) = (vec![[f64::MAX; 2]; blocks], vec![[f64::MIN; 2]; blocks]);
        for arc in coverage.arcs() {
            let line = coverage.vertices_of(*arc);
            for block in sides(arc) {
                let block = block as usize;
                for edge in line.windows(2) {
                    self.edges[(base + next[block]) as usize] = (edge[0], edge[1]);
                    next[block] += 1;
                }
                for v in line {
                    low[block] = [low[block][0].min(v.x), low[block][1].min(v.y)];
                    high[block] = [high[block][0].max(v.x), high[block][1].max(v.y)];
                }
            }
        }
        let entries = (0..blocks).filter(|&b| starts[b] < starts[b + 1]).map(|b| Entry {
            block: offset + b as u32,
            low: low[b],
            high: high[b],
            edges: base + starts[b]..base + starts[b + 1],
        });
        self.trees.push(RTree::bulk_load(entries.collect()));
    }

    /// The number of the block at a point in lon/lat degrees; `None` at sea.
    pub fn locate(&self, point: Coord) -> Option<u32> {
        self.trees.iter().find_map(|tree| self.locate_in(tree, point))
    }

    /// The block at a point in each coverage that has one, in the order of the coverages.
    pub fn locate_all(&self, point: Coord) -> Vec<u32> {
        self.trees.iter().filter_map(|tree| self.locate_in(tree, point)).collect()
    }

    fn locate_in(&self, tree: &RTree<Entry>, point: Coord) -> Option<u32> {
        tree.locate_in_envelope_intersecting(AABB::from_point([point.x, point.y]))
            .filter(|entry| self.holds(entry, point))
            .map(|entry| entry.block)
            .min()
    }

    fn holds(&self, entry: &Entry, point: Coord) -> bool {
        let edges = &self.edges[entry.edges.start as usize..entry.edges.end as usize];
        edges.iter().filter(|(a, b)| crosses_to_the_east(point, *a, *b)).count() % 2 == 1
    }
}
