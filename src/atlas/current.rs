//! From a point to the areas there.

use std::collections::HashMap;
use std::hash::Hash;

use geo::{Coord, Intersects, Rect};

use super::numbers::Numbers;
use super::{Atlas, AtlasCoverage, AtlasLayer};
use crate::coverage::united;

/// The areas of current layers, block by block. What is asked of a point is asked of all of them, so the fewer places in
/// memory it stands in, the better; and few layers have many areas, so blocks are alike in all others: those stand once for
/// all blocks that have the same, which fits into what the processor has at hand.
pub(super) struct CurrentAreas {
    /// Block by block a row: the number of its combination, then its areas of the layers of many. After all rows,
    /// combination by combination a line: the number of its set, then for each layer of the set its area, if that is shared.
    numbers: Numbers,
    /// How many numbers a row takes, and a line. Both are powers of two: none lies in two lines of the processor's cache that
    /// could lie in one.
    row: usize,
    line: usize,
    /// Where lines begin, and how many there are.
    first_line: usize,
    combinations: usize,
    sets: Vec<Set>,
}

/// The layers that blocks have an area of, or may have one of: a handful of such sets holds for all blocks.
struct Set {
    /// By the places of the layers.
    members: Vec<Member>,
    /// How many members stand before each [`Source::Row`], from the one before it on.
    stretches: Vec<usize>,
    /// Whether there is a [`Source::Later`] among them.
    any_later: bool,
}

impl Set {
    fn of(members: &[Member]) -> Self {
        let mut stretches: Vec<usize> =
            members.split(|member| member.source == Source::Row).map(<[Member]>::len).collect();
        // What is after the last is not before any.
        stretches.pop();
        let any_later = members.iter().any(|member| member.source == Source::Later);
        Set { members: members.to_vec(), stretches, any_later }
    }
}

/// Where blocks have their area of a layer. Layers without an area there have no member.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Member {
    /// The place of the layer among all.
    layer: u32,
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    /// In the line of the combination.
    Line,
    /// In the row of the block.
    Row,
    /// No area by this block; perhaps one by a block of another coverage that lies over it.
    Later,
}

/// So many blocks for each area, or more, and a layer has few areas.
const BLOCKS_OF_FEW: usize = 16;

/// Numbers what it is given, the same in the same way.
struct Numbered<T>(HashMap<T, u32>);

impl<T: Clone + Eq + Hash> Numbered<T> {
    /// The number of a thing, and whether it is new.
    fn number(&mut self, thing: &T) -> (u32, bool) {
        if let Some(&number) = self.0.get(thing) {
            return (number, false);
        }
        let number = self.0.len() as u32;
        self.0.insert(thing.clone(), number);
        (number, true)
    }
}

impl CurrentAreas {
    /// `boxes` are around the blocks through all coverages.
    pub fn of(layers: &[AtlasLayer], coverages: &[AtlasCoverage], boxes: &[Option<Rect>]) -> Self {
        let current: Vec<(u32, &AtlasLayer)> =
            (0..).zip(layers).filter(|(_, layer)| layer.entry.current).collect();
        let has_many = |layer: &AtlasLayer| layer.areas().len() * BLOCKS_OF_FEW > boxes.len();
        let of_many = current.iter().filter(|(_, layer)| has_many(layer)).count();
        let blocks_of =
            |c: &AtlasCoverage| c.first_block as usize..c.first_block as usize + c.coverage.blocks().len();
        let reach: Vec<Option<Rect>> =
            coverages.iter().map(|c| boxes[blocks_of(c)].iter().flatten().copied().reduce(united)).collect();
        let comes_later = |home: usize, block: usize, layer: &AtlasLayer| {
            let mut after = layer.parts().iter().filter(|part| part.coverage > home);
            after.any(|part| reach[part.coverage].zip(boxes[block]).is_some_and(|(a, b)| a.intersects(&b)))
        };
        let (row, line) = ((1 + of_many).next_power_of_two(), (1 + current.len()).next_power_of_two());
        let mut numbers = vec![0u32; boxes.len() * row];
        let (mut lines, mut sets) = (Vec::new(), Vec::new());
        let (mut known_lines, mut known_sets) = (Numbered(HashMap::new()), Numbered(HashMap::new()));
        let (mut members, mut areas) = (Vec::new(), Vec::new());
        for (home, coverage) in coverages.iter().enumerate() {
            for block in blocks_of(coverage) {
                members.clear();
                areas.clear();
                let mut own = 1;
                for &(place, layer) in &current {
                    let (source, area) = match layer.area_of_block(block as u32) {
                        Some(area) if has_many(layer) => {
                            numbers[block * row + own] = area;
                            own += 1;
                            (Source::Row, 0)
                        }
                        Some(area) => (Source::Line, area),
                        None if comes_later(home, block, layer) => (Source::Later, 0),
                        None => continue,
                    };
                    members.push(Member { layer: place, source });
                    areas.push(area);
                }
                let (set, new) = known_sets.number(&members);
                if new {
                    sets.push(Set::of(&members));
                }
                areas.insert(0, set);
                areas.resize(line, 0);
                let (combination, new) = known_lines.number(&areas);
                if new {
                    lines.extend(&areas);
                }
                numbers[block * row] = combination;
            }
        }
        let first_line = numbers.len();
        numbers.append(&mut lines);
        CurrentAreas {
            numbers: numbers.into(),
            row,
            line,
            first_line,
            combinations: known_lines.0.len(),
            sets,
        }
    }

    /// Tells the layers that have an area at a block or may have one later, in their order, each with its area or `None`.
    #[inline]
    fn of_block<T: Copy + Into<u32>>(
        &self,
        numbers: &[T],
        block: u32,
        mut tell: impl FnMut(usize, Option<u32>),
    ) {
        let row = &numbers[block as usize * self.row..][..self.row];
        let line = &numbers[self.first_line + row[0].into() as usize * self.line..][..self.line];
        let set = &self.sets[line[0].into() as usize];
        let (mut members, mut areas) = (&set.members[..], &line[1..]);
        if set.any_later {
            let mut own = row[1..].iter();
            for (member, &area) in members.iter().zip(areas) {
                let area = match member.source {
                    Source::Line => Some(area),
                    Source::Row => own.next().copied(),
                    Source::Later => None,
                };
                tell(member.layer as usize, area.map(Into::into));
            }
            return;
        }
        let mut tell_shared = |members: &[Member], areas: &[T]| {
            for (member, &area) in members.iter().zip(areas) {
                tell(member.layer as usize, Some(area.into()));
            }
        };
        // Stretches of shared areas are told without a look at where each is from.
        for (&stretch, own) in set.stretches.iter().zip(row[1..].chunks(1)) {
            tell_shared(&members[..stretch], areas);
            tell_shared(&members[stretch..=stretch], own);
            (members, areas) = (&members[stretch + 1..], &areas[stretch + 1..]);
        }
        tell_shared(members, areas);
    }
}

/// What all blocks of a combination have of a current layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// All the same area.
    Area(u32),
    /// Each an area of its own: [`Atlas::own_area`].
    Own,
    /// None, but perhaps one by a block of another coverage that lies over it.
    Later,
}

impl Atlas {
    /// What the blocks of each combination have of current layers, layer by layer, each by its place in [`Atlas::layers`]. Few
    /// layers have many areas; in all others thousands of blocks are alike.
    pub fn combinations(&self) -> impl Iterator<Item = impl Iterator<Item = (usize, Held)>> {
        let current = &self.places.current;
        (0..current.combinations).map(|combination| {
            let line = current.first_line + combination * current.line;
            let set = &current.sets[current.numbers.at(line) as usize];
            (line + 1..).zip(&set.members).map(|(at, member)| {
                let held = match member.source {
                    Source::Line => Held::Area(current.numbers.at(at)),
                    Source::Row => Held::Own,
                    Source::Later => Held::Later,
                };
                (member.layer as usize, held)
            })
        })
    }

    /// The number of a block's combination in [`Atlas::combinations`].
    #[inline]
    pub fn combination_of(&self, block: u32) -> usize {
        self.places.current.numbers.at(block as usize * self.places.current.row) as usize
    }

    /// The area of a block in the layer that is the so many-th [`Held::Own`] of its combination, counted from 0.
    #[inline]
    pub fn own_area(&self, block: u32, own: usize) -> u32 {
        self.places.current.numbers.at(block as usize * self.places.current.row + 1 + own)
    }

    /// The area of a layer at a point, `first` being the block there ([`Atlas::block_at`]).
    ///
    /// Coverages may lie over one another, as a user's own over the shipped ones: a layer that has no area there by the first
    /// of them is asked in those that it covers.
    pub fn area_at(&self, layer: &AtlasLayer, first: Option<u32>, point: Coord) -> Option<u32> {
        let first = first?;
        layer
            .area_of_block(first)
            .or_else(|| self.later_blocks(first, point).find_map(|block| layer.area_of_block(block)))
    }

    /// Tells the areas of all current layers at a point, as [`Atlas::area_at`] gives them one by one, in the order of the
    /// layers; of each layer its place in [`Atlas::layers`].
    #[inline]
    pub fn current_areas_at(&self, first: Option<u32>, point: Coord, mut tell: impl FnMut(usize, u32)) {
        let Some(first) = first else { return };
        let current = &self.places.current;
        let mut later: Option<Vec<u32>> = None;
        let one = |place: usize, area: Option<u32>| {
            if let Some(area) = area {
                return tell(place, area);
            }
            let later = later.get_or_insert_with(|| self.later_blocks(first, point).collect());
            if let Some(area) = later.iter().find_map(|&b| self.places.layers[place].area_of_block(b)) {
                tell(place, area);
            }
        };
        match &current.numbers {
            Numbers::Short(numbers) => current.of_block(&numbers[..], first, one),
            Numbers::Long(numbers) => current.of_block(&numbers[..], first, one),
        }
    }

    /// The blocks at a point of the coverages after that of a block there.
    fn later_blocks(&self, first: u32, point: Coord) -> impl Iterator<Item = u32> {
        let later = self.number_of_coverage(first) + 1..self.places.coverages.len();
        later.filter_map(move |coverage| self.places.blocks.locate_in(coverage, point))
    }
}
