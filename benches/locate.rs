//! Point -> area, beside an R-tree of boxes with a test of every polygon whose box holds the point.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop where it is")]
#![allow(missing_docs, reason = "the macros of criterion make undocumented functions")]

mod country;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use geo::indexed::IntervalTreeMultiPolygon;
use geo::{BoundingRect, Contains, Coord, Intersects, MultiPolygon, Point};
use levelmap::coverage::{BlockShape, Coverage};
use levelmap::index::BlockIndex;
use levelmap::query::{TableQuestion, Where, locate_table};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use country::{ATLAS, anywhere, compare, councils, densified, layer, postcodes, small_areas, time};

const POINTS: usize = 100_000;

type Boxes = RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>;

/// The peer: boxes in an R-tree.
fn boxes(shapes: &[MultiPolygon]) -> Boxes {
    let boxed = |(number, shape): (usize, &MultiPolygon)| {
        let bounds = shape.bounding_rect()?;
        let corners = Rectangle::from_corners(bounds.min().into(), bounds.max().into());
        Some(GeomWithData::new(corners, number as u32))
    };
    RTree::bulk_load(shapes.iter().enumerate().filter_map(boxed).collect())
}

fn first_holding(boxes: &Boxes, p: Coord, holds: impl Fn(usize) -> bool) -> Option<u32> {
    let mut near = boxes.locate_in_envelope_intersecting(AABB::from_point([p.x, p.y]));
    near.find(|candidate| holds(candidate.data as usize)).map(|candidate| candidate.data)
}

fn agree(
    what: &str,
    points: &[Coord],
    ours: impl Fn(Coord) -> Option<u32>,
    peer: impl Fn(Coord) -> Option<u32>,
) {
    let differing = points.iter().filter(|&&p| ours(p) != peer(p)).count();
    println!("differences\t{what}\t{differing} of {}", points.len());
}

fn each(points: &[Coord], ask: impl Fn(Coord) -> Option<u32>) {
    let mut sum = 0u32;
    for &p in points {
        sum = sum.wrapping_add(ask(p).unwrap_or(7));
    }
    black_box(sum);
}

fn small(c: &mut Criterion) {
    let coverage = small_areas();
    let (made_in, index) = time(|| BlockIndex::new([coverage]));
    let shapes = coverage.shapes();
    let tree = boxes(&shapes);
    let memory = index.memory_bytes();
    println!(
        "size\tsmall areas\t{} vertices in shapes\tbuilt in {made_in:?}\t{memory} bytes",
        vertices(&shapes)
    );
    let peer = |p: Coord| first_holding(&tree, p, |i| shapes[i].intersects(&Point(p)));
    for (what, points) in
        [("small-area-of-postcodes", postcodes(POINTS)), ("small-area-anywhere", anywhere(POINTS))]
    {
        agree(what, &points, |p| index.locate(p), peer);
        compare(
            what,
            POINTS,
            9,
            &mut [
                ("alone", &mut || each(&points, |p| index.locate(p))),
                ("layers", &mut || {
                    each(&points, |p| {
                        let mut sum = 0u32;
                        ATLAS.current_areas_at(ATLAS.block_at(p), p, |_, area| sum = sum.wrapping_add(area));
                        Some(sum)
                    });
                }),
                ("many", &mut || {
                    black_box(index.locate_all(&points));
                }),
                ("rstar + geo", &mut || each(&points, peer)),
            ],
        );
        let mut group = c.benchmark_group(what);
        group.bench_function("one by one", |b| b.iter(|| each(&points, |p| index.locate(p))));
        group.bench_function("many at once", |b| b.iter(|| index.locate_all(&points)));
    }
}

fn vertices(shapes: &[MultiPolygon]) -> usize {
    use geo::CoordsIter;
    shapes.iter().map(CoordsIter::coords_count).sum()
}

fn large(c: &mut Criterion) {
    let points = postcodes(POINTS);
    let light = councils();
    let light_index = BlockIndex::new([light]);
    let light_shapes = light.shapes();
    let dense_blocks: Vec<BlockShape> = light
        .blocks()
        .iter()
        .zip(&light_shapes)
        .map(|(block, shape)| BlockShape {
            code: block.code.clone(),
            name: "".into(),
            shape: densified(shape, 6),
        })
        .collect();
    let dense = Arc::new(Coverage::from_shapes(&dense_blocks).0);
    let (made_in, dense_index) = time(|| BlockIndex::new([&dense]));
    let dense_shapes: Vec<MultiPolygon> = dense_blocks.into_iter().map(|block| block.shape).collect();
    let (count, memory) = (vertices(&dense_shapes), dense_index.memory_bytes());
    println!(
        "size\tdense councils\t{count} vertices in shapes\tbuilt in {made_in:?}\t{memory} bytes\t{:.1} a vertex",
        memory as f64 / count as f64
    );
    for (what, index, shapes) in
        [("council", &light_index, light_shapes), ("dense-council", &dense_index, dense_shapes)]
    {
        let tree = boxes(&shapes);
        let prepared: Vec<IntervalTreeMultiPolygon<f64>> =
            shapes.iter().map(IntervalTreeMultiPolygon::new).collect();
        let peer = |p: Coord| first_holding(&tree, p, |i| prepared[i].contains(&Point(p)));
        agree(what, &points, |p| index.locate(p), peer);
        compare(
            what,
            POINTS,
            9,
            &mut [
                ("alone", &mut || each(&points, |p| index.locate(p))),
                ("many", &mut || {
                    black_box(index.locate_all(&points));
                }),
                ("rstar + geo IntervalTree", &mut || each(&points, peer)),
            ],
        );
    }
    compare(
        "councils",
        POINTS,
        9,
        &mut [
            ("dense", &mut || each(&points, |p| dense_index.locate(p))),
            ("light", &mut || each(&points, |p| light_index.locate(p))),
        ],
    );
    c.bench_function("council of postcodes", |b| b.iter(|| each(&points, |p| light_index.locate(p))));
}

fn table(c: &mut Criterion) {
    let mut csv = String::from("id,lon,lat\n");
    for (i, p) in postcodes(1_000_000).iter().enumerate() {
        use std::fmt::Write;
        let _ = writeln!(csv, "{i},{:.6},{:.6}", p.x, p.y);
    }
    let question = TableQuestion {
        places: Where::Usual,
        layers: vec![("lad".to_owned(), layer("lad")), ("icb".to_owned(), layer("icb"))],
        names: false,
        errors: false,
    };
    let mut out = Vec::with_capacity(csv.len() * 2);
    for _ in 0..3 {
        out.clear();
        let (took, report) = time(|| locate_table(&ATLAS, &question, csv.as_bytes(), &mut out).unwrap());
        println!(
            "table\t{} rows\t{took:?}\t{:.0} rows/s",
            report.rows,
            report.rows as f64 / took.as_secs_f64()
        );
    }
    let mut group = c.benchmark_group("table of a million postcodes");
    group.sample_size(10);
    group.bench_function("lad and icb", |b| {
        b.iter(|| {
            out.clear();
            locate_table(&ATLAS, &question, csv.as_bytes(), &mut out).unwrap()
        });
    });
}

criterion_group! {
    name = locate;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = small, large, table
}
criterion_main!(locate);
