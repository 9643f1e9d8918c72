//! What a table says, and what its words give away, of the indicators in it.

use crate::area::{Indicator, IndicatorId, IndicatorKind, Polarity};

/// The id that a title gives. A sex at the start goes to the end, where the rest of the title sorts before it.
///
/// ```
/// use levelmap::indicator::describe::id_of;
/// assert_eq!(id_of("Male healthy life expectancy").unwrap().as_str(), "healthy-life-expectancy-male");
/// ```
pub fn id_of(title: &str) -> Option<IndicatorId> {
    let (first, rest) = title.trim().split_once(' ').unwrap_or((title, ""));
    let moved = match first.to_lowercase().as_str() {
        sex @ ("male" | "female") if !rest.is_empty() => format!("{rest} {sex}"),
        _ => title.to_owned(),
    };
    IndicatorId::from_title(&moved)
}

/// The sort of number that the words of a table tell of, and what a numerator over a denominator is multiplied by.
///
/// What cannot be told is an index: the sort that is never added up.
pub fn kind_of(title: &str, measure: &str, unit: &str) -> (IndicatorKind, f64) {
    let text = format!("{title} {measure} {unit}").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let whole_words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let word = |words: &[&str]| words.iter().any(|w| whole_words.contains(w));
    if has(&["median"]) {
        (IndicatorKind::Median, 1.0)
    } else if has(&["life expectancy", "index", "life years", "ratio", "slope", "decile", "rank"]) {
        (IndicatorKind::Index, 1.0)
    } else if let Some(multiplier) = per(&text) {
        (IndicatorKind::Rate, multiplier)
    } else if unit.trim() == "%" || has(&["percent", "proportion", "prevalence", "share of", "%"]) {
        (IndicatorKind::Proportion, 100.0)
    } else if word(&["mean", "average", "minutes", "mins"]) {
        (IndicatorKind::Mean, 1.0)
    } else if word(&["rate"]) {
        (IndicatorKind::Rate, 1.0)
    } else if word(&["count", "counts", "number", "people", "persons", "residents", "population", "total"]) {
        (IndicatorKind::Count, 1.0)
    } else {
        (IndicatorKind::Index, 1.0)
    }
}

/// The 100,000 of `per 100,000`; 1 for `per head`, `per capita`, `per hour worked`.
fn per(text: &str) -> Option<f64> {
    let after = text.split("per ").skip(1).find_map(|rest| {
        let digits: String =
            rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(|c| *c != ',').collect();
        digits.parse::<f64>().ok().filter(|n| *n >= 1.0)
    });
    let one = ["per capita", "per head", "per hour", "per person", "per household", "per resident", "per km"];
    after.or_else(|| one.iter().any(|w| text.contains(w)).then_some(1.0))
}

/// Digits after the point that a value shows, at most three: sources write what floating point gives them.
pub fn decimals_of(value: f64) -> u8 {
    (0..3).find(|d| (value * 10f64.powi(*d)).fract().abs() < 1e-9).unwrap_or(2) as u8
}

/// An indicator as its table describes it.
pub fn indicator(id: IndicatorId, title: &str, measure: &str, unit: &str, source: &str) -> Indicator {
    let (kind, multiplier) = kind_of(title, measure, unit);
    Indicator {
        id,
        title: title.trim().to_owned(),
        unit: if unit.trim().is_empty() { measure.trim().to_owned() } else { unit.trim().to_owned() },
        kind,
        polarity: Polarity::Neutral,
        multiplier,
        decimals: 1,
        capital: None,
        horizon: None,
        source: source.to_owned(),
        licence: String::new(),
        description: String::new(),
        standardised: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_real_indicators() {
        for (title, measure, unit, kind, multiplier) in [
            ("Male healthy life expectancy", "Years", "yrs", IndicatorKind::Index, 1.0),
            ("Adult obesity prevalence", "Percentage", "%", IndicatorKind::Proportion, 100.0),
            ("Drive to work", "Minutes", "mins", IndicatorKind::Mean, 1.0),
            ("Gross median weekly pay", "Pounds", "£", IndicatorKind::Median, 1.0),
            ("Gross value added per hour worked", "Pounds", "£", IndicatorKind::Rate, 1.0),
            (
                "Anxiety",
                "Mean (Where 0 is 'not at all anxious')",
                "Score out of 10",
                IndicatorKind::Mean,
                1.0,
            ),
            (
                "Preventable cardiovascular mortality (England)",
                "Rate per 100,000 population",
                "Rate per 100,000 population",
                IndicatorKind::Rate,
                100_000.0,
            ),
            (
                "Supermarkets",
                "Counts of chain supermarkets per 10,000 people",
                "Count per 10,000 people",
                IndicatorKind::Rate,
                10_000.0,
            ),
            (
                "Greenhouse gas emissions",
                "Emissions (tCO2e) per capita",
                "Tonnes of CO2 equivalent",
                IndicatorKind::Rate,
                1.0,
            ),
            ("Homes completed", "Number", "", IndicatorKind::Count, 1.0),
            ("Something", "", "", IndicatorKind::Index, 1.0),
        ] {
            assert_eq!(kind_of(title, measure, unit), (kind, multiplier), "{title}");
        }
    }

    #[test]
    fn ids_put_the_sex_last() {
        assert_eq!(
            id_of("Female healthy life expectancy").unwrap().as_str(),
            "healthy-life-expectancy-female"
        );
        assert_eq!(id_of("Supermarkets").unwrap().as_str(), "supermarkets");
        assert_eq!(id_of("---"), None);
    }
}
