//! What mending promises, on small figures drawn in grid steps and against a slow oracle.

use std::collections::HashMap;

use geo::algorithm::Validation;
use geo::{Coord, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;

use super::*;

type Ring = Vec<(i64, i64)>;

/// A block of polygons, each a list of rings, in grid steps.
fn block(code: &str, polygons: &[Vec<Ring>]) -> BlockShape {
    let ring = |ring: &Ring| -> LineString {
        let closed = ring.iter().chain(ring.first());
        closed.map(|&(x, y)| Node { x, y }.position()).collect::<Vec<Coord>>().into()
    };
    let polygon = |rings: &Vec<Ring>| Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect());
    BlockShape {
        code: code.parse().unwrap(),
        name: "".into(),
        shape: MultiPolygon::new(polygons.iter().map(polygon).collect()),
    }
}

fn square(x: i64, y: i64, width: i64, height: i64) -> Ring {
    vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
}

fn rings(shape: &MultiPolygon) -> Vec<Vec<Node>> {
    let lines = shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    lines.map(|line| line.coords().map(|&at| Node::nearest(at).unwrap()).collect()).collect()
}

fn edges(shape: &MultiPolygon) -> Vec<(Node, Node)> {
    rings(shape).iter().flat_map(|ring| ring.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>()).collect()
}

/// Twice the area in square steps.
fn twice_area(shape: &MultiPolygon) -> i64 {
    edges(shape).iter().map(|(a, b)| a.x * b.y - b.x * a.y).sum()
}

/// Is the middle of the grid square north-east of (x, y) inside, by the even-odd rule?
fn covers(shape: &MultiPolygon, x: i64, y: i64) -> bool {
    let at = Node { x: 2 * x + 1, y: 2 * y + 1 };
    let double = |n: Node| Node { x: 2 * n.x, y: 2 * n.y };
    let west = edges(shape).into_iter().filter(|&(a, b)| {
        let (low, high) = if a.y <= b.y { (double(a), double(b)) } else { (double(b), double(a)) };
        low.y <= at.y && at.y < high.y && cross_of(low, high, at) < 0
    });
    west.count() % 2 == 1
}

fn cross_of(o: Node, a: Node, b: Node) -> i64 {
    super::linework::cross(o, a, b)
}

/// Do two edges meet anywhere but at an end of both?
fn meet_badly((a, b): (Node, Node), (c, d): (Node, Node)) -> bool {
    let on = |p: Node, (from, to): (Node, Node)| {
        p != from
            && p != to
            && cross_of(from, to, p) == 0
            && (p.x - from.x) * (p.x - to.x) <= 0
            && (p.y - from.y) * (p.y - to.y) <= 0
    };
    let crosses = cross_of(a, b, c).signum() * cross_of(a, b, d).signum() < 0
        && cross_of(c, d, a).signum() * cross_of(c, d, b).signum() < 0;
    crosses || on(a, (c, d)) || on(b, (c, d)) || on(c, (a, b)) || on(d, (a, b))
}

/// Panics unless the shapes are an exact coverage.
fn assert_exact(shapes: &[BlockShape]) {
    let mut directed: HashMap<(Node, Node), usize> = HashMap::new();
    for block in shapes {
        assert!(block.shape.is_valid(), "{}: {:?}", block.code, block.shape.validation_errors());
        for polygon in &block.shape {
            let one = MultiPolygon::new(vec![polygon.clone()]);
            let turns: Vec<i64> = rings(&one)
                .iter()
                .map(|ring| ring.windows(2).map(|w| w[0].x * w[1].y - w[1].x * w[0].y).sum())
                .collect();
            assert!(turns[0] > 0 && turns[1..].iter().all(|&turn| turn < 0), "{}: {turns:?}", block.code);
        }
        for edge in edges(&block.shape) {
            *directed.entry(edge).or_insert(0) += 1;
        }
    }
    assert!(directed.values().all(|&times| times == 1), "two blocks lie on the same side of an edge");
    let all: Vec<(Node, Node)> =
        directed.keys().filter(|(a, b)| a < b || !directed.contains_key(&(*b, *a))).copied().collect();
    for (i, &edge) in all.iter().enumerate() {
        for &other in &all[i + 1..] {
            assert!(!meet_badly(edge, other), "{edge:?} and {other:?} meet between their ends");
        }
    }
}

/// Panics unless every point well away from all source edges is covered as the source says.
fn assert_faithful(source: &[BlockShape], mended: &[BlockShape], size: i64) {
    let source_edges: Vec<_> = source.iter().flat_map(|block| edges(&block.shape)).collect();
    let near_edge = |x: i64, y: i64| {
        let (px, py) = (x as f64 + 0.5, y as f64 + 0.5);
        source_edges.iter().any(|(a, b)| {
            let (dx, dy) = ((b.x - a.x) as f64, (b.y - a.y) as f64);
            let (fx, fy) = (px - a.x as f64, py - a.y as f64);
            let t = ((fx * dx + fy * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
            (fx - t * dx).hypot(fy - t * dy) < 2.0
        })
    };
    for x in -2..size + 2 {
        for y in -2..size + 2 {
            if near_edge(x, y) {
                continue;
            }
            let of = |shapes: &[BlockShape]| -> Vec<usize> {
                (0..shapes.len()).filter(|&i| covers(&shapes[i].shape, x, y)).collect()
            };
            let (before, after) = (of(source), of(mended));
            match before.len() {
                0 => assert!(after.len() <= 1),
                1 => assert_eq!(before, after, "at {x}, {y}"),
                _ => assert!(after.len() == 1 && before.contains(&after[0]), "at {x}, {y}"),
            }
        }
    }
}

fn kinds(report: &MendReport) -> Vec<RepairKind> {
    report.repairs.iter().map(|repair| repair.kind).collect()
}

fn exactly() -> MendOptions {
    MendOptions { snap_m: 0.0, ..MendOptions::default() }
}

#[test]
fn a_clean_pair_is_left_alone() {
    let source =
        vec![block("A", &[vec![square(0, 0, 100, 100)]]), block("B", &[vec![square(100, 0, 100, 100)]])];
    let (mended, report) = mend(source.clone(), &MendOptions::default());
    assert_eq!(report, MendReport { repairs: vec![], shared_edges: 1, outer_edges: 6 });
    assert_eq!(mended, source);
}

#[test]
fn a_neighbours_vertex_is_inserted() {
    let source = vec![
        block("A", &[vec![square(0, 0, 100, 100)]]),
        block("B", &[vec![square(100, 0, 50, 40)]]),
        block("C", &[vec![square(100, 40, 50, 60)]]),
    ];
    let (mended, report) = mend(source, &MendOptions::default());
    assert_exact(&mended);
    assert_eq!(kinds(&report), [RepairKind::VertexInserted]);
    let repair = &report.repairs[0];
    assert_eq!((repair.block.as_str(), repair.other.as_ref().unwrap().as_str()), ("A", "B"));
    assert_eq!(repair.at, Coord { x: 0.000_1, y: 0.000_04 });
    assert_eq!(rings(&mended[0].shape)[0].len(), 6);
}

#[test]
fn a_gap_goes_to_the_longest_border_and_a_lake_stays() {
    let wedge = vec![(0, 0), (1000, 0), (1000, 400), (980, 500), (1000, 600), (1000, 1000), (0, 1000)];
    let source = vec![
        block("A", &[vec![wedge, square(100, 100, 300, 300)]]),
        block("B", &[vec![vec![(1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (1000, 600), (1000, 400)]]]),
    ];
    let (mended, report) = mend(source, &exactly());
    assert_exact(&mended);
    assert_eq!(kinds(&report), [RepairKind::Gap, RepairKind::HoleLeft]);
    assert_eq!(report.repairs[0].block.as_str(), "A");
    assert_eq!(twice_area(&mended[0].shape), 2 * (1000 * 1000 - 300 * 300));
    assert_eq!(mended[0].shape.0[0].interiors().len(), 1);
}

#[test]
fn a_hole_between_blocks_above_the_limit_is_left() {
    let half =
        vec![(0, 0), (1000, 0), (1000, 300), (700, 300), (700, 700), (1000, 700), (1000, 1000), (0, 1000)];
    let source = || vec![block("A", &[vec![half.clone()]]), block("B", &[vec![square(1000, 0, 1000, 1000)]])];
    let options = |max_gap_m2| MendOptions { max_gap_m2, ..exactly() };
    // The notch is 300 by 400 steps on the equator: 1,478 square metres.
    let (_, left) = mend(source(), &options(1470.0));
    assert_eq!(kinds(&left), [RepairKind::HoleLeft, RepairKind::VertexInserted, RepairKind::VertexInserted]);
    let (filled, report) = mend(source(), &options(1490.0));
    assert_eq!(report.count(RepairKind::Gap), 1);
    assert_exact(&filled);
}

#[test]
fn an_overlap_goes_to_the_smaller_block() {
    let source =
        vec![block("A", &[vec![square(0, 0, 100, 100)]]), block("B", &[vec![square(95, 20, 50, 60)]])];
    let (mended, report) = mend(source.clone(), &exactly());
    assert_exact(&mended);
    assert_faithful(&source, &mended, 150);
    assert_eq!(report.count(RepairKind::Overlap), 1);
    assert_eq!(report.repairs[0].block.as_str(), "A");
    assert_eq!(twice_area(&mended[1].shape), 2 * 50 * 60);
    assert_eq!(twice_area(&mended[0].shape), 2 * (100 * 100 - 5 * 60));
}

#[test]
fn a_hole_written_as_a_polygon_is_a_hole() {
    // As in the source of E01018992: the hole that E01018993 fills is a polygon of its own.
    let source = vec![
        block("A", &[vec![square(0, 0, 100, 100)], vec![square(40, 40, 10, 10)]]),
        // Larger than A, so that it is not the smaller block's right which decides.
        block("B", &[vec![square(40, 40, 10, 10)], vec![square(200, 0, 200, 200)]]),
    ];
    let (mended, report) = mend(source, &exactly());
    assert_exact(&mended);
    assert_eq!(kinds(&report), [RepairKind::HoleAsPart]);
    assert_eq!(mended[0].shape.0.len(), 1);
    assert_eq!(mended[0].shape.0[0].interiors().len(), 1);
}

#[test]
fn rounding_to_the_grid_cannot_make_a_ring_cross_itself() {
    // A needle narrower than the grid: its sides cross when rounded.
    let needle = |steps: &[(f64, f64)]| -> LineString {
        steps.iter().map(|&(x, y)| Coord { x: x * 1e-6, y: y * 1e-6 }).collect::<Vec<_>>().into()
    };
    let exterior = needle(&[
        (0.0, 0.0),
        (50.0, 0.0),
        (50.0, 20.0),
        (101.0, 20.4),
        (50.0, 20.6),
        (50.0, 40.0),
        (25.4, 39.6),
        (0.0, 40.0),
        (0.0, 0.0),
    ]);
    let mut source = block("A", &[]);
    source.shape = MultiPolygon::new(vec![Polygon::new(exterior, vec![])]);
    let (mended, _) = mend(vec![source], &exactly());
    assert_exact(&mended);
    assert!(!mended[0].shape.0.is_empty());
}

#[test]
fn what_cannot_be_read_or_kept_is_said() {
    let mut off = block("A", &[vec![square(0, 0, 10, 10)]]);
    off.shape
        .0
        .push(Polygon::new(LineString::from(vec![(0.0, 0.0), (f64::INFINITY, 1.0), (1.0, 1.0)]), vec![]));
    let source =
        vec![off, block("B", &[vec![vec![(20, 0), (30, 0)]]]), block("C", &[vec![square(0, 0, 10, 10)]])];
    let (mended, report) = mend(source, &exactly());
    assert_exact(&mended);
    assert_eq!(
        kinds(&report),
        [
            RepairKind::Overlap,
            RepairKind::RingCollapsed,
            RepairKind::RingOffGlobe,
            RepairKind::Vanished,
            RepairKind::Vanished
        ]
    );
    // Of two blocks with the same ground the first code keeps it.
    assert_eq!(twice_area(&mended[0].shape), 200);
}

/// Any polygons at all: crossing, touching, repeated, nested.
fn scribbles() -> impl Strategy<Value = Vec<BlockShape>> {
    let ring = prop::collection::vec((0..40_i64, 0..40_i64), 3..8);
    prop::collection::vec(prop::collection::vec(ring, 1..3), 1..5).prop_map(|blocks| {
        let one = |(i, rings): (usize, Vec<Ring>)| {
            let polygons: Vec<Vec<Ring>> = rings.into_iter().map(|ring| vec![ring]).collect();
            block(&format!("B{i}"), &polygons)
        };
        blocks.into_iter().enumerate().map(one).collect()
    })
}

/// A chessboard whose squares have their corners a little off, each in its own way.
fn sloppy_board() -> impl Strategy<Value = Vec<BlockShape>> {
    prop::collection::vec((-2..=2_i64, -2..=2_i64), 4 * 9).prop_map(|off| {
        let square = |i: usize| {
            let corners = square(12 * (i as i64 % 3), 12 * (i as i64 / 3), 12, 12);
            let moved = corners.iter().zip(&off[4 * i..]).map(|(at, by)| (at.0 + by.0, at.1 + by.1));
            block(&format!("B{i}"), &[vec![moved.collect()]])
        };
        (0..9).map(square).collect()
    })
}

proptest! {
    #[test]
    fn any_polygons_become_an_exact_coverage(source in scribbles()) {
        // Only blocks whose polygons do not lie on each other mean the same by the even-odd rule and by union.
        let (mended, _) = mend(source.clone(), &MendOptions { max_speck_m2: 0.0, ..exactly() });
        assert_exact(&mended);
        if source.iter().all(|block| block.shape.0.len() == 1) {
            assert_faithful(&source, &mended, 40);
        }
    }

    #[test]
    fn a_sloppy_board_becomes_a_board(source in sloppy_board(), snap_m in 0.0..0.4_f64) {
        let (mended, report) = mend(source, &MendOptions { snap_m, ..MendOptions::default() });
        assert_exact(&mended);
        prop_assert_eq!(report.count(RepairKind::HoleLeft), 0);
        // Mended once is mended: nothing is left to do, up to vertices within half a step of an edge.
        let (again, report) = mend(mended.clone(), &exactly());
        prop_assert_eq!(report.repairs, vec![]);
        prop_assert_eq!(again, mended);
    }
}
