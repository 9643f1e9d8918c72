//! The distance to a shape against a geodesic every ten metres, and its bounds against the places between.

use super::*;
use crate::geometry::geodesic::coord_distance_m;
use geo::{LineString, Polygon, coord};
use proptest::prelude::*;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// The obvious way: a geodesic to a place every ten metres of every segment.
fn brute_force_m(from: LonLat, segments: &[(Coord, Coord)]) -> f64 {
    let mut least_m = f64::INFINITY;
    for &(a, b) in segments {
        let steps = (coord_distance_m(a, b) / 10.0).ceil().max(1.0) as u32;
        for i in 0..=steps {
            let place = a + (b - a) * (f64::from(i) / f64::from(steps));
            least_m = least_m.min(coord_distance_m(from.coord(), place));
        }
    }
    least_m
}

#[test]
fn inside_is_nought_and_a_hole_is_outside() {
    let ring = |half: f64| {
        LineString::from(vec![
            (-2.0 - half, 53.0 - half),
            (-2.0 + half, 53.0 - half),
            (-2.0 + half, 53.0 + half),
            (-2.0 - half, 53.0 + half),
            (-2.0 - half, 53.0 - half),
        ])
    };
    let shape = MultiPolygon(vec![Polygon::new(ring(0.5), vec![ring(0.1)])]);
    assert_eq!(distance_to_shape_m(at(-2.3, 53.0), &shape), Some(0.0));
    // From the middle of the hole west or east: a tenth of a degree of longitude at 53 N, less a
    // little, for the parallel bends and the nearest place is on the meridian edge.
    let in_hole = distance_to_shape_m(at(-2.0, 53.0), &shape).unwrap();
    assert!((in_hole - 6_713.0).abs() < 2.0, "{in_hole}");
    assert_eq!(distance_to_shape_m(at(0.0, 0.0), &MultiPolygon(Vec::new())), None);
    assert_eq!(
        nearest_on_segments(at(0.0, 0.0), [(coord! { x: f64::NAN, y: 0.0 }, coord! { x: 0.0, y: 0.0 })]),
        None
    );
}

#[test]
fn on_the_border_is_nought_away() {
    let segment = (coord! { x: -1.0, y: 50.0 }, coord! { x: 1.0, y: 52.0 });
    let nearest = nearest_on_segments(at(0.25, 51.25), [segment]).unwrap();
    assert!(nearest.distance_m < 1e-3, "{nearest:?}");
}

#[test]
fn the_short_way_round_the_world_is_taken() {
    let segment = (coord! { x: 179.0, y: 10.0 }, coord! { x: 179.0, y: 11.0 });
    let nearest = nearest_on_segments(at(-179.0, 10.5), [segment]).unwrap();
    let expected_m = brute_force_m(at(-179.0, 10.5), &[segment]);
    assert!((nearest.distance_m - expected_m).abs() < 1.0, "{nearest:?} {expected_m}");
    assert!((nearest.at.x - 179.0).abs() < 1e-9, "{nearest:?}");
}

#[test]
fn no_shape_in_a_box_is_nearer_than_the_box() {
    let bounds = Rect::new(coord! { x: -3.0, y: 53.0 }, coord! { x: -2.0, y: 54.0 });
    assert_eq!(distance_to_box_m(at(-2.5, 53.5), bounds), 0.0);
    let from = at(0.0, 55.0);
    assert!((distance_to_box_m(from, bounds) - coord_distance_m(from.coord(), bounds.max())).abs() < 1e-6);
}

/// A wandering line of segments near a place in or round Britain.
fn line() -> impl Strategy<Value = Vec<(Coord, Coord)>> {
    let start = (-8.0..2.0_f64, 49.5..61.0_f64);
    (start, 0.001..0.2_f64, prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 1..12)).prop_map(
        |((lon, lat), stride, steps)| {
            let mut place = coord! { x: lon, y: lat };
            let mut segments = Vec::new();
            for (east, north) in steps {
                let next = place + coord! { x: east, y: north } * stride;
                segments.push((place, next));
                place = next;
            }
            segments
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn agrees_with_a_geodesic_every_ten_metres(segments in line(), lon in -8.0..2.0_f64, lat in 49.5..61.0_f64) {
        let from = at(lon, lat);
        let found_m = nearest_on_segments(from, segments.iter().copied()).unwrap().distance_m;
        let sampled_m = brute_force_m(from, &segments);
        let slack_m = 0.01 + 1e-6 * found_m;
        prop_assert!(found_m <= sampled_m + slack_m, "{found_m} {sampled_m}");
        // The nearest place is at most 5 m along from a sampled one.
        prop_assert!(sampled_m <= found_m.hypot(5.0) + slack_m, "{found_m} {sampled_m}");
    }
}

proptest! {
    #[test]
    fn a_short_chord_bends_to_the_geodesic(
        lat in -70.0..70.0_f64, bearing in 0.0..360.0_f64, away_m in 0.0..99_000.0_f64,
    ) {
        use geo::{Destination, Geodesic, Point};
        let from = at(-2.0, lat);
        let place = Geodesic.destination(Point(from.coord()), bearing, away_m).0;
        let frame = LocalFrame::at(from);
        let found_m = frame.geodesic_m(View::of(frame).chord_m(place - from.coord()), place);
        prop_assert!((found_m - away_m).abs() < 1e-4, "{found_m} {away_m}");
    }

    #[test]
    fn the_bounds_hold(
        lat in -85.0..85.0_f64,
        start in (-12.0..12.0_f64, -7.0..7.0_f64),
        span in (-1.0..1.0_f64, -1.0..1.0_f64),
        size in 0.0..3.0_f64,
        closeness in 0.001..1.0_f64,
    ) {
        let frame = LocalFrame::at(at(0.0, lat));
        let view = View::of(frame);
        let start = coord! { x: start.0, y: start.1 } * closeness;
        let segment = view.segment(start + frame.from().coord(), start + frame.from().coord() + coord! { x: span.0, y: span.1 } * size);
        let (lower_m, upper_m) = view.chord_bounds_m(&segment);
        let (least_m, _) = view.nearest_by_chord(&segment);
        for i in 0..=100 {
            let chord_m = view.chord_m(segment.start + (segment.end - segment.start) * (f64::from(i) / 100.0));
            prop_assert!(lower_m <= chord_m, "{lower_m} {chord_m}");
            prop_assert!(least_m <= chord_m + 1e-3, "{least_m} {chord_m}");
        }
        prop_assert!(lower_m <= least_m && least_m <= upper_m, "{lower_m} {least_m} {upper_m}");
    }

    // Slowly: segment by segment.
    #[test]
    fn a_line_is_as_near_as_its_segments(
        lat in -75.0..75.0_f64,
        start in (-3.0..3.0_f64, -3.0..3.0_f64),
        stride in 0.0001..0.5_f64,
        steps in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 1..60),
    ) {
        let from = at(-2.0, lat);
        let mut line = vec![from.coord() + coord! { x: start.0, y: start.1 } * stride];
        for (x, y) in steps {
            line.push(line[line.len() - 1] + coord! { x: x, y: y } * stride);
        }
        let mut search = NearestSearch::about(from);
        search.add_line(&line);
        let at_most_m = search.at_most_m();
        let found = search.take().unwrap();
        let slowly = nearest_on_segments(from, line.windows(2).map(|edge| (edge[0], edge[1]))).unwrap();
        prop_assert!((found.distance_m - slowly.distance_m).abs() < 1e-6, "{found:?} {slowly:?}");
        prop_assert!(found.distance_m <= at_most_m + 1e-6, "{found:?} {at_most_m}");
        search.add_line(&line);
        let away_m = search.take_m().unwrap();
        prop_assert!((away_m - slowly.distance_m).abs() < 1e-3, "{away_m} {slowly:?}");
    }

    // Pruning must not lose the winner: each segment alone, slowly, finds nothing nearer.
    #[test]
    fn pruning_loses_nothing(
        segments in prop::collection::vec(((-180.0..180.0_f64, -80.0..80.0_f64), (-2.0..2.0_f64, -2.0..2.0_f64)), 1..40),
        lon in -180.0..180.0_f64,
        lat in -89.0..89.0_f64,
    ) {
        let from = at(lon, lat);
        let segments: Vec<_> = segments
            .into_iter()
            .map(|((x, y), (dx, dy))| (coord! { x: x, y: y }, coord! { x: x + dx, y: y + dy }))
            .collect();
        let found = nearest_on_segments(from, segments.iter().copied()).unwrap();
        let frame = LocalFrame::at(from);
        let view = View::of(frame);
        let least_chord_m = segments
            .iter()
            .map(|&(a, b)| view.nearest_by_chord(&view.segment(a, b)).0)
            .fold(f64::INFINITY, f64::min);
        let found_chord_m = view.chord_m(found.at - from.coord());
        prop_assert!((found_chord_m - least_chord_m).abs() < 1e-2, "{found_chord_m} {least_chord_m}");
    }
}
