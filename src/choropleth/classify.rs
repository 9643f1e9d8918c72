//! Class breaks: where one colour ends and the next begins.
//!
//! Every class is an interval (lower, upper]; the first is closed at its lower bound too, so the least value
//! has a class. Only areas with a value of the layer itself may be given: a country's own row would pull the
//! breaks.

use std::fmt;
use std::str::FromStr;

use rayon::slice::ParallelSliceMut;
use serde::Serialize;

use super::jenks::natural_breaks;

/// How classes are made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// As many areas in each class, by linear interpolation between values (type 7 of Hyndman and Fan 1996).
    #[default]
    Quantile,
    /// Intervals of equal width.
    Equal,
    /// Fisher's exact natural breaks: the least variance within classes.
    Jenks,
    /// Mean and one and two sample standard deviations on either side: always five classes.
    Std,
    /// Head/tail breaks: split at the mean, then the part above at its mean, and so on (Jiang 2013).
    HeadTail,
    /// Round steps of 1, 2 or 5 times a power of ten.
    Pretty,
    /// Upper bounds given by the caller.
    Manual,
    /// Better, similar or worse than a benchmark by confidence limits; see [`crate::indicator::benchmark::compare`].
    Benchmark,
}

impl Method {
    /// All methods, in the order in which they are offered.
    pub const ALL: [Method; 8] = [
        Method::Quantile,
        Method::Equal,
        Method::Jenks,
        Method::Std,
        Method::HeadTail,
        Method::Pretty,
        Method::Manual,
        Method::Benchmark,
    ];

    /// The name used in URLs and legends.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Quantile => "quantile",
            Method::Equal => "equal",
            Method::Jenks => "jenks",
            Method::Std => "std",
            Method::HeadTail => "headtail",
            Method::Pretty => "pretty",
            Method::Manual => "manual",
            Method::Benchmark => "benchmark",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a way to make classes: choose {choices}", choices = Method::ALL.map(Method::as_str).join(", "))]
pub struct UnknownMethod(pub String);

impl FromStr for Method {
    type Err = UnknownMethod;
    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        Method::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| UnknownMethod(text.to_owned()))
    }
}

/// What classes to make.
#[derive(Clone, PartialEq, Debug)]
pub struct ClassifyOptions {
    /// How.
    pub method: Method,
    /// How many are wanted, 1 to [`MAX_CLASSES`]. `std`, `headtail` and `manual` have their own number;
    /// `pretty` comes near it.
    pub classes: usize,
    /// Upper bounds in ascending order, for `manual` alone.
    pub breaks: Vec<f64>,
}

impl Default for ClassifyOptions {
    fn default() -> Self {
        ClassifyOptions { method: Method::Quantile, classes: 5, breaks: Vec::new() }
    }
}

/// More classes than this cannot be told apart on a map.
pub const MAX_CLASSES: usize = 20;

/// Why classes cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClassifyError {
    /// No area has a value.
    #[error("no area has a value, so there is nothing to make classes of")]
    NoValues,
    /// A value is not a number or infinite.
    #[error("value {index} is {value}, which no class can hold")]
    NotFinite {
        /// Its place in the values given.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The number of classes is out of range.
    #[error("{asked} classes were asked for: choose 1 to {MAX_CLASSES}")]
    Classes {
        /// The number asked for.
        asked: usize,
    },
    /// All values are equal, so there are no steps between them.
    #[error("all values are {value}: `{method}` needs values that differ")]
    AllEqual {
        /// The one value.
        value: f64,
        /// The method asked for.
        method: Method,
    },
    /// Fewer different values than classes.
    #[error("{different} different values cannot make {asked} natural classes")]
    TooFewDifferent {
        /// How many different values there are.
        different: usize,
        /// The number of classes asked for.
        asked: usize,
    },
    /// Breaks are missing, too many, not finite or not in ascending order.
    #[error("`manual` needs 1 to {MAX_CLASSES} finite breaks in ascending order; {found:?} was given")]
    Breaks {
        /// The breaks as given.
        found: Vec<f64>,
    },
    /// Breaks were given to a method that makes its own.
    #[error("`{0}` makes its own breaks: leave `breaks` out, or choose `manual`")]
    BreaksNotManual(Method),
    /// A benchmark is compared through confidence limits, not through values alone.
    #[error("`benchmark` compares confidence limits with a benchmark value, which is not known here")]
    NeedsBenchmark,
}

/// Classes made of values.
#[derive(Clone, PartialEq, Debug)]
pub struct Classification {
    /// How they were made.
    pub method: Method,
    /// How many were asked for; [`Classification::classes_made`] may differ.
    pub classes_asked: usize,
    /// Closed lower bound of the first class; `None` where the first class lies below every value.
    pub lowest: Option<f64>,
    /// Upper bound of each class, ascending, all different.
    pub uppers: Vec<f64>,
    /// How many values each class holds.
    pub counts: Vec<usize>,
    /// For `manual`: how many values lie above the last break given, in the class that was added for them.
    pub above_last_break: usize,
    /// Goodness of absolute deviation fit: 1 - Σ|x - class median| / Σ|x - median|. 1 is perfect, 0 no better
    /// than one class.
    pub gadf: f64,
}

impl Classification {
    /// How many classes were made: fewer than asked for where ties leave no more.
    pub fn classes_made(&self) -> usize {
        self.uppers.len()
    }

    /// The class of a value, counted from 0; `None` for a value outside all classes or not a number.
    pub fn class_of(&self, value: f64) -> Option<usize> {
        if value.is_nan() || self.lowest.is_some_and(|lowest| value < lowest) {
            return None;
        }
        let class = self.uppers.partition_point(|&upper| upper < value);
        (class < self.uppers.len()).then_some(class)
    }

    /// Lower and upper bound of a class; the lower one is `None` for a first class that lies below every
    /// value.
    pub fn bounds(&self, class: usize) -> Option<(Option<f64>, f64)> {
        let upper = *self.uppers.get(class)?;
        let lower = if class == 0 { self.lowest } else { self.uppers.get(class - 1).copied() };
        Some((lower, upper))
    }
}

/// Makes classes of `values`, in any order.
///
/// ```
/// use levelmap::choropleth::{ClassifyOptions, Method, classify};
/// let options = ClassifyOptions { method: Method::Quantile, classes: 4, ..Default::default() };
/// let classes = classify(&[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 9.0, 9.0, 10.0], &options).unwrap();
/// assert_eq!(classes.uppers, [1.0, 2.0, 7.5, 10.0]);
/// assert_eq!(classes.counts, [4, 2, 1, 3]);
/// ```
pub fn classify(values: &[f64], options: &ClassifyOptions) -> Result<Classification, ClassifyError> {
    let ClassifyOptions { method, classes, ref breaks } = *options;
    if classes == 0 || classes > MAX_CLASSES {
        return Err(ClassifyError::Classes { asked: classes });
    }
    if !breaks.is_empty() && method != Method::Manual {
        return Err(ClassifyError::BreaksNotManual(method));
    }
    if let Some((index, &value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        return Err(ClassifyError::NotFinite { index, value });
    }
    // Adding zero turns -0 into 0, which `total_cmp` would sort and `==` would not.
    let mut sorted: Vec<f64> = values.iter().map(|v| v + 0.0).collect();
    sorted.par_sort_unstable_by(f64::total_cmp);
    let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
        return Err(ClassifyError::NoValues);
    };
    if min == max && matches!(method, Method::Equal | Method::Std | Method::Pretty) {
        return Err(ClassifyError::AllEqual { value: min, method });
    }
    let mut lowest = min;
    let mut uppers = match method {
        Method::Quantile => quantiles(&sorted, classes),
        Method::Equal => equal_steps(min, max, classes),
        Method::Jenks => natural_breaks(&sorted, classes).ok_or_else(|| ClassifyError::TooFewDifferent {
            different: count_different(&sorted),
            asked: classes,
        })?,
        Method::Std => standard_deviations(&sorted, max),
        Method::HeadTail => means_of_heads(&sorted, max),
        Method::Pretty => {
            let steps = round_steps(min, max, classes);
            lowest = steps.first().copied().unwrap_or(min);
            steps.get(1..).unwrap_or_default().to_vec()
        }
        Method::Manual => manual(breaks, max)?,
        Method::Benchmark => return Err(ClassifyError::NeedsBenchmark),
    };
    uppers.dedup();
    let ends: Vec<usize> = uppers.iter().map(|upper| sorted.partition_point(|v| v <= upper)).collect();
    let starts = || std::iter::once(0).chain(ends.iter().copied());
    Ok(Classification {
        method,
        classes_asked: classes,
        lowest: uppers.first().is_some_and(|&first| lowest <= first).then_some(lowest),
        counts: starts().zip(&ends).map(|(start, end)| end - start).collect(),
        above_last_break: breaks
            .last()
            .map_or(0, |last| sorted.len() - sorted.partition_point(|v| v <= last)),
        gadf: deviation_fit(&sorted, starts().zip(ends.iter().copied())),
        uppers,
    })
}

/// Type-7 quantiles at 1/k, 2/k ... 1, with the place worked out in whole numbers so that a quantile that
/// falls on a value is that value.
fn quantiles(sorted: &[f64], classes: usize) -> Vec<f64> {
    let steps = sorted.len() - 1;
    (1..=classes)
        .map(|j| {
            let (place, rest) = (steps * j / classes, steps * j % classes);
            let low = sorted[place];
            match sorted.get(place + 1) {
                Some(high) if rest > 0 => low + (high - low) * (rest as f64 / classes as f64),
                _ => low,
            }
        })
        .collect()
}

fn equal_steps(min: f64, max: f64, classes: usize) -> Vec<f64> {
    let width = (max - min) / classes as f64;
    (1..classes).map(|j| min + j as f64 * width).chain([max]).collect()
}

/// Mean -2, -1, +1 and +2 sample standard deviations, then the greatest value, or +3 where no value is
/// greater: the middle class stays the third, whatever the values.
fn standard_deviations(sorted: &[f64], max: f64) -> Vec<f64> {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let variance = sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let deviation = variance.sqrt();
    let last = mean + 2.0 * deviation;
    let end = if max > last { max } else { mean + 3.0 * deviation };
    vec![mean - 2.0 * deviation, mean - deviation, mean + deviation, last, end]
}

fn means_of_heads(sorted: &[f64], max: f64) -> Vec<f64> {
    let mut uppers = Vec::new();
    let mut head = sorted;
    while let (Some(&least), Some(&most)) = (head.first(), head.last()) {
        if least == most {
            break;
        }
        let mean = head.iter().sum::<f64>() / head.len() as f64;
        // The mean of neighbouring floating-point numbers may round up to the greater one, and split nothing.
        if mean >= most {
            break;
        }
        uppers.push(mean);
        head = &head[head.partition_point(|v| *v <= mean)..];
    }
    uppers.push(max);
    uppers
}

/// Round numbers from at or below `min` to at or above `max`, a step of 1, 2 or 5 times a power of ten apart,
/// about `classes` steps (Heckbert 1990, "Nice numbers for graph labels").
fn round_steps(min: f64, max: f64, classes: usize) -> Vec<f64> {
    let range = round_number(max - min, false);
    let step = round_number(range / (classes.max(2) - 1) as f64, true);
    // A step below 1 is one over a whole number: dividing by that gives 0.3 where multiplying gives
    // 0.30000000000000004.
    let at = |i: f64| if step < 1.0 { i / (1.0 / step).round() } else { i * step };
    let (first, last) = ((min / step).floor(), (max / step).ceil());
    let mut steps: Vec<f64> = (0..=(last - first) as usize).map(|i| at(first + i as f64)).collect();
    // Division may have rounded an end inside the values.
    if let Some(end) = steps.last_mut() {
        *end = end.max(max);
    }
    if let Some(start) = steps.first_mut() {
        *start = start.min(min);
    }
    steps
}

/// The number of the form 1, 2, 5 or 10 times a power of ten nearest to `x`, or the least not below it.
fn round_number(x: f64, nearest: bool) -> f64 {
    let power = 10f64.powf(x.log10().floor());
    let fraction = x / power;
    let limits = if nearest { [1.5, 3.0, 7.0] } else { [1.0, 2.0, 5.0] };
    let below = |limit: f64| if nearest { fraction < limit } else { fraction <= limit };
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .zip(limits)
        .find_map(|(round, limit)| below(limit).then_some(round))
        .unwrap_or(10.0);
    round * power
}

fn manual(breaks: &[f64], max: f64) -> Result<Vec<f64>, ClassifyError> {
    let ascending = breaks.windows(2).all(|pair| pair[0] < pair[1]);
    let finite = breaks.iter().all(|b| b.is_finite());
    let Some(&last) = breaks.last().filter(|_| ascending && finite && breaks.len() <= MAX_CLASSES) else {
        return Err(ClassifyError::Breaks { found: breaks.to_vec() });
    };
    Ok(breaks.iter().copied().chain((last < max).then_some(max)).collect())
}

fn count_different(sorted: &[f64]) -> usize {
    1 + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

fn deviation_fit(sorted: &[f64], classes: impl Iterator<Item = (usize, usize)>) -> f64 {
    let deviation = |run: &[f64]| -> f64 {
        let (Some(low), Some(high)) = (run.get(run.len().saturating_sub(1) / 2), run.get(run.len() / 2))
        else {
            return 0.0;
        };
        let median = f64::midpoint(*low, *high);
        run.iter().map(|v| (v - median).abs()).sum()
    };
    let whole = deviation(sorted);
    let within: f64 = classes.filter_map(|(start, end)| sorted.get(start..end)).map(deviation).sum();
    if whole == 0.0 { 1.0 } else { 1.0 - within / whole }
}

#[cfg(test)]
mod tests;
