//! Lineage: what became of a code.

use std::collections::HashMap;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Code;

/// How one area followed another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// One area took over the whole of one other under a new code (perhaps with a small boundary change).
    Recode,
    /// Several areas became one.
    Merge,
    /// One area was divided among several: needs weights to carry values.
    Split,
}

/// One row of `lineage.csv`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The code that ended.
    pub old_code: Code,
    /// Its name at the end.
    pub old_name: String,
    /// The code that followed.
    pub new_code: Code,
    /// Its name at the start.
    pub new_name: String,
    /// The first day of the new code.
    pub effective: Date,
    /// How it followed.
    pub kind: ChangeKind,
    /// What else is known: "boundary change" and the like.
    #[serde(default)]
    pub note: String,
}

/// Why a table of changes cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// A code follows itself, directly or by way of others.
    #[error("lineage goes in a circle through {0}")]
    Circle(Code),
    /// One code has several followers but the rows are not marked `split`.
    #[error("{old} is followed by both {first} and {second}, but is not marked as a split")]
    UnmarkedSplit {
        /// The code that ended.
        old: Code,
        /// One follower.
        first: Code,
        /// Another follower.
        second: Code,
    },
}

/// What a code had become by some day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Descent {
    /// Nothing had happened to it.
    Unchanged,
    /// It became one other area, one to one however many steps.
    Recoded(Code),
    /// It became a part of one larger area.
    Merged(Code),
    /// It was divided among these.
    Split(Vec<Code>),
}

/// Every known change of code, in both directions.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    changes: Vec<Change>,
    by_old: HashMap<Code, Vec<usize>>,
    by_new: HashMap<Code, Vec<usize>>,
}

impl Lineage {
    /// Checks and indexes the rows.
    pub fn new(changes: Vec<Change>) -> Result<Self, LineageError> {
        let mut lineage = Lineage { changes, ..Lineage::default() };
        for (i, change) in lineage.changes.iter().enumerate() {
            lineage.by_old.entry(change.old_code.clone()).or_default().push(i);
            lineage.by_new.entry(change.new_code.clone()).or_default().push(i);
        }
        for rows in lineage.by_old.values() {
            if let [a, b, ..] = rows.as_slice() {
                let (a, b) = (&lineage.changes[*a], &lineage.changes[*b]);
                if a.kind != ChangeKind::Split || b.kind != ChangeKind::Split {
                    return Err(LineageError::UnmarkedSplit {
                        old: a.old_code.clone(),
                        first: a.new_code.clone(),
                        second: b.new_code.clone(),
                    });
                }
            }
        }
        for change in &lineage.changes {
            let mut code = &change.old_code;
            for _ in 0..=lineage.changes.len() {
                match lineage.successors(code).next() {
                    Some(next) => code = &next.new_code,
                    None => break,
                }
                if code == &change.old_code {
                    return Err(LineageError::Circle(code.clone()));
                }
            }
        }
        Ok(lineage)
    }

    /// All rows, in file order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The changes that ended `code`.
    pub fn successors<'a>(&'a self, code: &Code) -> impl Iterator<Item = &'a Change> + use<'a> {
        self.by_old.get(code).into_iter().flatten().map(|&i| &self.changes[i])
    }

    /// The changes that began `code`.
    pub fn predecessors<'a>(&'a self, code: &Code) -> impl Iterator<Item = &'a Change> + use<'a> {
        self.by_new.get(code).into_iter().flatten().map(|&i| &self.changes[i])
    }

    /// What `code` had become on `day`, following changes effective on or before it.
    pub fn forward(&self, code: &Code, day: Date) -> Descent {
        let mut here = code.clone();
        let mut merged = false;
        // `new` refused circles, so this ends within as many steps as there are rows.
        loop {
            let next: Vec<&Change> = self.successors(&here).filter(|c| c.effective <= day).collect();
            match next.as_slice() {
                [] => break,
                [change] => {
                    merged |= change.kind == ChangeKind::Merge;
                    here = change.new_code.clone();
                }
                several => {
                    return Descent::Split(several.iter().map(|c| c.new_code.clone()).collect());
                }
            }
        }
        match (here == *code, merged) {
            (true, _) => Descent::Unchanged,
            (false, false) => Descent::Recoded(here),
            (false, true) => Descent::Merged(here),
        }
    }
}

impl Lineage {
    /// The one code that `code` had been on `day`, following recodes alone back from it; `None` when it was itself
    /// then, or was made otherwise.
    pub fn backward(&self, code: &Code, day: Date) -> Option<Code> {
        let mut here = code.clone();
        loop {
            let before: Vec<&Change> = self.predecessors(&here).filter(|c| c.effective > day).collect();
            match before.as_slice() {
                [] => break,
                // A former code that also went elsewhere is not this area alone.
                [change]
                    if change.kind == ChangeKind::Recode
                        && self.successors(&change.old_code).count() == 1 =>
                {
                    here = change.old_code.clone();
                }
                _ => return None,
            }
        }
        (here != *code).then_some(here)
    }
}

impl FromStr for ChangeKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "recode" => Ok(ChangeKind::Recode),
            "merge" => Ok(ChangeKind::Merge),
            "split" => Ok(ChangeKind::Split),
            other => Err(format!("`{other}` is not a kind of change: recode, merge or split")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn change(old: &str, new: &str, year: i16, kind: ChangeKind) -> Change {
        Change {
            old_code: old.parse().unwrap(),
            old_name: old.into(),
            new_code: new.parse().unwrap(),
            new_name: new.into(),
            effective: date(year, 4, 1),
            kind,
            note: String::new(),
        }
    }

    #[test]
    fn taunton_deane_reaches_somerset_in_two_steps() {
        let lineage = Lineage::new(vec![
            change("E07000190", "E07000246", 2019, ChangeKind::Merge),
            change("E07000191", "E07000246", 2019, ChangeKind::Merge),
            change("E07000246", "E06000066", 2023, ChangeKind::Merge),
        ])
        .unwrap();
        let code: Code = "E07000190".parse().unwrap();
        let became = |year| lineage.forward(&code, date(year, 4, 1));
        assert_eq!(became(2018), Descent::Unchanged);
        assert_eq!(became(2019), Descent::Merged("E07000246".parse().unwrap()));
        assert_eq!(became(2025), Descent::Merged("E06000066".parse().unwrap()));
    }

    #[test]
    fn a_boundary_change_is_a_recode() {
        let lineage = Lineage::new(vec![change("E08000016", "E08000038", 2025, ChangeKind::Recode)]).unwrap();
        assert_eq!(
            lineage.forward(&"E08000016".parse().unwrap(), date(2025, 4, 1)),
            Descent::Recoded("E08000038".parse().unwrap())
        );
    }

    #[test]
    fn circles_and_unmarked_splits_are_refused() {
        let circle =
            vec![change("A", "B", 2019, ChangeKind::Recode), change("B", "A", 2020, ChangeKind::Recode)];
        assert!(matches!(Lineage::new(circle), Err(LineageError::Circle(_))));
        let fork =
            vec![change("A", "B", 2019, ChangeKind::Recode), change("A", "C", 2019, ChangeKind::Recode)];
        assert!(matches!(Lineage::new(fork), Err(LineageError::UnmarkedSplit { .. })));
    }
}
