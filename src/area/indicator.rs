//! What is measured, and one measurement.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The id of an indicator: a slug of its title (`stroke-admissions`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IndicatorId(Box<str>);

impl IndicatorId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes the id that a title gives: letters and digits in small letters, everything else one `-`.
    ///
    /// ```
    /// use levelmap::area::IndicatorId;
    /// let id = IndicatorId::from_title("Healthy life expectancy (male)").unwrap();
    /// assert_eq!(id.as_str(), "healthy-life-expectancy-male");
    /// ```
    pub fn from_title(title: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in title.chars() {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') && c != '\'' && c != '’' {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-');
        (!slug.is_empty()).then(|| IndicatorId(slug.into()))
    }
}

impl FromStr for IndicatorId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 120 || !text.bytes().all(fits) {
            return Err(format!("`{text}` is not an indicator id: use small letters, digits and `-`"));
        }
        Ok(IndicatorId(text.into()))
    }
}

impl TryFrom<String> for IndicatorId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<IndicatorId> for String {
    fn from(id: IndicatorId) -> String {
        id.0.into()
    }
}

impl fmt::Display for IndicatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a larger value is better, worse, or neither.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Polarity {
    /// A larger value is better.
    HighIsGood,
    /// A smaller value is better.
    LowIsGood,
    /// No judgement is made.
    #[default]
    Neutral,
}

impl Polarity {
    /// The polarity as answers and definitions write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Polarity::HighIsGood => "high-is-good",
            Polarity::LowIsGood => "low-is-good",
            Polarity::Neutral => "neutral",
        }
    }
}

/// What sort of number an indicator is; it decides how values aggregate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKind {
    /// Things counted: adds.
    Count,
    /// A count over a denominator, times a multiplier: recomputed from both.
    Rate,
    /// A part of a whole: recomputed from both.
    Proportion,
    /// A mean: weighted by its denominator.
    Mean,
    /// A median: cannot be aggregated.
    Median,
    /// A modelled figure such as life expectancy or an index: cannot be aggregated.
    Index,
}

impl IndicatorKind {
    /// The kind as answers and definitions write it.
    pub fn as_str(self) -> &'static str {
        match self {
            IndicatorKind::Count => "count",
            IndicatorKind::Rate => "rate",
            IndicatorKind::Proportion => "proportion",
            IndicatorKind::Mean => "mean",
            IndicatorKind::Median => "median",
            IndicatorKind::Index => "index",
        }
    }
}

/// Which of the four capitals an indicator speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capital {
    /// Money, buildings, networks.
    FinancialPhysical,
    /// Health, skills, knowledge.
    Human,
    /// Ties, trust, institutions.
    Social,
    /// Air, water, land, climate.
    Natural,
}

impl Capital {
    /// The four, in the order in which answers list them.
    pub const ALL: [Capital; 4] =
        [Capital::FinancialPhysical, Capital::Human, Capital::Social, Capital::Natural];

    /// The capital as answers and definitions write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Capital::FinancialPhysical => "financial-physical",
            Capital::Human => "human",
            Capital::Social => "social",
            Capital::Natural => "natural",
        }
    }
}

/// How soon an indicator can be expected to move.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Horizon {
    /// Within about three years.
    Short,
    /// Over more than three years.
    Long,
}

impl Horizon {
    /// The horizon as answers and definitions write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Horizon::Short => "short",
            Horizon::Long => "long",
        }
    }
}

/// What an indicator is: everything a reader must know before using a value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Indicator {
    /// Slug of the title.
    pub id: IndicatorId,
    /// Title for people.
    pub title: String,
    /// Unit of the value: `%`, `per 100,000 a year`, `minutes`.
    pub unit: String,
    /// Sort of number.
    pub kind: IndicatorKind,
    /// Direction that is better.
    #[serde(default)]
    pub polarity: Polarity,
    /// What numerator / denominator is multiplied by: 100 for a percentage, 100,000 for a rate.
    #[serde(default = "one")]
    pub multiplier: f64,
    /// Digits after the point when shown.
    #[serde(default)]
    pub decimals: u8,
    /// Which capital it speaks of, where that is settled.
    #[serde(default)]
    pub capital: Option<Capital>,
    /// How soon it can move, where that is settled.
    #[serde(default)]
    pub horizon: Option<Horizon>,
    /// Who published it, where and when.
    #[serde(default)]
    pub source: String,
    /// Licence of the values.
    #[serde(default)]
    pub licence: String,
    /// What it means, how it was made and what it cannot tell.
    #[serde(default)]
    pub description: String,
    /// True for a rate that was standardised (for age, say): its count over its denominator is not its value, so it
    /// cannot be recomputed from sums of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub standardised: bool,
}

fn one() -> f64 {
    1.0
}

/// Why there is no value, or what to know about one. Suppressed, missing and zero are three different things.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The publisher has a value and withholds it.
    Suppressed,
    /// There is no value.
    Missing,
    /// Too small a share of the area's residents has a value (see coverage).
    LowCoverage,
    /// The publisher says the value is of low reliability.
    LowReliability,
    /// The question does not apply to the area.
    NotApplicable,
    /// Medians, life expectancies and indices of parts give none of the whole.
    NotAggregable,
    /// There is a value, weighted by residents because its own denominators are not known.
    Estimated,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Flag; 7] = [
        Flag::Suppressed,
        Flag::Missing,
        Flag::LowCoverage,
        Flag::LowReliability,
        Flag::NotApplicable,
        Flag::NotAggregable,
        Flag::Estimated,
    ];

    /// The flag as answers and tables write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::Suppressed => "suppressed",
            Flag::Missing => "missing",
            Flag::LowCoverage => "low_coverage",
            Flag::LowReliability => "low_reliability",
            Flag::NotApplicable => "not_applicable",
            Flag::NotAggregable => "not_aggregable",
            Flag::Estimated => "estimated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_definitions() {
        fn check<T: Serialize + Copy>(all: &[T], word: impl Fn(T) -> &'static str) {
            for &one in all {
                assert_eq!(serde_json::to_value(one).unwrap(), word(one));
            }
        }
        use IndicatorKind::{Count, Index, Mean, Median, Proportion, Rate};
        check(&[Count, Rate, Proportion, Mean, Median, Index], IndicatorKind::as_str);
        check(&[Polarity::HighIsGood, Polarity::LowIsGood, Polarity::Neutral], Polarity::as_str);
        check(&[Horizon::Short, Horizon::Long], Horizon::as_str);
        check(&Capital::ALL, Capital::as_str);
        check(&Flag::ALL, Flag::as_str);
    }
}
