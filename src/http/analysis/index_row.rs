//! An area in the answer of an index.
//!
//! Written as it is: a tree of values for some hundred areas took longer than all else of an answer but its draws.

use serde::{Serialize, Serializer};

use super::index::{Told, number, rank_of};
use crate::analysis::index::Intervals;
use crate::source::indices::{Aggregation, Normalisation};

/// Objects whose names are data: pairs in their order.
type Pairs<'a, V> = Vec<(&'a str, V)>;

#[derive(Serialize)]
pub(super) struct Row<'a> {
    code: &'a str,
    name: &'a str,
    score: Option<f64>,
    rank: Option<u32>,
    rank_interval: Option<RankInterval>,
    #[serde(serialize_with = "object")]
    capitals: Pairs<'a, OfCapital>,
    #[serde(serialize_with = "object")]
    indicators: Pairs<'a, OfIndicator>,
    #[serde(serialize_with = "object")]
    rank_under: Pairs<'a, Option<u32>>,
    missing: Vec<&'a str>,
}

#[derive(Serialize)]
struct OfCapital {
    score: Option<f64>,
    rank: Option<u32>,
    contribution: Option<f64>,
}

#[derive(Serialize)]
struct OfIndicator {
    value: Option<f64>,
    normalised: Option<f64>,
    contribution: Option<f64>,
}

/// The ends of the ranks of an area over the draws.
#[derive(Serialize)]
pub(super) struct RankInterval {
    values: (u32, u32),
    weights: (u32, u32),
    both: (u32, u32),
}

impl From<&Intervals> for RankInterval {
    fn from(found: &Intervals) -> Self {
        RankInterval { values: found.from_values, weights: found.from_weights, both: found.from_both }
    }
}

fn object<V: Serialize, S: Serializer>(pairs: &Pairs<'_, V>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

impl Told<'_> {
    /// The areas in scope, in the order of their ranks, those without one last.
    pub(super) fn rows(&self, intervals: &[Option<Intervals>]) -> Vec<Row<'_>> {
        // A logarithm of what a z score may be is none.
        let is_geometric = self.asked.definition.aggregation == Aggregation::Geometric;
        let other: Vec<(Normalisation, Vec<u32>)> = Normalisation::ALL
            .into_iter()
            .filter(|how| !(is_geometric && *how == Normalisation::Z))
            .map(|how| (how, self.ranking.ranks_under(how, self.asked.definition.ddof)))
            .collect();
        self.in_order().into_iter().map(|area| self.row(area, &other, intervals[area].as_ref())).collect()
    }

    fn row(&self, area: usize, other: &[(Normalisation, Vec<u32>)], interval: Option<&Intervals>) -> Row<'_> {
        let about = &self.place.layer.areas()[area];
        let ranking = self.ranking;
        let contributions = ranking.contributions(area);
        let capitals = ranking.capitals.iter().map(|by| {
            let sum: f64 = by.members.iter().map(|&i| contributions[i]).sum();
            let (score, rank) = (number(by.scores[area]), rank_of(by.ranks[area]));
            (by.capital.as_str(), OfCapital { score, rank, contribution: score.and(number(sum)) })
        });
        let indicators = self.measured.columns.iter().enumerate().map(|(i, column)| {
            let told = OfIndicator {
                value: number(column.values[area]),
                normalised: number(ranking.normalised[i][area]),
                contribution: number(contributions[i]),
            };
            (column.id.as_str(), told)
        });
        Row {
            code: about.code.as_str(),
            name: &about.name,
            score: number(ranking.scores[area]),
            rank: rank_of(ranking.ranks[area]),
            rank_interval: interval.map(RankInterval::from),
            capitals: capitals.collect(),
            indicators: indicators.collect(),
            rank_under: other.iter().map(|(how, ranks)| (how.as_str(), rank_of(ranks[area]))).collect(),
            missing: self.missing(area),
        }
    }
}
