//! The straight line through weighted points.

/// A straight line fitted by weighted least squares.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// The value at x = 0.
    pub intercept: f64,
    /// The change of the value over one unit of x.
    pub slope: f64,
    /// Sum of w (x - mean of x)^2: the slope's variance is its inverse where weights are inverse variances.
    pub spread: f64,
}

impl Line {
    /// The line through points `(x, y, weight)`; `None` with fewer than two different x of positive weight.
    pub fn fit(points: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Option<Line> {
        let (mut weight, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
        for (x, y, w) in points.clone() {
            weight += w;
            x_sum += w * x;
            y_sum += w * y;
        }
        let (x_mean, y_mean) = (x_sum / weight, y_sum / weight);
        let (mut spread, mut product) = (0.0, 0.0);
        for (x, y, w) in points {
            spread += w * (x - x_mean).powi(2);
            product += w * (x - x_mean) * (y - y_mean);
        }
        let slope = product / spread;
        let line = Line { intercept: y_mean - slope * x_mean, slope, spread };
        (spread > 0.0 && slope.is_finite() && line.intercept.is_finite()).then_some(line)
    }

    /// The value at x.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn points_on_a_line_give_it_back_and_one_place_gives_none() {
        let on = [(1.0, 5.0, 1.0), (2.0, 7.0, 3.0), (4.0, 11.0, 0.5)];
        let line = Line::fit(on.iter().copied()).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-12 && (line.at(10.0) - 23.0).abs() < 1e-12);
        assert_eq!(Line::fit([(1.0, 5.0, 1.0), (1.0, 6.0, 1.0)].into_iter()), None);
        assert_eq!(Line::fit(std::iter::empty()), None);
        assert_eq!(Line::fit([(1.0, 1.0, 0.0), (2.0, 2.0, 0.0)].into_iter()), None);
    }

    proptest! {
        /// The normal equations, solved by Cramer's rule.
        #[test]
        fn a_line_solves_the_normal_equations(
            points in prop::collection::vec((-5.0..5.0f64, -5.0..5.0f64, 0.1..3.0f64), 3..20)
        ) {
            let sum = |f: fn(&(f64, f64, f64)) -> f64| points.iter().map(f).sum::<f64>();
            let (w, wx, wy) = (sum(|p| p.2), sum(|p| p.2 * p.0), sum(|p| p.2 * p.1));
            let (wxx, wxy) = (sum(|p| p.2 * p.0 * p.0), sum(|p| p.2 * p.0 * p.1));
            let under = w * wxx - wx * wx;
            prop_assume!(under > 1e-3);
            let line = Line::fit(points.iter().copied()).unwrap();
            prop_assert!((line.slope - (w * wxy - wx * wy) / under).abs() < 1e-6);
            prop_assert!((line.intercept - (wxx * wy - wx * wxy) / under).abs() < 1e-6);
        }
    }
}
