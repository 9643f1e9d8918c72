//! Many tests at once: how many of the small probabilities would chance alone give?

/// Which of many tests to keep, so that of those kept at most the share `q` is expected to be false discoveries: the
/// step-up procedure of Benjamini and Hochberg (1995), in the order in which the probabilities were given.
///
/// With p(1) <= p(2) <= ... <= p(m), the largest k with p(k) <= k q / m is sought and every test with p <= p(k) kept,
/// also one that exceeds its own bound. A probability that is not a number is no test: it is not counted in m and never kept.
/// The procedure holds for independent tests and for those with positive dependence, as neighbours have.
///
/// ```
/// use levelmap::analysis::fdr::benjamini_hochberg;
/// assert_eq!(benjamini_hochberg(&[0.2, 0.03, 0.04, f64::NAN], 0.06), [false, true, true, false]);
/// ```
pub fn benjamini_hochberg(p: &[f64], q: f64) -> Vec<bool> {
    let cut = threshold(p, q);
    p.iter().map(|&p| cut.is_some_and(|cut| p <= cut)).collect()
}

/// The largest probability that [`benjamini_hochberg`] keeps; `None` when it keeps none.
pub fn threshold(p: &[f64], q: f64) -> Option<f64> {
    let mut ascending: Vec<f64> = p.iter().copied().filter(|p| !p.is_nan()).collect();
    ascending.sort_unstable_by(f64::total_cmp);
    let m = ascending.len() as f64;
    let last = ascending.iter().enumerate().rposition(|(i, &p)| p <= (i + 1) as f64 * q / m)?;
    Some(ascending[last])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the paper's own kind: ten probabilities, two kept at 5 %, six at 10 %.
    const TEN: [f64; 10] = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216];

    fn kept(p: &[f64], q: f64) -> usize {
        benjamini_hochberg(p, q).into_iter().filter(|&kept| kept).count()
    }

    #[test]
    fn ten_probabilities_worked_by_hand() {
        assert_eq!((kept(&TEN, 0.05), kept(&TEN, 0.10)), (2, 6));
        // 0.06 = 6 x 0.1 / 10 lies on its bound; 0.042 = 5 x 0.084 / 10 too, and carries 0.039 and 0.041 with it.
        assert_eq!(threshold(&TEN, 0.10), Some(0.06));
        assert_eq!(kept(&TEN, 0.084), 5);
        assert_eq!(kept(&TEN, 0.0), 0);
        assert_eq!(benjamini_hochberg(&[], 0.05), Vec::<bool>::new());
        assert_eq!(kept(&[f64::NAN; 3], 1.0), 0);
    }

    proptest! {
        /// The definition, slowly: a test is kept when some k has k tests at or below a bound that it is below too.
        #[test]
        fn the_step_up_is_the_definition(p in prop::collection::vec(0.0..1.0f64, 1..40), q in 0.0..1.0f64) {
            let m = p.len() as f64;
            let bound_of = |k: usize| k as f64 * q / m;
            let slow: Vec<bool> = p.iter().map(|&own| {
                (1..=p.len()).any(|k| own <= bound_of(k) && p.iter().filter(|&&x| x <= bound_of(k)).count() >= k)
            }).collect();
            prop_assert_eq!(benjamini_hochberg(&p, q), slow);
        }
    }
}
