//! The cells against a plain test of every polygon, where borders are hardest: on edges, at vertices, at the sides of
//! cells.

use geo::{Coord, LineString, MapCoordsInPlace, MultiPolygon, Polygon};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::cells::{CROWDED, EDGED, KIND, LENGTH_SHIFT, NUMBER, PARTED, PARTS};
use super::line::LINE;
use super::*;
use crate::coverage::BlockShape;
use crate::geometry::is_in_shape;

/// Hexagon-like blocks of a rough grid: every corner is moved about, and every side has vertices of its own.
fn rough_country(columns: usize, rows: usize, vertices: usize, seed: u64) -> Vec<BlockShape> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut moved = |x: usize, y: usize| Coord {
        x: x as f64 * 0.01 + random.random_range(-0.003..0.003),
        y: 50.0 + y as f64 * 0.01 + random.random_range(-0.003..0.003),
    };
    let corners: Vec<Vec<Coord>> = (0..=rows).map(|y| (0..=columns).map(|x| moved(x, y)).collect()).collect();
    let mut side = |a: Coord, b: Coord| -> Vec<Coord> {
        let mut line = vec![a];
        for i in 1..vertices {
            let t = i as f64 / vertices as f64;
            let off = random.random_range(-1.0..1.0) * 0.4 / vertices as f64;
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            line.push(Coord { x: a.x + dx * t - dy * off, y: a.y + dy * t + dx * off });
        }
        line
    };
    let across: Vec<Vec<Vec<Coord>>> =
        (0..=rows).map(|y| (0..columns).map(|x| side(corners[y][x], corners[y][x + 1])).collect()).collect();
    let up: Vec<Vec<Vec<Coord>>> =
        (0..rows).map(|y| (0..=columns).map(|x| side(corners[y][x], corners[y + 1][x])).collect()).collect();
    let backwards = |line: &[Coord], end: Coord| -> Vec<Coord> {
        std::iter::once(end).chain(line[1..].iter().rev().copied()).collect()
    };
    let mut blocks = Vec::new();
    for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
        let mut ring = across[y][x].clone();
        ring.extend(&up[y][x + 1]);
        ring.extend(backwards(&across[y + 1][x], corners[y + 1][x + 1]));
        ring.extend(backwards(&up[y][x], corners[y + 1][x]));
        blocks.push(BlockShape {
            code: format!("B{y:03}{x:03}").parse().unwrap(),
            name: "".into(),
            shape: MultiPolygon(vec![Polygon::new(LineString(ring), vec![])]),
        });
    }
    blocks
}

/// How many cells have lines, by their length, and how many are crowded.
fn cells_with_edges(index: &BlockIndex) -> [usize; 4] {
    let mut counts = [0; 4];
    let cells = &index.parts[0].cells;
    let mut rest: Vec<u32> = cells.words[..cells.frame.columns * cells.frame.rows].to_vec();
    while let Some(cell) = rest.pop() {
        match cell & KIND {
            PARTED => rest.extend(&cells.words[(cell & NUMBER) as usize * LINE..][..PARTS * PARTS]),
            EDGED => counts[((cell & !KIND) >> LENGTH_SHIFT) as usize] += 1,
            CROWDED => counts[3] += 1,
            _ => {}
        }
    }
    counts
}

fn check(coverage: &Coverage, index: &BlockIndex, points: &[Coord]) -> usize {
    let shapes = coverage.shapes();
    let many = index.locate_all(points);
    let mut on_land = 0;
    for (&p, many) in points.iter().zip(many) {
        let holding: Vec<u32> =
            (0..shapes.len() as u32).filter(|b| is_in_shape(p, &shapes[*b as usize])).collect();
        assert!(holding.len() <= 1, "{p:?} is in {holding:?}");
        assert_eq!(index.locate(p), holding.first().copied(), "at {p:?}");
        assert_eq!(many, holding.first().copied(), "among many, at {p:?}");
        on_land += holding.len();
    }
    on_land
}

#[test]
fn points_on_edges_vertices_and_sides_of_cells_are_in_the_block_that_the_plain_test_says() {
    // Drawn anywhere; drawn in microdegrees, as files are; in these with long edges; and smaller than a millimetre.
    let mut cells = [0; 4];
    for (vertices, seed, rounds, stretched) in [
        (1, 1, false, 1.0),
        (4, 2, false, 1.0),
        (60, 3, false, 1.0),
        (1, 4, true, 1.0),
        (20, 5, true, 1.0),
        (3, 6, true, 10.0),
        (4, 7, false, 1e-8),
    ] {
        let mut country = rough_country(9, 7, vertices, seed);
        let degrees = |d: f64| if rounds { (d * 1e6).round() / 1e6 } else { d };
        let placed =
            |c: Coord| Coord { x: degrees(c.x * stretched), y: degrees(50.0 + (c.y - 50.0) * stretched) };
        for block in &mut country {
            block.shape.map_coords_in_place(placed);
        }
        let coverage = Arc::new(Coverage::from_shapes(&country).0);
        let index = BlockIndex::new([&coverage]);
        for (all, here) in cells.iter_mut().zip(cells_with_edges(&index)) {
            *all += here;
        }
        let mut random = StdRng::seed_from_u64(seed);
        let mut points: Vec<Coord> = Vec::new();
        let beside = |p: Coord| {
            let (w, e) = (p.x.next_down(), p.x.next_up());
            let (s, n) = (p.y.next_down(), p.y.next_up());
            [(w, p.y), (e, p.y), (p.x, s), (p.x, n), (w, s), (e, n)].map(|(x, y)| Coord { x, y })
        };
        let every = (vertices / 4).max(1);
        for arc in coverage.arcs().iter().step_by(every) {
            let line = coverage.vertices_of(*arc);
            points.extend(line.iter().step_by(every));
            for edge in line.windows(2).step_by(every) {
                let at = edge[0] + (edge[1] - edge[0]) * random.random_range(0.0..1.0);
                points.push(at);
                points.extend(beside(edge[0]));
                // Level with a vertex, and on its meridian.
                points.extend([Coord { x: at.x, y: edge[0].y }, Coord { x: edge[1].x, y: at.y }]);
            }
        }
        // Corners and sides of cells of every size.
        let frame = index.parts[0].cells.frame;
        for _ in 0..400 {
            let part = 4f64.powi(random.random_range(0..5));
            let step = |count: usize, random: &mut StdRng| {
                (random.random_range(0.0..count as f64) * part).floor() / part
            };
            let at = Coord {
                x: frame.origin.x + step(frame.columns, &mut random) * frame.side,
                y: frame.origin.y + step(frame.rows, &mut random) * frame.side,
            };
            points.push(at);
            points.extend(beside(at));
            points.push(Coord { x: at.x, y: 50.0 + random.random_range(0.0..0.07) * stretched });
            points.push(Coord { x: random.random_range(0.0..0.09) * stretched, y: at.y });
        }
        let on_land = check(&coverage, &index, &points);
        assert!(on_land > points.len() / 2 && on_land < points.len(), "{on_land} of {}", points.len());
    }
    // Cells of every kind were asked.
    assert!(cells.iter().all(|count| *count > 0), "{cells:?}");
}

#[test]
fn many_edges_in_one_point_are_no_trouble() {
    // Sixty-four slices of a cake meet in its middle: no parting of cells can part them.
    let rim = |i: usize| {
        let turn = i as f64 / 64.0 * std::f64::consts::TAU;
        Coord { x: turn.cos(), y: turn.sin() }
    };
    let middle = Coord { x: 0.0, y: 0.0 };
    let slices: Vec<BlockShape> = (0..64)
        .map(|i| BlockShape {
            code: format!("S{i:02}").parse().unwrap(),
            name: "".into(),
            shape: MultiPolygon(vec![Polygon::new(
                LineString(vec![middle, rim(i), rim((i + 1) % 64), middle]),
                vec![],
            )]),
        })
        .collect();
    let coverage = Arc::new(Coverage::from_shapes(&slices).0);
    let index = BlockIndex::new([&coverage]);
    assert!(cells_with_edges(&index)[3] > 0);
    let mut random = StdRng::seed_from_u64(7);
    let points: Vec<Coord> = (0..2_000)
        .map(|i| {
            let near = 10f64.powi(-(i % 12));
            Coord { x: random.random_range(-near..near), y: random.random_range(-near..near) }
        })
        .chain([middle])
        .chain((0..64).map(rim))
        .collect();
    assert!(check(&coverage, &index, &points) > 1_800);
}

#[test]
fn an_index_of_nothing_finds_nothing() {
    let index = BlockIndex::new([&Arc::default()]);
    assert_eq!(index.locate(Coord { x: 0.0, y: 0.0 }), None);
    assert_eq!(index.locate_all(&[Coord { x: 0.0, y: 0.0 }; 100]), vec![None; 100]);
    assert!(index.near(LonLat::new(0.0, 51.0).unwrap(), 1e6).is_empty());
}

#[test]
fn very_many_points_are_located_as_they_are_one_by_one() {
    // Enough edges for an index that is not at hand as a whole.
    let coverage = Arc::new(Coverage::from_shapes(&rough_country(40, 30, 60, 6)).0);
    let index = BlockIndex::new([&coverage]);
    assert!(index.memory_bytes() > LARGE_BYTES, "{}", index.memory_bytes());
    let mut chance = StdRng::seed_from_u64(11);
    let mut points: Vec<Coord> = (0..MANY + MOST)
        .map(|_| Coord { x: chance.random_range(-0.02..0.42), y: chance.random_range(49.98..50.32) })
        .collect();
    // What lies far off or nowhere does not stand in the way of the others.
    points[17] = Coord { x: 1e300, y: f64::NEG_INFINITY };
    points[MOST + 5] = Coord { x: f64::NAN, y: 51.0 };
    let one_by_one: Vec<Option<u32>> = points.iter().map(|point| index.locate(*point)).collect();
    assert_eq!(index.locate_all(&points), one_by_one);
    assert!(one_by_one.iter().flatten().count() > points.len() / 2);
}
