//! The report of a file that has gone by: every code gets its class, and with it every row.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use super::{ImportOptions, Learnt};
use crate::area::{Code, Indicator, IndicatorKind, Period};
use crate::indicator::format::{Format, Role};
use crate::indicator::matching::{Class, Detected, Fate, Gazetteer};
use crate::indicator::report::{ClassCount, Example, FAULTS_KEPT, Report, ReportIndicator, Without};
use crate::indicator::rows::{RowFault, Rows};

pub(super) fn report<R: Read>(
    learnt: &Learnt,
    rows: &Rows<R>,
    gazetteer: &Gazetteer<'_>,
    name: &str,
    encoding: &str,
    options: &ImportOptions,
) -> (Report, Vec<Indicator>) {
    let format = rows.columns().format;
    let detected = gazetteer.detect(&learnt.codes);
    let indicators: Vec<Indicator> =
        learnt.drafts.iter().map(|d| d.indicator(options, source_of(format))).collect();
    let mut classes: BTreeMap<Class, ClassCount> = Class::ALL.map(|c| (c, ClassCount::default())).into();
    let mut served: HashMap<Code, bool> = HashMap::new();
    let mut listed: BTreeMap<(Class, u32), Example> = BTreeMap::new();
    for (tallies, duplicate) in [(&learnt.tallies, false), (&learnt.duplicates, true)] {
        for (&(indicator, code), tally) in tallies {
            let adds = learnt.drafts[indicator as usize].adds(&indicators[indicator as usize]);
            let known = &learnt.codes[code as usize];
            let fate = if duplicate {
                Fate { class: Class::Duplicate, target: None, kind: None, reason: None }
            } else {
                fate_of(gazetteer, detected.as_ref(), known, adds)
            };
            let joins = matches!(fate.class, Class::Matched | Class::Recoded | Class::Merged);
            if joins && tally.with_value > 0 {
                served.insert(fate.target.clone().unwrap_or_else(|| known.clone()), true);
            }
            let example = listed.entry((fate.class, code)).or_insert_with(|| Example {
                code: known.to_string(),
                name: learnt.names[code as usize].clone(),
                rows: 0,
                first_row: tally.first_row,
                target: fate.target.as_ref().map(Code::to_string),
                layer: fate.kind.as_ref().map(|k| k.as_str().to_owned()),
                reason: fate.reason.clone(),
            });
            example.rows += tally.rows;
            example.first_row = example.first_row.min(tally.first_row);
        }
    }
    let mut examples: Vec<((Class, u32), Example)> = listed.into_iter().collect();
    examples.sort_by_key(|((class, _), e)| (*class, e.first_row));
    for ((class, _), example) in examples {
        let count = classes.entry(class).or_default();
        count.count += example.rows;
        count.examples.push(example);
    }
    let faults = classes.entry(Class::Fault).or_default();
    faults.count = learnt.fault_count;
    faults.examples = learnt.faults.iter().map(fault_example).collect();

    let without = detected.as_ref().map(|d| gazetteer.without(&d.target, &served)).unwrap_or_default();
    let mut periods: Vec<Period> = learnt.series.iter().filter_map(|s| s.period).collect();
    periods.sort_by_key(|p| (p.end(), p.start()));
    periods.dedup();
    let report = Report {
        file: name.to_owned(),
        format: format.as_str().to_owned(),
        encoding: encoding.to_owned(),
        columns: rows.columns().said().into_iter().map(|(role, header)| (role_name(role), header)).collect(),
        kind: detected.as_ref().map(|d| d.layer.kind.as_str().to_owned()),
        vintage: detected.as_ref().map(|d| d.layer.vintage.as_str().to_owned()),
        layer: detected.as_ref().map(|d| d.target.to_string()),
        rows_read: learnt.rows_read,
        classes,
        indicators: learnt
            .drafts
            .iter()
            .zip(&indicators)
            .map(|(draft, indicator)| ReportIndicator {
                id: draft.id.to_string(),
                title: draft.title.clone(),
                kind: kind_name(indicator.kind),
                rows: draft.rows,
            })
            .collect(),
        periods: periods.iter().map(Period::to_string).collect(),
        areas_without_value: Without {
            count: without.len(),
            examples: without.into_iter().map(|(code, name)| (code.to_string(), name)).collect(),
        },
        notes: notes(learnt, detected.as_ref(), &indicators),
        import: None,
    };
    (report, indicators)
}

fn fate_of(gazetteer: &Gazetteer<'_>, detected: Option<&Detected>, code: &Code, adds: bool) -> Fate {
    match detected {
        Some(detected) => gazetteer.fate(code, &detected.target, adds),
        None if code.is_pseudo() => Fate { class: Class::Pseudo, target: None, kind: None, reason: None },
        None => Fate { class: Class::Unmatched, target: None, kind: None, reason: None },
    }
}

fn fault_example(fault: &RowFault) -> Example {
    let column = if fault.column.is_empty() { String::new() } else { format!("column `{}`: ", fault.column) };
    Example {
        rows: 1,
        first_row: fault.row,
        reason: Some(format!("row {}, {column}{}", fault.row, fault.cause)),
        ..Example::default()
    }
}

fn notes(learnt: &Learnt, detected: Option<&Detected>, indicators: &[Indicator]) -> Vec<String> {
    let mut notes = Vec::new();
    if detected.is_some_and(|d| d.mixed) {
        notes.push("codes of more than one vintage stand in this file".to_owned());
    }
    if let Some(all) = learnt.rows_in_all.filter(|all| *all > learnt.rows_read) {
        notes.push(format!(
            "the source has {all} rows and this file {}: it was cut off when it was fetched",
            learnt.rows_read
        ));
    }
    if learnt.fault_count > learnt.faults.len() as u64 {
        notes.push(format!("the first {FAULTS_KEPT} faults are listed"));
    }
    for indicator in indicators.iter().filter(|i| i.standardised) {
        notes.push(format!(
            "{}: values are not count over denominator, so taken as standardised",
            indicator.id
        ));
    }
    if learnt.series.iter().any(|s| !s.category.is_empty()) {
        notes.push(
            "rows of groups within an area (deprivation, ethnicity) are kept, and shown on no map".to_owned(),
        );
    }
    notes
}

fn role_name(role: Role) -> String {
    serde_json::to_value(role).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn kind_name(kind: IndicatorKind) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn source_of(format: Format) -> &'static str {
    match format {
        Format::Fingertips => "Office for Health Improvement and Disparities, Fingertips",
        Format::Els => "Office for National Statistics, Explore Local Statistics",
        Format::Nomis => "Office for National Statistics, Nomis",
        Format::Tidy => "",
    }
}
