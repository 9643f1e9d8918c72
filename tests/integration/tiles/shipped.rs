//! Tiles of the shipped layers over four places that differ: a city, a town, islands far north and far west.

use std::collections::HashSet;

use geo::{Area, BooleanOps, BoundingRect, Distance, Euclidean, Intersects, Length, LineString, Point, Rect};
use geo::{Validation, coord};
use levelmap::atlas::Atlas;
use levelmap::source::folder::Folder;
use levelmap::tiles::{
    BUFFER, DEEPEST_TILES, EXTENT, TileContent, TileCoord, TileLayer, TilePyramid, TileValue, WorldPoint,
};
use levelmap::tiles::{project_line, tolerance_of_tiles_m};

use super::{Decoded, Ring, decode, doubled_area};

/// London, Leeds, Lerwick in Shetland, Hugh Town on Scilly.
const PLACES: [(f64, f64); 4] =
    [(-0.1276, 51.5072), (-1.5491, 53.8008), (-1.1494, 60.1545), (-6.3170, 49.9146)];

#[test]
fn a_tile_of_every_zoom_over_four_places_is_whole() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    for name in ["lad", "icb"] {
        let layer = atlas.layer(&name.parse().unwrap()).unwrap();
        let ready = TilePyramid::default();
        for (lon, lat) in PLACES {
            for z in 0..=DEEPEST_TILES {
                let tile = WorldPoint::from_lon_lat(coord! { x: lon, y: lat }).tile(z).unwrap();
                let decoded = decode(&ready.cut(layer, tile, TileContent::ALL, |_| TileValue::default()));
                let (least, most) = (-i64::from(BUFFER), i64::from(EXTENT + BUFFER));
                let mut seen = HashSet::new();
                for area in &decoded.areas {
                    assert!(seen.insert(area.code().to_owned()), "{} is once in {tile}", area.code());
                    let shape = area.shape();
                    assert!(shape.is_valid(), "{} in {tile}", area.code());
                    assert!(doubled_area(&area.parts[0]) > 0, "{} in {tile}", area.code());
                    let inside =
                        |&(x, y): &(i64, i64)| (least..=most).contains(&x) && (least..=most).contains(&y);
                    assert!(area.parts.iter().flatten().all(inside), "{} in {tile}", area.code());
                }
                let [west, south, east, north] = tile.bounds();
                let window = Rect::new(coord! { x: west, y: south }, coord! { x: east, y: north });
                for (area, shape) in layer.areas().iter().zip(layer.shapes()) {
                    let near = shape.bounding_rect().is_some_and(|b| b.intersects(&window));
                    // A part of less than some grid squares, an islet or the edge of a coast, may round away, or go at
                    // the tolerance.
                    if near && !seen.contains(area.code.as_str()) && shape.intersects(&window) {
                        let square =
                            (window.width() / f64::from(EXTENT)) * (window.height() / f64::from(EXTENT));
                        let lost = shape.intersection(&window.to_polygon()).unsigned_area() / square;
                        assert!(lost < 16.0, "{} has {lost} squares in {tile}", area.code);
                    }
                }
                for border in &decoded.borders {
                    let sides =
                        ["left", "right"].iter().filter(|side| border.properties.contains_key(**side));
                    assert!(sides.count() >= 1, "a border has an area on a side");
                }
            }
        }
    }
}

fn nothing(_: u32) -> TileValue {
    TileValue::default()
}

fn border_lines(decoded: &Decoded) -> impl Iterator<Item = &Ring> {
    decoded.borders.iter().flat_map(|border| &border.parts)
}

/// True when one of some lines comes within a distance of a point; each has its box.
fn is_near((x, y): (i64, i64), lines: &[(Rect, LineString)], distance: f64) -> bool {
    let at = Point::new(x as f64, y as f64);
    let reach =
        Rect::new(at.0 - coord! { x: distance, y: distance }, at.0 + coord! { x: distance, y: distance });
    lines.iter().any(|(rect, line)| rect.intersects(&reach) && Euclidean.distance(&at, line) <= distance)
}

#[test]
fn from_afar_borders_have_fewer_vertices_and_stay_within_a_quarter_of_a_pixel() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    let layer = atlas.layer(&"lad".parse().unwrap()).unwrap();
    let (pyramid, whole) = (TilePyramid::default(), TileLayer::new(layer));
    for (z, most) in [(3, 0.5), (4, 0.6), (6, 0.9)] {
        let (mut all, mut kept) = (0, 0);
        for (lon, lat) in PLACES {
            let place = coord! { x: lon, y: lat };
            let tile = WorldPoint::from_lon_lat(place).tile(z).unwrap();
            let fine = decode(&whole.cut(tile, TileContent::ALL, nothing));
            let coarse = decode(&pyramid.cut(layer, tile, TileContent::ALL, nothing));
            let points: HashSet<(i64, i64)> = border_lines(&fine).flatten().copied().collect();
            let on_edge = |v: i64| v == -i64::from(BUFFER) || v == i64::from(EXTENT + BUFFER);
            // A degree of longitude is shortest in the north: there the tolerance is most grid units.
            let [west, south, _, north] = tile.bounds_with_buffer();
            let ends = project_line(&[coord! { x: west, y: south }, coord! { x: west + 1.0, y: south }]);
            let units_per_degree = f64::from(ends[1].x - ends[0].x) / f64::from(1u32 << (20 - z));
            let metres_per_degree = 111_320.0 * north.min(61.0).to_radians().cos();
            let tolerance = tolerance_of_tiles_m(z) / metres_per_degree * units_per_degree;
            assert!(tolerance <= 2.1, "a quarter of a pixel is two grid units, not {tolerance}, in {tile}");
            let lines: Vec<(Rect, LineString)> = border_lines(&coarse)
                .map(|line| line.iter().map(|&(x, y)| (x as f64, y as f64)).collect::<LineString>())
                .filter_map(|line| Some((line.bounding_rect()?, line)))
                .collect();
            for line in border_lines(&coarse) {
                for &(x, y) in line.iter().filter(|(x, y)| !on_edge(*x) && !on_edge(*y)) {
                    assert!(points.contains(&(x, y)), "({x}, {y}) was moved in {tile}");
                }
                kept += line.len();
            }
            for line in border_lines(&fine) {
                all += line.len();
                // An islet or a pond smaller than a square of twice the tolerance goes; rounding may have made it larger.
                let ring = line.first() == line.last();
                if ring && (doubled_area(line).abs() as f64) < 4.0 * (2.0 * tolerance + 1.0).powi(2) {
                    continue;
                }
                // In the buffer a line may leave the tile sooner.
                let within = |&&(x, y): &&(i64, i64)| {
                    (0..=i64::from(EXTENT)).contains(&x) && (0..=i64::from(EXTENT)).contains(&y)
                };
                for &point in line.iter().filter(within) {
                    // Both ends of the way were rounded, each by half a grid square's diagonal at most.
                    assert!(
                        is_near(point, &lines, tolerance + 1.5),
                        "{point:?} is far from where it was in {tile}"
                    );
                }
            }
            assert_eq!(labels(&fine), labels(&coarse), "{tile}");
        }
        assert!(f64::from(kept as u32) <= most * f64::from(all as u32), "{kept} of {all} at zoom {z}");
    }
}

fn labels(decoded: &Decoded) -> Vec<(&str, &[Ring])> {
    decoded.labels.iter().map(|label| (label.code(), label.parts.as_slice())).collect()
}

#[test]
fn from_near_tiles_have_every_vertex() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    let layer = atlas.layer(&"lad".parse().unwrap()).unwrap();
    let (pyramid, whole) = (TilePyramid::default(), TileLayer::new(layer));
    let zooms: Vec<u8> = (0..=DEEPEST_TILES).filter(|&z| tolerance_of_tiles_m(z) == 0.0).collect();
    assert_eq!(zooms, (9..=DEEPEST_TILES).collect::<Vec<u8>>());
    for z in zooms {
        let tile: TileCoord = WorldPoint::from_lon_lat(coord! { x: -1.5491, y: 53.8008 }).tile(z).unwrap();
        let by_tile = whole.cut(tile, TileContent::ALL, nothing);
        assert_eq!(pyramid.cut(layer, tile, TileContent::ALL, nothing), by_tile, "{tile}");
    }
}

#[test]
fn what_is_ready_for_a_zoom_is_as_it_is_made_tile_by_tile() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    // Every so manieth tile of a zoom over the layer.
    for (name, zooms, step) in [("lad", 5..=10, 5), ("icb", 0..=9, 3), ("lsoa", 8..=10, 29)] {
        let layer = atlas.layer(&name.parse().unwrap()).unwrap();
        let pyramid = TilePyramid::default();
        let bounds = layer.bbox().unwrap();
        let (mut same, mut all) = (0, 0);
        for z in zooms {
            let made = pyramid.at(layer, z);
            let corners = [(bounds.min().x, bounds.max().y), (bounds.max().x, bounds.min().y)];
            let [first, last] =
                corners.map(|(x, y)| WorldPoint::from_lon_lat(coord! { x: x, y: y }).tile(z).unwrap());
            let columns = first.x()..=last.x();
            let tiles = columns.flat_map(|x| (first.y()..=last.y()).map(move |y| (x, y)));
            for (x, y) in tiles.step_by(step) {
                let tile = TileCoord::new_checked(z, x, y).unwrap();
                let value = |area: u32| TileValue {
                    value: Some(f64::from(area % 7)),
                    class: Some(area as usize % 5),
                    flag: area.is_multiple_of(3).then_some("estimated"),
                };
                let ready = pyramid.cut(layer, tile, TileContent::ALL, value);
                let by_tile = made.cut(tile, TileContent::ALL, value);
                let [ready, by_tile] =
                    [ready, by_tile].map(|tile| with_rings_from_their_least(decode(&tile)));
                all += 1;
                if ready == by_tile {
                    same += 1;
                } else {
                    differ_at_the_edge_only(&ready, &by_tile, tile);
                }
            }
        }
        assert!(10 * same > 8 * all, "{same} of {all} tiles of {name} are the same");
    }
}

#[test]
fn vector_layers_asked_for_alone_are_those_of_the_whole_tile() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    // Where Leeds meets Bradford. The deepest zoom of each is not made ready for all of its tiles.
    for (name, zooms) in [("lad", [6, 8, 11]), ("lsoa", [8, 10, 12])] {
        let layer = atlas.layer(&name.parse().unwrap()).unwrap();
        let pyramid = TilePyramid::default();
        let value = |area: u32| TileValue { class: Some(area as usize % 5), ..TileValue::default() };
        for z in zooms {
            let tile = WorldPoint::from_lon_lat(coord! { x: -1.69, y: 53.8008 }).tile(z).unwrap();
            let cut = |content: &str| pyramid.cut(layer, tile, content.parse().unwrap(), value);
            let alone = ["areas", "borders", "labels"].map(cut);
            let holds = alone.each_ref().map(|part| {
                let Decoded { areas, borders, labels } = decode(part);
                [!areas.is_empty(), !borders.is_empty(), !labels.is_empty()]
            });
            assert_eq!(holds[..2], [[true, false, false], [false, true, false]], "{name} {tile}");
            // Labels are of one tile only, and here of none of the deepest ones.
            assert!(holds[2] == [false, false, true] || z > 10 && alone[2].is_empty(), "{name} {tile}");
            assert_eq!(alone.concat(), cut("labels,areas,borders"), "{name} {tile}");
            assert_eq!([&alone[1][..], &alone[2]].concat(), cut("borders,labels"), "{name} {tile}");
        }
    }
}

/// Cut one way or the other, a ring begins at another of its points.
fn with_rings_from_their_least(mut decoded: Decoded) -> Decoded {
    for ring in decoded.areas.iter_mut().flat_map(|area| &mut area.parts) {
        let least = (0..ring.len()).min_by_key(|&i| ring[i]).unwrap();
        ring.rotate_left(least);
    }
    decoded
}

/// A shape that rounding has broken is mended whole and then cut, or cut and then mended.
fn differ_at_the_edge_only(ready: &Decoded, by_tile: &Decoded, tile: TileCoord) {
    assert_eq!(ready.borders, by_tile.borders, "{tile}");
    assert_eq!(ready.labels, by_tile.labels, "{tile}");
    assert_eq!(ready.areas.len(), by_tile.areas.len(), "{tile}");
    for (one, other) in ready.areas.iter().zip(&by_tile.areas) {
        assert_eq!((one.id, &one.properties), (other.id, &other.properties), "{tile}");
        if one.parts == other.parts {
            continue;
        }
        let (shape, other, code) = (one.shape(), other.shape(), one.code());
        assert!(shape.is_valid(), "{code} in {tile}");
        let corners = shape.bounding_rect().unwrap();
        let (least, most) = (-f64::from(BUFFER), f64::from(EXTENT + BUFFER));
        let on_edge = corners.min().x == least
            || corners.min().y == least
            || corners.max().x == most
            || corners.max().y == most;
        assert!(on_edge, "{code} in {tile} is not cut");
        // Mending moves few edges, each by less than a grid square, and takes off what is thinner than that.
        let length: f64 = shape.iter().map(|polygon| Euclidean.length(polygon.exterior())).sum();
        let apart = shape.xor(&other).unsigned_area();
        assert!(apart <= 0.05 * length, "{code} in {tile}: {apart} grid squares differ along {length}");
    }
}
