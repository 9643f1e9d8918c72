//! `/v1/analysis/priority`: categories of areas by an index, and two indices side by side. A comparison, never an
//! allocation.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::index::{Told, number, rank_of};
use super::index_question::{IndexParameters, Place, QUESTION, in_body, question, shipped};
use super::index_row::RankInterval;
use crate::analysis::index::{DrawOptions, Intervals, Measured, Ranking, rank};
use crate::analysis::priority::{
    MoneyRule, category, category_by_cuts, in_worst_quartile, money_moved, spearman,
};
use crate::http::answer::{self, Answer, bytes};
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::source::indices::IndexDefinition;

/// The parameters beside those of an index.
const MORE: [&str; 6] = ["against", "by", "categories", "cuts", "money", "money_rule"];
/// Tenths are the finest categories that official funds have used; twice that leaves room.
const MOST_CATEGORIES: u32 = 20;
/// What every answer says of itself.
const NOTE: &str = "A comparison of measures, not an allocation: it says who would stand where by these numbers, and \
                    nothing of who should get what.";

/// What this question takes besides, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
struct PriorityParameters {
    /// The index to compare with: `economy-only`. When not given and the index is changed by `weights`, `without`,
    /// `normalisation` or `aggregation`, the index as it is defined
    against: Option<String>,
    /// `share`: categories of equal size (when not given); `cuts`: of scores; `quartiles`: by the number of metrics in their
    /// worst quartile
    by: Option<String>,
    /// How many of equal size, 2 to 20; 3 when not given
    categories: Option<u32>,
    /// Cut points of scores from worst to best, with commas
    cuts: Option<String>,
    /// A sum, to say how much of it a change of measures would move between areas
    money: Option<f64>,
    /// How the sum is thought to be spread over category 1: `per-area` (when not given) or `per-resident`
    money_rule: Option<String>,
}

/// Categories by an index, category 1 the worst; with `against` (or with changes to the index), who would enter and who
/// would leave.
#[utoipa::path(get, path = "/v1/analysis/priority", tag = "analysis",
    params(IndexParameters, PriorityParameters),
    responses((status = 200, description = "Areas with category; `comparison` with movers"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn priority(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    ask(&state, query, None, false).await
}

/// The same by definitions in the body: one, or `definition` and `against`.
#[utoipa::path(post, path = "/v1/analysis/priority", tag = "analysis",
    request_body(content = String, description = "A definition, or two under `definition` and `against`, TOML or JSON", content_type = "application/toml"),
    responses((status = 200, description = "As GET"), (status = 400, body = Problem)))]
pub async fn priority_of_body(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Answer {
    ask(&state, query, Some(body), false).await
}

/// The categories as a table.
#[utoipa::path(get, path = "/v1/analysis/priority.csv", tag = "analysis",
    params(IndexParameters, PriorityParameters),
    responses((status = 200, description = "A row for each area"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn table(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    ask(&state, query, None, true).await
}

/// The categories by definitions in the body as a table.
#[utoipa::path(post, path = "/v1/analysis/priority.csv", tag = "analysis",
    request_body(content = String, description = "A definition, or two under `definition` and `against`, TOML or JSON", content_type = "application/toml"),
    responses((status = 200, description = "A row for each area"), (status = 400, body = Problem)))]
pub async fn table_of_body(State(state): State<AppState>, RawQuery(query): RawQuery, body: Bytes) -> Answer {
    ask(&state, query, Some(body), true).await
}

/// How areas are put into categories.
enum By {
    Share(u32),
    Cuts(Vec<f64>),
    Quartiles,
}

impl By {
    fn read(read: &mut Parameters) -> By {
        let categories = read.value::<u32>("categories");
        if let Some(n) = categories.filter(|n| !(2..=MOST_CATEGORIES).contains(n)) {
            read.fault("categories", &n.to_string(), format!("between 2 and {MOST_CATEGORIES}"));
        }
        let cuts = read.text("cuts").map(str::to_owned).map(|text| {
            let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse::<f64>()).collect();
            match numbers {
                Ok(cuts) if cuts.iter().all(|c| c.is_finite()) => cuts,
                _ => {
                    read.fault("cuts", &text, "numbers with commas between them, as in -0.5,0.5");
                    Vec::new()
                }
            }
        });
        let by = read.text("by").unwrap_or(if cuts.is_some() { "cuts" } else { "share" }).to_owned();
        if by != "cuts"
            && let Some(text) = read.text("cuts").map(str::to_owned)
        {
            read.fault("cuts", &text, "only with by=cuts");
        }
        if by != "share"
            && let Some(n) = categories
        {
            read.fault("categories", &n.to_string(), "only with by=share");
        }
        match (by.as_str(), cuts) {
            ("share", _) => By::Share(categories.unwrap_or(3)),
            ("cuts", Some(cuts)) => By::Cuts(cuts),
            ("cuts", None) => {
                read.fault("cuts", "", "needed with by=cuts: numbers with commas, from worst to best");
                By::Quartiles
            }
            ("quartiles", _) => By::Quartiles,
            (other, _) => {
                read.fault("by", other, "`share`, `cuts` or `quartiles`");
                By::Quartiles
            }
        }
    }

    /// A fault of the cuts for scores of this direction.
    fn fault(&self, high_is_good: bool) -> Option<String> {
        let By::Cuts(cuts) = self else { return None };
        let ordered = cuts.windows(2).all(|w| if high_is_good { w[0] < w[1] } else { w[0] > w[1] });
        let direction = if high_is_good { "ascend" } else { "descend" };
        (!ordered).then(|| format!("cuts go from worst to best: here they must {direction}"))
    }
}

/// An order with its categories, by area of the layer; 0 for areas without.
struct Sorted {
    ranking: Ranking,
    categories: Vec<u32>,
    quartile_cuts: Vec<Option<f64>>,
    /// How many metrics of each area are in their worst quartile.
    low_metrics: Vec<u32>,
}

impl Sorted {
    fn of(definition: &IndexDefinition, measured: &Measured, by: &By, only: Option<&[bool]>) -> Sorted {
        let ranking = rank(definition, measured, only);
        let count = ranking.count();
        let (quartile_cuts, low_metrics) = in_worst_quartile(&ranking.oriented);
        let metrics = ranking.oriented.len() as u32;
        let high = definition.normalisation.high_is_good();
        let categories = (0..ranking.ranks.len())
            .map(|area| match (ranking.ranks[area], by) {
                (0, _) => 0,
                (rank, By::Share(categories)) => category(rank, count, *categories),
                (_, By::Cuts(cuts)) => category_by_cuts(ranking.scores[area], cuts, high),
                (_, By::Quartiles) => metrics - low_metrics[area] + 1,
            })
            .collect();
        Sorted { ranking, categories, quartile_cuts, low_metrics }
    }
}

async fn ask(state: &AppState, query: Option<String>, body: Option<Bytes>, is_table: bool) -> Answer {
    answer::off_thread(state, move |served| {
        let mut read = Parameters::parse(query.as_deref(), &[&QUESTION[..], &MORE].concat());
        let named = read.text("index").map(str::to_owned);
        let mut against = read.text("against").map(|id| shipped(served, "against", id)).transpose()?;
        let definition = match (&body, named) {
            (Some(_), Some(id)) => {
                let words = "the body holds the definition: give one or the other";
                return Err(Problem::parameter("index", &id, words));
            }
            (Some(body), None) => {
                let two = in_body(body)?;
                if two.against.is_some() && against.is_some() {
                    let id = read.text("against").unwrap_or_default();
                    let words = "the body holds what to compare with: give one or the other";
                    return Err(Problem::parameter("against", id, words));
                }
                against = two.against.or(against);
                two.definition
            }
            (None, Some(id)) => shipped(served, "index", &id)?,
            (None, None) => {
                read.fault("index", "", "needed: /v1/analysis/index lists the definitions");
                read.finish()?;
                return Err(Problem::parameter("index", "", "needed"));
            }
        };
        let original = definition.clone();
        let asked = question(&mut read, definition);
        let by = By::read(&mut read);
        let (money, rule) = money_of(&mut read);
        let against = against.or(asked.is_changed.then_some(original));
        for definition in [Some(&asked.definition), against.as_ref()].into_iter().flatten() {
            if let Some(fault) = by.fault(definition.normalisation.high_is_good()) {
                let text = read.text("cuts").unwrap_or_default().to_owned();
                read.fault("cuts", &text, fault);
            }
        }
        if money.is_some() && against.is_none() {
            let text = read.text("money").unwrap_or_default().to_owned();
            read.fault("money", &text, "only with `against`, or with an index that the request changes");
        }
        read.finish()?;
        let place = Place::of(served, &asked)?;
        let measured = place.measure(served, &asked.definition)?;
        let before = match &against {
            None => None,
            Some(definition) => Some((definition, place.measure(served, definition)?)),
        };
        // Two orders are compared over the areas that both can rank.
        let both: Option<Vec<bool>> = before.as_ref().map(|(definition, theirs)| {
            let (here, there) = (rank(&asked.definition, &measured, None), rank(definition, theirs, None));
            here.is_ranked.iter().zip(&there.is_ranked).map(|(a, b)| *a && *b).collect()
        });
        let after = Sorted::of(&asked.definition, &measured, &by, both.as_deref());
        let before = before
            .as_ref()
            .map(|(definition, theirs)| (*definition, Sorted::of(definition, theirs, &by, both.as_deref())));
        let categories = if let By::Share(n) = by { n } else { 1 };
        let options = DrawOptions { draws: asked.draws, seed: asked.seed, categories };
        let intervals = after.ranking.intervals(&asked.definition, &measured, options);
        let told =
            Told { served, place: &place, asked: &asked, measured: &measured, ranking: &after.ranking };
        let found =
            Found { told, after: &after, before: before.as_ref().map(|(_, b)| b), intervals: &intervals };
        if is_table {
            return found.csv();
        }
        let mut answer = found.told.head();
        answer.insert("note".into(), NOTE.into());
        let method = match &by {
            By::Share(n) => {
                json!({"by": "share", "categories": n, "rule": "ceil(categories x rank / ranked)"})
            }
            By::Cuts(cuts) => json!({"by": "cuts", "cuts": cuts}),
            By::Quartiles => json!({"by": "quartiles",
                "rule": "1 + metrics - metrics in their worst quartile, its cut included"}),
        };
        answer.insert("method".into(), method);
        answer.insert("quartiles".into(), found.quartiles());
        answer.insert("uncertainty".into(), found.told.uncertainty());
        if let Some((definition, _)) = &before {
            let mut comparison = found.comparison(money.map(|m| (m, rule)));
            comparison.insert("against".into(), json!(definition.id));
            comparison.insert("against_definition".into(), json!(definition));
            answer.insert("comparison".into(), comparison.into());
        }
        let results = found.results(matches!(by, By::Share(_)));
        answer.insert("count".into(), results.len().into());
        answer.insert("results".into(), results.into());
        found.told.foot(&mut answer);
        answer::json(&answer)
    })
    .await
}

fn money_of(read: &mut Parameters) -> (Option<f64>, MoneyRule) {
    let money = read.number("money");
    if let Some(sum) = money.filter(|m| *m < 0.0) {
        read.fault("money", &sum.to_string(), "a sum of at least 0");
    }
    let rule = match read.text("money_rule").map(str::to_owned).as_deref() {
        None | Some("per-area") => MoneyRule::PerArea,
        Some("per-resident") => MoneyRule::PerResident,
        Some(other) => {
            read.fault("money_rule", other, "`per-area` or `per-resident`");
            MoneyRule::PerArea
        }
    };
    (money, rule)
}

struct Found<'a> {
    told: Told<'a>,
    after: &'a Sorted,
    before: Option<&'a Sorted>,
    intervals: &'a [Option<Intervals>],
}

impl Found<'_> {
    fn residents(&self, area: usize) -> Option<f64> {
        self.told.place.layer.areas()[area].residents
    }

    /// The cut of each metric's worst quartile, and how many areas have how many metrics in it.
    fn quartiles(&self) -> Value {
        let columns = &self.told.measured.columns;
        let cuts: Map<String, Value> = columns
            .iter()
            .zip(&self.after.quartile_cuts)
            .map(|(column, cut)| {
                let sign = if column.polarity == crate::area::Polarity::LowIsGood { -1.0 } else { 1.0 };
                (column.id.to_string(), json!(cut.and_then(|cut| number(sign * cut))))
            })
            .collect();
        let mut counts = vec![0; columns.len() + 1];
        for area in 0..self.after.low_metrics.len() {
            if self.after.ranking.is_ranked[area] {
                counts[self.after.low_metrics[area] as usize] += 1;
            }
        }
        json!({"cuts": cuts, "areas_by_metrics_in_worst_quartile": counts})
    }

    fn named(&self, area: usize) -> Value {
        let about = &self.told.place.layer.areas()[area];
        json!({"code": about.code, "name": about.name})
    }

    fn comparison(&self, money: Option<(f64, MoneyRule)>) -> Map<String, Value> {
        let mut told = Map::new();
        let Some(before) = self.before else { return told };
        let after = self.after;
        let ranked: Vec<usize> =
            (0..after.categories.len()).filter(|&a| after.ranking.is_ranked[a]).collect();
        let moved: Vec<usize> =
            ranked.iter().copied().filter(|&a| after.categories[a] != before.categories[a]).collect();
        let enters: Vec<usize> = moved.iter().copied().filter(|&a| after.categories[a] == 1).collect();
        let leaves: Vec<usize> = moved.iter().copied().filter(|&a| before.categories[a] == 1).collect();
        let mut steps: Vec<(u32, u32, usize)> = Vec::new();
        for &area in &moved {
            let (from, to) = (before.categories[area], after.categories[area]);
            match steps.iter_mut().find(|s| (s.0, s.1) == (from, to)) {
                Some(step) => step.2 += 1,
                None => steps.push((from, to, 1)),
            }
        }
        steps.sort_unstable();
        let of = |sorted: &Sorted| -> Vec<f64> {
            ranked.iter().map(|&a| f64::from(sorted.ranking.ranks[a])).collect()
        };
        let people = |areas: &[usize]| -> Value {
            let known: Vec<f64> = areas.iter().filter_map(|&a| self.residents(a)).collect();
            json!({"residents": known.iter().sum::<f64>(), "areas_without_residents": areas.len() - known.len()})
        };
        let list = |areas: &[usize]| areas.iter().map(|&a| self.named(a)).collect::<Vec<_>>();
        let moves: Vec<Value> = moved
            .iter()
            .map(|&a| {
                let about = &self.told.place.layer.areas()[a];
                json!({"code": about.code, "name": about.name, "from": before.categories[a],
                    "to": after.categories[a], "rank_before": before.ranking.ranks[a],
                    "rank_after": after.ranking.ranks[a], "residents": self.residents(a)})
            })
            .collect();
        told.insert("note".into(), NOTE.into());
        told.insert("areas".into(), ranked.len().into());
        told.insert("moved".into(), moved.len().into());
        told.insert("enters".into(), list(&enters).into());
        told.insert("leaves".into(), list(&leaves).into());
        let steps: Vec<Value> =
            steps.iter().map(|(from, to, n)| json!({"from": from, "to": to, "areas": n})).collect();
        told.insert("steps".into(), steps.into());
        told.insert("moves".into(), moves.into());
        told.insert("spearman".into(), json!(spearman(&of(before), &of(after)).map(answer::rounded)));
        let people =
            json!({"moved": people(&moved), "entering": people(&enters), "leaving": people(&leaves)});
        told.insert("people".into(), people);
        if let Some((total, rule)) = money {
            let first = |sorted: &Sorted| -> Vec<bool> {
                ranked.iter().map(|&a| sorted.categories[a] == 1).collect()
            };
            let residents: Vec<f64> = ranked.iter().map(|&a| self.residents(a).unwrap_or(f64::NAN)).collect();
            let sum = money_moved(total, rule, &first(before), &first(after), &residents);
            let words = match rule {
                MoneyRule::PerArea => "the sum spread over the areas of category 1, each the same",
                MoneyRule::PerResident => "the sum spread over the residents of category 1, each the same",
            };
            told.insert(
                "money".into(),
                json!({"total": total, "rule": words, "moved": sum.map(answer::rounded)}),
            );
        }
        told
    }

    fn results(&self, has_shares: bool) -> Vec<Value> {
        let columns = &self.told.measured.columns;
        self.told
            .in_order()
            .into_iter()
            .map(|area| {
                let about = &self.told.place.layer.areas()[area];
                let ranking = &self.after.ranking;
                let is_low = |i: &usize| {
                    let cut = self.after.quartile_cuts[*i];
                    cut.is_some_and(|cut| ranking.oriented[*i][area] <= cut)
                };
                let low: Vec<&str> =
                    (0..columns.len()).filter(is_low).map(|i| columns[i].id.as_str()).collect();
                let interval = self.intervals[area].as_ref();
                let mut row = json!({"code": about.code, "name": about.name,
                    "category": rank_of(self.after.categories[area]), "rank": rank_of(ranking.ranks[area]),
                    "score": number(ranking.scores[area]),
                    "metrics_in_worst_quartile": ranking.is_ranked[area].then_some(low.len()), "in_worst_quartile": low,
                    "rank_interval": interval.map(RankInterval::from),
                    "share_of_draws": interval.filter(|_| has_shares).map(|i| i.shares.iter().map(|s| number(*s)).collect::<Vec<_>>()),
                    "residents": about.residents, "missing": self.told.missing(area)});
                if let (Some(before), Value::Object(row)) = (self.before, &mut row) {
                    let (from, to) = (before.categories[area], self.after.categories[area]);
                    row.insert("before".into(), json!({"category": rank_of(from), "rank": rank_of(before.ranking.ranks[area]),
                        "score": number(before.ranking.scores[area])}));
                    row.insert("move".into(), move_of(from, to).into());
                }
                row
            })
            .collect()
    }

    fn csv(&self) -> Answer {
        let internal = |e: csv::Error| Problem::internal(&e);
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header = vec![
            "code",
            "name",
            "category",
            "rank",
            "score",
            "metrics_in_worst_quartile",
            "rank_5",
            "rank_95",
            "residents",
        ];
        if self.before.is_some() {
            header.extend(["category_before", "rank_before", "move"]);
        }
        header.push("missing");
        writer.write_record(&header).map_err(internal)?;
        let text = |n: u32| rank_of(n).map(|n| n.to_string()).unwrap_or_default();
        for area in self.told.in_order() {
            let about = &self.told.place.layer.areas()[area];
            let ranking = &self.after.ranking;
            let is_ranked = ranking.is_ranked[area];
            let ends = self.intervals[area].as_ref().map(|i| i.from_both);
            let mut row = vec![
                about.code.to_string(),
                about.name.to_string(),
                text(self.after.categories[area]),
                text(ranking.ranks[area]),
                if is_ranked { ranking.scores[area].to_string() } else { String::new() },
                if is_ranked { self.after.low_metrics[area].to_string() } else { String::new() },
                ends.map(|e| e.0.to_string()).unwrap_or_default(),
                ends.map(|e| e.1.to_string()).unwrap_or_default(),
                about.residents.map(|r| r.to_string()).unwrap_or_default(),
            ];
            if let Some(before) = self.before {
                let (from, to) = (before.categories[area], self.after.categories[area]);
                row.extend([text(from), text(before.ranking.ranks[area]), move_of(from, to).to_owned()]);
            }
            row.push(self.told.missing(area).join(" "));
            writer.write_record(&row).map_err(internal)?;
        }
        let table = writer.into_inner().map_err(|e| Problem::internal(&e))?;
        Ok(bytes("text/csv; charset=utf-8", table))
    }
}

/// What a change of category is called; category 1 is that of priorities.
fn move_of(from: u32, to: u32) -> &'static str {
    match (from, to) {
        (0, _) | (_, 0) => "",
        (1, 1) => "stays in category 1",
        (1, _) => "leaves category 1",
        (_, 1) => "enters category 1",
        (from, to) if from == to => "stays",
        (from, to) if to < from => "up",
        _ => "down",
    }
}
