//! What was measured in one area.

use super::Flag;

/// A number that may not be known, in eight bytes: what is no number is none. Of a layer's tens of thousands every byte is gone
/// through several times for each map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure(f64);

impl Figure {
    /// The number, if it is known.
    #[inline]
    pub fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

impl Default for Figure {
    fn default() -> Self {
        Figure(f64::NAN)
    }
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<N: Into<Option<f64>>> From<N> for Figure {
    fn from(number: N) -> Self {
        number.into().map_or_else(Figure::default, Figure)
    }
}

/// One measurement of one area in one period. A figure that is not a number is none.
///
/// ```
/// use levelmap::area::{Flag, Observation};
/// let rate = Observation::of(30.0).between(28.0, 32.5).counted(60.0, 2000.0);
/// assert_eq!((rate.value(), rate.upper(), rate.flag), (Some(30.0), Some(32.5), None));
/// assert_eq!(Observation::none(Flag::Suppressed).value(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Observation {
    value: Figure,
    lower: Figure,
    upper: Figure,
    count: Figure,
    denominator: Figure,
    /// What to know about it.
    pub flag: Option<Flag>,
}

impl Observation {
    /// A value, in the indicator's unit, and nothing else.
    pub fn of(value: impl Into<Option<f64>>) -> Self {
        Observation { value: Figure::from(value), ..Observation::default() }
    }

    /// No value, and why.
    pub fn none(flag: Flag) -> Self {
        Observation::default().flagged(flag)
    }

    /// With 95 % confidence limits, in the indicator's unit.
    #[must_use]
    pub fn between(self, lower: impl Into<Option<f64>>, upper: impl Into<Option<f64>>) -> Self {
        Observation { lower: Figure::from(lower), upper: Figure::from(upper), ..self }
    }

    /// With a numerator, and what it was divided by.
    #[must_use]
    pub fn counted(self, count: impl Into<Option<f64>>, denominator: impl Into<Option<f64>>) -> Self {
        Observation { count: Figure::from(count), denominator: Figure::from(denominator), ..self }
    }

    /// With what to know about it.
    #[must_use]
    pub fn flagged(self, flag: impl Into<Option<Flag>>) -> Self {
        Observation { flag: flag.into(), ..self }
    }

    /// The value, in the indicator's unit.
    #[inline]
    pub fn value(&self) -> Option<f64> {
        self.value.get()
    }

    /// Lower 95 % confidence limit.
    #[inline]
    pub fn lower(&self) -> Option<f64> {
        self.lower.get()
    }

    /// Upper 95 % confidence limit.
    #[inline]
    pub fn upper(&self) -> Option<f64> {
        self.upper.get()
    }

    /// Numerator.
    #[inline]
    pub fn count(&self) -> Option<f64> {
        self.count.get()
    }

    /// Denominator.
    #[inline]
    pub fn denominator(&self) -> Option<f64> {
        self.denominator.get()
    }
}
