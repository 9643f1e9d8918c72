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
    /// rows, and once no way through a row is cheap enough no word that begins so is looked at. Only the cells about the
    /// diagonal are filled: elsewhere a way takes more edits than are allowed (Ukkonen 1985).
    pub fn alike(&self, asked: &str) -> Vec<Alike> {
        let asked: Vec<char> = asked.chars().take(LONGEST_LETTERS).collect();
        let allowed = edits_allowed(asked.len());
        if allowed == 0 {
            return self.beginning(&asked);
        }
        let mut found = Vec::new();
        let mut table = Table::new(&asked, allowed);
        // Words that share more than so many letters with the last need not be looked at.
        let mut hopeless_after = usize::MAX;
        // The edits of the last word when it was given up, which all words that begin so have.
        let mut edits_there = u8::MAX;
        for (number, word) in self.words.iter().enumerate() {
            let shared = usize::from(self.shared[number]);
            if shared < hopeless_after {
                hopeless_after = usize::MAX;
                table.rows = table.rows.min(shared + 1);
                for (i, &letter) in word.iter().enumerate().skip(table.rows - 1) {
                    if !table.add(letter) {
                        hopeless_after = i + 1;
                        break;
                    }
                }
                edits_there = table.best[table.rows - 1];
            }
            if edits_there <= allowed {
                found.push(Alike { word: number as u32, edits: edits_there });
            }
        }
        found
    }

    /// The words that begin with the asked one.
    fn beginning(&self, asked: &[char]) -> Vec<Alike> {
        let first = self.words.partition_point(|word| **word < *asked);
        let begin = self.words[first..].iter().take_while(|word| word.starts_with(asked));
        begin.enumerate().map(|(i, _)| Alike { word: (first + i) as u32, edits: 0 }).collect()
    }
}

/// Edit distances between the beginnings of a word and those of the asked one.
struct Table<'a> {
    asked: &'a [char],
    allowed: u8,
    /// How many rows are filled: row i is about the first i letters of the word.
    rows: usize,
    /// Cells of all rows, one more in each than there are letters asked for; one above `allowed` stands for all above it.
    cells: Vec<u8>,
    /// The fewest edits to the whole of the asked word in any row so far.
    best: Vec<u8>,
}

impl<'a> Table<'a> {
    fn new(asked: &'a [char], allowed: u8) -> Self {
        let width = asked.len() + 1;
        let mut cells = vec![allowed + 1; width * (LONGEST_LETTERS + 1)];
        for (j, cell) in cells[..width].iter_mut().enumerate() {
            *cell = (j as u8).min(allowed + 1);
        }
        let mut best = vec![allowed + 1; LONGEST_LETTERS + 1];
        best[0] = cells[width - 1];
        Table { asked, allowed, rows: 1, cells, best }
    }

    /// Fills the next row; false when no way through it is cheap enough.
    fn add(&mut self, letter: char) -> bool {
        let (width, band, beyond) = (self.asked.len() + 1, usize::from(self.allowed), self.allowed + 1);
        let i = self.rows;
        let (before, after) = self.cells.split_at_mut(i * width);
        let (before, row) = (&before[(i - 1) * width..], &mut after[..width]);
        row.fill(beyond);
        let (from, to) = (i.saturating_sub(band), (i + band).min(width - 1));
        let mut least = beyond;
        for j in from..=to {
            let cell = if j == 0 {
                before[0] + 1
            } else {
                let changed = before[j - 1] + u8::from(self.asked[j - 1] != letter);
                changed.min(before[j] + 1).min(row[j - 1] + 1)
            };
            row[j] = cell.min(beyond);
            least = least.min(row[j]);
        }
        self.best[i] = self.best[i - 1].min(row[width - 1]);
        self.rows += 1;
        least <= self.allowed
    }
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
