//! What became of each code of a table: every code, and so every row, is in exactly one class.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::area::{Code, Descent, LayerId, LayerKind, Lineage};

/// The class of a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The code is of the layer as it is today.
    Matched,
    /// One other code followed it, one to one, however many steps.
    Recoded,
    /// Several codes became one, and the measure can be added or recomputed.
    Merged,
    /// The code is of another kind of layer: it goes there.
    OtherLayer,
    /// A code that names no area.
    Pseudo,
    /// The code leads to no area of today.
    Unmatched,
    /// The same area, period, sex, age and category once more.
    Duplicate,
    /// The code was divided among several areas.
    Ambiguous,
    /// The row cannot be read.
    Fault,
}

impl Class {
    /// Every class, in the order of reports.
    pub const ALL: [Class; 9] = [
        Class::Matched,
        Class::Recoded,
        Class::Merged,
        Class::OtherLayer,
        Class::Pseudo,
        Class::Unmatched,
        Class::Duplicate,
        Class::Ambiguous,
        Class::Fault,
    ];

    /// The name, as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Matched => "matched",
            Class::Recoded => "recoded",
            Class::Merged => "merged",
            Class::OtherLayer => "other_layer",
            Class::Pseudo => "pseudo",
            Class::Unmatched => "unmatched",
            Class::Duplicate => "duplicate",
            Class::Ambiguous => "ambiguous",
            Class::Fault => "fault",
        }
    }
}

/// A layer of which codes can be.
pub struct KnownLayer<'a> {
    /// Its id.
    pub id: LayerId,
    /// Whether it is the vintage now in force.
    pub current: bool,
    /// The first day of its vintage.
    pub valid_from: Date,
    /// How many areas it has.
    pub area_count: usize,
    /// Whether a code is one of its.
    pub has: Box<dyn Fn(&Code) -> bool + Send + Sync + 'a>,
    /// Its codes.
    pub codes: Box<dyn Fn() -> Vec<(Code, String)> + Send + Sync + 'a>,
}

/// Every layer and what became of codes.
pub struct Gazetteer<'a> {
    /// The layers, in catalogue order.
    pub layers: Vec<KnownLayer<'a>>,
    /// What became of codes.
    pub lineage: &'a Lineage,
}

/// The kind of layer that a table is about, and the vintage of its codes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detected {
    /// The vintage of the kind that has most of the codes.
    pub layer: LayerId,
    /// How many of the table's codes it has.
    pub codes: usize,
    /// The vintage in force, to which codes are led.
    pub target: LayerId,
    /// True when codes that never were in force together stand in the table.
    pub mixed: bool,
}

/// What became of one code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fate {
    /// Its class.
    pub class: Class,
    /// The code it leads to, where that is another.
    pub target: Option<Code>,
    /// The kind of layer it goes to, where that is another.
    pub kind: Option<LayerKind>,
    /// Why, in words, where the class does not say it.
    pub reason: Option<String>,
}

impl Fate {
    fn of(class: Class) -> Self {
        Fate { class, target: None, kind: None, reason: None }
    }

    fn to(class: Class, target: Code) -> Self {
        Fate { target: Some(target), ..Fate::of(class) }
    }

    fn because(class: Class, reason: String) -> Self {
        Fate { reason: Some(reason), ..Fate::of(class) }
    }
}

impl Gazetteer<'_> {
    fn of_kind<'s>(&'s self, kind: &'s LayerKind) -> impl Iterator<Item = &'s KnownLayer<'s>> {
        self.layers.iter().filter(move |l| l.id.kind == *kind)
    }

    /// The vintage of a kind now in force.
    pub fn current(&self, kind: &LayerKind) -> Option<&KnownLayer<'_>> {
        self.layers.iter().find(|l| l.id.kind == *kind && l.current)
    }

    /// The kind of layer that most of the codes are of, in any vintage, and the vintage that has most of them.
    ///
    /// Where kinds tie, the one with fewer areas fits closer; where vintages tie, the one in force, else the latest.
    pub fn detect(&self, codes: &[Code]) -> Option<Detected> {
        let mut kinds: Vec<&LayerKind> = Vec::new();
        for layer in &self.layers {
            if !kinds.contains(&&layer.id.kind) {
                kinds.push(&layer.id.kind);
            }
        }
        let counted = kinds.into_iter().filter_map(|kind| {
            let known = codes.iter().filter(|code| self.of_kind(kind).any(|l| (l.has)(code))).count();
            let size = self.current(kind)?.area_count;
            (known > 0).then_some((kind, known, size))
        });
        let (kind, known, _) = counted.max_by_key(|&(_, known, size)| (known, std::cmp::Reverse(size)))?;
        let of_layer = |l: &KnownLayer| codes.iter().filter(|code| (l.has)(code)).count();
        let best = self.of_kind(kind).max_by_key(|l| (of_layer(l), l.current, l.valid_from))?;
        let held = of_layer(best);
        Some(Detected {
            layer: best.id.clone(),
            codes: held,
            target: self.current(kind)?.id.clone(),
            mixed: held < known,
        })
    }

    /// What became of a code, for a table about layer `target`. `adds` says whether its measure can be added up
    /// or recomputed.
    pub fn fate(&self, code: &Code, target: &LayerId, adds: bool) -> Fate {
        if code.is_pseudo() {
            return Fate::of(Class::Pseudo);
        }
        let Some(layer) = self.layers.iter().find(|l| l.id == *target) else {
            return Fate::because(Class::Unmatched, format!("there is no layer {target}"));
        };
        if (layer.has)(code) {
            return Fate::of(Class::Matched);
        }
        let descent = self.lineage.forward(code, layer.valid_from);
        match &descent {
            Descent::Recoded(new) if (layer.has)(new) => return Fate::to(Class::Recoded, new.clone()),
            Descent::Merged(new) if (layer.has)(new) => {
                return if adds {
                    Fate::to(Class::Merged, new.clone())
                } else {
                    let reason = format!("merged into {new}; this measure cannot be added up or recomputed");
                    Fate::because(Class::Unmatched, reason)
                };
            }
            Descent::Split(parts) if parts.iter().any(|p| (layer.has)(p)) => {
                let names: Vec<&str> = parts.iter().map(Code::as_str).collect();
                return Fate::because(Class::Ambiguous, format!("was divided among {}", names.join(", ")));
            }
            _ => {}
        }
        // A row of another layer goes there: as it is, or by way of its lineage, else in the vintage it is of.
        let others = || self.layers.iter().filter(|l| l.id.kind != target.kind);
        if let Some(other) = others().filter(|l| l.current).find(|l| (l.has)(code)) {
            return Fate { kind: Some(other.id.kind.clone()), ..Fate::of(Class::OtherLayer) };
        }
        if let Descent::Recoded(new) = &descent
            && let Some(other) = others().filter(|l| l.current).find(|l| (l.has)(new))
        {
            let kind = Some(other.id.kind.clone());
            return Fate { kind, ..Fate::to(Class::OtherLayer, new.clone()) };
        }
        if let Some(other) = others().find(|l| (l.has)(code)) {
            let reason = format!("only in {}", other.id);
            return Fate { kind: Some(other.id.kind.clone()), ..Fate::because(Class::OtherLayer, reason) };
        }
        if let Some(older) = self.of_kind(&target.kind).find(|l| (l.has)(code)) {
            return Fate::because(Class::Unmatched, format!("only in {}", older.id));
        }
        Fate::of(Class::Unmatched)
    }

    /// The areas of a layer to which none of `served` leads.
    pub fn without(&self, layer: &LayerId, served: &HashMap<Code, bool>) -> Vec<(Code, String)> {
        let Some(layer) = self.layers.iter().find(|l| l.id == *layer) else { return Vec::new() };
        (layer.codes)().into_iter().filter(|(code, _)| !served.get(code).copied().unwrap_or(false)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{Change, ChangeKind};
    use jiff::civil::date;

    fn code(text: &str) -> Code {
        text.parse().unwrap()
    }

    fn layer(id: &str, year: i16, current: bool, codes: &'static [&'static str]) -> KnownLayer<'static> {
        let (kind, vintage) = id.split_once('@').unwrap();
        KnownLayer {
            id: LayerId { kind: kind.parse().unwrap(), vintage: vintage.parse().unwrap() },
            current,
            valid_from: date(year, 4, 1),
            area_count: codes.len(),
            has: Box::new(move |c| codes.contains(&c.as_str())),
            codes: Box::new(move || codes.iter().map(|c| (code(c), (*c).to_owned())).collect()),
        }
    }

    fn change(old: &str, new: &str, year: i16, kind: ChangeKind) -> Change {
        Change {
            old_code: code(old),
            old_name: String::new(),
            new_code: code(new),
            new_name: String::new(),
            effective: date(year, 4, 1),
            kind,
            note: String::new(),
        }
    }

    fn lineage() -> Lineage {
        Lineage::new(vec![
            change("E1", "E2", 2018, ChangeKind::Recode),
            change("E2", "E3", 2021, ChangeKind::Recode),
            change("M1", "M9", 2021, ChangeKind::Merge),
            change("M2", "M9", 2021, ChangeKind::Merge),
            // How a careless table of code history tells of two recodes on one day.
            change("F15", "F47", 2018, ChangeKind::Split),
            change("F15", "F48", 2018, ChangeKind::Split),
            change("F24", "F47", 2018, ChangeKind::Split),
            change("F24", "F48", 2018, ChangeKind::Split),
        ])
        .unwrap()
    }

    fn gazetteer(lineage: &Lineage) -> Gazetteer<'_> {
        Gazetteer {
            layers: vec![
                layer("lad@2017", 2017, false, &["E1", "M1", "M2", "F15", "F24", "S"]),
                layer("lad@2023", 2023, true, &["E3", "M9", "F47", "F48", "S"]),
                layer("rgn@2020", 2020, true, &["R1"]),
            ],
            lineage,
        }
    }

    #[test]
    fn each_code_has_one_class() {
        let lineage = lineage();
        let gazetteer = gazetteer(&lineage);
        let target = gazetteer.layers[1].id.clone();
        let class = |c: &str, adds| gazetteer.fate(&code(c), &target, adds).class;
        assert_eq!(class("S", false), Class::Matched);
        assert_eq!(gazetteer.fate(&code("E1"), &target, false).target, Some(code("E3")), "two steps");
        assert_eq!(class("E1", false), Class::Recoded);
        assert_eq!(class("M1", true), Class::Merged);
        assert_eq!(class("M1", false), Class::Unmatched, "a median of two councils is none");
        assert_eq!(class("R1", true), Class::OtherLayer);
        assert_eq!(class("S99999999", true), Class::Pseudo);
        assert_eq!(class("E99", true), Class::Unmatched);
    }

    #[test]
    fn a_two_by_two_history_is_ambiguous_and_never_counted_twice() {
        let lineage = lineage();
        let gazetteer = gazetteer(&lineage);
        let fate = gazetteer.fate(&code("F15"), &gazetteer.layers[1].id.clone(), true);
        assert_eq!(fate.class, Class::Ambiguous);
        assert_eq!(fate.reason.as_deref(), Some("was divided among F47, F48"));
        assert_eq!(fate.target, None);
    }

    #[test]
    fn kind_and_vintage_are_told_from_the_codes() {
        let lineage = lineage();
        let gazetteer = gazetteer(&lineage);
        let detect = |codes: &[&str]| {
            let codes: Vec<Code> = codes.iter().map(|c| code(c)).collect();
            gazetteer.detect(&codes).map(|d| (d.layer.to_string(), d.mixed))
        };
        assert_eq!(detect(&["E1", "M1", "M2", "R1"]), Some(("lad@2017".into(), false)));
        assert_eq!(detect(&["E3", "M9", "S"]), Some(("lad@2023".into(), false)));
        assert_eq!(detect(&["S"]), Some(("lad@2023".into(), false)), "a tie goes to the vintage in force");
        assert_eq!(detect(&["E1", "E3", "M9"]), Some(("lad@2023".into(), true)));
        assert_eq!(detect(&["X"]), None);
    }
}
