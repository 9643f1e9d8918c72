//! Definitions of composite indices (`indices/*.toml`, or in a request): which indicators, in which direction and
//! period, made comparable how, weighted how, and what becomes of areas that lack one.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::{Folder, FolderError};
use crate::area::{Capital, Code, Horizon, IndicatorId, LayerRef, Period, Polarity};

/// The folder of the definitions that ship.
pub const FOLDER: &str = "indices";
/// More indicators than this make no index that anyone can read.
const MAX_INDICATORS: usize = 100;
/// The most periods that a mean may run over.
const MAX_PERIODS: usize = 20;

/// How values of different units become comparable. Higher is better in all but the exponential, where higher is worse.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// Standard deviations from the mean of the areas.
    #[default]
    Z,
    /// 0 for the worst area, 1 for the best.
    MinMax,
    /// 1 for the worst area, N for the best; equal values share the mean of their ranks.
    Rank,
    /// 100 (rank - 1/2) / N.
    Percentile,
    /// The exponential of the English indices of deprivation: 100 for the worst area, falling fast.
    ImdExponential,
}

impl Normalisation {
    /// Every way.
    pub const ALL: [Normalisation; 5] = [
        Normalisation::Z,
        Normalisation::MinMax,
        Normalisation::Rank,
        Normalisation::Percentile,
        Normalisation::ImdExponential,
    ];

    /// The way as definitions write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Normalisation::Z => "z",
            Normalisation::MinMax => "min-max",
            Normalisation::Rank => "rank",
            Normalisation::Percentile => "percentile",
            Normalisation::ImdExponential => "imd-exponential",
        }
    }

    /// True where a higher score is better.
    pub fn high_is_good(self) -> bool {
        self != Normalisation::ImdExponential
    }
}

/// How normalised values become one score.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregation {
    /// Weighted mean: strengths offset weaknesses in full.
    #[default]
    Arithmetic,
    /// Weighted geometric mean: a weakness is offset less the deeper it is. Needs values of at least 0.
    Geometric,
}

/// What weights are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// A mean within each capital, then a mean of the capitals.
    #[default]
    Capitals,
    /// One mean of all indicators, whatever their capital.
    Indicators,
}

/// Which areas get a score.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Need {
    /// Those with every indicator.
    #[default]
    All,
    /// Those whose indicators hold at least this share of the weight; the others' weight goes to those that are there.
    Share(f64),
}

impl Serialize for Need {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Need::All => serializer.serialize_str("all"),
            Need::Share(share) => serializer.serialize_f64(*share),
        }
    }
}

impl<'de> Deserialize<'de> for Need {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Word(String),
            Share(f64),
        }
        let fault =
            || serde::de::Error::custom("`need` is \"all\" or a share of the weight above 0 and up to 1");
        match Raw::deserialize(deserializer).map_err(|_| fault())? {
            Raw::Word(word) if word == "all" => Ok(Need::All),
            Raw::Share(share) if share > 0.0 && share <= 1.0 => Ok(Need::Share(share)),
            _ => Err(fault()),
        }
    }
}

/// Which period of a series counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PeriodRule {
    /// The latest.
    #[default]
    Latest,
    /// This one.
    At(Period),
    /// The mean of the latest so many.
    MeanOfLatest(usize),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMean {
    mean_of_latest: usize,
}

impl Serialize for PeriodRule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PeriodRule::Latest => serializer.serialize_str("latest"),
            PeriodRule::At(period) => period.serialize(serializer),
            PeriodRule::MeanOfLatest(n) => RawMean { mean_of_latest: *n }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for PeriodRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Text(String),
            Mean(RawMean),
        }
        let fault = |_| {
            let words = "`period` is \"latest\", a period such as \"2022-24\", or { mean_of_latest = 3 }";
            serde::de::Error::custom(words)
        };
        match Raw::deserialize(deserializer).map_err(fault)? {
            Raw::Text(text) if text == "latest" => Ok(PeriodRule::Latest),
            Raw::Text(text) => text.parse().map(PeriodRule::At).map_err(serde::de::Error::custom),
            Raw::Mean(RawMean { mean_of_latest: n }) if (1..=MAX_PERIODS).contains(&n) => {
                Ok(PeriodRule::MeanOfLatest(n))
            }
            Raw::Mean(_) => {
                let words = format!("`mean_of_latest` is between 1 and {MAX_PERIODS}");
                Err(serde::de::Error::custom(words))
            }
        }
    }
}

/// One series of an indicator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesName {
    /// The indicator.
    pub indicator: IndicatorId,
    /// Its sex; that of all people when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<String>,
    /// Its age; all ages when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
}

/// One part of an index: an indicator, or the mean of several series such as those of men and of women.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The indicator; where `mean_of` is given, the name of the part.
    pub id: IndicatorId,
    /// The series of which it is the mean; the indicator's own when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean_of: Vec<SeriesName>,
    /// The sex, where it is one indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<String>,
    /// The age, where it is one indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// Which period.
    #[serde(default)]
    pub period: PeriodRule,
    /// Which direction is better; that of the indicator when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polarity: Option<Polarity>,
    /// Its weight among the indicators of its capital, or among all.
    #[serde(default = "one")]
    pub weight: f64,
    /// Its capital; that of the indicator when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capital: Option<Capital>,
    /// How soon it can move; as the indicator says when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Horizon>,
}

fn one() -> f64 {
    1.0
}

impl Part {
    /// The series it is made of.
    pub fn series(&self) -> Vec<SeriesName> {
        if self.mean_of.is_empty() {
            let (sex, age) = (self.sex.clone(), self.age.clone());
            return vec![SeriesName { indicator: self.id.clone(), sex, age }];
        }
        self.mean_of.clone()
    }
}

/// Weight and words of a capital.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapitalRule {
    /// The capital.
    pub capital: Capital,
    /// Its weight against the other capitals.
    #[serde(default = "one")]
    pub weight: f64,
    /// What to say of it where no indicator speaks of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub missing: String,
}

/// A composite index.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexDefinition {
    /// Its id, as that of an indicator.
    pub id: IndicatorId,
    /// Its title for people.
    pub title: String,
    /// What it means and what it cannot tell.
    #[serde(default)]
    pub description: String,
    /// The layer it is made for when no other is asked for.
    pub layer: LayerRef,
    /// Only areas that lie in this area (a country, a region), where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Code>,
    /// How values become comparable.
    #[serde(default)]
    pub normalisation: Normalisation,
    /// What is taken off the number of areas under the variance of `z`: 0 (of all areas) or 1 (of a sample).
    #[serde(default)]
    pub ddof: u8,
    /// How they become one score.
    #[serde(default)]
    pub aggregation: Aggregation,
    /// What weights are of.
    #[serde(default)]
    pub weighting: Weighting,
    /// Which areas get a score.
    #[serde(default)]
    pub need: Need,
    /// Weights and words of capitals; weight 1 where not given.
    #[serde(default, rename = "capital", skip_serializing_if = "Vec::is_empty")]
    pub capitals: Vec<CapitalRule>,
    /// The indicators.
    #[serde(rename = "indicator")]
    pub parts: Vec<Part>,
}

/// Why a definition cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Neither TOML nor JSON, or a field is absent, unknown or of the wrong type.
    #[error("the definition of an index cannot be read: {0}")]
    Read(String),
    /// It reads, but contradicts itself. Every fault is listed.
    #[error("{}", .0.join("; "))]
    Faults(Vec<String>),
    /// The file cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Two definitions have the same id.
    #[error("two definitions have the id `{0}`")]
    Twice(IndicatorId),
}

impl IndexDefinition {
    /// Reads a definition: JSON where it begins with `{`, TOML otherwise.
    pub fn read(text: &str) -> Result<Self, IndexError> {
        let definition: IndexDefinition = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|e| IndexError::Read(e.to_string()))?
        } else {
            toml::from_str(text).map_err(|e| IndexError::Read(e.to_string()))?
        };
        definition.checked()
    }

    /// The definition, or every contradiction in it.
    pub fn checked(self) -> Result<Self, IndexError> {
        let faults = self.faults();
        if faults.is_empty() { Ok(self) } else { Err(IndexError::Faults(faults)) }
    }

    /// The weight of a capital against the others.
    pub fn weight_of(&self, capital: Capital) -> f64 {
        self.capitals.iter().find(|rule| rule.capital == capital).map_or(1.0, |rule| rule.weight)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let fits = |weight: f64| weight.is_finite() && (0.0..=1e6).contains(&weight);
        if self.parts.is_empty() || self.parts.len() > MAX_INDICATORS {
            faults
                .push(format!("indicator: between 1 and {MAX_INDICATORS} of them, not {}", self.parts.len()));
        }
        for (i, part) in self.parts.iter().enumerate() {
            let id = &part.id;
            if self.parts[..i].iter().any(|p| p.id == *id) {
                faults.push(format!("indicator `{id}`: given twice"));
            }
            if !fits(part.weight) {
                faults
                    .push(format!("indicator `{id}`: weight {} is not between 0 and 1,000,000", part.weight));
            }
            if !part.mean_of.is_empty() && (part.sex.is_some() || part.age.is_some()) {
                faults.push(format!("indicator `{id}`: sex and age stand with each series of `mean_of`"));
            }
            if part.polarity == Some(Polarity::Neutral) {
                faults.push(format!("indicator `{id}`: polarity must be high-is-good or low-is-good here"));
            }
        }
        for (i, rule) in self.capitals.iter().enumerate() {
            let name = rule.capital.as_str();
            if self.capitals[..i].iter().any(|r| r.capital == rule.capital) {
                faults.push(format!("capital `{name}`: given twice"));
            }
            if !fits(rule.weight) {
                faults
                    .push(format!("capital `{name}`: weight {} is not between 0 and 1,000,000", rule.weight));
            }
        }
        if self.parts.iter().all(|p| p.weight == 0.0) && !self.parts.is_empty() {
            faults.push("indicator: at least one weight must be above 0".to_owned());
        }
        if self.ddof > 1 {
            faults.push(format!("ddof: 0 or 1, not {}", self.ddof));
        }
        if self.aggregation == Aggregation::Geometric && self.normalisation == Normalisation::Z {
            let words = "aggregation: a geometric mean needs values of at least 0, which z does not give; take \
                 min-max, rank, percentile or imd-exponential";
            faults.push(words.to_owned());
        }
        faults
    }
}

/// The definitions of a folder, by file name; none where it has none.
pub fn definitions(
    names: &[String],
    mut read: impl FnMut(&str) -> Result<Vec<u8>, FolderError>,
) -> Result<Vec<IndexDefinition>, (String, IndexError)> {
    let mut found: Vec<IndexDefinition> = Vec::new();
    let is_toml = |name: &&String| Path::new(name).extension().is_some_and(|suffix| suffix == "toml");
    for name in names.iter().filter(is_toml) {
        let file = format!("{FOLDER}/{name}");
        let fault = |error| (file.clone(), error);
        let bytes = read(&file).map_err(|e| fault(e.into()))?;
        let text = String::from_utf8(bytes).map_err(|_| fault(IndexError::Read("it is not UTF-8".into())))?;
        let definition = IndexDefinition::read(&text).map_err(fault)?;
        if found.iter().any(|d| d.id == definition.id) {
            return Err(fault(IndexError::Twice(definition.id)));
        }
        found.push(definition);
    }
    Ok(found)
}

/// The names of the definitions of a folder; with one that extends the shipped one, those too.
pub fn names(folder: &Folder) -> Vec<String> {
    let mut names = folder.list(FOLDER);
    if matches!(folder, Folder::Extending(_)) {
        names.extend(Folder::Shipped.list(FOLDER));
    }
    names.sort();
    names.dedup();
    names
}
