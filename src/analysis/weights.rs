//! Spatial weights: who counts as a neighbour of whom, and how much.
//!
//! Every neighbour of an area weighs the same: one (binary), or one over their number (row-standardised). So a row is a list
//! of neighbours and one number.

/// How the neighbours of an area share its weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Each weighs one over the number of them: a lag is the mean of the neighbours (`W` of `spdep`, `R` of `PySAL`).
    Row,
    /// Each weighs one: a lag is the sum of the neighbours (`B`).
    Binary,
}

/// The neighbours of n areas, numbered from 0.
#[derive(Clone, PartialEq, Debug)]
pub struct Weights {
    first: Vec<u32>,
    neighbours: Vec<u32>,
    style: Style,
}

/// What the moments of global statistics need of a matrix of weights (Cliff and Ord 1981, p. 19).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sums {
    /// The sum of all weights.
    pub s0: f64,
    /// Half the sum of `(w_ij + w_ji)^2`.
    pub s1: f64,
    /// The sum over areas of (row sum + column sum)^2.
    pub s2: f64,
}

impl Weights {
    /// From the neighbours of each area in any order. An area is no neighbour of its own, and one named twice counts once.
    pub fn new(lists: &[Vec<u32>], style: Style) -> Self {
        let mut first = Vec::with_capacity(lists.len() + 1);
        let mut neighbours = Vec::with_capacity(lists.iter().map(Vec::len).sum());
        first.push(0);
        for (area, list) in lists.iter().enumerate() {
            let start = neighbours.len();
            neighbours.extend(list.iter().copied().filter(|&other| other as usize != area));
            neighbours[start..].sort_unstable();
            let mut kept = start;
            for i in start..neighbours.len() {
                if i == start || neighbours[i] != neighbours[kept - 1] {
                    neighbours[kept] = neighbours[i];
                    kept += 1;
                }
            }
            neighbours.truncate(kept);
            first.push(kept as u32);
        }
        Weights { first, neighbours, style }
    }

    /// The same neighbours in another style.
    #[must_use]
    pub fn styled(&self, style: Style) -> Weights {
        Weights { style, ..self.clone() }
    }

    /// How many areas there are.
    pub fn n(&self) -> usize {
        self.first.len() - 1
    }

    /// How many pairs (i, j) have a weight, each direction counted.
    pub fn links(&self) -> usize {
        self.neighbours.len()
    }

    /// How the neighbours share the weight.
    pub fn style(&self) -> Style {
        self.style
    }

    /// The neighbours of an area, in the order of their numbers.
    pub fn of(&self, area: usize) -> &[u32] {
        &self.neighbours[self.first[area] as usize..self.first[area + 1] as usize]
    }

    /// What each neighbour of an area weighs; 0 for one without neighbours.
    pub fn each(&self, area: usize) -> f64 {
        match (self.of(area).len(), self.style) {
            (0, _) => 0.0,
            (_, Style::Binary) => 1.0,
            (k, Style::Row) => 1.0 / k as f64,
        }
    }

    /// The areas without neighbours.
    pub fn islands(&self) -> Vec<usize> {
        (0..self.n()).filter(|&area| self.of(area).is_empty()).collect()
    }

    /// The sum of the values of an area's neighbours, unweighted.
    pub fn sum_around(&self, area: usize, values: &[f64]) -> f64 {
        self.of(area).iter().map(|&other| values[other as usize]).sum()
    }

    /// The spatial lag: for each area the weighted sum of the values around it.
    pub fn lag(&self, values: &[f64]) -> Vec<f64> {
        (0..self.n()).map(|area| self.each(area) * self.sum_around(area, values)).collect()
    }

    /// True when each neighbour has the area as a neighbour too, as with contiguity and distance, unlike k nearest.
    pub fn is_mutual(&self) -> bool {
        (0..self.n()).all(|area| self.of(area).iter().all(|&other| self.has(other as usize, area)))
    }

    fn has(&self, area: usize, other: usize) -> bool {
        self.of(area).binary_search(&(other as u32)).is_ok()
    }

    /// The sums that moments need.
    pub fn sums(&self) -> Sums {
        let n = self.n();
        let (mut s0, mut s1) = (0.0, 0.0);
        let (mut rows, mut columns) = (vec![0.0; n], vec![0.0; n]);
        for (area, row) in rows.iter_mut().enumerate() {
            let weight = self.each(area);
            for &other in self.of(area) {
                let other = other as usize;
                let back = if self.has(other, area) { self.each(other) } else { 0.0 };
                s0 += weight;
                // Half of (w_ij + w_ji)^2 over both orders; where only one order has a weight the other adds as much.
                s1 += weight * (weight + back);
                *row += weight;
                columns[other] += weight;
            }
        }
        let s2 = rows.iter().zip(&columns).map(|(row, column)| (row + column).powi(2)).sum();
        Sums { s0, s1, s2 }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The neighbours of a square of `side` by `side` cells that share an edge, row by row.
    pub(in crate::analysis) fn rook(side: u32) -> Vec<Vec<u32>> {
        let cell = |x: u32, y: u32| {
            let beside = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
            beside.into_iter().filter(|&(x, y)| x < side && y < side).map(|(x, y)| y * side + x).collect()
        };
        (0..side * side).map(|i| cell(i % side, i / side)).collect()
    }

    /// Any neighbours of 4 to 12 areas, one-sided ones and islands among them.
    pub(in crate::analysis) fn any_lists() -> impl Strategy<Value = Vec<Vec<u32>>> {
        (4..12usize).prop_flat_map(|n| prop::collection::vec(prop::collection::vec(0..n as u32, 0..n), n..=n))
    }

    fn matrix(weights: &Weights) -> Vec<Vec<f64>> {
        let mut full = vec![vec![0.0; weights.n()]; weights.n()];
        for (area, row) in full.iter_mut().enumerate() {
            for &other in weights.of(area) {
                row[other as usize] = weights.each(area);
            }
        }
        full
    }

    #[test]
    fn lists_are_tidied() {
        let weights = Weights::new(&[vec![2, 0, 1, 2], vec![], vec![0]], Style::Row);
        assert_eq!((weights.of(0), weights.of(1), weights.of(2)), (&[1, 2][..], &[][..], &[0][..]));
        assert_eq!((weights.each(0), weights.each(1), weights.each(2)), (0.5, 0.0, 1.0));
        assert_eq!((weights.islands(), weights.links(), weights.is_mutual()), (vec![1], 3, false));
        assert_eq!(weights.lag(&[1.0, 2.0, 4.0]), [3.0, 0.0, 1.0]);
        assert!(Weights::new(&rook(4), Style::Row).is_mutual());
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_matrix(lists in any_lists(), is_row in any::<bool>()) {
            let weights = Weights::new(&lists, if is_row { Style::Row } else { Style::Binary });
            let w = matrix(&weights);
            let n = w.len();
            let all = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
                (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| f(i, j)).sum()
            };
            let s0 = all(&|i, j| w[i][j]);
            let s1 = all(&|i, j| (w[i][j] + w[j][i]).powi(2)) / 2.0;
            let s2: f64 = (0..n).map(|i| (0..n).map(|j| w[i][j] + w[j][i]).sum::<f64>().powi(2)).sum();
            let found = weights.sums();
            prop_assert!((found.s0 - s0).abs() < 1e-9, "{found:?} {s0}");
            prop_assert!((found.s1 - s1).abs() < 1e-9, "{found:?} {s1}");
            prop_assert!((found.s2 - s2).abs() < 1e-9, "{found:?} {s2}");
        }
    }
}
