//! All words of all names, sorted, and the search of those that begin like a word with a slip or two.

/// Words in order; a word's place is its number.
pub struct Vocabulary {
    words: Vec<Box<[char]>>,
    /// How many letters a word shares with the one before it.
    shared: Vec<u8>,
}

/// A word that begins like the asked one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alike {
    /// The number of the word.
    pub word: u32,
    /// The fewest letters to change, add or leave out until the word begins as asked.
    pub edits: u8,
}

/// The edits forgiven in a word: none below four letters, one up to seven, two beyond.
pub fn edits_allowed(letters: usize) -> u8 {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Longer words are cut: none of a name is as long.
const LONGEST_LETTERS: usize = 60;

impl Vocabulary {
    /// From words in order, each once.
    pub fn new<'a>(sorted: impl Iterator<Item = &'a str>) -> Self {
        let words: Vec<Box<[char]>> =
            sorted.map(|word| word.chars().take(LONGEST_LETTERS).collect()).collect();
        let mut shared = Vec::with_capacity(words.len());
        for (i, word) in words.iter().enumerate() {
            let before: &[char] = if i == 0 { &[] } else { &words[i - 1] };
            shared.push(word.iter().zip(before).take_while(|(a, b)| a == b).count() as u8);
        }
        Vocabulary { words, shared }
    }

    /// The words that begin like the asked one, with no more edits than its length allows, in order.
    ///
    /// One row of the table of edit distances for each letter of a word; words that share their beginning share the
    /// rows, and once no way through a row is cheap enough no word that begins so is looked at.
    pub fn alike(&self, asked: &str) -> Vec<Alike> {
        let asked: Vec<char> = asked.chars().take(LONGEST_LETTERS).collect();
        let allowed = edits_allowed(asked.len());
        let mut found = Vec::new();
        // Row i: the edits from the first i letters of the word to each beginning of the asked one, and the fewest to
        // the whole of it in any row so far.
        let mut rows: Vec<(Vec<u8>, u8)> = Vec::with_capacity(LONGEST_LETTERS + 1);
        rows.push(((0..=asked.len() as u8).collect(), asked.len() as u8));
        // Words that share more than so many letters with the last need not be looked at.
        let mut hopeless_after = usize::MAX;
        // The edits of the last word when it was given up, which all words that begin so have.
        let mut edits_there = u8::MAX;
        for (number, word) in self.words.iter().enumerate() {
            let shared = usize::from(self.shared[number]);
            if shared < hopeless_after {
                hopeless_after = usize::MAX;
                rows.truncate(shared + 1);
                for (i, &letter) in word.iter().enumerate().skip(rows.len() - 1) {
                    let (before, best) = &rows[i];
                    let row = next_row(before, letter, &asked);
                    let best = (*best).min(row[asked.len()]);
                    let hopeless = row.iter().all(|&edits| edits > allowed);
                    rows.push((row, best));
                    if hopeless {
                        hopeless_after = i + 1;
                        break;
                    }
                }
                edits_there = rows.last().map_or(u8::MAX, |(_, best)| *best);
            }
            if edits_there <= allowed {
                found.push(Alike { word: number as u32, edits: edits_there });
            }
        }
        found
    }
}

fn next_row(before: &[u8], letter: char, asked: &[char]) -> Vec<u8> {
    let mut row = Vec::with_capacity(before.len());
    row.push(before[0] + 1);
    for (j, &wanted) in asked.iter().enumerate() {
        let changed = before[j] + u8::from(wanted != letter);
        row.push(changed.min(before[j + 1] + 1).min(row[j] + 1));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The textbook's distance.
    fn distance(a: &[char], b: &[char]) -> u8 {
        let mut table = vec![vec![0u8; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = match (i, j) {
                    (i, 0) => i as u8,
                    (0, j) => j as u8,
                    _ => (table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1)
                        .min(table[i - 1][j - 1] + u8::from(a[i - 1] != b[j - 1])),
                };
            }
        }
        table[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn what_is_alike_is_what_the_textbook_says(
            words in proptest::collection::btree_set("[a-c]{0,8}", 1..40), asked in "[a-c]{0,10}",
        ) {
            let vocabulary = Vocabulary::new(words.iter().map(String::as_str));
            let letters: Vec<char> = asked.chars().collect();
            let mut expected = Vec::new();
            for (number, word) in words.iter().enumerate() {
                let word: Vec<char> = word.chars().collect();
                let edits = (0..=word.len()).map(|end| distance(&word[..end], &letters)).min().unwrap();
                if edits <= edits_allowed(letters.len()) {
                    expected.push(Alike { word: number as u32, edits });
                }
            }
            prop_assert_eq!(vocabulary.alike(&asked), expected);
        }
    }
}
