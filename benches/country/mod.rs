//! What all benches share: the shipped country, places in it, councils drawn in more detail than any file has, and fair
//! comparison.

#![allow(dead_code, reason = "every bench uses its own part")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop where it is")]

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use geo::{Coord, LineString, MultiPolygon, Polygon};
use levelmap::atlas::{Atlas, AtlasLayer};
use levelmap::coverage::Coverage;
use levelmap::geometry::EastNorth;
use levelmap::source::folder::Folder;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// The shipped boundaries.
pub static ATLAS: LazyLock<Atlas> = LazyLock::new(|| Atlas::load(&Folder::Shipped).unwrap());

/// A layer by how it is written.
pub fn layer(id: &str) -> &'static AtlasLayer {
    ATLAS.layer(&id.parse().unwrap()).unwrap()
}

/// The small areas of England and Wales.
pub fn small_areas() -> &'static Arc<Coverage> {
    &ATLAS.coverages()[0].coverage
}

/// The councils of England and Wales as a coverage of their own.
pub fn councils() -> &'static Arc<Coverage> {
    let lad = layer("lad");
    lad.parts()[0].outline(lad)
}

/// Positions of postcodes of England and Wales, in no order.
pub fn postcodes(count: usize) -> Vec<Coord> {
    let (postcodes, _) = ATLAS.postcodes().unwrap();
    let mut all: Vec<EastNorth> = postcodes
        .iter()
        .filter_map(|entry| entry.position)
        // South of Berwick, more or less: the peers hold England and Wales only.
        .filter(|at| at.northing_m < 550_000)
        .map(|at| EastNorth::new(at.easting_m.into(), at.northing_m.into()).unwrap())
        .collect();
    let (chosen, _) = all.partial_shuffle(&mut StdRng::seed_from_u64(8), count);
    chosen.iter().map(|at| ATLAS.grid().to_lonlat(*at).0.coord()).collect()
}

/// Positions anywhere in the box of England and Wales.
pub fn anywhere(count: usize) -> Vec<Coord> {
    let mut random = StdRng::seed_from_u64(9);
    let mut place = || Coord { x: random.random_range(-6.3..1.7), y: random.random_range(49.9..55.8) };
    (0..count).map(|_| place()).collect()
}

/// Draws every edge as a rough line of 2^`doublings` edges. What comes of an edge depends on the edge alone, so the
/// borders of neighbours stay the same line.
pub fn densified(shape: &MultiPolygon, doublings: u32) -> MultiPolygon {
    let ring = |ring: &LineString| {
        let mut out = vec![ring.0[0]];
        for edge in ring.0.windows(2) {
            rough_line(edge[0], edge[1], doublings, &mut out);
        }
        LineString(out)
    };
    let polygon =
        |p: &Polygon| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect::<Vec<_>>());
    MultiPolygon(shape.iter().map(polygon).collect())
}

/// Adds the line from `a`, which is there already, to `b`.
fn rough_line(a: Coord, b: Coord, doublings: u32, out: &mut Vec<Coord>) {
    if doublings == 0 || a == b {
        out.push(b);
        return;
    }
    // The same from both ends.
    let (first, last) = if (a.x, a.y) < (b.x, b.y) { (a, b) } else { (b, a) };
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for bits in [first.x, first.y, last.x, last.y].map(f64::to_bits) {
        hash = (hash ^ bits).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^= hash >> 29;
    }
    let off = ((hash >> 40) as f64 / f64::from(1 << 24) - 0.5) * 0.16;
    let middle = Coord {
        x: f64::midpoint(first.x, last.x) - (last.y - first.y) * off,
        y: f64::midpoint(first.y, last.y) + (last.x - first.x) * off,
    };
    rough_line(a, middle, doublings - 1, out);
    rough_line(middle, b, doublings - 1, out);
}

/// How long a task takes.
pub fn time<T>(task: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let made = black_box(task());
    (start.elapsed(), made)
}

/// Times tasks in turn, round by round, the last of them being the peer. Prints for each of ours the figure `what--name`: in
/// every round the seconds that one item takes us and the peer. The machine's moods strike all alike.
pub fn compare(what: &str, items: usize, rounds: usize, tasks: &mut [(&str, &mut dyn FnMut())]) {
    for (_, task) in tasks.iter_mut() {
        task();
    }
    let mut times = vec![Vec::new(); tasks.len()];
    for _ in 0..rounds {
        for ((_, task), times) in tasks.iter_mut().zip(&mut times) {
            times.push(time(task).0.as_secs_f64() / items as f64);
        }
    }
    let Some((peer, ours)) = times.split_last() else { return };
    for ((name, _), times) in tasks.iter().zip(ours) {
        let rounds: Vec<String> =
            times.iter().zip(peer).map(|(ours, peer)| format!("[{ours:.4e}, {peer:.4e}]")).collect();
        println!("figure\t{what}--{name}\t[{}]", rounds.join(", "));
    }
}

/// Bytes of memory that the process holds, as the system counts them; 0 where it does not tell.
pub fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
