//! Which block each face belongs to.

use std::collections::BTreeMap;

use crate::area::Code;

use super::super::NOWHERE;
use super::faces::{Face, Faces, OUTSIDE, twin};
use super::linework::{Node, area_m2, length_m};
use super::{MendOptions, OverlapRule, Repair, RepairKind};

/// The owner of every face, by face number, and what had to be decided.
pub(super) fn owners(
    faces: &Faces,
    block_of: &[u32],
    codes: &[Code],
    options: &MendOptions,
) -> (Vec<u32>, Vec<Repair>) {
    let covers: Vec<Vec<(u32, usize)>> = faces.all().iter().map(|face| by_block(face, block_of)).collect();
    let mut twice_area = vec![0_i128; codes.len()];
    for (face, cover) in faces.all().iter().zip(&covers) {
        for &(block, _) in cover {
            twice_area[block as usize] += face.twice_area;
        }
    }
    let places = Places::of(faces);
    let mut repairs = Vec::new();
    let mut owner = vec![NOWHERE; covers.len()];
    for (face, cover) in covers.iter().enumerate() {
        let mut claim = |kind, block: u32, other: u32| {
            repairs.push(places.repair(faces, face, kind, codes, block, Some(other)));
        };
        match cover[..] {
            [] => {}
            [(block, times)] => {
                owner[face] = block;
                if times > 1 {
                    claim(RepairKind::SelfOverlap, block, block);
                }
            }
            _ => {
                // Polygons of one block never lie on each other, so a block that covers the face twice has
                // written a hole as a polygon of its own; it does not mean to have the face.
                let once = cover.iter().any(|&(_, times)| times == 1);
                let winner =
                    cover.iter().filter(|&&(_, times)| times == 1 || !once).min_by_key(|&&(block, _)| {
                        match options.overlaps {
                            OverlapRule::Smaller => (twice_area[block as usize], &codes[block as usize]),
                            OverlapRule::First => (i128::from(block), &codes[block as usize]),
                        }
                    });
                let Some(&(winner, _)) = winner else { continue };
                owner[face] = winner;
                for &(loser, times) in cover.iter().filter(|&&(block, _)| block != winner) {
                    let written =
                        if times > 1 && once { RepairKind::HoleAsPart } else { RepairKind::Overlap };
                    claim(written, loser, winner);
                }
            }
        }
    }
    let gaps = fill(faces, &places, &mut owner, codes, options);
    repairs.extend(gaps);
    (owner, repairs)
}

/// How many polygons of each block cover a face.
fn by_block(face: &Face, block_of: &[u32]) -> Vec<(u32, usize)> {
    let mut times = BTreeMap::new();
    for &part in &face.cover {
        *times.entry(block_of[part as usize]).or_insert(0) += 1;
    }
    times.into_iter().collect()
}

/// Gives each small hole between blocks to the neighbour with the longest border along it.
fn fill(
    faces: &Faces,
    places: &Places,
    owner: &mut [u32],
    codes: &[Code],
    options: &MendOptions,
) -> Vec<Repair> {
    let mut borders: BTreeMap<usize, BTreeMap<u32, f64>> = BTreeMap::new();
    for half in 0..faces.half_count() {
        let face = faces.left(half);
        let beyond = owner[faces.left(twin(half))];
        if face != OUTSIDE && owner[face] == NOWHERE && beyond != NOWHERE {
            let (from, to) = faces.span(half);
            *borders.entry(face).or_default().entry(beyond).or_insert(0.0) += length_m(from, to);
        }
    }
    let mut repairs = Vec::new();
    for (face, neighbours) in borders {
        let mut longest_first: Vec<(u32, f64)> = neighbours.into_iter().collect();
        longest_first
            .sort_by(|l, r| r.1.total_cmp(&l.1).then_with(|| codes[l.0 as usize].cmp(&codes[r.0 as usize])));
        let Some(&(receiver, _)) = longest_first.first() else { continue };
        let other = longest_first.get(1).map(|&(block, _)| block);
        // A hole inside one block is what its source says, unless it is too small to be meant.
        let limit_m2 = if other.is_some() { options.max_gap_m2 } else { options.max_speck_m2 };
        let small = places.area_m2(faces, face) <= limit_m2;
        if small {
            owner[face] = receiver;
        }
        let kind = if small { RepairKind::Gap } else { RepairKind::HoleLeft };
        repairs.push(places.repair(faces, face, kind, codes, receiver, other));
    }
    repairs
}

/// The extent of every face.
struct Places(Vec<Option<(Node, Node)>>);

impl Places {
    fn of(faces: &Faces) -> Places {
        let mut extents: Vec<Option<(Node, Node)>> = vec![None; faces.all().len()];
        for half in 0..faces.half_count() {
            let at = faces.span(half).0;
            let extent = &mut extents[faces.left(half)];
            let (low, high) = extent.unwrap_or((at, at));
            *extent = Some((
                Node { x: low.x.min(at.x), y: low.y.min(at.y) },
                Node { x: high.x.max(at.x), y: high.y.max(at.y) },
            ));
        }
        Places(extents)
    }

    /// The middle of a face's extent.
    fn middle(&self, face: usize) -> Node {
        self.0[face].map_or(Node { x: 0, y: 0 }, |(low, high)| Node {
            x: i64::midpoint(low.x, high.x),
            y: i64::midpoint(low.y, high.y),
        })
    }

    fn area_m2(&self, faces: &Faces, face: usize) -> f64 {
        area_m2(faces.all()[face].twice_area, self.middle(face).y as f64)
    }

    fn repair(
        &self,
        faces: &Faces,
        face: usize,
        kind: RepairKind,
        codes: &[Code],
        block: u32,
        other: Option<u32>,
    ) -> Repair {
        Repair {
            kind,
            block: codes[block as usize].clone(),
            other: other.map(|other| codes[other as usize].clone()),
            area_m2: self.area_m2(faces, face),
            at: self.middle(face).position(),
        }
    }
}
