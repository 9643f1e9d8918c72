//! All statistics of neighbours at once, for one set of values and one set of weights.

use super::fdr;
use super::getis::{self, GeneralG, LocalG, Star};
use super::local::{self, LocalMoran, Quadrant};
use super::moran::{self, Moran, Unmeasurable};
use super::permutation::{Alternative, DEFAULT_SEED, Shuffled};
use super::weights::Weights;

/// Which of the local results are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Adjustment {
    /// Those that the procedure of Benjamini and Hochberg keeps at level q.
    #[default]
    FalseDiscovery,
    /// Those with p at or below q, as if each were the only test.
    None,
}

/// How results are judged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Options {
    /// How many times values are shuffled; 0 leaves judgement to the normal distribution.
    pub permutations: u32,
    /// What the random numbers begin with.
    pub seed: u64,
    /// Which results count as extreme.
    pub alternative: Alternative,
    /// The level at which local results are kept.
    pub q: f64,
    /// Which of them.
    pub adjustment: Adjustment,
}

/// Permutations when nothing is said.
pub const DEFAULT_PERMUTATIONS: u32 = 999;

/// The level when nothing is said.
pub const DEFAULT_Q: f64 = 0.05;

impl Default for Options {
    fn default() -> Self {
        Options {
            permutations: DEFAULT_PERMUTATIONS,
            seed: DEFAULT_SEED,
            alternative: Alternative::default(),
            q: DEFAULT_Q,
            adjustment: Adjustment::default(),
        }
    }
}

/// The local tests of one kind, taken together.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// The probability of each area by chance; `None` where there is no test.
    pub p: Vec<Option<f64>>,
    /// Whether each is kept.
    pub kept: Vec<bool>,
    /// How many tests there are.
    pub tests: usize,
    /// The largest p that is kept.
    pub threshold: Option<f64>,
}

/// What neighbours tell of a map.
#[derive(Clone, PartialEq, Debug)]
pub struct Autocorrelation {
    /// Moran's I.
    pub moran: Moran,
    /// The same of shuffled values, when there were shuffles.
    pub shuffled: Option<Shuffled>,
    /// Local Moran of each area.
    pub local: Vec<LocalMoran>,
    /// Which local Moran's are kept: by pseudo-p, or by the normal distribution when there were no shuffles.
    pub clusters: Judged,
    /// The statistics of Getis and Ord, where the values have them.
    pub getis: Result<Getis, Unmeasurable>,
}

/// The statistics of Getis and Ord.
#[derive(Clone, PartialEq, Debug)]
pub struct Getis {
    /// General G.
    pub general: GeneralG,
    /// `G_i` of each area.
    pub gi: Vec<LocalG>,
    /// `G_i*` of each area.
    pub gi_star: Vec<LocalG>,
    /// Which `G_i*` are kept, by the normal distribution.
    pub spots: Judged,
}

impl Judged {
    fn new(p: Vec<Option<f64>>, options: &Options) -> Self {
        let numbers: Vec<f64> = p.iter().map(|p| p.unwrap_or(f64::NAN)).collect();
        let threshold = match options.adjustment {
            Adjustment::FalseDiscovery => fdr::threshold(&numbers, options.q),
            Adjustment::None => Some(options.q),
        };
        let kept = numbers.iter().map(|&p| threshold.is_some_and(|t| p <= t)).collect();
        Judged { tests: p.iter().flatten().count(), p, kept, threshold }
    }

    /// How many are kept.
    pub fn count(&self) -> usize {
        self.kept.iter().filter(|&&kept| kept).count()
    }

    /// How many areas must have the least p that the permutations can give before false-discovery control keeps any of
    /// them: with 999 permutations and 300 tests at 5 %, six.
    pub fn least_at_floor(&self, options: &Options) -> usize {
        if options.adjustment == Adjustment::None {
            return 1;
        }
        let floor = options.alternative.floor(options.permutations);
        // The step-up's own comparison, so that the last digit is decided as it decides it.
        (1..=self.tests)
            .find(|&k| floor <= k as f64 * options.q / self.tests as f64)
            .unwrap_or(self.tests + 1)
    }
}

impl Autocorrelation {
    /// The quadrant of an area, when its local Moran is kept.
    pub fn cluster(&self, area: usize) -> Option<Quadrant> {
        self.local[area].quadrant.filter(|_| self.clusters.kept[area])
    }
}

/// Takes all statistics of the values. `shares` are what the statistics of Getis and Ord are taken of: the values
/// themselves, or smoothed rates where the values are standardised.
pub fn autocorrelation(
    values: &[f64],
    shares: &[f64],
    weights: &Weights,
    options: &Options,
) -> Result<Autocorrelation, Unmeasurable> {
    let moran = moran::moran(values, weights)?;
    let local = local::local_moran(values, weights)?;
    let tested = |local: &LocalMoran| local.quadrant.is_some() && !local.conditional.z.is_nan();
    let (shuffled, p) = if options.permutations == 0 {
        (None, local.iter().map(|l| tested(l).then_some(l.conditional.p)).collect())
    } else {
        let shuffled = moran::shuffled(values, weights, options.permutations, options.seed)?;
        let tails = local::conditional_tails(values, weights, options.permutations, options.seed)?;
        let pseudo_p =
            |tails: super::permutation::Tails| tails.pseudo_p(options.permutations, options.alternative);
        (Some(shuffled), tails.into_iter().map(|tails| tails.map(pseudo_p)).collect())
    };
    let clusters = Judged::new(p, options);
    Ok(Autocorrelation { moran, shuffled, local, clusters, getis: getis(shares, weights, options) })
}

fn getis(shares: &[f64], weights: &Weights, options: &Options) -> Result<Getis, Unmeasurable> {
    let general = getis::general_g(shares, weights)?;
    let gi = getis::local_g(shares, weights, Star::Without)?;
    let gi_star = getis::local_g(shares, weights, Star::With)?;
    let p = gi_star.iter().map(|g| Some(g.randomisation.p).filter(|p| !p.is_nan())).collect();
    Ok(Getis { general, gi, gi_star, spots: Judged::new(p, options) })
}

#[cfg(test)]
mod tests {
    use super::super::weights::Style;
    use super::super::weights::tests::rook;
    use super::*;

    /// A plateau in the corner of a plain that rises and falls a little.
    fn plateau(side: u32) -> Vec<f64> {
        let height = |i: u32| {
            let (x, y) = (i % side, i / side);
            let ripple = f64::from(i * 7919 % 101) / 100.0;
            if x < side / 3 && y < side / 3 { 10.0 + ripple } else { ripple }
        };
        (0..side * side).map(height).collect()
    }

    #[test]
    fn a_plateau_is_a_cluster_and_a_hot_spot() {
        let values = plateau(15);
        let weights = Weights::new(&rook(15), Style::Row);
        let found = autocorrelation(&values, &values, &weights, &Options::default()).unwrap();
        assert!(found.moran.i > 0.7 && found.moran.randomisation.z > 10.0, "{:?}", found.moran);
        let getis = found.getis.as_ref().unwrap();
        for area in 0..225 {
            let (x, y) = (area % 15, area / 15);
            // All four neighbours are on the plateau too; two might be by chance.
            let inside = (1..4).contains(&x) && (1..4).contains(&y);
            if inside {
                assert_eq!(found.cluster(area), Some(Quadrant::HighHigh), "{x} {y}");
                assert!(getis.spots.kept[area] && getis.gi_star[area].randomisation.z > 3.0);
            } else if x > 6 || y > 6 {
                assert_ne!(found.cluster(area), Some(Quadrant::HighHigh), "{x} {y}");
            }
        }
        let again = autocorrelation(&values, &values, &weights, &Options::default()).unwrap();
        assert_eq!(found.clusters, again.clusters, "the same seed, the same answer");
    }

    #[test]
    fn few_permutations_can_keep_nothing() {
        let judged = |tests: usize, at_floor: usize, options: &Options| {
            let floor = options.alternative.floor(options.permutations);
            let p = |i: usize| Some(if i < at_floor { floor } else { 0.5 });
            Judged::new((0..tests).map(p).collect(), options)
        };
        let options = Options::default();
        assert_eq!(judged(300, 0, &options).least_at_floor(&options), 6);
        assert_eq!(judged(300, 5, &options).count(), 0);
        assert_eq!(judged(300, 6, &options).count(), 6);
        let two_sided = Options { alternative: Alternative::TwoSided, ..options };
        assert_eq!(judged(300, 11, &two_sided).count(), 0);
        assert_eq!(judged(300, 12, &two_sided).count(), 12);
        let more = Options { permutations: 9_999, ..options };
        assert_eq!(judged(300, 1, &more).least_at_floor(&more), 1);
        assert_eq!(judged(300, 1, &more).count(), 1);
        let alone = Options { adjustment: Adjustment::None, ..options };
        assert_eq!(judged(300, 1, &alone).count(), 1);
    }

    #[test]
    fn without_shuffles_the_normal_distribution_judges() {
        let values = plateau(12);
        let weights = Weights::new(&rook(12), Style::Row);
        let options = Options { permutations: 0, ..Options::default() };
        let found = autocorrelation(&values, &values, &weights, &options).unwrap();
        assert!(found.shuffled.is_none());
        assert_eq!(found.clusters.p[0], Some(found.local[0].conditional.p));
        let below: Vec<f64> = values.iter().map(|v| v - 5.0).collect();
        let found = autocorrelation(&below, &below, &weights, &options).unwrap();
        assert_eq!(found.getis, Err(Unmeasurable::Negative));
    }
}
