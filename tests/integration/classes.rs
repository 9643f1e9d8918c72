//! Class breaks against those of other programs.

use std::path::{Path, PathBuf};

use levelmap::choropleth::{Classification, ClassifyOptions, Method, classify};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list of numbers").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the file can be read");
    serde_json::from_str(&text).expect("the file is JSON")
}

fn made(values: &[f64], method: Method, classes: usize, breaks: Vec<f64>) -> Classification {
    classify(values, &ClassifyOptions { method, classes, breaks }).expect("these values make classes")
}

/// Sum of squared deviations from the class means, from its definition.
fn squares_within(values: &[f64], uppers: &[f64]) -> f64 {
    let mut groups: Vec<Vec<f64>> = vec![Vec::new(); uppers.len()];
    for &value in values {
        let class = uppers.iter().position(|&upper| value <= upper).expect("every value has a class");
        groups[class].push(value);
    }
    groups
        .iter()
        .map(|group| {
            let mean = group.iter().sum::<f64>() / group.len() as f64;
            group.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        })
        .sum()
}

#[track_caller]
fn assert_near(what: &str, found: &[f64], expected: &[f64]) {
    let close = |(f, e): (&f64, &f64)| (f - e).abs() <= 1e-9 * e.abs().max(1.0);
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(close),
        "{what}: {found:?} is not {expected:?}"
    );
}

#[test]
fn mapclassify_makes_the_same_classes_of_random_values() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let oracle = read(&root.join("tests/oracles/mapclassify_breaks.json"));
    let mut compared = 0;
    for case in oracle["cases"].as_array().expect("cases are a list") {
        let values = numbers(&case["values"]);
        let classes = case["k"].as_u64().expect("k is a number") as usize;
        for (name, expected) in case["made"].as_object().expect("methods by name") {
            let what = format!("{} {name} k={classes}", case["name"]);
            let method: Method = name.parse().expect("the method exists");
            let breaks = expected.get("breaks").map_or_else(Vec::new, numbers);
            let found = made(&values, method, classes, breaks);
            let uppers = numbers(&expected["uppers"]);
            let counts: Vec<usize> = numbers(&expected["counts"]).iter().map(|c| *c as usize).collect();
            if method == Method::Jenks {
                // Equally good partitions may differ, and the other program works in 32-bit numbers: ours
                // must be as good.
                let (ours, theirs) =
                    (squares_within(&values, &found.uppers), squares_within(&values, &uppers));
                assert!(ours <= theirs * (1.0 + 1e-12), "{what}: {ours} > {theirs}");
            } else if method == Method::Std {
                // Ours has a fifth class also when no value is in it.
                assert_near(&what, &found.uppers[..4], &uppers[..4]);
                assert_eq!(found.counts[..4], counts[..4], "{what}");
            } else {
                assert_near(&what, &found.uppers, &uppers);
                assert_eq!(found.counts, counts, "{what}");
                let gadf = expected["gadf"].as_f64().expect("gadf is a number");
                assert!((found.gadf - gadf).abs() < 1e-9, "{what}: {} is not {gadf}", found.gadf);
            }
            compared += 1;
        }
    }
    assert!(compared > 70, "only {compared} comparisons");
}

/// The reference values are not part of the repository; where they lie beside it, they are checked too.
fn reference_values() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = Path::new("shared/reference/reference_values.json");
    root.ancestors().skip(1).take(3).map(|folder| folder.join(name)).find(|path| path.exists())
}

#[test]
fn published_reference_values_come_out() {
    let Some(path) = reference_values() else {
        eprintln!("skipped: ../shared/reference/reference_values.json is not there");
        return;
    };
    let reference = read(&path);
    let check = |values: &[f64], name: &str, expected: &Value, classes: usize| {
        let method = match name {
            "EqualInterval" => Method::Equal,
            "Quantiles" => Method::Quantile,
            "FisherJenks" => Method::Jenks,
            "HeadTailBreaks" => Method::HeadTail,
            "StdMean" => Method::Std,
            "PrettyBreaks" => Method::Pretty,
            _ => return false,
        };
        let found = made(values, method, classes, Vec::new());
        assert_near(name, &found.uppers, &numbers(&expected["upper_bounds"]));
        let counts: Vec<f64> = found.counts.iter().map(|c| *c as f64).collect();
        assert_eq!(counts, numbers(&expected["counts"]), "{name}");
        if let Some(gadf) = expected["gadf"].as_f64() {
            assert!((found.gadf - gadf).abs() < 1e-9, "{name}: {} is not {gadf}", found.gadf);
        }
        true
    };
    let mut checked = 0;
    let calemp = &reference["calempdensity"];
    for (name, expected) in calemp["classifiers"].as_object().expect("classifiers by name") {
        checked += usize::from(check(&numbers(&calemp["values"]), name, expected, 5));
    }
    for (values, by_name) in reference["ties_k4"].as_object().expect("cases by values") {
        let values = numbers(&serde_json::from_str(values).expect("values are a list"));
        for (name, expected) in by_name.as_object().expect("classifiers by name") {
            checked += usize::from(check(&values, name, expected, 4));
        }
    }
    assert_eq!(checked, 12);
}
