use super::*;
use geo::{Area, BooleanOps, Contains, LineString, MultiPolygon, Polygon, Validation};
use proptest::prelude::*;

fn ring(points: &[(i64, i64)]) -> Ring {
    points.iter().map(|&(x, y)| GridPoint { x, y }).collect()
}

fn as_geo(polygons: &[GridPolygon]) -> MultiPolygon {
    let line = |ring: &Ring| -> LineString {
        ring.iter().chain(ring.first()).map(|p| (p.x as f64, p.y as f64)).collect()
    };
    MultiPolygon(
        polygons
            .iter()
            .map(|rings| Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect()))
            .collect(),
    )
}

#[track_caller]
fn assert_valid(polygons: &[GridPolygon]) {
    let shape = as_geo(polygons);
    assert!(shape.is_valid(), "{:?}\n{shape:?}", shape.validation_errors());
    for polygon in polygons {
        assert!(doubled_area(&polygon[0]) > 0, "outer rings are positive");
        assert!(polygon[1..].iter().all(|hole| doubled_area(hole) < 0), "holes are negative");
    }
}

fn doubled_area_of(polygons: &[GridPolygon]) -> i64 {
    polygons.iter().flatten().map(|ring| doubled_area(ring)).sum()
}

#[test]
fn what_is_valid_is_left_as_it_is() {
    let with_hole = vec![ring(&[(0, 0), (10, 0), (10, 10), (0, 10)]), ring(&[(2, 2), (2, 4), (4, 4)])];
    let island = vec![ring(&[(20, 0), (25, 1), (21, 5)])];
    let polygons = vec![with_hole, island];
    assert!(is_valid(&polygons));
    assert_eq!(mend(polygons.clone()), polygons);
}

#[test]
fn rings_without_area_go() {
    assert!(
        mend(vec![vec![ring(&[(0, 0), (5, 5)])], vec![ring(&[(0, 0), (5, 5), (9, 9)])], vec![]]).is_empty()
    );
    let hole_gone = vec![vec![ring(&[(0, 0), (9, 0), (9, 9)]), ring(&[(5, 2), (6, 2)])]];
    assert_eq!(mend(hole_gone)[0].len(), 1);
}

#[test]
fn a_spike_is_cut_off() {
    let mended = mend(vec![vec![ring(&[(0, 0), (10, 0), (10, 5), (20, 5), (10, 5), (10, 10), (0, 10)])]]);
    assert_valid(&mended);
    assert_eq!(doubled_area_of(&mended), 200);
}

#[test]
fn a_ring_that_touches_itself_becomes_rings_that_do_not() {
    let neck = mend(vec![vec![ring(&[(0, 0), (5, 5), (10, 0), (10, 10), (5, 5), (0, 10)])]]);
    assert_valid(&neck);
    assert_eq!((neck.len(), doubled_area_of(&neck)), (2, 100));
    let pocket =
        mend(vec![vec![ring(&[(0, 0), (10, 0), (10, 10), (5, 10), (7, 5), (3, 5), (5, 10), (0, 10)])]]);
    assert_valid(&pocket);
    assert_eq!(doubled_area_of(&pocket), 200 - 20);
}

#[test]
fn joins_along_the_edge_of_a_tile_go() {
    // A comb whose teeth were cut off at y = 10: its back runs along the edge.
    let comb = vec![ring(&[(0, 0), (9, 0), (9, 10), (6, 10), (6, 4), (3, 4), (3, 10), (0, 10)])];
    assert_eq!(mend(vec![comb.clone()]), vec![comb], "this one is simple");
    let cut = vec![ring(&[(0, 10), (0, 6), (2, 6), (2, 10), (5, 10), (5, 6), (7, 6), (7, 10)])];
    let mended = mend(vec![cut]);
    assert_valid(&mended);
    assert_eq!((mended.len(), doubled_area_of(&mended)), (2, 32));
}

#[test]
fn a_ring_turned_inside_out_encloses_nothing() {
    assert!(mend(vec![vec![ring(&[(0, 0), (0, 1), (5, 0)])]]).is_empty());
}

#[test]
fn a_hole_rounded_out_of_its_polygon_adds_nothing() {
    let astray = vec![vec![ring(&[(0, 0), (10, 0), (10, 10), (0, 10)]), ring(&[(11, 2), (11, 3), (12, 3)])]];
    assert!(!is_valid(&astray));
    let mended = mend(astray);
    assert_valid(&mended);
    assert_eq!(doubled_area_of(&mended), 200);
}

#[test]
fn an_islet_rounded_into_its_neighbour_is_part_of_it() {
    let island = vec![ring(&[(0, 0), (10, 0), (10, 10), (0, 10)])];
    let islet = vec![ring(&[(4, 4), (5, 4), (5, 5), (4, 5)])];
    let mended = mend(vec![island, islet]);
    assert_valid(&mended);
    assert_eq!((mended.len(), doubled_area_of(&mended)), (1, 200));
    // In a lake it stays.
    let with_lake =
        vec![ring(&[(0, 0), (10, 0), (10, 10), (0, 10)]), ring(&[(3, 3), (3, 7), (7, 7), (7, 3)])];
    let islet = vec![ring(&[(4, 4), (5, 4), (5, 5), (4, 5)])];
    let mended = mend(vec![with_lake, islet]);
    assert_valid(&mended);
    assert_eq!(doubled_area_of(&mended), 200 - 32 + 2);
}

/// The definition, without sorting: every pair of edges.
fn no_edges_touch_by_trial(polygons: &[GridPolygon]) -> bool {
    let shape = as_geo(polygons);
    let rings: Vec<&LineString> =
        shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).collect();
    let edges: Vec<(usize, usize, usize, geo::Line)> = rings
        .iter()
        .enumerate()
        .flat_map(|(r, ring)| ring.lines().enumerate().map(move |(i, line)| (r, i, ring.0.len() - 1, line)))
        .collect();
    edges.iter().enumerate().all(|(n, &(r, i, len, a))| {
        edges[n + 1..].iter().all(|&(s, j, _, b)| {
            use geo::line_intersection::{LineIntersection, line_intersection};
            let neighbours = r == s && ((i + 1) % len == j || (j + 1) % len == i);
            match line_intersection(a, b) {
                None => true,
                Some(LineIntersection::SinglePoint { .. }) => neighbours,
                Some(LineIntersection::Collinear { .. }) => false,
            }
        })
    })
}

fn small_rings() -> impl Strategy<Value = Vec<GridPolygon>> {
    let point = (0i64..12, 0i64..12);
    let ring = prop::collection::vec(point, 3..9).prop_map(|mut points| {
        points.dedup();
        if points.first() == points.last() {
            points.pop();
        }
        let ring = ring(&points);
        if doubled_area(&ring) < 0 { ring.into_iter().rev().collect() } else { ring }
    });
    prop::collection::vec(ring, 1..3).prop_map(|rings| rings.into_iter().map(|ring| vec![ring]).collect())
}

/// One or two rings of many edges, often simple, sometimes crossing at a narrow place.
fn star_rings() -> impl Strategy<Value = Vec<GridPolygon>> {
    let star = (prop::collection::vec(3.0..30.0f64, 14..40), 0.0..60.0f64);
    let ring = star.prop_map(|(radii, east)| {
        let corners = radii.len() as f64;
        let mut points: Vec<(i64, i64)> = radii
            .iter()
            .enumerate()
            .map(|(k, r)| {
                let (sin, cos) = (std::f64::consts::TAU * k as f64 / corners).sin_cos();
                ((east + r * cos).round() as i64, (r * sin).round() as i64)
            })
            .collect();
        points.dedup();
        ring(&points)
    });
    prop::collection::vec(ring, 1..3).prop_map(|rings| rings.into_iter().map(|ring| vec![ring]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_rings_at_all_come_out_valid(polygons in prop_oneof![small_rings(), star_rings()]) {
        let mended = mend(polygons.clone());
        let shape = as_geo(&mended);
        prop_assert!(shape.is_valid(), "{:?}\nfrom {:?}\nmade {:?}", shape.validation_errors(), polygons, mended);
        for polygon in &mended {
            prop_assert!(doubled_area(&polygon[0]) > 0);
            prop_assert!(polygon[1..].iter().all(|hole| doubled_area(hole) < 0));
        }
    }

    #[test]
    fn touching_edges_are_found_as_by_trial(polygons in prop_oneof![small_rings(), star_rings()]) {
        let simple: Vec<GridPolygon> = polygons
            .into_iter()
            .filter(|polygon| doubled_area(&polygon[0]) != 0)
            .collect();
        prop_assert_eq!(no_edges_touch(&simple), no_edges_touch_by_trial(&simple));
    }

    #[test]
    fn what_passes_for_valid_is(polygons in small_rings()) {
        let simple: Vec<GridPolygon> = polygons
            .into_iter()
            .filter(|polygon| doubled_area(&polygon[0]) != 0)
            .collect();
        if is_valid(&simple) && !simple.is_empty() {
            let shape = as_geo(&simple);
            // Small polygons in large ones are only looked for where rounding could have put them.
            let nested = shape.iter().enumerate().any(|(i, a)| {
                shape.iter().enumerate().any(|(j, b)| i != j && a.contains(b))
            });
            prop_assert!(nested || shape.is_valid(), "{:?}", simple);
        }
    }

    /// Even-odd filling of one ring and filling by winding agree wherever the ring winds round once.
    #[test]
    fn the_area_kept_is_what_the_ring_winds_round(polygons in small_rings()) {
        let one = vec![polygons[0].clone()];
        let mended = as_geo(&mend(one.clone()));
        let outline = as_geo(&one);
        if outline.is_valid() {
            prop_assert!((mended.unsigned_area() - outline.unsigned_area()).abs() < 1e-9);
            prop_assert!(mended.xor(&outline).unsigned_area() < 1e-6);
        }
    }
}
