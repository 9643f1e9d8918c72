//! Small coverages whose answers can be seen by eye.

use geo::{Area, Coord, LineString, MultiPolygon, Polygon};

use super::topojson::{self, Fields, MICRODEGREE};
use super::{Block, BlockShape, BuildFault, Coverage, NOWHERE};

fn ring(points: &[(f64, f64)]) -> LineString {
    let mut points: Vec<Coord> = points.iter().map(|&(x, y)| Coord { x, y }).collect();
    points.push(points[0]);
    LineString(points)
}

fn square(x: f64, y: f64, side: f64) -> LineString {
    ring(&[(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
}

fn block(code: &str, exterior: LineString, holes: Vec<LineString>) -> BlockShape {
    BlockShape {
        code: code.parse().unwrap(),
        name: format!("Block {code}").into(),
        shape: MultiPolygon(vec![Polygon::new(exterior, holes)]),
    }
}

fn named(codes: &[&str]) -> Vec<Block> {
    codes.iter().map(|c| Block { code: c.parse().unwrap(), name: "".into() }).collect()
}

/// Four unit squares, 2 x 2: a b / c d, every border with the same vertices on both sides.
fn quarters() -> Vec<BlockShape> {
    vec![
        block("a", square(0.0, 1.0, 1.0), vec![]),
        block("b", square(1.0, 1.0, 1.0), vec![]),
        block("c", square(0.0, 0.0, 1.0), vec![]),
        block("d", square(1.0, 0.0, 1.0), vec![]),
    ]
}

#[test]
fn four_quarters_share_four_arcs() {
    let (coverage, report) = Coverage::from_shapes(&quarters());
    assert!(report.faults.is_empty());
    let shared = coverage.arcs().iter().filter(|a| a.left != NOWHERE && a.right != NOWHERE).count();
    assert_eq!((coverage.arcs().len(), shared), (8, 4));
    for (shape, given) in coverage.shapes().iter().zip(quarters()) {
        assert_eq!(shape.signed_area(), 1.0, "{}", given.code);
    }
}

#[test]
fn dissolving_all_leaves_one_closed_arc() {
    let (coverage, _) = Coverage::from_shapes(&quarters());
    let whole = coverage.dissolve(&[0, 0, 0, 0], named(&["all"]));
    assert_eq!(whole.arcs().len(), 1);
    let shape = &whole.shapes()[0];
    assert_eq!((shape.signed_area(), shape.0.len(), shape.0[0].interiors().len()), (4.0, 1, 0));
}

#[test]
fn diagonal_quarters_touch_at_a_point_and_stay_two_polygons() {
    let (coverage, _) = Coverage::from_shapes(&quarters());
    let diagonals = coverage.dissolve(&[0, 1, 1, 0], named(&["ad", "bc"]));
    for shape in diagonals.shapes() {
        assert_eq!((shape.0.len(), shape.signed_area()), (2, 2.0));
        assert!(geo::Validation::is_valid(&shape));
    }
}

#[test]
fn a_hole_that_touches_the_outside_at_a_point_is_a_hole() {
    // A 3 x 3 square around a diamond whose lower tip is a vertex of the outer ring.
    let diamond = [(1.5, 0.0), (2.0, 1.0), (1.5, 2.0), (1.0, 1.0)];
    let outer = ring(&[(0.0, 0.0), (1.5, 0.0), (3.0, 0.0), (3.0, 3.0), (0.0, 3.0)]);
    let shapes = vec![block("outer", outer, vec![ring(&diamond)]), block("inner", ring(&diamond), vec![])];
    let (coverage, report) = Coverage::from_shapes(&shapes);
    assert!(report.faults.is_empty());
    let shape = &coverage.shapes()[0];
    assert_eq!((shape.0.len(), shape.0[0].interiors().len()), (1, 1));
    assert_eq!(shape.signed_area(), 8.0);
    assert!(geo::Validation::is_valid(shape));
}

#[test]
fn an_island_in_a_lake_in_a_block_goes_to_the_right_ring() {
    let shapes = vec![
        block("land", square(0.0, 0.0, 9.0), vec![square(1.0, 1.0, 7.0)]),
        BlockShape {
            code: "islands".parse().unwrap(),
            name: "".into(),
            shape: MultiPolygon(vec![
                Polygon::new(square(2.0, 2.0, 4.0), vec![square(3.0, 3.0, 1.0)]),
                Polygon::new(square(20.0, 0.0, 1.0), vec![]),
            ]),
        },
    ];
    let (coverage, _) = Coverage::from_shapes(&shapes);
    // As one area: land, its lake, the island in it and the pond on the island, and an island far off.
    let one = coverage.dissolve(&[0, 0], named(&["all"]));
    let shape = &one.shapes()[0];
    let rings: Vec<usize> = shape.iter().map(|p| p.interiors().len()).collect();
    assert_eq!(rings, [1, 1, 0]);
    assert_eq!(shape.signed_area(), 81.0 - 49.0 + 16.0 - 1.0 + 1.0);
}

#[test]
fn blocks_in_no_area_become_outside() {
    let (coverage, _) = Coverage::from_shapes(&quarters());
    let three = coverage.dissolve(&[0, 0, 0, NOWHERE], named(&["abc"]));
    assert_eq!(three.shapes()[0].signed_area(), 3.0);
}

#[test]
fn overlaps_and_duplicates_are_reported() {
    let twice = vec![block("a", square(0.0, 0.0, 1.0), vec![]), block("a", square(0.0, 0.0, 1.0), vec![])];
    let (_, report) = Coverage::from_shapes(&twice);
    assert!(matches!(report.faults[0], BuildFault::DuplicateCode(_)));
    let overlaps = report.faults.iter().filter(|f| matches!(f, BuildFault::Overlap { .. }));
    assert_eq!(overlaps.count(), 4);
}

#[test]
fn winding_of_the_source_does_not_matter() {
    let mut clockwise = quarters();
    for shape in &mut clockwise {
        shape.shape.0[0].exterior_mut(|r| r.0.reverse());
    }
    let (a, _) = Coverage::from_shapes(&quarters());
    let (b, report) = Coverage::from_shapes(&clockwise);
    assert!(report.faults.is_empty());
    let areas = |c: &Coverage| c.shapes().iter().map(Area::signed_area).collect::<Vec<_>>();
    assert_eq!(areas(&a), areas(&b));
}

#[test]
fn topojson_gives_back_the_same_coverage() {
    let (coverage, _) = Coverage::from_shapes(&quarters());
    let text = topojson::write(&coverage, "blocks", MICRODEGREE);
    let fields = Fields { object: Some("blocks"), code: "id", name: "name" };
    let back = topojson::read(text.as_bytes(), fields).unwrap();
    assert_eq!(back.blocks(), coverage.blocks());
    assert_eq!(back.shapes(), coverage.shapes());
    // Clockwise exteriors, as d3 writes them, read the same.
    let clockwise = r#"{"type":"Topology","objects":{"x":{"type":"GeometryCollection","geometries":[
        {"type":"Polygon","arcs":[[0]],"id":7,"properties":{"name":"Seven"}}]}},
        "arcs":[[[0,0,5],[0,1,5],[1,1,5],[0,0,5]]]}"#;
    let read = topojson::read(clockwise.as_bytes(), Fields { object: None, ..fields }).unwrap();
    assert_eq!(read.blocks()[0].code.as_str(), "7");
    assert_eq!(read.shapes()[0].signed_area(), 0.5);
}

#[test]
fn broken_topojson_is_refused_in_words() {
    let fields = Fields { object: Some("nope"), code: "id", name: "name" };
    let text = topojson::write(&Coverage::from_shapes(&quarters()).0, "blocks", MICRODEGREE);
    let error = topojson::read(text.as_bytes(), fields).unwrap_err().to_string();
    assert_eq!(error, "the topology has no object `nope`; it has blocks");
    let fields = Fields { object: None, ..fields };
    let missing_arc = text.replace("\"arcs\":[[0,", "\"arcs\":[[99,");
    let error = topojson::read(missing_arc.as_bytes(), fields).unwrap_err().to_string();
    assert!(error.contains("uses arc 99, but there are only 8"), "{error}");
}

#[test]
fn a_packed_topology_is_read_and_a_damaged_one_refused() {
    let fields = Fields { object: None, code: "id", name: "name" };
    let text = topojson::write(&Coverage::from_shapes(&quarters()).0, "blocks", MICRODEGREE);
    let packed = topojson::packed(&text).unwrap();
    assert_eq!(packed, topojson::packed(&text).unwrap());
    assert_eq!(packed[4..8], [0; 4], "no time of packing");
    let back = topojson::read(&packed, fields).unwrap();
    assert_eq!(back.shapes(), topojson::read(text.as_bytes(), fields).unwrap().shapes());
    let cut = topojson::read(&packed[..packed.len() - 9], fields).unwrap_err().to_string();
    assert!(cut.starts_with("cannot be unpacked"), "{cut}");
}
