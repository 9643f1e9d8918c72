//! What vector tiles promise. Every tile is decoded before it is judged, winding from its raw commands.

mod countryside;
mod shipped;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use countryside::{Countryside, blobs, doubled_area, tile_shape_by_formula};
use fast_mvt::{MvtReaderRef, MvtValueRef};
use geo::{
    Area, BooleanOps, Coord, Euclidean, InteriorPoint, Length, LineString, MultiPolygon, Polygon, Rect,
    Validation, coord,
};
use levelmap::tiles::{
    BUFFER, EXTENT, TileArea, TileBorder, TileCoord, TileShape, WorldPoint, encode_tile, project_line,
};
use proptest::prelude::*;

type Ring = Vec<(i64, i64)>;

/// A feature as its bytes say.
#[derive(Debug, Default, PartialEq)]
struct Feature {
    id: Option<u64>,
    properties: BTreeMap<String, String>,
    /// Rings, lines or points, in order.
    parts: Vec<Ring>,
}

impl Feature {
    fn code(&self) -> &str {
        &self.properties["code"]
    }

    /// Outer rings with the holes that follow them, by winding alone.
    fn shape(&self) -> MultiPolygon {
        let mut polygons: Vec<(LineString, Vec<LineString>)> = Vec::new();
        for ring in &self.parts {
            let line: LineString =
                ring.iter().chain(ring.first()).map(|&(x, y)| (x as f64, y as f64)).collect();
            if doubled_area(ring) > 0 {
                polygons.push((line, Vec::new()));
            } else {
                polygons.last_mut().expect("a hole follows its outer ring").1.push(line);
            }
        }
        MultiPolygon(polygons.into_iter().map(|(outer, holes)| Polygon::new(outer, holes)).collect())
    }
}

#[derive(Debug, Default, PartialEq)]
struct Decoded {
    areas: Vec<Feature>,
    borders: Vec<Feature>,
    labels: Vec<Feature>,
}

fn decode(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    for layer in MvtReaderRef::new(bytes).expect("the tile decodes").layers() {
        assert_eq!((layer.version(), layer.extent()), (2, EXTENT));
        let features = layer.features().map(|feature| Feature {
            id: feature.id(),
            properties: feature
                .properties()
                .map(|property| property.expect("the property decodes"))
                .map(|(key, value)| (key.to_owned(), text(&value)))
                .collect(),
            parts: parts(feature.geometry_commands()),
        });
        match layer.name() {
            "areas" => decoded.areas = features.collect(),
            "borders" => decoded.borders = features.collect(),
            "labels" => decoded.labels = features.collect(),
            other => panic!("there is no layer {other}"),
        }
        assert!(!layer.is_empty(), "a layer without features is not lawful");
    }
    decoded
}

fn text(value: &MvtValueRef<'_>) -> String {
    match value {
        MvtValueRef::String(s) => (*s).to_owned(),
        MvtValueRef::Double(d) => d.to_string(),
        MvtValueRef::UInt(u) => u.to_string(),
        other => panic!("no property is {other:?}"),
    }
}

/// Geometry commands of the Vector Tile Specification 2.1, section 4.3.
fn parts(commands: &[u32]) -> Vec<Ring> {
    let delta = |n: u32| i64::from((n >> 1) as i32 ^ -((n & 1) as i32));
    let (mut parts, mut x, mut y, mut i) = (Vec::<Ring>::new(), 0, 0, 0);
    while i < commands.len() {
        let (command, count) = (commands[i] & 7, commands[i] >> 3);
        i += 1;
        for _ in 0..if command == 7 { 0 } else { count } {
            x += delta(commands[i]);
            y += delta(commands[i + 1]);
            i += 2;
            if command == 1 {
                parts.push(Vec::new());
            }
            parts.last_mut().expect("a part was begun").push((x, y));
        }
    }
    parts
}

fn tile(z: u8, x: u32, y: u32) -> TileCoord {
    TileCoord::new_checked(z, x, y).expect("the tile exists")
}

/// The tiles of a zoom around a box, edge tiles included.
fn tiles_over(z: u8, [west, south, east, north]: [f64; 4]) -> Vec<TileCoord> {
    let corner = |x, y| WorldPoint::from_lon_lat(coord! { x: x, y: y }).tile(z).expect("the zoom exists");
    let (first, last) = (corner(west, north), corner(east, south));
    (first.x()..=last.x()).flat_map(|x| (first.y()..=last.y()).map(move |y| tile(z, x, y))).collect()
}

#[test]
fn rings_follow_the_winding_order() {
    let land = Countryside::new(7, 12);
    for tile in tiles_over(8, Countryside::bounds()) {
        for area in decode(&land.encode(tile)).areas {
            assert!(
                doubled_area(&area.parts[0]) > 0,
                "the first ring of {} in {tile} is an outer one",
                area.code()
            );
            assert!(area.parts.iter().all(|ring| doubled_area(ring) != 0 && ring.len() >= 3));
        }
    }
}

#[test]
fn coordinates_stay_within_the_tile_and_its_buffer() {
    let land = Countryside::new(8, 12);
    let (least, most) = (-i64::from(BUFFER), i64::from(EXTENT + BUFFER));
    for z in [5, 8, 11] {
        for tile in tiles_over(z, Countryside::bounds()).into_iter().take(40) {
            let decoded = decode(&land.encode(tile));
            for (x, y) in decoded.areas.iter().chain(&decoded.borders).flat_map(|f| f.parts.concat()) {
                assert!((least..=most).contains(&x) && (least..=most).contains(&y), "({x}, {y}) in {tile}");
            }
        }
    }
}

#[test]
fn every_shape_is_valid_at_every_zoom() {
    let land = Countryside::new(9, 16);
    for z in 3..=10 {
        for tile in tiles_over(z, Countryside::bounds()).into_iter().take(30) {
            for area in decode(&land.encode(tile)).areas {
                let shape = area.shape();
                assert!(shape.is_valid(), "{} in {tile}: {:?}", area.code(), shape.validation_errors());
            }
        }
    }
}

/// An edge with its ends in a fixed order.
type Edge = ((i64, i64), (i64, i64));

fn edges(part: &Ring, closed: bool) -> Vec<Edge> {
    let last = if closed { part.len() } else { part.len() - 1 };
    (0..last).map(|i| (part[i], part[(i + 1) % part.len()])).map(|(a, b)| (a.min(b), a.max(b))).collect()
}

#[test]
fn neighbours_share_edges_within_a_tile_and_borders_are_those_edges() {
    let land = Countryside::new(10, 12);
    let mut shared = 0;
    for tile in tiles_over(9, Countryside::bounds()) {
        let decoded = decode(&land.encode(tile));
        let on_edge = |v: i64| v == -i64::from(BUFFER) || v == i64::from(EXTENT + BUFFER);
        // What runs along the tile's own edge was put there by cutting.
        let inner = |edge: &Edge| {
            let ((ax, ay), (bx, by)) = *edge;
            !(ax == bx && on_edge(ax) || ay == by && on_edge(ay))
        };
        let mut of_areas: HashMap<Edge, BTreeSet<&str>> = HashMap::new();
        for area in &decoded.areas {
            for edge in area.parts.iter().flat_map(|ring| edges(ring, true)).filter(&inner) {
                assert!(
                    of_areas.entry(edge).or_default().insert(area.code()),
                    "{edge:?} twice in {}",
                    area.code()
                );
            }
        }
        let mut of_borders: HashMap<Edge, BTreeSet<&str>> = HashMap::new();
        for border in &decoded.borders {
            let sides: BTreeSet<&str> = ["left", "right"]
                .iter()
                .filter_map(|side| border.properties.get(*side))
                .map(String::as_str)
                .collect();
            for edge in border.parts.iter().flat_map(|line| edges(line, false)).filter(&inner) {
                assert!(
                    of_borders.insert(edge, sides.clone()).is_none(),
                    "{edge:?} is drawn twice in {tile}"
                );
            }
        }
        shared += of_areas.values().filter(|sides| sides.len() == 2).count();
        assert_eq!(of_areas, of_borders, "{tile}");
    }
    assert!(shared > 1000, "only {shared} edges were shared");
}

#[test]
fn no_area_that_meets_a_tile_is_lost_and_each_is_one_feature() {
    let land = Countryside::new(11, 12);
    for z in [6, 8, 10] {
        for tile in tiles_over(z, Countryside::bounds()).into_iter().take(40) {
            let decoded = decode(&land.encode(tile));
            let codes: Vec<&str> = decoded.areas.iter().map(Feature::code).collect();
            let once: BTreeSet<&str> = codes.iter().copied().collect();
            assert_eq!(once.len(), codes.len(), "an area comes twice in {tile}");
            for cell in &land.cells {
                let within = tile_shape_by_formula(&cell.shape, tile).intersection(&window().to_polygon());
                // Thinner pieces may round to nothing.
                if within.unsigned_area()
                    > 2.0
                        + 1.5
                            * Euclidean
                                .length(within.0.first().map_or(&LineString(vec![]), Polygon::exterior))
                {
                    assert!(once.contains(cell.code.as_str()), "{} is lost in {tile}", cell.code);
                }
                if within.unsigned_area() == 0.0 {
                    assert!(!once.contains(cell.code.as_str()), "{} does not meet {tile}", cell.code);
                }
            }
        }
    }
}

fn window() -> Rect {
    let (least, most) = (-f64::from(BUFFER), f64::from(EXTENT + BUFFER));
    Rect::new(coord! { x: least, y: least }, coord! { x: most, y: most })
}

#[test]
fn areas_too_small_to_see_keep_a_mark() {
    let land = Countryside::new(12, 40);
    let decoded = decode(&land.encode(tile(0, 0, 0)));
    assert_eq!(decoded.areas.len(), land.cells.len(), "every area is in the tile of the world");
    let shapes: Vec<MultiPolygon> = decoded.areas.iter().map(Feature::shape).collect();
    assert!(shapes.iter().all(|shape| shape.is_valid() && shape.unsigned_area() >= 0.5));
    let marks = decoded
        .areas
        .iter()
        .filter(|area| area.parts.len() == 1 && area.shape().unsigned_area() == 1.0)
        .count();
    assert!(marks > 0, "at zoom 0 these areas are smaller than a grid square");
}

#[test]
fn label_points_lie_in_one_tile_only_and_in_their_area() {
    let land = Countryside::new(13, 12);
    for z in [7, 9] {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for tile in tiles_over(z, Countryside::bounds()) {
            let decoded = decode(&land.encode(tile));
            for label in decoded.labels {
                let (x, y) = label.parts[0][0];
                assert!(
                    (0..i64::from(EXTENT)).contains(&x) && (0..i64::from(EXTENT)).contains(&y),
                    "{tile} {x} {y}"
                );
                assert_eq!((label.parts.len(), label.parts[0].len()), (1, 1));
                let area =
                    decoded.areas.iter().find(|a| a.code() == label.code()).expect("its area is in the tile");
                assert_eq!((area.id, &area.properties["name"]), (label.id, &label.properties["name"]));
                *seen.entry(label.code().to_owned()).or_default() += 1;
            }
        }
        assert_eq!(seen.len(), land.cells.len(), "every area has a label at zoom {z}");
        assert!(seen.values().all(|&times| times == 1));
    }
}

#[test]
fn holes_survive() {
    let outer: LineString = vec![(-2.0, 53.0), (-1.0, 53.0), (-1.0, 54.0), (-2.0, 54.0), (-2.0, 53.0)].into();
    let hole: LineString = vec![(-1.6, 53.4), (-1.4, 53.4), (-1.4, 53.6), (-1.6, 53.6), (-1.6, 53.4)].into();
    let shape = MultiPolygon(vec![Polygon::new(outer, vec![hole])]);
    let ready = TileShape::project(&shape);
    let area = area("A", 0, &ready, coord! { x: -1.8, y: 53.5 });
    for z in [4, 6, 8, 9] {
        let mut removed = 0.0;
        for tile in tiles_over(z, [-2.0, 53.0, -1.0, 54.0]) {
            let decoded = decode(&encode_tile(tile, &[area], &[]));
            let truth = tile_shape_by_formula(&shape, tile).intersection(&window().to_polygon());
            let found = decoded.areas.first().map_or(MultiPolygon(vec![]), Feature::shape);
            let tolerance = 4.0 + 0.01 * truth.unsigned_area();
            assert!((found.unsigned_area() - truth.unsigned_area()).abs() < tolerance, "{tile}");
            removed += found.iter().map(|p| p.interiors().len()).sum::<usize>() as f64;
        }
        assert!(removed >= 1.0 || z == 9, "the hole is a ring of its own in some tile of zoom {z}");
    }
}

#[test]
fn a_polygon_within_another_of_its_area_is_drawn_once() {
    let square = |half: f64| {
        Rect::new(coord! { x: -1.5 - half, y: 53.5 - half }, coord! { x: -1.5 + half, y: 53.5 + half })
            .to_polygon()
    };
    let ready = TileShape::project(&MultiPolygon(vec![square(0.1), square(0.3)]));
    let label = coord! { x: -1.5, y: 53.5 };
    let home = WorldPoint::from_lon_lat(label).tile(7).expect("the zoom exists");
    let decoded = decode(&encode_tile(home, &[area("A", 0, &ready, label)], &[]));
    let shape = decoded.areas[0].shape();
    assert!(shape.is_valid() && shape.0.len() == 1, "{shape:?}");
}

fn area<'a>(code: &'a str, index: u32, shape: &'a TileShape, label: Coord) -> TileArea<'a> {
    TileArea {
        index,
        code,
        name: "Place",
        shape,
        label_point: WorldPoint::from_lon_lat(label),
        value: None,
        class: None,
        flag: None,
    }
}

#[test]
fn values_and_classes_are_there_when_given_and_ids_come_from_places() {
    let square: Polygon = Rect::new(coord! { x: -1.6, y: 53.7 }, coord! { x: -1.5, y: 53.8 }).to_polygon();
    let shape = TileShape::project(&MultiPolygon(vec![square]));
    let label = coord! { x: -1.55, y: 53.75 };
    let plain = area("E08000035", 0, &shape, label);
    let valued = TileArea { index: 41, code: "E08000036", value: Some(12.5), class: Some(3), ..plain };
    let withheld = TileArea { index: 42, code: "E08000037", flag: Some("suppressed"), ..plain };
    let home = plain.label_point.tile(9).expect("the zoom exists");
    let decoded = decode(&encode_tile(home, &[plain, valued, withheld], &[]));
    let said = |i: usize| {
        decoded.areas[i].properties.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(said(0), "code=E08000035 name=Place");
    assert_eq!(said(1), "class=3 code=E08000036 name=Place value=12.5");
    assert_eq!(said(2), "code=E08000037 flag=suppressed name=Place");
    let ids: Vec<_> = decoded.areas.iter().map(|a| a.id).collect();
    assert_eq!(ids, [Some(1), Some(42), Some(43)]);
    assert!(decoded.labels.iter().all(|label| !label.properties.contains_key("value")));
}

#[test]
fn a_tile_with_nothing_in_it_is_empty() {
    let land = Countryside::new(14, 3);
    assert!(land.encode(tile(8, 0, 0)).is_empty());
}

#[test]
fn a_coast_has_an_area_on_one_side_only() {
    let line = project_line(&[coord! { x: -1.6, y: 53.7 }, coord! { x: -1.5, y: 53.8 }]);
    let home = line[0].tile(9).expect("the zoom exists");
    let coast = TileBorder { line: &line, left: None, right: Some("E08000035") };
    let decoded = decode(&encode_tile(home, &[], &[coast]));
    let said: Vec<_> = decoded.borders[0].properties.iter().collect();
    assert_eq!(said, [(&"right".to_owned(), &"E08000035".to_owned())]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any shape, at any size from a speck to several tiles, comes out valid and with the area it has.
    #[test]
    fn a_shape_is_valid_and_keeps_its_area(shape in blobs(), z in 4u8..15) {
        prop_assume!(shape.is_valid());
        let ready = TileShape::project(&shape);
        let inside = shape.interior_point().expect("it has an inside").0;
        let home = WorldPoint::from_lon_lat(inside).tile(z).expect("the zoom exists");
        for tile in [home, tile(z, home.x() + 1, home.y()), tile(z, home.x(), home.y() - 1)] {
            let bytes = encode_tile(tile, &[area("A", 0, &ready, inside)], &[]);
            let truth = tile_shape_by_formula(&shape, tile).intersection(&window().to_polygon());
            let decoded = decode(&bytes);
            prop_assert!(decoded.areas.len() <= 1);
            let found = decoded.areas.first().map_or(MultiPolygon(vec![]), Feature::shape);
            prop_assert!(found.is_valid(), "{tile}: {:?}", found.validation_errors());
            if tile == home {
                prop_assert_eq!(decoded.areas.len(), 1, "the tile of its label point has it");
            }
            // Rounding moves each vertex by at most half a unit each way, and with it the edges.
            let outline: f64 = truth
                .iter()
                .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
                .map(|ring| Euclidean.length(ring))
                .sum();
            let difference = (found.unsigned_area() - truth.unsigned_area()).abs();
            prop_assert!(difference <= 4.0 + 0.75 * outline, "{tile}: {difference} of {}", truth.unsigned_area());
            let strayed = found.xor(&truth).unsigned_area();
            prop_assert!(strayed <= 4.0 + 0.75 * outline, "{tile}: {strayed} astray, outline {outline}");
        }
    }
}
