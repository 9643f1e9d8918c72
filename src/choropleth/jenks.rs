//! Fisher's exact natural breaks: the partition of sorted values into classes with the least sum of squared
//! deviations from the class means (Fisher 1958, "On grouping for maximum homogeneity"; Jenks 1967).
//!
//! The best last split moves only to the right as values are added, so each row of the dynamic programme is
//! filled by divide and conquer: O(k n log n) instead of O(k n²), exact all the same.

/// Upper bounds of the `classes` natural classes of `sorted` (ascending, finite). Bounds are data values;
/// equal values are never parted. Of several equally good partitions the one with the widest last class is
/// taken, then the widest but one, and so on.
///
/// `None` when there are fewer different values than classes, or no class is asked for.
///
/// ```
/// use levelmap::choropleth::natural_breaks;
/// assert_eq!(natural_breaks(&[1.0, 2.0, 8.0, 9.0], 2), Some(vec![2.0, 9.0]));
/// ```
pub fn natural_breaks(sorted: &[f64], classes: usize) -> Option<Vec<f64>> {
    let groups = Groups::new(sorted);
    let last = groups.values.len().checked_sub(1)?;
    if classes == 0 || classes > groups.values.len() {
        return None;
    }
    let mut best: Vec<f64> = (0..=last).map(|j| groups.cost(0, j)).collect();
    let mut starts: Vec<Vec<u32>> = Vec::with_capacity(classes - 1);
    for class in 1..classes {
        let mut row = Row {
            groups: &groups,
            before: &best,
            best: vec![f64::INFINITY; last + 1],
            start: vec![0; last + 1],
        };
        row.fill(class, last, class, last);
        let Row { best: filled, start, .. } = row;
        best = filled;
        starts.push(start);
    }
    let mut uppers = vec![groups.values[last]];
    let mut end = last;
    for start in starts.iter().rev() {
        end = start[end] as usize - 1;
        uppers.push(groups.values[end]);
    }
    uppers.reverse();
    Some(uppers)
}

/// Costs that differ by less than this part of the squares they are differences of are equal.
const ROUNDING: f64 = 1e-13;

/// The different values with prefix sums that give the cost of any run of them at once.
struct Groups {
    values: Vec<f64>,
    /// Before each value: how many, their sum, the sum of their squares; of deviations from `values[len /
    /// 2]`, which keeps the squares small and is exact for whole numbers.
    sums: Vec<(f64, f64, f64)>,
}

impl Groups {
    fn new(sorted: &[f64]) -> Self {
        let mut values: Vec<f64> = Vec::new();
        let mut weights: Vec<f64> = Vec::new();
        for &value in sorted {
            if values.last() == Some(&value) {
                if let Some(weight) = weights.last_mut() {
                    *weight += 1.0;
                }
            } else {
                values.push(value);
                weights.push(1.0);
            }
        }
        let middle = values.get(values.len() / 2).copied().unwrap_or(0.0);
        let mut sums = Vec::with_capacity(values.len() + 1);
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        sums.push((count, sum, squares));
        for (&value, &weight) in values.iter().zip(&weights) {
            let deviation = value - middle;
            count += weight;
            sum += weight * deviation;
            squares += weight * deviation * deviation;
            sums.push((count, sum, squares));
        }
        Groups { values, sums }
    }

    /// Sum of squared deviations from their mean of the values `first..=last`.
    fn cost(&self, first: usize, last: usize) -> f64 {
        let (count_before, sum_before, squares_before) = self.sums[first];
        let (count, sum, squares) = self.sums[last + 1];
        let sum = sum - sum_before;
        (squares - squares_before - sum * sum / (count - count_before)).max(0.0)
    }
}

/// One row of the dynamic programme: the best cost of the values up to each place with one class more.
struct Row<'a> {
    groups: &'a Groups,
    before: &'a [f64],
    best: Vec<f64>,
    /// Where the last class of the best partition starts.
    start: Vec<u32>,
}

impl Row<'_> {
    /// Fills `low..=high`, whose best starts all lie in `from..=to`.
    fn fill(&mut self, low: usize, high: usize, from: usize, to: usize) {
        if low > high {
            return;
        }
        let middle = low + (high - low) / 2;
        let noise = ROUNDING * self.groups.sums[middle + 1].2;
        for start in from..=to.min(middle) {
            let cost = self.before[start - 1] + self.groups.cost(start, middle);
            // Less by more than rounding: of equals the first, that is the widest last class.
            if cost + noise < self.best[middle] || self.start[middle] == 0 {
                self.best[middle] = cost;
                self.start[middle] = start as u32;
            }
        }
        let start = self.start[middle] as usize;
        if middle > low {
            self.fill(low, middle - 1, from, start);
        }
        self.fill(middle + 1, high, start, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cost of a class, straight from its definition.
    fn plain_cost(values: &[f64]) -> f64 {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|v| (v - mean).powi(2)).sum()
    }

    fn cost_of(sorted: &[f64], uppers: &[f64]) -> f64 {
        let mut first = 0;
        let mut cost = 0.0;
        for upper in uppers {
            let end = sorted.partition_point(|v| v <= upper);
            cost += plain_cost(&sorted[first..end]);
            first = end;
        }
        assert_eq!(first, sorted.len(), "every value has a class");
        cost
    }

    /// Every way to put `classes - 1` splits between values.
    fn least_cost_by_trial(sorted: &[f64], classes: usize) -> f64 {
        if classes == 1 {
            return plain_cost(sorted);
        }
        (1..=sorted.len() - (classes - 1))
            .map(|end| plain_cost(&sorted[..end]) + least_cost_by_trial(&sorted[end..], classes - 1))
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn ties_stay_together_and_the_last_class_is_widest() {
        let ties = [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 9.0, 9.0, 10.0];
        assert_eq!(natural_breaks(&ties, 4), Some(vec![1.0, 2.0, 3.0, 10.0]));
        let zeros = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(natural_breaks(&zeros, 4), Some(vec![0.0, 1.0, 3.0, 5.0]));
    }

    #[test]
    fn more_classes_than_values_cannot_be_made() {
        assert_eq!(natural_breaks(&[1.0, 1.0, 2.0], 3), None);
        assert_eq!(natural_breaks(&[1.0, 1.0, 2.0], 2), Some(vec![1.0, 2.0]));
        assert_eq!(natural_breaks(&[], 1), None);
        assert_eq!(natural_breaks(&[1.0], 0), None);
    }

    proptest! {
        #[test]
        fn no_partition_costs_less(
            mut values in prop::collection::vec(-50i32..50, 1..13),
            scale in prop::sample::select(vec![1.0, 0.1, 1e-6, 12_345.6]),
            classes in 1usize..6,
        ) {
            values.sort_unstable();
            let sorted: Vec<f64> = values.iter().map(|&v| f64::from(v) * scale).collect();
            let mut different = sorted.clone();
            different.dedup();
            match natural_breaks(&sorted, classes) {
                None => prop_assert!(different.len() < classes),
                Some(uppers) => {
                    prop_assert_eq!(uppers.len(), classes);
                    let made = cost_of(&sorted, &uppers);
                    let least = least_cost_by_trial(&sorted, classes);
                    prop_assert!(made <= least + 1e-9 * plain_cost(&sorted), "{made} > {least}");
                }
            }
        }
    }
}
