//! An indicator of the atlas and its series: what ships per block, what was imported per area, and what is computed
//! from other indicators.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{AreaValue, Atlas, AtlasLayer};
use crate::area::{Indicator, Period};
use crate::indicator::published::{PublishedIndicator, PublishedSeries};

/// The numbers of every block in one period.
#[derive(Clone, Debug)]
pub struct BlockSeries {
    /// When.
    pub period: Period,
    /// What is added up, per block; NaN where missing.
    pub(super) numerator: Vec<f64>,
    /// What it is divided by, per block; NaN where missing; `None` for counts.
    pub(super) denominator: Option<Vec<f64>>,
    /// What it sums to in the areas of a layer, by the place of the layer in [`Atlas::layers`]; made at first need.
    pub(super) sums: OnceLock<Box<[SumsOfLayer]>>,
}

/// Sums by area of a layer.
type SumsOfLayer = OnceLock<Box<[BlockSums]>>;

/// What the blocks of an area sum to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BlockSums {
    /// Of the blocks with a value: what is added up, ...
    pub count: f64,
    /// ... what it is divided by, ...
    pub denominator: f64,
    /// ... their residents ...
    pub with_value: f64,
    /// ... and how many they are.
    pub seen: usize,
    /// The residents of all its blocks.
    pub residents: f64,
}

/// What works out the values of an indicator from those of others. The atlas keeps it without knowing what it is: the
/// analyses stand to its right.
pub trait Compute: fmt::Debug + Send + Sync {
    /// The value of every area of a layer, in area order.
    fn values(&self, atlas: &Atlas, layer: &AtlasLayer) -> Vec<AreaValue>;
}

/// Values computed for each layer at first need.
#[derive(Debug)]
pub struct ComputedSeries {
    compute: Arc<dyn Compute>,
    /// By the place of the layer in [`Atlas::layers`].
    made: Vec<OnceLock<Vec<AreaValue>>>,
}

impl ComputedSeries {
    /// What stands for its period: its inputs are the latest, or those that its definition names.
    pub const PERIOD: &'static str = "latest";

    /// Room for the values of every layer of an atlas.
    pub(super) fn new(compute: Arc<dyn Compute>, atlas: &Atlas) -> Self {
        ComputedSeries { compute, made: atlas.layers().iter().map(|_| OnceLock::new()).collect() }
    }

    /// The value of every area of a layer of the atlas that it was made for.
    pub fn values(&self, atlas: &Atlas, layer: &AtlasLayer) -> &[AreaValue] {
        self.made.get(layer.place).map_or(&[], |made| made.get_or_init(|| self.compute.values(atlas, layer)))
    }
}

/// An indicator with its series.
#[derive(Clone, Debug)]
pub struct AtlasIndicator {
    /// What it is.
    pub indicator: Indicator,
    blocks: Vec<Arc<BlockSeries>>,
    published: Option<Arc<PublishedIndicator>>,
    computed: Option<Arc<ComputedSeries>>,
    /// Made at first need: to choose a series for each period anew takes longer than what it is chosen for.
    trend: OnceLock<Box<[Step]>>,
}

/// One period of the series that is chosen when nothing is asked for.
#[derive(Clone, Debug)]
struct Step {
    label: Box<str>,
    /// The place of the series in [`AtlasIndicator::unordered`].
    place: usize,
}

/// One series of an indicator.
#[derive(Clone, Copy, Debug)]
pub enum SeriesRef<'a> {
    /// Numbers of blocks.
    Blocks(&'a BlockSeries),
    /// Observations of areas.
    Published(&'a PublishedSeries),
    /// Values computed from other indicators.
    Computed(&'a ComputedSeries),
}

/// A choice that an indicator does not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChoiceFault {
    /// `period`, `sex` or `age`.
    pub parameter: &'static str,
    /// What was asked for.
    pub value: String,
    /// What there is.
    pub message: String,
}

/// What stands for a period that the source does not give.
const UNDATED: &str = "undated";

/// What stands for no distinction of sex, and of age.
const EVERYBODY: &str = "persons";
const EVERY_AGE: &str = "all ages";

impl<'a> SeriesRef<'a> {
    /// The period.
    pub fn period(self) -> Option<Period> {
        match self {
            SeriesRef::Blocks(series) => Some(series.period),
            SeriesRef::Published(series) => series.period,
            SeriesRef::Computed(_) => None,
        }
    }

    /// The period as it is written in addresses and answers.
    pub fn period_label(self) -> String {
        match (self, self.period()) {
            (_, Some(period)) => period.to_string(),
            (SeriesRef::Computed(_), None) => ComputedSeries::PERIOD.to_owned(),
            (_, None) => UNDATED.to_owned(),
        }
    }

    /// The sex; empty for all.
    pub fn sex(self) -> &'a str {
        match self {
            SeriesRef::Blocks(_) | SeriesRef::Computed(_) => "",
            SeriesRef::Published(series) => &series.sex,
        }
    }

    /// The age; empty for all.
    pub fn age(self) -> &'a str {
        match self {
            SeriesRef::Blocks(_) | SeriesRef::Computed(_) => "",
            SeriesRef::Published(series) => &series.age,
        }
    }

    /// Whether two are one and the same.
    fn is(self, other: SeriesRef<'_>) -> bool {
        match (self, other) {
            (SeriesRef::Blocks(a), SeriesRef::Blocks(b)) => std::ptr::eq(a, b),
            (SeriesRef::Published(a), SeriesRef::Published(b)) => std::ptr::eq(a, b),
            (SeriesRef::Computed(a), SeriesRef::Computed(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }

    fn is_of(self, period: &str) -> bool {
        self.period_label() == period
            || matches!(self, SeriesRef::Published(s) if !s.period_text.is_empty() && s.period_text == period)
            || period.parse::<Period>().is_ok_and(|p| Some(p) == self.period())
    }
}

impl AtlasIndicator {
    /// An indicator whose numbers are those of blocks.
    pub(super) fn of_blocks(indicator: Indicator, blocks: BlockSeries) -> Self {
        AtlasIndicator { blocks: vec![Arc::new(blocks)], ..AtlasIndicator::bare(indicator) }
    }

    /// An indicator whose values were imported.
    pub(super) fn imported(imported: &Arc<PublishedIndicator>) -> Self {
        let published = Some(Arc::clone(imported));
        AtlasIndicator { published, ..AtlasIndicator::bare(imported.indicator.clone()) }
    }

    /// An indicator whose values are worked out from those of others.
    pub(super) fn computed(indicator: Indicator, computed: ComputedSeries) -> Self {
        AtlasIndicator { computed: Some(Arc::new(computed)), ..AtlasIndicator::bare(indicator) }
    }

    fn bare(indicator: Indicator) -> Self {
        AtlasIndicator {
            indicator,
            blocks: Vec::new(),
            published: None,
            computed: None,
            trend: OnceLock::new(),
        }
    }

    /// The same series, described otherwise.
    pub(super) fn described(&self, indicator: Indicator) -> Self {
        AtlasIndicator { indicator, ..self.clone() }
    }

    /// Takes imported values in beside its own.
    pub(super) fn import(&mut self, imported: &Arc<PublishedIndicator>) {
        self.published = Some(Arc::clone(imported));
        self.trend = OnceLock::new();
    }

    /// The numbers of blocks, where it has them.
    pub(super) fn of_every_block(&self) -> Option<&BlockSeries> {
        self.blocks.first().map(Arc::as_ref)
    }

    /// True when its values are worked out from those of other indicators.
    pub fn is_computed(&self) -> bool {
        self.computed.is_some()
    }

    fn unordered(&self) -> impl Iterator<Item = SeriesRef<'_>> {
        let blocks = self.blocks.iter().map(|s| SeriesRef::Blocks(s));
        let published = self.published.iter().flat_map(|p| p.series.iter().map(SeriesRef::Published));
        let computed = self.computed.iter().map(|c| SeriesRef::Computed(c));
        blocks.chain(published).chain(computed)
    }

    /// All series, earliest period first.
    pub fn series(&self) -> impl Iterator<Item = SeriesRef<'_>> {
        let mut all: Vec<SeriesRef<'_>> = self.unordered().collect();
        all.sort_by_key(|s| s.period().map(|p| (p.end(), p.start())));
        all.into_iter()
    }

    /// The periods, earliest first, each once.
    pub fn periods(&self) -> Vec<String> {
        let mut periods: Vec<String> = self.series().map(SeriesRef::period_label).collect();
        periods.dedup();
        periods
    }

    /// The sexes, each once; empty when there is no such distinction.
    pub fn sexes(&self) -> Vec<String> {
        distinct(self.series().map(|s| s.sex().to_owned()))
    }

    /// The ages, each once; empty when there is no such distinction.
    pub fn ages(&self) -> Vec<String> {
        distinct(self.series().map(|s| s.age().to_owned()))
    }

    /// The series that is chosen when nothing is asked for, in every period that has it, by the label of the period,
    /// earliest first.
    pub fn trend(&self) -> impl Iterator<Item = (&str, SeriesRef<'_>)> {
        let steps = self.trend.get_or_init(|| {
            let latest = self.choose(None, None, None);
            let every = latest.map_or_else(|_| Vec::new(), |latest| self.every_period(latest));
            let place = |wanted: SeriesRef| self.unordered().position(|series| series.is(wanted));
            let step = |series: &SeriesRef| {
                Some(Step { label: series.period_label().into(), place: place(*series)? })
            };
            every.iter().filter_map(step).collect()
        });
        steps.iter().filter_map(|step| Some((&*step.label, self.unordered().nth(step.place)?)))
    }

    /// The series of every period for the sex and age of one of them, earliest first, each period once.
    pub fn every_period(&self, like: SeriesRef<'_>) -> Vec<SeriesRef<'_>> {
        // An empty name would be taken for one that is held; the words for everybody are not.
        let sex = if like.sex().is_empty() { EVERYBODY } else { like.sex() };
        let age = if like.age().is_empty() { EVERY_AGE } else { like.age() };
        let periods = self.periods();
        periods.iter().filter_map(|period| self.choose(Some(period), Some(sex), Some(age)).ok()).collect()
    }

    /// The series asked for. Without a period the latest; without a sex or age that of all people, else the first
    /// that there is.
    pub fn choose(
        &self,
        period: Option<&str>,
        sex: Option<&str>,
        age: Option<&str>,
    ) -> Result<SeriesRef<'_>, ChoiceFault> {
        let mut left: Vec<SeriesRef<'_>> = self.series().collect();
        let fault = |parameter, value: &str, known: Vec<String>| ChoiceFault {
            parameter,
            value: value.to_owned(),
            message: format!(
                "this indicator has: {}",
                if known.is_empty() { "none".into() } else { known.join(", ") }
            ),
        };
        if let Some(sex) = sex {
            left.retain(|s| is_named(s.sex(), sex, EVERYBODY));
            if left.is_empty() {
                return Err(fault("sex", sex, self.sexes()));
            }
        }
        if let Some(age) = age {
            left.retain(|s| is_named(s.age(), age, EVERY_AGE));
            if left.is_empty() {
                return Err(fault("age", age, self.ages()));
            }
        }
        if let Some(period) = period {
            left.retain(|s| s.is_of(period));
            if left.is_empty() {
                return Err(fault("period", period, self.periods()));
            }
        }
        let latest = left.iter().map(|s| s.period().map(Period::end)).max().flatten();
        left.retain(|s| s.period().map(Period::end) == latest);
        left.sort_by_key(|s| (s.sex().to_owned(), s.age().to_owned(), matches!(s, SeriesRef::Published(_))));
        // Of two with the same choice the imported one is newer than what ships.
        let first = left.first().map(|s| (s.sex(), s.age()));
        let same = left.iter().rev().find(|s| Some((s.sex(), s.age())) == first);
        same.copied().ok_or_else(|| fault("period", period.unwrap_or_default(), self.periods()))
    }
}

fn is_named(held: &str, asked: &str, whole: &str) -> bool {
    held.eq_ignore_ascii_case(asked) || held.is_empty() && asked.eq_ignore_ascii_case(whole)
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = texts.filter(|t| !t.is_empty()).collect();
    all.sort();
    all.dedup();
    all
}
