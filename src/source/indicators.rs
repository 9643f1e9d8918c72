//! The shipped indicators: `indicators.toml` says what each is, a table beside it holds the counts of every block.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::table::{Row, Table, TableError, TableFault};
use crate::area::{Capital, Code, Horizon, Indicator, IndicatorId, IndicatorKind, LayerId, Period, Polarity};

/// One indicator and where its numbers are.
#[derive(Clone, PartialEq, Debug)]
pub struct Definition {
    /// What it is.
    pub indicator: Indicator,
    /// The period of its values.
    pub period: Period,
    /// The layer whose areas the table lists.
    pub layer: LayerId,
    /// The table, relative to `indicators.toml`.
    pub table: String,
    /// How the columns of the table make it.
    pub columns: Columns,
}

/// Which columns of a table make an indicator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Columns {
    /// A count by itself.
    Count {
        /// The column counted.
        numerator: String,
    },
    /// A count over another, the other taken `years` times when the first was counted over several years.
    Ratio {
        /// The column above the line.
        numerator: String,
        /// The column below the line.
        denominator: String,
        /// How many years the numerator covers.
        years: u32,
    },
    /// A value of each area and how much each area weighs.
    Mean {
        /// The column of values.
        value: String,
        /// The column of weights.
        weight: String,
    },
}

/// Why `indicators.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndicatorsError {
    /// Not TOML, or a field is absent, unknown or of the wrong type.
    #[error("the list of indicators cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// It reads, but contradicts itself. Every fault is listed.
    #[error("the list of indicators has {} fault(s): {}", .0.len(), join(.0))]
    Faults(Vec<DefinitionFault>),
}

fn join(faults: &[DefinitionFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// One contradiction in `indicators.toml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionFault {
    /// Two indicators share id and period.
    #[error("`{id}` for {period} is listed twice")]
    Twice {
        /// The id.
        id: IndicatorId,
        /// The period.
        period: Period,
    },
    /// The columns given do not make this kind of indicator.
    #[error("`{id}` is a {kind:?}: it needs {wanted}")]
    Columns {
        /// The id.
        id: IndicatorId,
        /// Its kind.
        kind: IndicatorKind,
        /// The columns that its kind needs.
        wanted: &'static str,
    },
    /// A median or an index cannot be worked out from counts.
    #[error("`{id}` is a {kind:?}, which no counts make")]
    Kind {
        /// The id.
        id: IndicatorId,
        /// Its kind.
        kind: IndicatorKind,
    },
    /// The multiplier is not a positive number, or the numerator covers no year.
    #[error("`{0}`: `multiplier` and `years` must be above 0")]
    Factor(IndicatorId),
    /// The path of the table leads out of the folder.
    #[error("`{id}`: `{path}` leads out of the folder of the indicators")]
    PathOutside {
        /// The id.
        id: IndicatorId,
        /// The path.
        path: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    #[serde(default)]
    indicator: Vec<RawIndicator>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndicator {
    id: IndicatorId,
    title: String,
    unit: String,
    kind: IndicatorKind,
    #[serde(default)]
    polarity: Polarity,
    #[serde(default = "one")]
    multiplier: f64,
    #[serde(default)]
    decimals: u8,
    capital: Option<Capital>,
    horizon: Option<Horizon>,
    source: String,
    licence: String,
    description: String,
    period: Period,
    layer: LayerId,
    table: String,
    numerator: Option<String>,
    denominator: Option<String>,
    value: Option<String>,
    weight: Option<String>,
    years: Option<u32>,
}

fn one() -> f64 {
    1.0
}

/// Reads and checks `indicators.toml`.
pub fn definitions(text: &str) -> Result<Vec<Definition>, IndicatorsError> {
    let raw: RawList = toml::from_str(text)?;
    let mut faults = Vec::new();
    let mut definitions: Vec<Definition> = Vec::with_capacity(raw.indicator.len());
    for raw in raw.indicator {
        let columns = columns(&raw, &mut faults);
        if definitions.iter().any(|d| d.indicator.id == raw.id && d.period == raw.period) {
            faults.push(DefinitionFault::Twice { id: raw.id.clone(), period: raw.period });
        }
        if !(raw.multiplier.is_finite() && raw.multiplier > 0.0) || raw.years == Some(0) {
            faults.push(DefinitionFault::Factor(raw.id.clone()));
        }
        if raw.table.is_empty() || raw.table.contains(['/', '\\', ':']) || raw.table.starts_with('.') {
            faults.push(DefinitionFault::PathOutside { id: raw.id.clone(), path: raw.table.clone() });
        }
        let Some(columns) = columns else { continue };
        definitions.push(Definition {
            indicator: Indicator {
                id: raw.id,
                title: raw.title,
                unit: raw.unit,
                kind: raw.kind,
                polarity: raw.polarity,
                multiplier: raw.multiplier,
                decimals: raw.decimals,
                capital: raw.capital,
                horizon: raw.horizon,
                source: raw.source,
                licence: raw.licence,
                description: raw.description,
                standardised: false,
            },
            period: raw.period,
            layer: raw.layer,
            table: raw.table,
            columns,
        });
    }
    if faults.is_empty() { Ok(definitions) } else { Err(IndicatorsError::Faults(faults)) }
}

fn columns(raw: &RawIndicator, faults: &mut Vec<DefinitionFault>) -> Option<Columns> {
    let wanted = match raw.kind {
        IndicatorKind::Count => "`numerator` alone",
        IndicatorKind::Rate | IndicatorKind::Proportion => {
            "`numerator` and `denominator` (and `years`, if several)"
        }
        IndicatorKind::Mean => "`value` and `weight`, or `numerator` and `denominator`",
        IndicatorKind::Median | IndicatorKind::Index => {
            faults.push(DefinitionFault::Kind { id: raw.id.clone(), kind: raw.kind });
            return None;
        }
    };
    let given =
        (raw.numerator.clone(), raw.denominator.clone(), raw.value.clone(), raw.weight.clone(), raw.years);
    let columns = match (raw.kind, given) {
        (IndicatorKind::Count, (Some(numerator), None, None, None, None)) => Columns::Count { numerator },
        (
            IndicatorKind::Rate | IndicatorKind::Proportion | IndicatorKind::Mean,
            (Some(numerator), Some(denominator), None, None, years),
        ) => Columns::Ratio { numerator, denominator, years: years.unwrap_or(1) },
        (IndicatorKind::Mean, (None, None, Some(value), Some(weight), None)) => {
            Columns::Mean { value, weight }
        }
        _ => {
            faults.push(DefinitionFault::Columns { id: raw.id.clone(), kind: raw.kind, wanted });
            return None;
        }
    };
    Some(columns)
}

/// The numbers of one indicator, aligned with the codes of their sheet. For every kind but a count the value of any
/// set of areas is `multiplier * sum(numerator) / sum(denominator)`; a mean's numerator is its value times its weight.
#[derive(Clone, PartialEq, Debug)]
pub struct IndicatorTable {
    /// What it is.
    pub indicator: Indicator,
    /// The period of its values.
    pub period: Period,
    /// What is added up; NaN where missing.
    pub numerator: Vec<f64>,
    /// What it is divided by; NaN where missing; `None` for counts.
    pub denominator: Option<Vec<f64>>,
}

/// A table of numbers and the indicators it makes.
#[derive(Clone, PartialEq, Debug)]
pub struct IndicatorSheet {
    /// The layer of the codes.
    pub layer: LayerId,
    /// The codes, each once, in file order.
    pub codes: Vec<Code>,
    /// The indicators, in the order of their definitions.
    pub tables: Vec<IndicatorTable>,
}

/// Reads the table `file`: one row an area, the column `code` and the columns that its definitions name. An empty
/// cell is missing; what is there must be a number of at least 0.
pub fn sheet(
    definitions: &[Definition],
    file: &str,
    bytes: &[u8],
) -> Result<Option<IndicatorSheet>, TableError> {
    let mut mine = definitions.iter().filter(|d| d.table == file).peekable();
    let Some(first) = mine.peek() else { return Ok(None) };
    let layer = first.layer.clone();
    let table = Table::parse(file, bytes)?;
    let mut faults = Vec::new();
    let codes = codes(&table, &mut faults)?;
    let mut read: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut column = |name: &str| -> Vec<f64> {
        read.entry(name.to_owned()).or_insert_with(|| numbers(&table, name, &mut faults)).clone()
    };
    let mut tables = Vec::new();
    for definition in mine {
        let (numerator, denominator) = match &definition.columns {
            Columns::Count { numerator } => (column(numerator), None),
            Columns::Ratio { numerator, denominator, years } => {
                let years = f64::from(*years);
                let denominator = column(denominator).into_iter().map(|d| d * years).collect();
                (column(numerator), Some(denominator))
            }
            Columns::Mean { value, weight } => {
                let weight = column(weight);
                let numerator = column(value).iter().zip(&weight).map(|(v, w)| v * w).collect();
                (numerator, Some(weight))
            }
        };
        // What has no numerator must not weigh in the denominator either.
        let denominator = denominator.map(|denominator: Vec<f64>| {
            let pairs = denominator.into_iter().zip(&numerator);
            pairs.map(|(d, n)| if n.is_nan() { f64::NAN } else { d }).collect()
        });
        tables.push(IndicatorTable {
            indicator: definition.indicator.clone(),
            period: definition.period,
            numerator,
            denominator,
        });
    }
    if faults.is_empty() {
        Ok(Some(IndicatorSheet { layer, codes, tables }))
    } else {
        Err(table.error(faults))
    }
}

fn codes(table: &Table, faults: &mut Vec<TableFault>) -> Result<Vec<Code>, TableError> {
    let [at] = table.places(["code"])?;
    let mut lines: HashMap<Code, u64> = HashMap::with_capacity(table.len());
    let mut codes = Vec::with_capacity(table.len());
    for (line, record) in table.records() {
        let Some(code) = table.code(line, record, at, faults) else { continue };
        if let Some(&first_line) = lines.get(&code) {
            faults.push(TableFault::KeyTwice { line, first_line, key: code.clone() });
        }
        lines.insert(code.clone(), line);
        codes.push(code);
    }
    Ok(codes)
}

fn numbers(table: &Table, column: &str, faults: &mut Vec<TableFault>) -> Vec<f64> {
    let at = match table.column(column) {
        Ok(at) => at,
        Err(fault) => {
            faults.push(fault);
            return vec![f64::NAN; table.len()];
        }
    };
    let mut number = |(line, record): (u64, Row)| {
        let text = record.get(at).unwrap_or_default().trim();
        if text.is_empty() {
            return f64::NAN;
        }
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        number.unwrap_or_else(|| {
            faults.push(table.cell(line, at, record, "a number of at least 0"));
            f64::NAN
        })
    };
    table.records().map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
[[indicator]]
id = "admissions"
title = "Admissions"
unit = "per 100,000 a year"
kind = "rate"
multiplier = 100000
source = "s"
licence = "l"
description = "d"
period = "2017-19"
layer = "lsoa@2011"
table = "t.csv"
numerator = "admissions"
denominator = "residents"
years = 3

[[indicator]]
id = "minutes"
title = "Minutes"
unit = "minutes"
kind = "mean"
source = "s"
licence = "l"
description = "d"
period = "2024"
layer = "lsoa@2011"
table = "t.csv"
value = "minutes"
weight = "residents"
"#;

    fn read(table: &str) -> Result<IndicatorSheet, TableError> {
        Ok(sheet(&definitions(LIST).unwrap(), "t.csv", table.as_bytes())?.unwrap())
    }

    #[test]
    fn years_and_weights_go_into_numerator_and_denominator() {
        let sheet = read("code,residents,admissions,minutes\nE1,1000,6,12.5\nE2,3000,3,\n").unwrap();
        let [rate, mean] = sheet.tables.as_slice() else { panic!("{:?}", sheet.tables) };
        assert_eq!(rate.denominator.as_deref(), Some([3000.0, 9000.0].as_slice()));
        assert_eq!(mean.numerator[0], 12_500.0);
        // A block without minutes has no weight.
        assert!(mean.numerator[1].is_nan());
        assert!(mean.denominator.as_ref().is_some_and(|d| d[0] == 1000.0 && d[1].is_nan()));
    }

    #[test]
    fn bad_cells_and_missing_columns_are_all_told() {
        let error = read("code,residents,admissions\nE1,-1,6\nE1,3,many\n").unwrap_err();
        assert_eq!(error.faults.len(), 4, "{error}");
    }

    #[test]
    fn a_kind_needs_its_columns() {
        let faults = |text: &str| match definitions(text) {
            Err(IndicatorsError::Faults(faults)) => faults.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!(faults(&LIST.replace("denominator = \"residents\"\n", "")), 1);
        assert_eq!(faults(&LIST.replace("kind = \"mean\"", "kind = \"median\"")), 1);
        assert_eq!(faults(&LIST.replace("years = 3", "years = 0").replace("t.csv", "../t.csv")), 3);
    }

    #[test]
    fn a_table_that_nothing_names_is_no_sheet() {
        assert!(sheet(&definitions(LIST).unwrap(), "u.csv", b"code\n").unwrap().is_none());
    }
}
