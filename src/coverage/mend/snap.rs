//! Joining vertices that two blocks give for one place.

use std::collections::HashMap;

use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use super::linework::{Linework, Node, length_m, metres_per_step};

/// A vertex that was moved onto another block's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Move {
    /// Where it was.
    pub from: Node,
    /// Where it is now.
    pub to: Node,
    /// A block that had it.
    pub block: u32,
    /// A block that has the other.
    pub other: u32,
}

/// Moves vertices of borders that do not match onto a vertex of another block at most `snap_m` away.
///
/// Only vertices that no block has in common take part, so the small details of one outline, and vertices
/// that already match, stay as they are. The vertex with the more edges stays put.
pub(super) fn snap(lines: Linework, snap_m: f64) -> (Linework, Vec<Move>) {
    let targets = moves(&lines, snap_m);
    if targets.is_empty() {
        return (lines, Vec::new());
    }
    let moved: HashMap<Node, Node> = targets.iter().map(|m| (m.from, m.to)).collect();
    let place = |n: Node| moved.get(&n).copied().unwrap_or(n);
    let walked = lines.walked().map(|(a, b, part)| (place(a), place(b), part)).collect();
    (Linework::gather(walked, lines.into_block_of()), targets)
}

fn moves(lines: &Linework, snap_m: f64) -> Vec<Move> {
    let mut blocks_at: HashMap<Node, Vec<u32>> = HashMap::new();
    for edge in lines.edges() {
        if lines.parts(edge).len() == 1 {
            blocks_at.entry(edge.a).or_default();
            blocks_at.entry(edge.b).or_default();
        }
    }
    for (a, b, part) in lines.walked() {
        for end in [a, b] {
            if let Some(blocks) = blocks_at.get_mut(&end) {
                blocks.push(lines.block(part));
            }
        }
    }
    // The vertices with the most edges first: they are the ones to move to.
    let mut order: Vec<(Node, Vec<u32>)> = blocks_at.into_iter().collect();
    order.sort_unstable_by(|l, r| r.1.len().cmp(&l.1.len()).then(l.0.cmp(&r.0)));
    let points =
        order.iter().enumerate().map(|(rank, (n, _))| GeomWithData::new([n.x as f64, n.y as f64], rank));
    let tree = RTree::bulk_load(points.collect());
    let mut has_moved = vec![false; order.len()];
    let mut moves = Vec::new();
    for (rank, (from, blocks)) in order.iter().enumerate() {
        let (east, north) = metres_per_step(from.y as f64);
        let (dx, dy) = (snap_m / east.max(f64::MIN_POSITIVE), snap_m / north);
        let (x, y) = (from.x as f64, from.y as f64);
        let near = tree
            .locate_in_envelope(AABB::from_corners([x - dx, y - dy], [x + dx, y + dy]))
            .map(|found| found.data)
            // Only towards a vertex that was passed before and stayed: moves never chain.
            .filter(|&other| other < rank && !has_moved[other])
            .filter(|&other| order[other].1.iter().all(|block| !blocks.contains(block)))
            .map(|other| (length_m(*from, order[other].0), other))
            .filter(|&(apart_m, _)| apart_m <= snap_m)
            .min_by(|l, r| l.0.total_cmp(&r.0).then(l.1.cmp(&r.1)));
        if let Some((_, other)) = near {
            has_moved[rank] = true;
            let (to, others) = &order[other];
            moves.push(Move { from: *from, to: *to, block: blocks[0], other: others[0] });
        }
    }
    moves.sort_unstable();
    moves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(x: i64, y: i64) -> Node {
        Node { x, y }
    }

    #[test]
    fn two_blocks_close_vertices_become_one_and_one_blocks_do_not() {
        let ring = |nodes: &[Node], part| {
            let next = nodes.iter().cycle().skip(1);
            nodes.iter().zip(next).map(|(&a, &b)| (a, b, part)).collect::<Vec<_>>()
        };
        let mut walked = ring(&[n(0, 0), n(100, 0), n(100, 100), n(98, 100), n(0, 100)], 0);
        walked.extend(ring(&[n(101, 1), n(200, 0), n(200, 100), n(101, 101)], 1));
        let (lines, moves) = snap(Linework::gather(walked, vec![0, 1]), 0.3);
        assert_eq!(moves.len(), 2);
        let shared: Vec<_> = lines.edges().iter().filter(|e| lines.parts(e).len() == 2).collect();
        assert_eq!(shared.len(), 1);
        assert!(lines.edges().iter().any(|e| e.a == n(98, 100) || e.b == n(98, 100)));
    }
}
