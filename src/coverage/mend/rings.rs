//! Block shapes from the faces they own.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::super::NOWHERE;
use super::faces::{Faces, Half, Sets, twin};
use super::linework::Node;

/// The shape of every block: exteriors counter-clockwise, holes clockwise, no ring touching itself, the
/// largest polygon first. A block that owns nothing has an empty shape.
pub(super) fn shapes(faces: &Faces, owner: &[u32], blocks: usize) -> Vec<MultiPolygon> {
    let owner_left = |half: Half| owner[faces.left(half)];
    let is_border = |half: Half| owner_left(half) != owner_left(twin(half));
    // Faces of one block that share an edge are one piece of ground: one exterior, any number of holes.
    let mut pieces = Sets::new(faces.all().len());
    for half in (0..faces.half_count()).step_by(2) {
        if !is_border(half) {
            pieces.join(faces.left(half), faces.left(twin(half)));
        }
    }
    let mut done = vec![false; faces.half_count()];
    let mut piece_rings: Vec<Vec<Ring>> = vec![Vec::new(); faces.all().len()];
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); blocks];
    for start in 0..faces.half_count() {
        if done[start] || owner_left(start) == NOWHERE || !is_border(start) {
            continue;
        }
        let mut walk = Vec::new();
        let mut half = start;
        while !done[half] {
            done[half] = true;
            walk.push(faces.span(half).0);
            half = faces.clockwise(twin(half));
            while !is_border(half) {
                half = faces.clockwise(half);
            }
        }
        let piece = pieces.root(faces.left(start));
        if piece_rings[piece].is_empty() {
            found[owner_left(start) as usize].push(piece);
        }
        piece_rings[piece].extend(simple_rings(walk));
    }
    let polygons = |pieces: Vec<usize>| {
        let mut polygons: Vec<(i128, Polygon)> =
            pieces.into_iter().map(|piece| polygon(std::mem::take(&mut piece_rings[piece]))).collect();
        // Stable, so equal sizes keep the order of the linework.
        polygons.sort_by_key(|&(area, _)| std::cmp::Reverse(area));
        MultiPolygon::new(polygons.into_iter().map(|(_, polygon)| polygon).collect())
    };
    found.into_iter().map(polygons).collect()
}

/// A closed ring and twice its signed area.
type Ring = (i128, Vec<Node>);

/// Cuts a closed walk at every vertex that it passes more than once.
fn simple_rings(walk: Vec<Node>) -> Vec<Ring> {
    let mut rings = Vec::new();
    let mut seen = std::collections::HashMap::new();
    let mut path: Vec<Node> = Vec::with_capacity(walk.len());
    for at in walk {
        if let Some(&from) = seen.get(&at) {
            let ring: Vec<Node> = path.drain(from..).collect();
            for passed in &ring {
                seen.remove(passed);
            }
            rings.push((twice_area(&ring), ring));
        }
        seen.insert(at, path.len());
        path.push(at);
    }
    rings.push((twice_area(&path), path));
    rings
}

fn twice_area(ring: &[Node]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y))
        .sum()
}

/// One polygon of the rings of one piece of ground; only its exterior runs counter-clockwise.
fn polygon(mut rings: Vec<Ring>) -> (i128, Polygon) {
    rings.sort_by(|l, r| r.0.cmp(&l.0).then_with(|| l.1.iter().min().cmp(&r.1.iter().min())));
    let area = rings.iter().map(|ring| ring.0).sum();
    let mut lines = rings.into_iter().map(|(_, ring)| line(&ring));
    let exterior = lines.next().unwrap_or_else(|| LineString::new(Vec::new()));
    (area, Polygon::new(exterior, lines.collect()))
}

/// The ring in degrees, closed, beginning at its westmost (then southmost) vertex.
fn line(ring: &[Node]) -> LineString {
    let first = ring.iter().enumerate().min_by_key(|&(_, at)| at).map_or(0, |(i, _)| i);
    let turned = ring[first..].iter().chain(&ring[..first]).chain(ring.get(first));
    turned.map(|at| at.position()).collect::<Vec<Coord>>().into()
}
