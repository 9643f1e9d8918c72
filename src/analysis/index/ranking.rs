//! The areas of a layer in the order of an index.

use super::measured::{Column, Measured};
use super::normalise::normalise;
use super::score::{Group, Scheme, order};
use super::uncertainty::{DrawOptions, Intervals, Sampled, rank_intervals};
use crate::area::Capital;
use crate::source::indices::{IndexDefinition, Normalisation, Weighting};

/// How each area would rank by one capital alone.
#[derive(Clone, Debug)]
pub struct ByCapital {
    /// The capital.
    pub capital: Capital,
    /// The places of its indicators.
    pub members: Vec<usize>,
    /// By area: the weighted mean of its indicators; NaN where none is there.
    pub scores: Vec<f64>,
    /// By area: the rank by it, 1 the worst; 0 where there is none.
    pub ranks: Vec<u32>,
}

/// Areas in the order of an index. All lists are by area of the layer.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// How normalised values are put together.
    pub scheme: Scheme,
    /// By indicator: values with higher as better; NaN outside the ranked areas.
    pub oriented: Vec<Vec<f64>>,
    /// By indicator: normalised values.
    pub normalised: Vec<Vec<f64>>,
    /// By indicator: false where its values do not differ.
    pub varies: Vec<bool>,
    /// True where an area has a score.
    pub is_ranked: Vec<bool>,
    /// The scores; NaN where there is none.
    pub scores: Vec<f64>,
    /// The ranks, 1 the worst; 0 where there is none.
    pub ranks: Vec<u32>,
    /// By capital.
    pub capitals: Vec<ByCapital>,
}

/// How the indicators of a definition are grouped and weighted.
pub fn scheme_of<'a>(
    definition: &IndexDefinition,
    parts: impl Iterator<Item = (f64, Option<Capital>)> + 'a,
) -> Scheme {
    let parts: Vec<(f64, Option<Capital>)> = parts.collect();
    let weight_of = |capital: Option<Capital>| capital.map_or(1.0, |c| definition.weight_of(c));
    let groups = match definition.weighting {
        Weighting::Indicators => {
            let member =
                |(i, (weight, capital)): (usize, &(f64, Option<Capital>))| (i, weight * weight_of(*capital));
            vec![Group { weight: 1.0, members: parts.iter().enumerate().map(member).collect() }]
        }
        Weighting::Capitals => {
            let kinds = Capital::ALL.into_iter().map(Some).chain([None]);
            kinds
                .map(|capital| {
                    let mine = parts.iter().enumerate().filter(|(_, part)| part.1 == capital);
                    Group { weight: weight_of(capital), members: mine.map(|(i, part)| (i, part.0)).collect() }
                })
                .filter(|group| group.members.iter().any(|m| m.1 > 0.0))
                .collect()
        }
    };
    Scheme { groups, aggregation: definition.aggregation }
}

/// Ranks the areas in scope that have as much as the definition needs; with `only`, no others than those in it.
///
/// Values become comparable among the ranked areas alone: what is not compared does not set the scale.
pub fn rank(definition: &IndexDefinition, measured: &Measured, only: Option<&[bool]>) -> Ranking {
    let columns = &measured.columns;
    let scheme = scheme_of(definition, columns.iter().map(|c| (c.weight, c.capital)));
    let count = columns.len();
    let is_ranked: Vec<bool> = (0..measured.in_scope.len())
        .map(|area| {
            let is_there = |i: usize| !columns[i].values[area].is_nan();
            measured.in_scope[area]
                && only.is_none_or(|only| only[area])
                && scheme.suffices(count, definition.need, is_there)
        })
        .collect();
    let oriented: Vec<Vec<f64>> = columns.iter().map(|column| among(column, &is_ranked)).collect();
    let mut normalised = oriented.clone();
    let varies: Vec<bool> =
        normalised.iter_mut().map(|c| normalise(c, definition.normalisation, definition.ddof)).collect();
    let good = definition.normalisation.high_is_good();
    let scores = scores_by(&scheme, &normalised, &is_ranked);
    let ranks = order(&scores, good);
    let capitals = Capital::ALL
        .into_iter()
        .map(|capital| {
            let members: Vec<usize> = (0..count).filter(|&i| columns[i].capital == Some(capital)).collect();
            let weights = members.iter().map(|&i| (i, columns[i].weight)).collect();
            let alone = Scheme {
                groups: vec![Group { weight: 1.0, members: weights }],
                aggregation: definition.aggregation,
            };
            let scores = scores_by(&alone, &normalised, &is_ranked);
            ByCapital { capital, members, ranks: order(&scores, good), scores }
        })
        .collect();
    Ranking { scheme, oriented, normalised, varies, is_ranked, scores, ranks, capitals }
}

impl Ranking {
    /// How many areas are ranked.
    pub fn count(&self) -> usize {
        self.is_ranked.iter().filter(|r| **r).count()
    }

    /// The normalised values of an area, by indicator.
    pub fn row(&self, area: usize) -> Vec<f64> {
        self.normalised.iter().map(|column| column[area]).collect()
    }

    /// What each indicator adds to the score of an area (of a geometric mean, to its logarithm).
    pub fn contributions(&self, area: usize) -> Vec<f64> {
        let row = self.row(area);
        let shares = self.scheme.shares_where(row.len(), |i| !row[i].is_nan());
        let pairs = row.iter().zip(&shares);
        pairs
            .map(|(v, share)| if v.is_nan() || *share == 0.0 { 0.0 } else { share * self.scheme.inward(*v) })
            .collect()
    }

    /// How sure each rank is.
    pub fn intervals(
        &self,
        definition: &IndexDefinition,
        measured: &Measured,
        options: DrawOptions,
    ) -> Vec<Option<Intervals>> {
        let errors: Vec<Vec<f64>> = measured.columns.iter().map(|c| c.errors.clone()).collect();
        let from = Sampled {
            values: &self.oriented,
            errors: &errors,
            normalisation: definition.normalisation,
            ddof: definition.ddof,
            scheme: &self.scheme,
        };
        rank_intervals(from, &self.is_ranked, options)
    }

    /// The rank that each area would have with values made comparable in another way.
    pub fn ranks_under(&self, how: Normalisation, ddof: u8) -> Vec<u32> {
        let mut columns = self.oriented.clone();
        for column in &mut columns {
            normalise(column, how, ddof);
        }
        order(&scores_by(&self.scheme, &columns, &self.is_ranked), how.high_is_good())
    }
}

fn among(column: &Column, is_ranked: &[bool]) -> Vec<f64> {
    let pairs = column.oriented().into_iter().zip(is_ranked);
    pairs.map(|(v, ranked)| if *ranked { v } else { f64::NAN }).collect()
}

fn scores_by(scheme: &Scheme, columns: &[Vec<f64>], is_ranked: &[bool]) -> Vec<f64> {
    let mut row = vec![f64::NAN; columns.len()];
    (0..is_ranked.len())
        .map(|area| {
            if !is_ranked[area] {
                return f64::NAN;
            }
            for (value, column) in row.iter_mut().zip(columns) {
                *value = column[area];
            }
            scheme.score(&row)
        })
        .collect()
}
