//! The shipped atlas: its layers, their shapes and sizes, and the values summed over them.

use std::borrow::Cow;
use std::collections::HashMap;

use geo::{Coord, LineString, MultiPolygon};
use levelmap::area::{Flag, IndicatorKind};
use levelmap::atlas::{Atlas, AtlasIndicator, AtlasLayer};
use levelmap::geometry;
use levelmap::source::folder::Folder;
use rayon::prelude::*;

use super::shipped::{ATLAS, BLOCKS, area, layer};

/// Usual residents of England and Wales on 27 March 2011, as the Office for National Statistics published them.
const ENGLAND: f64 = 53_012_456.0;
const WALES: f64 = 3_063_456.0;

fn off(value: f64, wanted: f64) -> f64 {
    (value - wanted).abs() / wanted.abs()
}

#[test]
fn layers_have_their_areas() {
    for (id, areas) in [
        ("lsoa@2011", 34_753),
        ("msoa@2011", 7_201),
        ("lad@2011", 406),
        ("lad@2013", 406),
        ("lad@2019", 382),
        ("lad@2020", 379),
        ("lad@2021", 374),
        ("lad@2023", 361),
        ("lad@2025", 361),
        ("utla@2025", 218),
        ("rgn", 12),
        ("ctry", 4),
        ("cauth", 15),
        ("sicbl", 106),
        ("icb@2022", 42),
        ("icb@2026", 36),
        ("nhser", 7),
        ("hb", 26),
        ("isdn", 20),
    ] {
        assert_eq!(layer(id).areas().len(), areas, "{id}");
    }
    let councils = |nation: char| {
        layer("lad@2025").areas().iter().filter(|a| a.code.as_str().starts_with(nation)).count()
    };
    assert_eq!(['E', 'W', 'S', 'N'].map(councils), [296, 22, 32, 11]);
}

/// The corners of every ring, wherever each begins, and the polygons in one order.
fn rings(shape: &MultiPolygon) -> Vec<Vec<(u64, u64)>> {
    let of = |ring: &LineString| {
        let mut corners: Vec<(u64, u64)> =
            ring.0[1..].iter().map(|c| (c.x.to_bits(), c.y.to_bits())).collect();
        let least = (0..corners.len()).min_by_key(|&i| corners[i]).unwrap_or_default();
        corners.rotate_left(least);
        corners
    };
    let rings = shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let mut rings: Vec<_> = rings.map(of).collect();
    rings.sort();
    rings
}

#[test]
fn an_outline_made_alone_is_that_made_with_all_others() {
    // An atlas of its own: in the common one other tests may have made all of them already.
    let own = Atlas::load(&Folder::Shipped).unwrap();
    for id in ["lad@2011", "icb@2022", "lad@2019"] {
        let layer = own.layer(&id.parse().unwrap()).unwrap();
        let some: Vec<u32> = (0..layer.areas().len() as u32).step_by(17).collect();
        let alone: Vec<_> = some
            .iter()
            .map(|&area| {
                let shape = layer.shape(area);
                assert!(matches!(shape, Cow::Owned(_)), "{id}");
                shape.into_owned()
            })
            .collect();
        for (&area, alone) in some.iter().zip(&alone) {
            assert_eq!(rings(alone), rings(&layer.shapes()[area as usize]), "{id} {area}");
            assert!(matches!(layer.shape(area), Cow::Borrowed(_)));
        }
    }
}

#[test]
fn a_layer_is_a_partition_of_its_blocks() {
    for layer in ATLAS.layers() {
        let mut seen = vec![false; ATLAS.block_count()];
        for number in 0..layer.areas().len() as u32 {
            assert!(!layer.blocks_of(number).is_empty(), "{}: area {number} is empty", layer.entry.id);
            for &block in layer.blocks_of(number) {
                assert_eq!(layer.area_of_block(block), Some(number));
                assert!(!std::mem::replace(&mut seen[block as usize], true), "block {block} is in two areas");
            }
        }
        for block in (0..ATLAS.block_count() as u32).filter(|&b| !seen[b as usize]) {
            assert_eq!(layer.area_of_block(block), None, "{}", layer.entry.id);
        }
    }
}

#[test]
fn councils_of_england_and_wales_dissolve_without_slivers() {
    let lad = layer("lad@2025");
    let ew = &ATLAS.coverages()[0];
    assert_eq!(ew.entry.id, "ew");
    let part = lad.parts().iter().find(|part| part.coverage == 0).unwrap();
    let outline = part.outline(lad);
    let shapes = outline.shapes();
    assert_eq!(shapes.len(), 318);

    let mut holes = Vec::new();
    for (council, shape) in outline.blocks().iter().zip(&shapes) {
        assert_eq!(geometry::faults(shape), [], "{}", council.code);
        holes
            .extend(shape.iter().flat_map(geo::Polygon::interiors).map(|ring| (council.code.as_str(), ring)));
    }
    let [(around, hole)] = holes[..] else { panic!("{} holes, not one", holes.len()) };
    assert_eq!(around, "E07000012");
    let cambridge = outline.blocks().iter().position(|b| b.code.as_str() == "E07000008").unwrap();
    assert!(off(geometry::ring_area_m2(hole), geometry::area_m2(&shapes[cambridge])) < 1e-9);
    assert!(geometry::is_in_ring(geometry::label_point(&shapes[cambridge]).unwrap(), hole));

    // By the arcs, and by geodesics round polygons that know nothing of arcs.
    let (whole, parts) = (outline.areas_m2(), ew.coverage.areas_m2());
    assert!(off(whole.iter().sum(), parts.iter().sum()) < 1e-9);
    let whole: f64 = shapes.iter().map(geometry::area_m2).sum();
    let parts: f64 = BLOCKS.shapes[..parts.len()].par_iter().map(geometry::area_m2).sum();
    assert!(off(whole, parts) < 1e-9, "{whole} {parts}");
}

/// The shape with its edges cut short. An edge is straight in longitude and latitude, a geodesic is not: only between
/// near neighbours are the two the same.
fn cut_short(shape: &MultiPolygon) -> MultiPolygon {
    const LONGEST_DEGREES: f64 = 0.001;
    let mut cut = shape.clone();
    let cut_ring = |ring: &mut LineString| {
        let mut line: Vec<Coord> = ring.0[..1].to_vec();
        for edge in ring.0.windows(2) {
            let along = edge[1] - edge[0];
            let pieces = (along.x.abs().max(along.y.abs()) / LONGEST_DEGREES).ceil().max(1.0);
            line.extend((1..pieces as u32).map(|i| edge[0] + along * (f64::from(i) / pieces)));
            line.push(edge[1]);
        }
        ring.0 = line;
    };
    for polygon in &mut cut {
        polygon.exterior_mut(cut_ring);
        polygon.interiors_mut(|rings| rings.iter_mut().for_each(cut_ring));
    }
    cut
}

#[test]
fn areas_are_those_of_their_shapes() {
    let lsoa = layer("lsoa");
    let some = (0..lsoa.areas().len()).step_by(lsoa.areas().len() / 500);
    let mut asked: Vec<(&AtlasLayer, usize)> = some.map(|i| (lsoa, i)).collect();
    // Most councils are the same ground at every vintage, which need be measured only once.
    let mut known: HashMap<&[u32], f64> = HashMap::new();
    for lad in ATLAS.layers().iter().filter(|l| l.entry.id.kind.as_str() == "lad") {
        for (i, area) in lad.areas().iter().enumerate() {
            let same = *known.entry(lad.blocks_of(i as u32)).or_insert_with(|| {
                asked.push((lad, i));
                area.area_m2
            });
            assert_eq!(area.area_m2, same, "{} of {}", area.code, lad.entry.id);
        }
    }
    assert!(asked.len() > 900);
    asked.par_iter().for_each(|&(layer, i)| {
        let (area, wanted) = (&layer.areas()[i], geometry::area_m2(&cut_short(&layer.shapes()[i])));
        assert!(wanted > 0.0, "{}", area.code);
        // Geodesic sums are of strips down to the equator: they carry a rounding of a tenth of a square metre.
        let near = (area.area_m2 - wanted).abs() < 1e-6 * wanted + 0.1;
        assert!(near, "{}: {} not {wanted}", area.code, area.area_m2);
    });
}

#[test]
fn areas_are_those_in_the_reference_books() {
    // Standard area measurements, clipped to the coast, in square kilometres.
    for (id, code, published_km2) in [
        ("lad", "E08000035", 552.0),   // Leeds
        ("lad", "E06000052", 3_550.0), // Cornwall
        ("lad", "E08000025", 268.0),   // Birmingham
        ("lad", "E06000054", 3_255.0), // Wiltshire
        ("lad", "W06000023", 5_181.0), // Powys
        ("ctry", "E92000001", 130_300.0),
        ("ctry", "W92000004", 20_740.0),
    ] {
        let area = area(layer(id), code);
        let area_km2 = area.area_m2 / 1e6;
        assert!(off(area_km2, published_km2) < 0.02, "{} has {area_km2} km2", area.name);
    }
}

#[test]
fn label_points_are_inside_their_areas() {
    for layer in ATLAS.layers() {
        let labelled = layer.areas().iter().zip(layer.shapes()).zip(layer.label_points());
        for ((area, shape), point) in labelled {
            let point = point.unwrap_or_else(|| panic!("{} has no label point", area.code));
            assert!(geometry::is_in_shape(point, shape), "{} of {}", area.code, layer.entry.id);
        }
    }
}

fn indicator(id: &str) -> &'static AtlasIndicator {
    ATLAS.indicator(&id.parse().unwrap()).unwrap_or_else(|| panic!("there is no indicator {id}"))
}

#[test]
fn counts_add_in_every_layer() {
    let residents = indicator("residents");
    let sum = |layer: &AtlasLayer| -> f64 {
        ATLAS.latest_values(residents, layer).iter().filter_map(|v| v.observation.value()).sum()
    };
    for id in ["lsoa", "msoa", "utla", "rgn", "ctry", "nhs@2022", "nhs@2026", "ambulance"] {
        assert_eq!(sum(layer(id)), ENGLAND + WALES, "{id}");
    }
    for lad in ATLAS.layers().iter().filter(|l| l.entry.id.kind.as_str() == "lad") {
        assert_eq!(sum(lad), ENGLAND + WALES, "{}", lad.entry.id);
    }
    for id in ["sicbl", "icb@2022", "icb@2026", "nhser"] {
        assert_eq!(sum(layer(id)), ENGLAND, "{id}");
    }
    for (code, people) in [("E92000001", ENGLAND), ("W92000004", WALES)] {
        assert_eq!(area(layer("ctry"), code).residents, Some(people), "{code}");
    }
}

/// A shipped table as rows by the name of their column.
fn table(file: &str) -> Vec<HashMap<String, String>> {
    let path = format!("{}/boundaries/{file}", env!("CARGO_MANIFEST_DIR"));
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_rate_is_made_of_the_sums_of_its_parts() {
    // From the files alone, by text: nothing of the atlas is used to reckon what it must say.
    let boards = table("lookups/sicbl_parents.csv");
    let board: HashMap<&str, &str> =
        boards.iter().map(|row| (row["sicbl@2022"].as_str(), row["icb@2022"].as_str())).collect();
    let blocks = table("lookups/ew_blocks.csv");
    let location: HashMap<&str, &str> =
        blocks.iter().map(|row| (row["block"].as_str(), row["sicbl@2022"].as_str())).collect();
    let mut sums: HashMap<&str, (f64, f64)> = HashMap::new();
    let numbers = table("indicators/lsoa_2011.csv");
    for row in &numbers {
        let Some(&board) = board.get(location[row["code"].as_str()]) else { continue };
        let (Ok(admissions), Ok(residents)) =
            (row["admissions_2017_2019"].parse::<f64>(), row["residents"].parse::<f64>())
        else {
            continue;
        };
        let sum = sums.entry(board).or_default();
        *sum = (sum.0 + admissions, sum.1 + residents);
    }

    let icb = layer("icb@2022");
    assert_eq!(sums.len(), icb.areas().len());
    let values = ATLAS.latest_values(indicator("stroke-admissions"), icb);
    for (area, value) in icb.areas().iter().zip(values) {
        let (admissions, residents) = sums[area.code.as_str()];
        let wanted = 100_000.0 * admissions / (residents * 3.0);
        let found = value.observation.value().unwrap();
        assert!((50.0..300.0).contains(&wanted), "{} has {wanted} a year per 100,000", area.name);
        assert!(off(found, wanted) < 1e-12, "{}: {found} not {wanted}", area.name);
        assert_eq!(value.observation.count(), Some(admissions), "{}", area.name);
    }
}

#[test]
fn every_indicator_of_a_block_is_its_own_and_of_a_country_the_sum() {
    let (lsoa, ctry) = (layer("lsoa"), layer("ctry"));
    let mut compared = 0;
    for indicator in ATLAS.indicators() {
        let about = &indicator.indicator;
        for (country, found) in ctry.areas().iter().zip(ATLAS.latest_values(indicator, ctry)) {
            let number = ctry.area_with_code(&country.code).unwrap();
            let (mut count, mut under) = (0.0, 0.0);
            let of_blocks = ATLAS.latest_values(indicator, lsoa);
            for &block in ctry.blocks_of(number) {
                let Some(area) = lsoa.area_of_block(block) else { continue };
                let own = &of_blocks[area as usize].observation;
                // A block whose denominator is zero has no value of its own but counts for nothing in a sum.
                count += own.count().unwrap_or(0.0);
                under += own.denominator().unwrap_or(0.0);
            }
            let Some(value) = found.observation.value() else { continue };
            let wanted =
                if about.kind == IndicatorKind::Count { count } else { about.multiplier * count / under };
            let near = (value - wanted).abs() <= 1e-9 * wanted.abs();
            assert!(near, "{} of {}: {value} not {wanted}", about.id, country.code);
            compared += 1;
        }
    }
    assert!(compared >= ATLAS.indicators().len(), "England has a value of each");
}

#[test]
fn where_nothing_is_known_values_are_missing() {
    assert!(!ATLAS.indicators().is_empty());
    let end = ATLAS.coverages()[0].coverage.blocks().len() as u32;
    for id in ["lad", "utla", "rgn", "ctry", "hb"] {
        let layer = layer(id);
        for indicator in ATLAS.indicators() {
            let mut unknown = 0;
            for (area, value) in layer.areas().iter().zip(ATLAS.latest_values(indicator, layer)) {
                let about = format!("{} of {}", indicator.indicator.id, area.code);
                // A trust of Northern Ireland is WHSCT: the first letter does not tell the nation.
                let number = layer.area_with_code(&area.code).unwrap();
                if layer.blocks_of(number)[0] < end {
                    assert!(area.residents.is_some(), "{about}");
                    continue;
                }
                unknown += 1;
                assert_eq!(value.observation.flag, Some(Flag::Missing), "{about}");
                assert_eq!(value.observation.value(), None, "{about}");
                assert_eq!((area.residents, value.coverage()), (None, None), "{about}");
            }
            assert!(unknown > 0, "{id} reaches beyond England and Wales");
        }
    }
}

#[test]
fn the_same_data_has_the_same_fingerprint() {
    let again = Atlas::load(&Folder::Shipped).unwrap();
    assert_eq!(again.fingerprint(), ATLAS.fingerprint());
    assert_eq!(again.fingerprint().len(), 16);
}
