//! Tiles of the shipped layers over four places that differ: a city, a town, islands far north and far west.

use std::collections::HashSet;

use geo::{Area, BooleanOps, BoundingRect, Intersects, Rect, Validation, coord};
use levelmap::atlas::Atlas;
use levelmap::source::folder::Folder;
use levelmap::tiles::{BUFFER, DEEPEST_TILES, EXTENT, TileLayer, TileValue, WorldPoint};

use super::{decode, doubled_area};

/// London, Leeds, Lerwick in Shetland, Hugh Town on Scilly.
const PLACES: [(f64, f64); 4] =
    [(-0.1276, 51.5072), (-1.5491, 53.8008), (-1.1494, 60.1545), (-6.3170, 49.9146)];

#[test]
fn a_tile_of_every_zoom_over_four_places_is_whole() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    for name in ["lad", "icb"] {
        let layer = atlas.layer(&name.parse().unwrap()).unwrap();
        let ready = TileLayer::new(layer);
        for (lon, lat) in PLACES {
            for z in 0..=DEEPEST_TILES {
                let tile = WorldPoint::from_lon_lat(coord! { x: lon, y: lat }).tile(z).unwrap();
                let decoded = decode(&ready.cut(layer, tile, |_| TileValue::default()));
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
                    // A part of less than some grid squares, an islet or the edge of a coast, may round away.
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
