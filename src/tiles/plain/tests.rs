use geo::{
    Area, BooleanOps, Euclidean, Length, Line, LineString, LinesIter, MultiPolygon, Polygon, Rect, Validation,
};
use proptest::prelude::*;

use super::super::clip::clip_ring;
use super::super::commands::Commands;
use super::super::encode::polygons_within;
use super::super::mend::{GridPolygon, Ring, mend};
use super::super::{DEEPEST_TILES, TileCoord, WorldPoint};
use super::*;
use crate::atlas::Atlas;
use crate::source::folder::Folder;

/// Rings as sets of corners in their order: where one begins, which comes first, and points along a straight edge say
/// nothing about what is drawn.
fn corners<'a>(rings: impl Iterator<Item = &'a [GridPoint]>) -> Vec<Vec<GridPoint>> {
    let mut all: Vec<Vec<GridPoint>> = rings
        .map(|ring| {
            let len = ring.len();
            let is_corner = |&i: &usize| turn(ring[(i + len - 1) % len], ring[i], ring[(i + 1) % len]) != 0;
            let mut corners: Vec<GridPoint> = (0..len).filter(is_corner).map(|i| ring[i]).collect();
            let least = (0..corners.len()).min_by_key(|&i| corners[i]).unwrap();
            corners.rotate_left(least);
            corners
        })
        .collect();
    all.sort_unstable();
    all
}

fn drawn<'a>(rings: impl Iterator<Item = &'a [GridPoint]>) -> MultiPolygon {
    let mut polygons: Vec<Polygon> = Vec::new();
    for ring in rings {
        let line: LineString = ring.iter().map(|p| (p.x as f64, p.y as f64)).collect();
        match polygons.last_mut() {
            Some(polygon) if doubled_area(ring) < 0 => polygon.interiors_push(line),
            _ => polygons.push(Polygon::new(line, Vec::new())),
        }
    }
    MultiPolygon(polygons)
}

/// What the quick way finds, which must be what the long way makes: to the last point where nothing is cut. Where the long way
/// has to fill anew what cutting has joined, it rounds what comes close to an edge onto it, so that both differ by slivers. Tells whether they are the
/// same to the last corner, too; in squares for each unit of their outlines they differ by no more than `most_apart`.
fn compared(grid: TileGrid, shape: &TileShape, most_apart: f64) -> (Found, bool) {
    let mut plain = PlainRings::default();
    let found = plain.take(grid, shape);
    let polygons = polygons_within(grid, shape);
    let long = || polygons.iter().flatten().map(Vec::as_slice);
    let is_cut = plain.rings().flatten().any(|&point| on_rim(point));
    match found {
        Found::Valid if !is_cut => {
            let (quick, long): (Vec<&[GridPoint]>, Vec<&[GridPoint]>) =
                (plain.rings().collect(), long().collect());
            assert_eq!(quick, long, "{shape:?} on {grid:?}");
        }
        Found::Nothing => assert!(polygons.is_empty(), "{polygons:?}"),
        Found::Valid if corners(plain.rings()) != corners(long()) => {
            let (quick, long) = (drawn(plain.rings()), drawn(long()));
            assert!(quick.is_valid(), "{quick:?}");
            let length: f64 = quick.iter().map(|polygon| Euclidean.length(polygon.exterior())).sum();
            let apart = quick.xor(&long).unsigned_area();
            assert!(apart <= most_apart * length, "{apart} squares along {length}: {quick:?} {long:?}");
            return (found, false);
        }
        Found::Valid | Found::Unclear => {}
    }
    (found, true)
}

#[test]
fn every_area_of_every_tile_of_a_zoom_is_as_by_the_long_way() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    for (name, zooms) in [("lsoa", 8..=8), ("icb", 0..=10), ("lad", 5..=DEEPEST_TILES)] {
        let layer = atlas.layer(&name.parse().unwrap()).unwrap();
        let (mut plain, mut same, mut all) = (0, 0, 0);
        for (i, shape) in layer.shapes().iter().enumerate() {
            let ready = TileShape::project(shape);
            for z in zooms.clone() {
                let tile_of = |corner: WorldPoint| corner.tile(z).unwrap();
                let Some(label) = layer.label_points()[i].map(WorldPoint::from_lon_lat) else { continue };
                // The tile of its label and the one east of it, which may cut it.
                let home = tile_of(label);
                for east in 0..2 {
                    let Ok(tile) = TileCoord::new_checked(z, home.x() + east, home.y()) else { continue };
                    let (found, is_same) = compared(TileGrid::of(tile), &ready, 0.05);
                    plain += usize::from(found != Found::Unclear);
                    same += usize::from(is_same);
                    all += 1;
                }
            }
        }
        assert!(plain * 10 > all * 4, "of {all} areas of {name} the quick way takes {plain}");
        assert!(same * 1000 > all * 995, "of {all} areas of {name} {same} are the same");
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
        // Of tangles whole slivers may go, which are thinner than a square.
        compared(TileGrid::of(tile), &shape, 0.5);
    }
}

#[test]
fn what_is_plain_is_known_and_what_is_not_is_not() {
    let grid = TileGrid::of(TileCoord::new_checked(14, 0, 0).unwrap());
    let found = |ring: &[(u32, u32)]| {
        let line = ring.iter().map(|&(x, y)| (f64::from(x << 6), f64::from(y << 6))).collect();
        compared(grid, &TileShape::of_world(&[line], false), 0.0).0
    };
    assert_eq!(found(&[(10, 10), (20, 10), (20, 20), (10, 20)]), Found::Valid);
    assert_eq!(found(&[(0, 0), (5, 5), (10, 0), (10, 10), (5, 5), (0, 10)]), Found::Unclear);
    assert_eq!(found(&[(0, 0), (10, 0), (10, 5), (20, 5), (10, 5), (10, 10)]), Found::Unclear);
    assert_eq!(found(&[(5000, 0), (6000, 0), (6000, 9)]), Found::Nothing);
    // A comb that the tile's edge leaves in teeth.
    let comb = [(4100, 0), (5000, 0), (5000, 90), (4100, 90), (4200, 60), (4100, 50), (4200, 40), (4100, 30)];
    assert_eq!(found(&comb), Found::Valid);
}

/// Cuts valid polygons the quick way. What is left is what lies in the buffer, but for edges that end at its rim, whose
/// ends are rounded along it. Tells too whether it is the same to the last corner by the long way.
fn cut_valid(plain: &mut PlainRings, polygons: Vec<GridPolygon>) -> (Found, bool) {
    let first = polygons[0][0][0];
    let mut commands = Commands::starting_at(first);
    polygons.iter().flatten().for_each(|ring| commands.ring(ring));
    let found = plain.take_rounded(Steps::new(first, &commands.bytes[Commands::FIRST_STEP..]));
    let whole = drawn(polygons.iter().flatten().map(Vec::as_slice));
    let mut clipped = polygons;
    clipped.iter_mut().flatten().for_each(|ring| clip_ring(ring, 0));
    let long = mend(clipped);
    if found == Found::Unclear || corners(plain.rings()) == corners(long.iter().flatten().map(Vec::as_slice))
    {
        return (found, true);
    }
    let buffer = Rect::new((LEAST as f64, LEAST as f64), (MOST as f64, MOST as f64));
    let (cut, exact) = (drawn(plain.rings()), whole.intersection(&buffer.to_polygon()));
    assert!(cut.is_valid(), "{cut:?}");
    // Edges that end on the rim, but do not run along it: their ends are rounded, by half a square at one side
    // of the buffer and, where they come round its corner, once more.
    let on_rim = |at: f64| [LEAST, MOST].iter().any(|&rim| (at - rim as f64).abs() < 1e-9);
    let ends = |line: &Line| [line.start.x, line.start.y, line.end.x, line.end.y].into_iter().any(on_rim);
    let is_cut = |line: &Line| ends(line) && line.dx().abs() > 1e-9 && line.dy().abs() > 1e-9;
    let length: f64 = exact.lines_iter().filter(is_cut).map(|line| Euclidean.length(&line)).sum();
    let apart = cut.xor(&exact).unsigned_area();
    assert!(apart <= 0.5 * length + 1e-6, "{apart} squares along {length}: {whole:?} {cut:?}");
    (found, false)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Stars with a hole about a corner of the tile, and about an edge.
    #[test]
    fn any_valid_rings_are_cut_where_the_buffer_ends(
        radii in prop::collection::vec(4.0..60.0f64, 3..60),
        hole in prop::option::of(0.2..0.9f64),
        (east, south) in (-40i64..40, prop_oneof![-40i64..40, 900i64..1000]),
    ) {
        let count = radii.len() as f64;
        let star = |part: f64| {
            let points = radii.iter().enumerate().map(|(k, r)| {
                let (sin, cos) = (std::f64::consts::TAU * k as f64 / count).sin_cos();
                let [x, y] = [cos, sin].map(|way| (part * r * way).round() as i64);
                GridPoint { x: LEAST + east + x, y: LEAST + south + y }
            });
            points.collect::<Ring>()
        };
        let mut polygon = vec![star(1.0)];
        polygon.extend(hole.map(|part| star(part).into_iter().rev().collect::<Ring>()));
        let polygons = mend(vec![polygon]);
        prop_assume!(!polygons.is_empty());
        cut_valid(&mut PlainRings::default(), polygons);
    }
}

#[test]
fn what_is_ready_for_a_zoom_is_cut_the_quick_way() {
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    for (name, zooms) in [("lsoa", [8, 10]), ("lad", [6, 8])] {
        let layer = atlas.layer(&name.parse().unwrap()).unwrap();
        let (mut plain, mut quick, mut same, mut all) = (PlainRings::default(), 0, 0, 0);
        for shape in layer.shapes() {
            let shape = TileShape::project(shape);
            let Some(polygon) = shape.polygons.first() else { continue };
            for z in zooms {
                let tile = TileGrid::of(polygon.corners[0].tile(z).unwrap());
                let corner = tile.unshifted(GridPoint { x: 0, y: 0 });
                let whole = polygons_within(TileGrid::of_zoom(z).counted_from(corner), &shape);
                if whole.is_empty() {
                    continue;
                }
                let (found, is_same) = cut_valid(&mut plain, whole);
                quick += usize::from(found != Found::Unclear);
                same += usize::from(is_same);
                all += 1;
            }
        }
        assert!(quick * 100 > all * 98, "of {all} areas of {name} {quick} are cut the quick way");
        // The others are held against what exactly lies in the buffer.
        assert!(same * 100 > all * 96, "of {all} areas of {name} {same} are the same");
    }
}
