//! Whole layers: loading, simplifying, tiles, choropleths, neighbourhoods; and postcodes within a radius beside a k-d tree.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop where it is")]
#![allow(missing_docs, reason = "the macros of criterion make undocumented functions")]

mod country;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use geo_index::kdtree::{KDTreeBuilder, KDTreeIndex};
use levelmap::area::Observation;
use levelmap::atlas::Atlas;
use levelmap::choropleth::{PaintOptions, Painting, paint, render};
use levelmap::geometry::{Circle, EastNorth, LonLat};
use levelmap::index::BlockIndex;
use levelmap::query::{Relation, Touch, neighbours, within_circle};
use levelmap::source::folder::Folder;
use levelmap::tiles::{TileContent, TilePyramid, TileValue, WorldPoint};

use country::{ATLAS, compare, layer, resident_bytes, time};

const LEEDS: (f64, f64) = (-1.5491, 53.8008);

fn load(c: &mut Criterion) {
    let (took, atlas) = time(|| Atlas::load(&Folder::Shipped).unwrap());
    println!("size\tshipped boundaries\tloaded in {took:?}\tprocess {} bytes", resident_bytes());
    let (took, index) = time(|| BlockIndex::new(atlas.coverages().iter().map(|c| &c.coverage)));
    println!("size\tindex of the shipped boundaries\tmade in {took:?}\t{} bytes", index.memory_bytes());
    drop(index);
    let (warm, ()) = time(|| atlas.warm_up());
    println!("size\tshipped boundaries\twarm after {warm:?}\tprocess {} bytes", resident_bytes());
    drop(atlas);
    c.bench_function("load the shipped boundaries", |b| b.iter(|| Atlas::load(&Folder::Shipped).unwrap()));
}

fn simplify(c: &mut Criterion) {
    for (id, tolerance_m) in [("lad", 1_000.0), ("lsoa", 500.0)] {
        let layer = layer(id);
        let outline = layer.outline();
        let weights = outline.simplification();
        c.bench_function(&format!("find when vertices of {id} go"), |b| {
            b.iter(|| outline.simplification());
        });
        c.bench_function(&format!("simplify {id} to {tolerance_m} m, weights known"), |b| {
            b.iter(|| outline.simplified(&weights, tolerance_m));
        });
    }
}

fn tiles(c: &mut Criterion) {
    let at = geo::Coord { x: LEEDS.0, y: LEEDS.1 };
    for (id, zooms) in [("lad", [4, 6, 8]), ("lsoa", [8, 10, 12])] {
        let layer = layer(id);
        let ready = TilePyramid::default();
        for z in zooms {
            let tile = WorldPoint::from_lon_lat(at).tile(z).unwrap();
            let nothing = |_| TileValue::default();
            c.bench_function(&format!("tile of {id} at zoom {z}"), |b| {
                b.iter(|| ready.cut(layer, tile, TileContent::ALL, nothing));
            });
        }
    }
}

fn choropleth(c: &mut Criterion) {
    let residents = &ATLAS.indicator(&"residents".parse().unwrap()).unwrap();
    for id in ["lad", "lsoa"] {
        let layer = layer(id);
        layer.features();
        let values: Vec<Observation> =
            ATLAS.latest_values(residents, layer).into_iter().map(|value| value.observation).collect();
        let written = |painting: &Painting| {
            let about = render::About {
                layer: id,
                vintage: layer.vintage().as_str(),
                indicator: &residents.indicator,
                period: "latest",
                matched: (),
                attribution: "",
                licence: "",
                more: serde_json::Map::new(),
            };
            let pieces = render::geojson_of_layer(&about, painting, (&values, None), layer.features(), None);
            // As a connection reads them.
            pieces.unwrap().iter().map(|piece| piece.read().len()).sum::<usize>()
        };
        c.bench_function(&format!("choropleth of {id}, fresh values"), |b| {
            b.iter(|| written(&paint(&residents.indicator, &values, &PaintOptions::default()).unwrap()));
        });
    }
}

fn neighbourhood(c: &mut Criterion) {
    let lsoa = layer("lsoa");
    let leeds = LonLat::new(LEEDS.0, LEEDS.1).unwrap();
    lsoa.index();
    for km in [1.0, 25.0, 250.0] {
        let circle = Circle::new(leeds, km * 1_000.0);
        c.bench_function(&format!("small areas within {km} km"), |b| {
            b.iter(|| within_circle(lsoa, &circle, Relation::Intersects));
        });
    }
    let lad = layer("lad");
    let area = lad.area_with_code(&"E08000035".parse().unwrap()).unwrap();
    lad.adjacency();
    c.bench_function("neighbours of Leeds", |b| b.iter(|| neighbours(lad, area, 1, Touch::Border)));
}

fn radius(_: &mut Criterion) {
    let (postcodes, _) = ATLAS.postcodes().unwrap();
    let places = ATLAS.postcode_places().unwrap();
    let positions: Vec<(f64, f64)> = postcodes
        .iter()
        .filter_map(|entry| entry.position)
        .map(|at| (f64::from(at.easting_m), f64::from(at.northing_m)))
        .collect();
    let mut builder = KDTreeBuilder::<f64>::new(positions.len() as u32);
    for &(x, y) in &positions {
        builder.add(x, y);
    }
    let tree = builder.finish();
    for (radius_m, asked) in [(500.0, 5_000), (5_000.0, 300)] {
        let step = positions.len() / asked;
        let middles: Vec<(f64, f64)> = positions.iter().step_by(step).take(asked).copied().collect();
        let ours = |&(x, y): &(f64, f64)| places.within(EastNorth::new(x, y).unwrap(), radius_m);
        let differing =
            middles.iter().filter(|m| ours(m).len() != tree.within(m.0, m.1, radius_m).len()).count();
        println!("differences\tpostcodes within {radius_m} m\t{differing} of {asked}");
        compare(
            &format!("postcodes-within-{radius_m}-m"),
            asked,
            7,
            &mut [
                ("levelmap", &mut || middles.iter().for_each(|m| drop(black_box(ours(m))))),
                ("geo-index k-d tree", &mut || {
                    for m in &middles {
                        black_box(tree.within(m.0, m.1, radius_m));
                    }
                }),
            ],
        );
    }
}

criterion_group! {
    name = layers;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = load, simplify, tiles, choropleth, neighbourhood, radius
}
criterion_main!(layers);
