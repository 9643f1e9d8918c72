//! The gaps of an indicator over some areas, as answers give them.

use serde_json::{Map, Value, json};

use super::asked::Subject;
use crate::analysis::gap::{Tenths, Weighed, ends, tenths_of_areas, tenths_of_people};
use crate::analysis::scope::Scope;
use crate::area::Polarity;

/// The values of a scope, ready to be measured.
pub(super) struct Measured {
    /// The areas with a value, and their values.
    pub known: Vec<(u32, f64)>,
    /// Those of them whose weight is known.
    pub weighed: Vec<Weighed>,
    areas: usize,
    polarity: Polarity,
}

impl Measured {
    /// Those areas of the scope that have a value.
    pub fn of(subject: &Subject<'_>, scope: &Scope<'_>, weights: &[Option<f64>]) -> Measured {
        let known = scope.areas.iter().filter_map(|&a| Some((a, subject.observation(a).value()?)));
        Measured::of_known(known.collect(), scope, weights, subject.about().polarity)
    }

    /// Areas with their values.
    pub fn of_known(
        known: Vec<(u32, f64)>,
        scope: &Scope<'_>,
        weights: &[Option<f64>],
        polarity: Polarity,
    ) -> Measured {
        let weighed = known
            .iter()
            .filter_map(|&(area, value)| {
                Some(Weighed { value, weight: weights[area as usize].filter(|w| *w > 0.0)? })
            })
            .collect();
        Measured { known, weighed, areas: scope.areas.len(), polarity }
    }

    /// `range`, `decile_gap`, `decile_gap_of_areas`, and how many areas each is of.
    pub fn gaps(&self, scope: &Scope<'_>) -> Map<String, Value> {
        let values: Vec<f64> = self.known.iter().map(|(_, value)| *value).collect();
        let end = |place: usize| {
            let (area, value) = self.known[place];
            let about = &scope.layer.areas()[area as usize];
            json!({"code": about.code, "name": about.name, "value": value})
        };
        let range = ends(&values).map(|e| {
            json!({"lowest": end(e.lowest), "highest": end(e.highest), "absolute": e.absolute,
                "relative": e.relative})
        });
        let mut map = Map::new();
        map.insert("areas".into(), self.areas.into());
        map.insert("areas_with_value".into(), self.known.len().into());
        map.insert("areas_with_weight".into(), self.weighed.len().into());
        map.insert("range".into(), json!(range));
        map.insert("decile_gap".into(), self.tenths(tenths_of_people(&self.weighed)));
        map.insert("decile_gap_of_areas".into(), self.tenths(tenths_of_areas(&values)));
        map
    }

    fn tenths(&self, tenths: Option<Tenths>) -> Value {
        let Some(tenths) = tenths else { return Value::Null };
        json!({
            "lowest": tenths.lowest, "highest": tenths.highest, "absolute": tenths.absolute,
            "relative": tenths.relative, "best_against_rest": self.best_against_rest(&tenths)
        })
    }

    /// How far the best tenth is from all the rest; the highest where neither side is better.
    pub fn best_against_rest(&self, tenths: &Tenths) -> f64 {
        match self.polarity {
            Polarity::LowIsGood => tenths.above_lowest - tenths.lowest,
            Polarity::HighIsGood | Polarity::Neutral => tenths.highest - tenths.below_highest,
        }
    }

    /// What to know before using the gaps.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let (areas, known, weighed) = (self.areas, self.known.len(), self.weighed.len());
        if known < areas {
            warnings.push(format!("{} of {areas} areas have no value and are left out", areas - known));
        }
        if weighed < known {
            warnings.push(format!(
                "{} of {known} areas with a value have no known weight and are left out of what is weighted: \
                 weight=areas counts each alike",
                known - weighed
            ));
        }
        warnings
    }
}

/// Measures as lines of a table: what each is called, and its number.
pub(super) fn lines(about: &Map<String, Value>, measures: &[&str]) -> Vec<Map<String, Value>> {
    let mut lines = Vec::new();
    for name in measures {
        walk(name, about.get(*name).unwrap_or(&Value::Null), &mut lines);
    }
    lines
}

fn walk(name: &str, value: &Value, lines: &mut Vec<Map<String, Value>>) {
    match value {
        Value::Object(inner) => inner.iter().for_each(|(key, v)| walk(&format!("{name}_{key}"), v, lines)),
        Value::Array(pair) if pair.len() == 2 => {
            for (side, v) in ["lower", "upper"].into_iter().zip(pair) {
                walk(&format!("{name}_{side}"), v, lines);
            }
        }
        other => {
            let mut line = Map::new();
            line.insert("measure".into(), name.into());
            line.insert("value".into(), other.clone());
            lines.push(line);
        }
    }
}
