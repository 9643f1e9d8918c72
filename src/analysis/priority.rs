//! Who is a priority by which measures: categories, metrics in the worst quartile, and two orders side by side.
//!
//! A comparison of measures, never an allocation.

use super::index::ranks;

/// Category of a rank among `count` when they are `categories` of equal size: ceil(categories x rank / count), so that
/// category 1 holds the worst.
pub fn category(rank: u32, count: usize, categories: u32) -> u32 {
    let scaled = u64::from(categories) * u64::from(rank);
    (scaled.div_ceil(count.max(1) as u64) as u32).clamp(1, categories.max(1))
}

/// Category of a score by cut points: category 1 holds what is worse than the first cut. Cuts ascend where higher is
/// better and descend where it is worse; a score on a cut belongs to the better side.
pub fn category_by_cuts(score: f64, cuts: &[f64], high_is_good: bool) -> u32 {
    let worse = |cut: &f64| if high_is_good { score < *cut } else { score > *cut };
    (cuts.len() - cuts.iter().filter(|cut| worse(cut)).count()) as u32 + 1
}

/// The lower quartile of values with higher as better, by linear interpolation (type 7), NaN left out.
pub fn lower_quartile(values: &[f64]) -> Option<f64> {
    let mut ascending: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    ascending.sort_unstable_by(f64::total_cmp);
    let at = (ascending.len().checked_sub(1)?) as f64 * 0.25;
    let (below, above) = (ascending[at.floor() as usize], ascending[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// How many metrics of each area are in their worst quartile, the cut itself included; values by metric and area with
/// higher as better.
pub fn in_worst_quartile(values: &[Vec<f64>]) -> (Vec<Option<f64>>, Vec<u32>) {
    let cuts: Vec<Option<f64>> = values.iter().map(|metric| lower_quartile(metric)).collect();
    let areas = values.first().map_or(0, Vec::len);
    let count = |area: usize| {
        let is_low = |(metric, cut): (&Vec<f64>, &Option<f64>)| cut.is_some_and(|cut| metric[area] <= cut);
        values.iter().zip(&cuts).filter(|pair| is_low(*pair)).count() as u32
    };
    let counts = (0..areas).map(count).collect();
    (cuts, counts)
}

/// Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs. `None` where one of
/// both does not vary.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    let (x, y) = (ranks(x), ranks(y));
    let n = x.len() as f64;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
    let (mx, my) = (mean(&x), mean(&y));
    let product = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum()
    };
    let under = (product(&x, mx, &x, mx) * product(&y, my, &y, my)).sqrt();
    (under > 0.0).then(|| product(&x, mx, &y, my) / under)
}

/// How a sum is thought to be spread over the areas of category 1, to say how much a change of measures would move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MoneyRule {
    /// The same for each area.
    PerArea,
    /// The same for each resident; areas whose residents are not known get nothing.
    PerResident,
}

/// The part of `total` that goes elsewhere when category 1 is `after` instead of `before`: half the sum of the absolute
/// differences. `None` where a category is empty, or holds nobody.
pub fn money_moved(
    total: f64,
    rule: MoneyRule,
    before: &[bool],
    after: &[bool],
    residents: &[f64],
) -> Option<f64> {
    let weight = |area: usize| match rule {
        MoneyRule::PerArea => 1.0,
        MoneyRule::PerResident if residents[area].is_nan() => 0.0,
        MoneyRule::PerResident => residents[area],
    };
    let sum = |chosen: &[bool]| (0..chosen.len()).filter(|&a| chosen[a]).map(weight).sum::<f64>();
    let (all_before, all_after) = (sum(before), sum(after));
    if all_before <= 0.0 || all_after <= 0.0 {
        return None;
    }
    let share = |chosen: &[bool], area: usize, all: f64| if chosen[area] { weight(area) / all } else { 0.0 };
    let moved: f64 =
        (0..before.len()).map(|a| (share(after, a, all_after) - share(before, a, all_before)).abs()).sum();
    Some(total * moved / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirds_are_as_equal_as_can_be() {
        let found: Vec<u32> = (1..=7).map(|rank| category(rank, 7, 3)).collect();
        assert_eq!(found, [1, 1, 2, 2, 3, 3, 3]);
        assert_eq!((1..=294).filter(|&r| category(r, 294, 3) == 1).count(), 98);
    }

    #[test]
    fn cuts_leave_their_own_value_on_the_better_side() {
        let high = |score| category_by_cuts(score, &[-1.0, 1.0], true);
        assert_eq!([high(-1.5), high(-1.0), high(0.0), high(1.0)], [1, 2, 2, 3]);
        let low = |score| category_by_cuts(score, &[60.0, 20.0], false);
        assert_eq!([low(80.0), low(60.0), low(20.0), low(5.0)], [1, 2, 3, 3]);
    }

    #[test]
    fn quartiles_interpolate_and_count_their_own_value() {
        assert_eq!(lower_quartile(&[4.0, 1.0, 2.0, 3.0]), Some(1.75));
        assert_eq!(lower_quartile(&[f64::NAN]), None);
        let (cuts, counts) =
            in_worst_quartile(&[vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![9.0, f64::NAN, 7.0, 8.0, 6.0]]);
        assert_eq!(cuts, [Some(2.0), Some(6.75)]);
        assert_eq!(counts, [1, 1, 0, 0, 1]);
    }

    #[test]
    fn spearman_of_a_textbook() {
        // d = 1, -1, 0, 1, -1: 1 - 6 x 4 / (5 x 24).
        assert_eq!(spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 3.0, 5.0, 4.0]), Some(0.8));
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn money_leaves_as_much_as_it_enters() {
        let (before, after) = ([true, true, false, false], [true, false, true, false]);
        let residents = [10.0, 30.0, 10.0, f64::NAN];
        assert_eq!(money_moved(100.0, MoneyRule::PerArea, &before, &after, &residents), Some(50.0));
        // 25 and 75 become 50 and 50.
        assert_eq!(money_moved(100.0, MoneyRule::PerResident, &before, &after, &residents), Some(75.0));
        assert_eq!(money_moved(100.0, MoneyRule::PerArea, &[false; 4], &after, &residents), None);
    }
}
