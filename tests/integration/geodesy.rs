//! Areas, lengths, distances and projections against `PROJ` and `GeographicLib` (`tests/oracles/geodesy.py`).

use geo::{LineString, MultiPolygon, Polygon};
use levelmap::geometry::{
    BritishGrid, Crs, LonLat, area_m2, distance_to_shape_m, faults, label_point, length_m,
};
use serde::Deserialize;

const ANSWERS: &str = include_str!("../oracles/geodesy.json");
const OSTN15: &[u8] = include_bytes!("../../boundaries/grids/ostn15.bin");

#[derive(Deserialize)]
struct Answers {
    shapes: Vec<Shape>,
    projected: Vec<Projected>,
}

#[derive(Deserialize)]
struct Shape {
    shell: Vec<(f64, f64)>,
    hole: Vec<(f64, f64)>,
    points: Vec<FromPoint>,
    area_m2: f64,
    shell_length_m: f64,
}

impl Shape {
    fn multi_polygon(&self) -> MultiPolygon {
        let shell = LineString::from(self.shell.clone());
        MultiPolygon(vec![Polygon::new(shell, vec![LineString::from(self.hole.clone())])])
    }
}

#[derive(Deserialize)]
struct FromPoint {
    lon: f64,
    lat: f64,
    distance_m: f64,
}

#[derive(Deserialize)]
struct Projected {
    crs: u32,
    lon: f64,
    lat: f64,
    x: f64,
    y: f64,
}

fn answers() -> serde_json::Result<Answers> {
    serde_json::from_str(ANSWERS)
}

#[test]
fn areas_and_lengths_are_those_of_geographiclib() {
    for shape in answers().unwrap().shapes {
        let found_m2 = area_m2(&shape.multi_polygon());
        assert!((found_m2 / shape.area_m2 - 1.0).abs() < 1e-9, "{found_m2} {}", shape.area_m2);
        let found_m = length_m(&LineString::from(shape.shell).0);
        assert!((found_m / shape.shell_length_m - 1.0).abs() < 1e-9, "{found_m} {}", shape.shell_length_m);
    }
}

#[test]
fn distances_to_a_shape_are_those_of_ten_thousand_geodesics() {
    let mut outside = 0;
    for shape in answers().unwrap().shapes {
        let multi_polygon = shape.multi_polygon();
        assert_eq!(faults(&multi_polygon), []);
        for point in shape.points {
            let from = LonLat::new(point.lon, point.lat).unwrap();
            let found_m = distance_to_shape_m(from, &multi_polygon).unwrap();
            outside += u32::from(point.distance_m > 0.0);
            let slack_m = 0.01 + 1e-7 * point.distance_m;
            assert!((found_m - point.distance_m).abs() < slack_m, "{from}: {found_m} {}", point.distance_m);
        }
        let label = LonLat::try_from(label_point(&multi_polygon).unwrap()).unwrap();
        assert_eq!(distance_to_shape_m(label, &multi_polygon), Some(0.0));
    }
    assert!(outside > 20, "only {outside} of the points are outside");
}

#[test]
fn grid_coordinates_are_those_of_proj() {
    let british_grid = BritishGrid::from_bytes(OSTN15).unwrap();
    let projected = answers().unwrap().projected;
    assert_eq!(projected.len(), 36);
    for point in projected {
        let crs: Crs = point.crs.to_string().parse().unwrap();
        let at = LonLat::new(point.lon, point.lat).unwrap();
        let found = crs.project(at, &british_grid);
        let apart_m = (found.x - point.x).hypot(found.y - point.y);
        assert!(apart_m < 0.001, "{crs} {at}: {found:?} for {},{}", point.x, point.y);
        let back = crs.to_lonlat(point.x, point.y, &british_grid).unwrap();
        assert!(levelmap::geometry::distance_m(back, at) < 0.001, "{crs} {at}: {back}");
    }
}
