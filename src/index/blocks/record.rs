//! The edges of cells as they are in their coverage: for points that lines leave in doubt, and for distances.

use geo::Coord;

use super::way::Way;
use crate::coverage::Coverage;

/// The last run of a record. Alone it is a record without edges.
pub(super) const LAST: u32 = 1 << 31;
/// The place of the first vertex of a run takes so many bits, ...
const FIRST_BITS: u32 = 28;
pub(super) const FIRST: u32 = (1 << FIRST_BITS) - 1;
/// ... and so many edges can follow it.
const MOST_EDGES: usize = (1 << (31 - FIRST_BITS)) - 1;

/// Edges of a cell: runs of edges that follow one another in the coverage, each a word.
#[derive(Clone, Copy)]
pub(super) struct Record<'a>(pub &'a [u32]);

/// Edges that follow one another, with the blocks beside them, numbered from 1.
pub(super) struct Run<'a> {
    pub left: u32,
    pub right: u32,
    pub vertices: &'a [Coord],
}

/// Writes a record: of edges the places of their first vertices, ascending and none above [`FIRST`].
pub(super) fn write(firsts: &[u32], records: &mut Vec<u32>) {
    let mut rest = firsts;
    while let Some(&first) = rest.first() {
        let count = (first..).zip(rest).take(MOST_EDGES).take_while(|(next, is)| next == *is).count();
        rest = &rest[count..];
        records.push(first | (count as u32) << FIRST_BITS | if rest.is_empty() { LAST } else { 0 });
    }
}

impl<'a> Record<'a> {
    /// The runs. What follows the record in its words is not looked at.
    pub fn runs(self, coverage: &'a Coverage) -> impl Iterator<Item = Run<'a>> {
        let end = self.0.iter().position(|run| run & LAST != 0).map_or(0, |last| last + 1);
        self.0[..end].iter().filter(|run| **run != LAST).filter_map(|run| {
            let (first, edges) = (run & FIRST, ((run & !LAST) >> FIRST_BITS) as usize);
            let arc = coverage.arc_of_vertex(first)?;
            let vertices = coverage.vertices().get(first as usize..)?.get(..=edges)?;
            // Nowhere becomes 0, block 0 becomes 1.
            Some(Run { left: arc.left.wrapping_add(1), right: arc.right.wrapping_add(1), vertices })
        })
    }

    /// What the edges that a way crosses change together.
    pub fn changed(self, coverage: &Coverage, way: Way) -> u32 {
        self.runs(coverage).fold(0, |all, run| {
            let odd = run.vertices.windows(2).fold(false, |odd, edge| odd ^ way.crosses(edge[0], edge[1]));
            if odd { all ^ run.left ^ run.right } else { all }
        })
    }
}

/// Records one after the other, found by their numbers.
#[derive(Default)]
pub(super) struct Records {
    words: Vec<u32>,
    /// Where every [`STEP`]th begins.
    marks: Vec<u32>,
}

/// From a mark to the next: fewer would have to be counted, and more memory held.
const STEP: usize = 32;

impl Records {
    pub fn new(words: Vec<u32>) -> Self {
        let after = words.iter().zip(1u32..).filter(|(word, _)| **word & LAST != 0).map(|(_, after)| after);
        let marks = std::iter::once(0).chain(after).step_by(STEP).collect();
        Records { words, marks }
    }

    /// The record of a number; one without edges beyond the last.
    pub fn get(&self, number: usize) -> Record<'_> {
        let mark = self.marks.get(number / STEP).map_or(usize::MAX, |mark| *mark as usize);
        let mut rest = self.words.get(mark..).unwrap_or_default();
        for _ in 0..number % STEP {
            let last = rest.iter().position(|word| word & LAST != 0);
            rest = last.and_then(|last| rest.get(last + 1..)).unwrap_or_default();
        }
        Record(rest)
    }

    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.words) + size_of_val(&*self.marks)
    }
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;
    use crate::coverage::BlockShape;

    #[test]
    fn records_are_found_by_their_numbers_and_tell_the_edges_that_were_written() {
        let rim = |i: u32| f64::from(i).to_radians().sin_cos();
        let ring = (0..360).map(rim).map(|(x, y)| Coord { x, y });
        let shape = geo::Polygon::new(
            ring.collect(),
            vec![polygon![(x: 0.0, y: 0.0), (x: 0.1, y: 0.0), (x: 0.1, y: 0.1)].exterior().clone()],
        );
        let block = BlockShape { code: "A".parse().unwrap(), name: "".into(), shape: shape.into() };
        let (coverage, _) = Coverage::from_shapes(&[block]);
        let edges_of = |number: u32| (number..number + number % 40).filter(|edge| edge % 11 > 2);
        let mut words = Vec::new();
        for number in 0..100 {
            if edges_of(number).next().is_none() {
                words.push(LAST);
            }
            write(&edges_of(number).collect::<Vec<_>>(), &mut words);
        }
        let records = Records::new(words);
        for number in 0..100 {
            let told: Vec<(Coord, Coord)> = records
                .get(number as usize)
                .runs(&coverage)
                .flat_map(|run| run.vertices.windows(2).map(|edge| (edge[0], edge[1])).collect::<Vec<_>>())
                .collect();
            let edge =
                |first: u32| (coverage.vertices()[first as usize], coverage.vertices()[first as usize + 1]);
            assert_eq!(told, edges_of(number).map(edge).collect::<Vec<_>>(), "{number}");
        }
        assert_eq!(records.get(100).runs(&coverage).count(), 0);
        assert_eq!(records.get(usize::MAX).runs(&coverage).count(), 0);
    }
}
