//! How time and memory grow with the blocks of a coverage, with the vertices of a block, with the points and the layers
//! asked, and with the indicators held: each size is measured, and the exponent that fits all of them is printed.
//! Extrapolated figures are marked so.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop where it is")]

mod country;

use std::hint::black_box;
use std::sync::Arc;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use levelmap::area::Indicator;
use levelmap::coverage::{BlockShape, Coverage};
use levelmap::index::BlockIndex;
use levelmap::indicator::published::{Published, PublishedBuilder};
use levelmap::indicator::store::SeriesKey;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use country::{ATLAS, anywhere, densified, layer, resident_bytes, time};

const POINTS: usize = 200_000;

/// A country of about `blocks` four-sided blocks in a box of 10 by 10 degrees, every side drawn as 2^`doublings` edges.
fn country(blocks: usize, doublings: u32) -> Coverage {
    let across = (blocks as f64).sqrt().round() as usize;
    let side = 10.0 / across as f64;
    let mut random = StdRng::seed_from_u64(blocks as u64);
    let mut corner = |x: usize, y: usize| Coord {
        x: (x as f64 + random.random_range(-0.3..0.3)) * side,
        y: 50.0 + (y as f64 + random.random_range(-0.3..0.3)) * side,
    };
    let corners: Vec<Vec<Coord>> =
        (0..=across).map(|y| (0..=across).map(|x| corner(x, y)).collect()).collect();
    let places = (0..across).flat_map(|y| (0..across).map(move |x| (x, y)));
    let shapes: Vec<BlockShape> = places
        .map(|(x, y)| {
            let ring = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)].map(|(dx, dy)| corners[y + dy][x + dx]);
            let square = MultiPolygon(vec![Polygon::new(LineString(ring.to_vec()), Vec::new())]);
            BlockShape {
                code: format!("B{y}-{x}").parse().unwrap(),
                name: "".into(),
                shape: densified(&square, doublings),
            }
        })
        .collect();
    Coverage::from_shapes(&shapes).0
}

fn points(count: usize) -> Vec<Coord> {
    let mut random = StdRng::seed_from_u64(3);
    let mut place = || Coord { x: random.random_range(0.0..10.0), y: random.random_range(50.0..60.0) };
    (0..count).map(|_| place()).collect()
}

/// The exponent of the power law that fits best, by least squares of the logarithms.
fn exponent(sizes: &[f64], costs: &[f64]) -> f64 {
    let logs: Vec<(f64, f64)> = sizes.iter().zip(costs).map(|(s, c)| (s.ln(), c.ln())).collect();
    let count = logs.len() as f64;
    let (mx, my) =
        (logs.iter().map(|l| l.0).sum::<f64>() / count, logs.iter().map(|l| l.1).sum::<f64>() / count);
    let (xy, xx) =
        logs.iter().fold((0.0, 0.0), |(xy, xx), l| (xy + (l.0 - mx) * (l.1 - my), xx + (l.0 - mx).powi(2)));
    xy / xx
}

/// Measures a coverage of each size: building its index, the memory of that, and a point asked alone and among many.
fn grow(what: &str, sizes: &[usize], made: impl Fn(usize) -> Coverage) {
    let asked = points(POINTS);
    let mut costs: [Vec<f64>; 4] = Default::default();
    println!("{what}\tvertices\tbuild ms\tindex bytes\tbytes a vertex\tns a point\tns among many");
    for &size in sizes {
        let coverage = Arc::new(made(size));
        let (built, index) = time(|| BlockIndex::new([&coverage]));
        let (alone, ()) = time(|| {
            for &p in &asked {
                black_box(index.locate(p));
            }
        });
        let (many, _) = time(|| index.locate_all(&asked));
        let each = |of: std::time::Duration| of.as_nanos() as f64 / POINTS as f64;
        let (ms, bytes, vertices) =
            (built.as_secs_f64() * 1e3, index.memory_bytes() as f64, coverage.vertex_count());
        println!(
            "{size}\t{vertices}\t{ms:.1}\t{bytes}\t{:.1}\t{:.1}\t{:.1}",
            bytes / vertices as f64,
            each(alone),
            each(many)
        );
        for (costs, cost) in costs.iter_mut().zip([ms, bytes, each(alone), each(many)]) {
            costs.push(cost);
        }
    }
    let sizes: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
    let [build, bytes, alone, many] = costs.map(|costs| exponent(&sizes, &costs));
    println!("exponent\t\t{build:.2}\t{bytes:.2}\t\t{alone:.2}\t{many:.2}\n");
}

fn main() {
    grow("blocks", &[1_000, 10_000, 100_000, 1_000_000], |blocks| country(blocks, 1));
    // Four sides of 4, 32, 256 and 2,048 edges.
    grow("vertices of a block", &[16, 128, 1_024, 8_192], |vertices| country(400, (vertices / 4).ilog2()));

    let index = BlockIndex::new([&Arc::new(country(35_000, 2))]);
    let sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    let mut costs = Vec::new();
    println!("points\tms");
    for size in sizes {
        let asked = points(size);
        let (took, _) = time(|| index.locate_all(&asked));
        costs.push(took.as_secs_f64() * 1e3);
        println!("{size}\t{:.2}", took.as_secs_f64() * 1e3);
    }
    let sizes: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
    let exponent = exponent(&sizes, &costs);
    let last = costs[costs.len() - 1];
    println!("100000000\t{:.0} (extrapolated)", last * 10f64.powf(exponent));
    println!("exponent\t{exponent:.2}\n");
    layers();
    indicators();
}

/// Points in more and more of the shipped layers.
fn layers() {
    let asked = anywhere(POINTS);
    let every = ATLAS.layers().len();
    let sizes: Vec<usize> = [1, 2, 4, 8, 16].into_iter().filter(|n| *n < every).chain([every]).collect();
    let mut costs = Vec::new();
    println!("layers\tns a point");
    for &size in &sizes {
        let ask = |sum: u32, &p: &Coord| {
            let block = ATLAS.block_at(p);
            let areas = ATLAS.layers()[..size].iter().filter_map(|layer| ATLAS.area_at(layer, block, p));
            areas.fold(sum, u32::wrapping_add)
        };
        let (took, _) = time(|| asked.iter().fold(0, ask));
        costs.push(took.as_nanos() as f64 / POINTS as f64);
        println!("{size}\t{:.0}", costs[costs.len() - 1]);
    }
    let sizes: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
    let exponent = exponent(&sizes, &costs);
    let last = costs.len() - 1;
    println!("50\t{:.0} (extrapolated)", costs[last] * (50.0 / sizes[last]).powf(exponent));
    println!("exponent\t{exponent:.2}\n");
}

/// Values of one period for every council.
fn published(indicators: usize) -> Published {
    let model = &ATLAS.indicators()[0].indicator;
    let mut random = StdRng::seed_from_u64(4);
    let mut builder = PublishedBuilder::default();
    for number in 0..indicators {
        let id = format!("measure-{number}").parse().unwrap();
        builder.indicator(Indicator { id, title: format!("Measure {number}"), ..model.clone() });
        let series = builder.series(SeriesKey {
            indicator: format!("measure-{number}").parse().unwrap(),
            period: None,
            period_text: "2024".to_owned(),
            sex: String::new(),
            age: String::new(),
            category: String::new(),
        });
        for area in layer("lad").areas() {
            let value = random.random_range(0.0..100.0);
            builder.observation(
                series,
                area.code.as_str(),
                [value, value - 1.0, value + 1.0, value, 100.0],
                None,
            );
        }
    }
    builder.finish()
}

/// More and more indicators of councils: taken in, held, and the values of one and of all of them told.
fn indicators() {
    let sizes = [1, 10, 100, 1_000, 2_000];
    let mut costs: [Vec<f64>; 3] = Default::default();
    println!("indicators\ttaken in ms\tbytes held\tone ms\tall ms");
    for size in sizes {
        let values = published(size);
        let before = resident_bytes();
        let (took, atlas) = time(|| ATLAS.with_published(values.clone()));
        let held = resident_bytes().saturating_sub(before);
        let id = format!("measure-{}", size - 1).parse().unwrap();
        let (one, _) = time(|| atlas.latest_values(atlas.indicator(&id).unwrap(), layer("lad")));
        let (all, ()) = time(|| {
            for indicator in atlas.indicators() {
                black_box(atlas.latest_values(indicator, layer("lad")));
            }
        });
        let [took, one, all] = [took, one, all].map(|took| took.as_secs_f64() * 1e3);
        println!("{size}\t{took:.2}\t{held}\t{one:.3}\t{all:.1}");
        for (costs, cost) in costs.iter_mut().zip([took, one, all]) {
            costs.push(cost);
        }
    }
    let sizes = sizes.map(|size| size as f64);
    let [took, one, all] = costs.map(|costs| exponent(&sizes, &costs));
    println!("exponent\t{took:.2}\t\t{one:.2}\t{all:.2}");
}
