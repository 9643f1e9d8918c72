use proptest::prelude::*;

use super::super::encode::polygons_within;
use super::super::{DEEPEST_TILES, TileCoord, WorldPoint};
use super::*;
use crate::atlas::Atlas;
use crate::source::folder::Folder;

/// What the quick way finds, which must be what the long way makes.
fn compared(grid: TileGrid, shape: &TileShape) -> Found {
    let mut plain = PlainRings::default();
    let found = plain.take(grid, shape);
    let polygons = polygons_within(grid, shape);
    match found {
        Found::Nothing => assert!(polygons.is_empty(), "{shape:?} on {grid:?}"),
        Found::Valid => {
            let (long, quick): (Vec<&[GridPoint]>, Vec<&[GridPoint]>) =
                (polygons.iter().flatten().map(Vec::as_slice).collect(), plain.rings().collect());
            assert_eq!(quick, long, "{shape:?} on {grid:?}");
        }
        Found::Unclear => {}
    }
    found
}

#[test]
fn every_area_of_every_tile_of_a_zoom_is_as_by_the_long_way() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    for (name, zooms) in [("lsoa", 8..=8), ("icb", 0..=10), ("lad", 5..=DEEPEST_TILES)] {
        let layer = atlas.layer(&name.parse().unwrap()).unwrap();
        let (mut plain, mut all) = (0, 0);
        for (i, shape) in layer.shapes().iter().enumerate() {
            let ready = TileShape::project(shape);
            for z in zooms.clone() {
                let tile_of = |corner: WorldPoint| corner.tile(z).unwrap();
                let Some(label) = layer.label_points()[i].map(WorldPoint::from_lon_lat) else { continue };
                // The tile of its label and the one east of it, which may cut it.
                let home = tile_of(label);
                for east in 0..2 {
                    let Ok(tile) = TileCoord::new_checked(z, home.x() + east, home.y()) else { continue };
                    let found = compared(TileGrid::of(tile), &ready);
                    plain += usize::from(found != Found::Unclear);
                    all += 1;
                }
            }
        }
        assert!(plain * 10 > all * 4, "of {all} areas of {name} the quick way takes {plain}");
    }
}

fn ring() -> impl Strategy<Value = Vec<(u32, u32)>> {
    let tangled = prop::collection::vec((0u32..24, 0u32..24), 3..9);
    let star = prop::collection::vec(3.0..30.0f64, 3..40).prop_map(|radii| {
        let corners = radii.len() as f64;
        let points = radii.iter().enumerate().map(|(k, r)| {
            let (sin, cos) = (std::f64::consts::TAU * k as f64 / corners).sin_cos();
            ((32.0 + r * cos).round() as u32, (32.0 + r * sin).round() as u32)
        });
        points.collect()
    });
    prop_oneof![tangled, star]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Rings near the corner of a tile, so that some are cut, in quarters of a grid unit.
    #[test]
    fn any_rings_at_all_are_as_by_the_long_way(
        rings in prop::collection::vec(ring(), 1..4),
        holes in any::<bool>(),
        fine in 0u32..3,
        place in (0u32..300, 0u32..300),
    ) {
        let tile = TileCoord::new_checked(14, 8191, 5300).unwrap();
        let shift = 32 - 12 - 14 - fine;
        let corner = (8191u32 << 18, 5300u32 << 18);
        let point = |(x, y): (u32, u32)| geo::Coord {
            x: f64::from(corner.0 + ((x + place.0) << shift) - (200 << shift)),
            y: f64::from(corner.1 + ((y + place.1) << shift) - (200 << shift)),
        };
        let lines: Vec<geo::LineString> = rings.iter().map(|ring| ring.iter().copied().map(point).collect()).collect();
        let shape = TileShape::of_world(&lines, holes);
        compared(TileGrid::of(tile), &shape);
    }
}

#[test]
fn what_is_plain_is_known_and_what_is_not_is_not() {
    let grid = TileGrid::of(TileCoord::new_checked(14, 0, 0).unwrap());
    let shape = |ring: &[(u32, u32)]| {
        let line = ring.iter().map(|&(x, y)| (f64::from(x << 6), f64::from(y << 6))).collect();
        TileShape::of_world(&[line], false)
    };
    assert_eq!(compared(grid, &shape(&[(10, 10), (20, 10), (20, 20), (10, 20)])), Found::Valid);
    assert_eq!(compared(grid, &shape(&[(0, 0), (5, 5), (10, 0), (10, 10), (5, 5), (0, 10)])), Found::Unclear);
    assert_eq!(
        compared(grid, &shape(&[(0, 0), (10, 0), (10, 5), (20, 5), (10, 5), (10, 10)])),
        Found::Unclear
    );
    assert_eq!(compared(grid, &shape(&[(5000, 0), (6000, 0), (6000, 9)])), Found::Nothing);
}
