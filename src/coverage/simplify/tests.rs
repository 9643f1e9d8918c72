//! What simplifying promises, on made-up land and against a slow search for faults.

use geo::{Area, Coord, LineString, MultiPolygon, Polygon, Validation};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::nearby::meet;
use super::{Coverage, digits_at_zoom, tolerance_at_zoom_m};
use crate::coverage::BlockShape;

/// A lattice of `side` × `side` blocks with wild borders, in the north of England.
fn land(seed: u64, side: usize, wildness: f64) -> Coverage {
    let mut random = StdRng::seed_from_u64(seed);
    let step = 0.1;
    let corner: Vec<Vec<Coord>> = (0..=side)
        .map(|i| {
            (0..=side)
                .map(|j| {
                    let mut shift = || random.random_range(-0.2..0.2) * step;
                    Coord { x: -2.0 + i as f64 * step + shift(), y: 54.0 + j as f64 * step + shift() }
                })
                .collect()
        })
        .collect();
    let mut crooked = |a: Coord, b: Coord| -> Vec<Coord> {
        let across = Coord { x: b.y - a.y, y: a.x - b.x };
        let bends = (1..20).map(|i| {
            let along = f64::from(i) / 20.0;
            a + (b - a) * along + across * (random.random_range(-wildness..wildness) * along * (1.0 - along))
        });
        std::iter::once(a).chain(bends).chain([b]).collect()
    };
    let east: Vec<Vec<_>> =
        (0..side).map(|i| (0..=side).map(|j| crooked(corner[i][j], corner[i + 1][j])).collect()).collect();
    let north: Vec<Vec<_>> =
        (0..=side).map(|i| (0..side).map(|j| crooked(corner[i][j], corner[i][j + 1])).collect()).collect();
    let mut shapes = Vec::new();
    for i in 0..side {
        for j in 0..side {
            let mut ring: Vec<Coord> = east[i][j].clone();
            ring.extend(&north[i + 1][j][1..]);
            ring.extend(east[i][j + 1].iter().rev().skip(1));
            ring.extend(north[i][j].iter().rev().skip(1));
            let code = format!("X{:04}", i * side + j).parse().unwrap();
            shapes.push(BlockShape::from((code, MultiPolygon(vec![Polygon::new(LineString(ring), vec![])]))));
        }
    }
    let (coverage, report) = Coverage::from_shapes(&shapes);
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    coverage
}

/// The slow way: every pair of edges that share no end must not meet.
fn crossings(coverage: &Coverage) -> usize {
    let edges: Vec<(Coord, Coord)> = coverage
        .arcs()
        .iter()
        .flat_map(|&arc| coverage.vertices_of(arc).windows(2).map(|e| (e[0], e[1])))
        .collect();
    let mut found = 0;
    for (i, &(a, b)) in edges.iter().enumerate() {
        for &(c, d) in &edges[i + 1..] {
            let shared = [a == c, a == d, b == c, b == d].iter().filter(|s| **s).count();
            found += usize::from(shared > 1 || (shared == 0 && meet((a, b), (c, d))));
        }
    }
    found
}

fn total(coverage: &Coverage) -> f64 {
    coverage.shapes().iter().map(Area::unsigned_area).sum()
}

#[test]
fn every_tolerance_is_valid_and_nested_in_the_finer_ones() {
    let land = land(3, 5, 0.9);
    let weights = land.simplification();
    let mut before = land.vertex_count();
    for tolerance_m in [1.0, 10.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 50_000.0] {
        let coarse = land.simplified(&weights, tolerance_m);
        assert!(coarse.vertex_count() <= before);
        before = coarse.vertex_count();
        assert_eq!(crossings(&coarse), 0, "at {tolerance_m}");
        for (block, shape) in coarse.blocks().iter().zip(coarse.shapes()) {
            assert!(shape.is_valid() && shape.signed_area() > 0.0, "{} at {tolerance_m}", block.code);
        }
    }
    assert!(before < land.vertex_count() / 8, "{before} of {} are left", land.vertex_count());
}

#[test]
fn no_vertex_lies_further_from_the_new_line_than_the_tolerance() {
    use geo::{Distance, Euclidean, MapCoords};
    let land = land(5, 4, 0.9);
    let weights = land.simplification();
    for tolerance_m in [50.0, 200.0, 1_000.0] {
        let coarse = land.simplified(&weights, tolerance_m);
        // No arc is a ring here, so the arcs are the same ones in the same order.
        for (&fine, &rough) in land.arcs().iter().zip(coarse.arcs()) {
            let plane =
                |c: Coord| Coord { x: c.x * 111_320.0 * 54.2f64.to_radians().cos(), y: c.y * 111_320.0 };
            let line = LineString(coarse.vertices_of(rough).to_vec()).map_coords(plane);
            for &vertex in land.vertices_of(fine) {
                let away = Euclidean.distance(&geo::Point(plane(vertex)), &line);
                assert!(away <= tolerance_m * 1.01, "{away} m at {tolerance_m} m");
            }
        }
    }
}

fn island(code: &str, rings: &[&[(f64, f64)]]) -> BlockShape {
    let ring = |points: &[(f64, f64)]| {
        let mut ring: Vec<Coord> = points.iter().map(|&(x, y)| Coord { x, y: 54.0 + y }).collect();
        ring.push(ring[0]);
        LineString(ring)
    };
    let polygons = rings.iter().map(|points| Polygon::new(ring(points), vec![])).collect();
    BlockShape::from((code.parse().unwrap(), MultiPolygon(polygons)))
}

#[test]
fn islets_go_but_no_area_does() {
    let large = [(0.0, 0.0), (0.4, 0.0), (0.4, 0.2), (0.2, 0.25), (0.0, 0.2)];
    let islet = [(0.5, 0.0), (0.51, 0.0), (0.51, 0.01), (0.5, 0.01)];
    let rock = [(0.6, 0.0), (0.601, 0.0), (0.601, 0.001), (0.6005, 0.0015), (0.6, 0.001)];
    let (coverage, _) = Coverage::from_shapes(&[island("a", &[&large, &islet]), island("b", &[&rock])]);
    let weights = coverage.simplification();
    let polygons_at = |tolerance_m: f64| {
        coverage.simplified(&weights, tolerance_m).shapes().iter().map(|s| s.0.len()).collect::<Vec<_>>()
    };
    assert_eq!(polygons_at(100.0), [2, 1], "the islet is some 600 by 1,100 m");
    assert_eq!(polygons_at(1_000.0), [1, 1]);
    let coarsest = coverage.simplified(&weights, 1e6).shapes();
    assert!(coarsest.iter().all(|shape| shape.0[0].exterior().0.len() == 4), "triangles are left");
}

#[test]
fn a_pond_with_an_island_in_it_stays() {
    let square = |west: f64, half: f64| {
        LineString::from(vec![
            (west - half, 54.0 - half),
            (west + half, 54.0 - half),
            (west + half, 54.0 + half),
            (west - half, 54.0 + half),
            (west - half, 54.0 - half),
        ])
    };
    let shape = |code: &str, polygon| BlockShape::from((code.parse().unwrap(), MultiPolygon(vec![polygon])));
    let shore = shape("shore", Polygon::new(square(0.0, 0.3), vec![square(0.0, 0.02), square(0.1, 0.02)]));
    let isle = shape("isle", Polygon::new(square(0.0, 0.01), vec![]));
    let (coverage, _) = Coverage::from_shapes(&[shore, isle]);
    let coarse = coverage.simplified(&coverage.simplification(), 20_000.0).shapes();
    assert_eq!(coarse[0].0[0].interiors().len(), 1, "the empty pond is gone, the other one is there");
    assert!(coarse[1].unsigned_area() > 0.0);
}

#[test]
fn a_zoom_deeper_is_twice_as_fine() {
    assert!((tolerance_at_zoom_m(6.0) - 297.6).abs() < 2.0, "{}", tolerance_at_zoom_m(6.0));
    assert_eq!(tolerance_at_zoom_m(6.0), 2.0 * tolerance_at_zoom_m(7.0));
    assert_eq!([0.0, 6.0, 10.0, 22.0].map(digits_at_zoom), [1, 3, 4, 6]);
}

#[test]
fn rounding_keeps_what_is_valid() {
    for (seed, digits) in [(1, 5), (2, 4), (3, 3)] {
        let land = land(seed, 5, 0.5);
        assert_eq!(crossings(&land), 0);
        let rounded = land.rounded(digits);
        assert_eq!(crossings(&rounded.coverage), 0);
        assert!(rounded.coverage.shapes().iter().all(Validation::is_valid));
        let steps = 10f64.powi(i32::from(digits));
        let vertices = rounded.coverage.arcs().iter().flat_map(|&arc| rounded.coverage.vertices_of(arc));
        let off =
            vertices.filter(|c| c.x != (c.x * steps).round() / steps || c.y != (c.y * steps).round() / steps);
        assert!(off.count() <= rounded.left, "{} were left", rounded.left);
        assert!(rounded.left * 50 <= land.vertex_count(), "{} were left at {digits} digits", rounded.left);
        let change = (total(&rounded.coverage) - total(&land)).abs();
        assert!(change < 2.0 / steps * 5.0, "{change}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn wild_land_stays_valid(seed in any::<u64>(), side in 1usize..4, wildness in 0.1..0.95f64, power in 0.0..5.0f64, digits in 2u8..6) {
        let land = land(seed, side, wildness);
        prop_assume!(crossings(&land) == 0);
        let coarse = land.simplified(&land.simplification(), 10f64.powf(power));
        for coverage in [&coarse, &coarse.rounded(digits).coverage] {
            prop_assert_eq!(crossings(coverage), 0);
            prop_assert_eq!(coverage.shapes().len(), side * side);
            prop_assert!(coverage.shapes().iter().all(|s| s.is_valid() && s.signed_area() > 0.0));
        }
    }
}
