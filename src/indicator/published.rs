//! The observations that count, in memory: what the atlas answers from.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::store::SeriesKey;
use crate::area::{Code, Flag, Indicator, IndicatorId, Observation, Period};

/// Observations of one indicator, period, sex and age, by area code.
#[derive(Clone, Debug)]
pub struct PublishedSeries {
    /// The period; `None` when the source has none.
    pub period: Option<Period>,
    /// The period as the source writes it.
    pub period_text: String,
    /// The sex as the source writes it; empty for all.
    pub sex: String,
    /// The age as the source writes it; empty for all.
    pub age: String,
    areas: Vec<u32>,
    numbers: Vec<[f64; 5]>,
    flags: Vec<Option<Flag>>,
}

impl PublishedSeries {
    /// The observation of the area with this number in [`Published::codes`].
    pub fn of(&self, area: u32) -> Option<Observation> {
        let at = self.areas.binary_search(&area).ok()?;
        let [value, lower, upper, count, denominator] = self.numbers[at];
        let observation = Observation::of(value).between(lower, upper).counted(count, denominator);
        Some(observation.flagged(self.flags[at]))
    }

    /// The areas of which there is an observation, as numbers in [`Published::codes`].
    pub fn areas(&self) -> &[u32] {
        &self.areas
    }

    /// How many areas have a value.
    pub fn value_count(&self) -> usize {
        self.numbers.iter().filter(|n| !n[0].is_nan()).count()
    }
}

/// An indicator and its series, earliest period first.
#[derive(Clone, Debug)]
pub struct PublishedIndicator {
    /// What it is.
    pub indicator: Indicator,
    /// Its series.
    pub series: Vec<PublishedSeries>,
}

/// All that was imported and counts.
#[derive(Clone, Debug, Default)]
pub struct Published {
    codes: Vec<Code>,
    numbers: HashMap<Code, u32>,
    indicators: Vec<Arc<PublishedIndicator>>,
    fingerprint: String,
    /// Settings of indicators that no import has: those of the shipped ones.
    settings: Vec<(IndicatorId, serde_json::Map<String, serde_json::Value>)>,
}

impl Published {
    /// The codes, by number.
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The number of a code.
    pub fn number_of(&self, code: &Code) -> Option<u32> {
        self.numbers.get(code).copied()
    }

    /// The indicators, by id.
    pub fn indicators(&self) -> &[Arc<PublishedIndicator>] {
        &self.indicators
    }

    /// Changes whenever what counts changes; empty when nothing was imported.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What the store says of an indicator that ships, in place of what the shipped table says.
    pub fn settled(&self, indicator: Indicator) -> Indicator {
        match self.settings.iter().find(|(id, _)| *id == indicator.id) {
            Some((_, settings)) => with_settings(&indicator, settings).unwrap_or(indicator),
            None => indicator,
        }
    }
}

/// An indicator with some of its fields replaced; what they cannot be is an error in words.
pub fn with_settings(
    indicator: &Indicator,
    settings: &serde_json::Map<String, serde_json::Value>,
) -> Result<Indicator, String> {
    let mut value = serde_json::to_value(indicator).map_err(|e| e.to_string())?;
    if let serde_json::Value::Object(fields) = &mut value {
        for (name, new) in settings {
            if name == "id" {
                return Err("the id of an indicator cannot be changed".to_owned());
            }
            if !fields.contains_key(name) && name != "standardised" {
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                return Err(format!("`{name}` is not said of an indicator: {}", known.join(", ")));
            }
            fields.insert(name.clone(), new.clone());
        }
    }
    serde_json::from_value(value).map_err(|e| e.to_string())
}

#[derive(Default)]
struct Pending {
    key: Option<SeriesKey>,
    rows: Vec<(u32, [f64; 5], Option<Flag>)>,
}

/// Builds [`Published`]; what is added later goes before what was added earlier.
#[derive(Default)]
pub struct PublishedBuilder {
    codes: Vec<Code>,
    numbers: HashMap<Code, u32>,
    indicators: Vec<Indicator>,
    settings: Vec<(IndicatorId, serde_json::Map<String, serde_json::Value>)>,
    places: HashMap<SeriesKey, usize>,
    pending: Vec<Pending>,
    fingerprint: Sha256,
    stamped: bool,
}

impl PublishedBuilder {
    /// Adds to what the fingerprint is made of.
    pub fn stamp(&mut self, text: &str) {
        self.fingerprint.update(text.as_bytes());
        self.fingerprint.update([0]);
        self.stamped = true;
    }

    /// Says what an indicator is.
    pub fn indicator(&mut self, indicator: Indicator) {
        match self.indicators.iter_mut().find(|i| i.id == indicator.id) {
            Some(known) => *known = indicator,
            None => self.indicators.push(indicator),
        }
    }

    /// Replaces fields of an indicator.
    pub fn set(&mut self, id: &str, settings: &str) -> Result<(), String> {
        let settings: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(settings).map_err(|e| e.to_string())?;
        if settings.is_empty() {
            return Ok(());
        }
        match self.indicators.iter_mut().find(|i| i.id.as_str() == id) {
            Some(known) => *known = with_settings(known, &settings)?,
            None => self.settings.push((id.parse()?, settings)),
        }
        Ok(())
    }

    /// The place of a series.
    pub fn series(&mut self, mut key: SeriesKey) -> usize {
        let text = std::mem::take(&mut key.period_text);
        if key.period.is_none() {
            key.period_text.clone_from(&text);
        }
        *self.places.entry(key.clone()).or_insert_with(|| {
            self.pending
                .push(Pending { key: Some(SeriesKey { period_text: text, ..key }), rows: Vec::new() });
            self.pending.len() - 1
        })
    }

    /// Adds an observation: value, lower, upper, count, denominator, NaN for none. A text that is no code is left out:
    /// the import kept it among its faults.
    pub fn observation(&mut self, series: usize, area: &str, numbers: [f64; 5], flag: Option<Flag>) {
        let number = match self.numbers.get(area) {
            Some(number) => *number,
            None => {
                let Ok(code) = area.parse::<Code>() else { return };
                let number = self.codes.len() as u32;
                self.codes.push(code.clone());
                *self.numbers.entry(code).or_insert(number)
            }
        };
        self.pending[series].rows.push((number, numbers, flag));
    }

    /// Ends the building.
    pub fn finish(self) -> Published {
        let mut indicators: Vec<PublishedIndicator> = self
            .indicators
            .into_iter()
            .map(|indicator| PublishedIndicator { indicator, series: Vec::new() })
            .collect();
        let places: HashMap<IndicatorId, usize> =
            indicators.iter().enumerate().map(|(i, p)| (p.indicator.id.clone(), i)).collect();
        for mut pending in self.pending {
            let Some(key) = pending.key else { continue };
            let Some(&place) = places.get(&key.indicator) else { continue };
            // Stable, so that of several observations of an area the last one added stays last.
            pending.rows.sort_by_key(|row| row.0);
            let mut series = PublishedSeries {
                period: key.period,
                period_text: key.period_text,
                sex: key.sex,
                age: key.age,
                areas: Vec::new(),
                numbers: Vec::new(),
                flags: Vec::new(),
            };
            for (i, (area, numbers, flag)) in pending.rows.iter().enumerate() {
                if pending.rows.get(i + 1).is_none_or(|next| next.0 != *area) {
                    series.areas.push(*area);
                    series.numbers.push(*numbers);
                    series.flags.push(*flag);
                }
            }
            indicators[place].series.push(series);
        }
        indicators.retain(|i| !i.series.is_empty());
        for indicator in &mut indicators {
            indicator
                .series
                .sort_by_key(|s| (s.period.map(|p| (p.end(), p.start())), s.sex.clone(), s.age.clone()));
        }
        indicators.sort_by(|a, b| a.indicator.id.cmp(&b.indicator.id));
        let fingerprint = if self.stamped {
            self.fingerprint
                .finalize()
                .iter()
                .take(8)
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        } else {
            String::new()
        };
        let indicators = indicators.into_iter().map(Arc::new).collect();
        Published {
            codes: self.codes,
            numbers: self.numbers,
            indicators,
            fingerprint,
            settings: self.settings,
        }
    }
}
