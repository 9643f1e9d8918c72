//! Names, codes and postcodes that begin like what is typed.

mod fold;
mod vocabulary;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use crate::area::{Code, LayerRef, Postcode};
use crate::atlas::{Atlas, AtlasLayer, Found, Status};
use crate::index::PostcodeEntry;

use super::postcodes::PostcodePart;
use vocabulary::Vocabulary;

/// What of an area was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// Its code.
    Code,
    /// Its name.
    Name,
    /// Its Welsh name.
    NameCy,
    /// Another name of it.
    Alternative,
}

/// An area that was found.
pub struct Hit<'a> {
    /// The area.
    pub found: Found<'a>,
    /// By what.
    pub matched: Matched,
    /// The letters that had to be changed, added or left out, over all words.
    pub edits: u8,
}

/// How good a find is, best first.
type Rank = (u8, Fit, bool, Reverse<u64>, u32);

/// How the words of a name are those that were asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fit {
    /// They are the same.
    Whole,
    /// The name begins as asked.
    Begins,
    /// It has as many words.
    AsMany,
    /// They are somewhere in it.
    Within,
}

/// One name of one area.
struct NameEntry {
    /// The number of the code in [`SearchIndex::entries`].
    entry: u32,
    matched: Matched,
    words: u8,
    folded: Box<str>,
}

/// One code with what ranks it.
struct CodeEntry {
    code: Code,
    superseded: bool,
    area_m2: u64,
}

/// The index of names and codes over an atlas.
pub struct SearchIndex {
    entries: Vec<CodeEntry>,
    names: Vec<NameEntry>,
    vocabulary: Vocabulary,
    /// Where the names of each word begin in `names_with`.
    firsts: Vec<u32>,
    names_with: Vec<u32>,
    /// Codes in small letters, in order, with their entries.
    codes: Vec<(Box<str>, u32)>,
}

/// A code is completed from so many letters on.
const SHORTEST_CODE: usize = 3;

impl SearchIndex {
    /// Gathers the names of all areas of all layers, once for each code.
    pub fn new(atlas: &Atlas) -> Self {
        let mut numbers: HashMap<&Code, u32> = HashMap::new();
        let mut entries: Vec<CodeEntry> = Vec::new();
        let mut names: Vec<NameEntry> = Vec::new();
        let mut names_of: Vec<Vec<u32>> = Vec::new();
        let mut words: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for area in atlas.layers().iter().flat_map(AtlasLayer::areas) {
            let entry = *numbers.entry(&area.code).or_insert_with(|| {
                let superseded = atlas.find(&area.code, None).is_none_or(|f| f.status == Status::Superseded);
                entries.push(CodeEntry { code: area.code.clone(), superseded, area_m2: area.area_m2 as u64 });
                names_of.push(Vec::new());
                entries.len() as u32 - 1
            });
            let welsh = area.name_cy.iter().map(|name| (Matched::NameCy, name.as_str()));
            let others = area.alternatives.iter().map(|name| (Matched::Alternative, name.as_str()));
            for (matched, name) in
                [(Matched::Name, area.name.as_str())].into_iter().chain(welsh).chain(others)
            {
                let name_words = fold::words(name);
                let folded = name_words.join(" ").into_boxed_str();
                let known = &mut names_of[entry as usize];
                if folded.is_empty() || known.iter().any(|&n| names[n as usize].folded == folded) {
                    continue;
                }
                let number = names.len() as u32;
                known.push(number);
                let count = u8::try_from(name_words.len()).unwrap_or(u8::MAX);
                names.push(NameEntry { entry, matched, words: count, folded });
                for word in name_words {
                    let holding = words.entry(word).or_default();
                    if holding.last() != Some(&number) {
                        holding.push(number);
                    }
                }
            }
        }
        let mut codes: Vec<(Box<str>, u32)> = Vec::with_capacity(entries.len());
        for (number, entry) in entries.iter().enumerate() {
            codes.push((entry.code.as_str().to_lowercase().into(), number as u32));
        }
        codes.sort_unstable();
        let mut firsts = vec![0u32];
        let mut names_with = Vec::new();
        for holding in words.values() {
            names_with.extend_from_slice(holding);
            firsts.push(names_with.len() as u32);
        }
        let vocabulary = Vocabulary::new(words.keys().map(String::as_str));
        SearchIndex { entries, names, vocabulary, firsts, names_with, codes }
    }

    /// The areas whose name or code begins like the text, best first: fewest edits, then names nearest to being the
    /// whole of what was asked, then live before superseded, then larger before smaller.
    ///
    /// Every word asked for must begin some word of one name, with one edit forgiven in words of four to seven letters
    /// and two in longer ones.
    pub fn areas<'a>(
        &self,
        atlas: &'a Atlas,
        text: &str,
        layer: Option<&LayerRef>,
        limit: usize,
    ) -> Vec<Hit<'a>> {
        let mut ranked = self.by_code(text);
        self.by_name(text, &mut ranked);
        // Of thousands that begin with a letter a few are told: the best are taken out one by one.
        let mut ranked: BinaryHeap<_> =
            ranked.into_iter().enumerate().map(|(i, (rank, found))| Reverse((rank, i, found))).collect();
        let mut hits: Vec<Hit> = Vec::new();
        let mut seen: Vec<u32> = Vec::new();
        while let Some(Reverse(((edits, ..), _, (entry, matched)))) = ranked.pop() {
            if hits.len() == limit {
                break;
            }
            if seen.contains(&entry) {
                continue;
            }
            if let Some(found) = atlas.find(&self.entries[entry as usize].code, layer) {
                seen.push(entry);
                hits.push(Hit { found, matched, edits });
            }
        }
        hits
    }

    fn rank(&self, edits: u8, fit: Fit, entry: u32) -> Rank {
        let CodeEntry { superseded, area_m2, .. } = self.entries[entry as usize];
        (edits, fit, superseded, Reverse(area_m2), entry)
    }

    fn by_code(&self, text: &str) -> Vec<(Rank, (u32, Matched))> {
        let asked: String = text.trim().to_lowercase();
        let first = self.codes.partition_point(|(code, _)| **code < *asked);
        // Codes made of letters only would be in the way of names.
        let completed = asked.len() >= SHORTEST_CODE && asked.bytes().any(|b| b.is_ascii_digit());
        self.codes[first..]
            .iter()
            .take_while(|(code, _)| code.starts_with(&asked))
            .filter(|(code, _)| completed || **code == *asked)
            .map(|(code, entry)| {
                let fit = if **code == *asked { Fit::Whole } else { Fit::Begins };
                (self.rank(0, fit, *entry), (*entry, Matched::Code))
            })
            .collect()
    }

    fn by_name(&self, text: &str, ranked: &mut Vec<(Rank, (u32, Matched))>) {
        const NONE: u8 = u8::MAX;
        let asked = fold::asked_words(text);
        // The names that have every word so far, with the edits that they need for them.
        let mut sums: Option<Vec<(u32, u8)>> = None;
        // The edits that each name needs for the word under way.
        let mut edits = vec![NONE; self.names.len()];
        for meanings in &asked {
            let mut having: Vec<u32> = Vec::new();
            for alike in meanings.iter().flat_map(|word| self.vocabulary.alike(word)) {
                let word = alike.word as usize;
                for &name in &self.names_with[self.firsts[word] as usize..self.firsts[word + 1] as usize] {
                    let least = &mut edits[name as usize];
                    if *least == NONE {
                        having.push(name);
                    }
                    *least = alike.edits.min(*least);
                }
            }
            sums = Some(match sums {
                None => having.iter().map(|&name| (name, edits[name as usize])).collect(),
                Some(sums) => sums
                    .into_iter()
                    .filter(|&(name, _)| edits[name as usize] != NONE)
                    .map(|(name, sum)| (name, sum.saturating_add(edits[name as usize])))
                    .collect(),
            });
            for name in having {
                edits[name as usize] = NONE;
            }
        }
        let whole = fold::words(text).join(" ");
        let typed = asked.iter().map(|meanings| meanings[0].as_str()).collect::<Vec<_>>().join(" ");
        for (number, sum) in sums.unwrap_or_default() {
            let name = &self.names[number as usize];
            let fit = match () {
                () if *name.folded == *whole => Fit::Whole,
                () if name.folded.starts_with(&whole) || name.folded.starts_with(&typed) => Fit::Begins,
                () if usize::from(name.words) == asked.len() => Fit::AsMany,
                () => Fit::Within,
            };
            ranked.push((self.rank(sum, fit, name.entry), (name.entry, name.matched)));
        }
    }
}

/// What a text means as a postcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PostcodeHit {
    /// A whole postcode.
    Whole(PostcodeEntry),
    /// A beginning, and how many postcodes in use begin so.
    Part(PostcodePart, usize),
}

/// The postcodes, sectors and first halves that a text is or begins, whole ones first.
pub fn postcodes_like(atlas: &Atlas, text: &str, limit: usize) -> Vec<PostcodeHit> {
    let Some((postcodes, _)) = atlas.postcodes() else { return Vec::new() };
    let part = |part: PostcodePart| {
        let (mut all, mut live) = (0, 0);
        for entry in part.entries(postcodes) {
            all += 1;
            live += usize::from(entry.live);
        }
        (all > 0).then_some(PostcodeHit::Part(part, live))
    };
    let mut hits = Vec::new();
    match text.parse::<PostcodePart>() {
        Ok(PostcodePart::Whole(postcode)) => {
            hits.extend(postcodes.find(&postcode).map(PostcodeHit::Whole));
        }
        Ok(beginning) => hits.extend(part(beginning)),
        // Half of a second half: `LS1 4A`, `LS14A`.
        Err(_) => {
            let squeezed: String = text.split_whitespace().collect();
            let first = format!("{squeezed}A").parse::<Postcode>();
            let last = format!("{squeezed}Z").parse::<Postcode>();
            if let (Ok(first), Ok(last)) = (first, last) {
                let between = postcodes.outward(first.outward());
                let between = between.filter(|e| e.live && (first..=last).contains(&e.postcode));
                hits.extend(between.map(PostcodeHit::Whole).take(limit));
            }
        }
    }
    // Written without a space, the last digit may be that of a sector.
    let squeezed = text.trim();
    if let Some((at, _)) = squeezed.char_indices().next_back()
        && !squeezed.contains(char::is_whitespace)
        && let Ok(sector @ PostcodePart::Sector(..)) =
            format!("{} {}", &squeezed[..at], &squeezed[at..]).parse::<PostcodePart>()
    {
        hits.extend(part(sector));
    }
    hits.truncate(limit);
    hits
}
