//! What was found of neighbours, written as JSON, as a table and as a map.

use serde_json::{Map, Value, json};

use super::autocorrelation::Ties;
use crate::analysis::autocorrelation::{Adjustment, Autocorrelation, Getis, Judged, Options};
use crate::analysis::local::Quadrant;
use crate::analysis::moran::Normally;
use crate::analysis::neighbourhood::{Islands, Neighbourhood, Neighbours, Place};
use crate::analysis::permutation::Alternative;
use crate::analysis::rates::EmpiricalBayes;
use crate::analysis::weights::{Style, Weights};
use crate::area::{Flag, Indicator};
use crate::atlas::{AreaValue, Atlas, AtlasLayer, Found, SeriesRef};
use crate::choropleth::NoData;
use crate::http::detail::Detail;
use crate::http::problem::Problem;
use crate::http::state::Served;

/// The fill of a quadrant: warm for high values, cool for low ones, pale where the neighbours are the other way.
fn fill(quadrant: Quadrant) -> &'static str {
    match quadrant {
        Quadrant::HighHigh => "#d7191c",
        Quadrant::HighLow => "#fdae61",
        Quadrant::LowHigh => "#abd9e9",
        Quadrant::LowLow => "#2c7bb6",
    }
}

/// Its words in a legend.
fn label(quadrant: Quadrant) -> &'static str {
    match quadrant {
        Quadrant::HighHigh => "high among high",
        Quadrant::LowHigh => "low among high",
        Quadrant::LowLow => "low among low",
        Quadrant::HighLow => "high among low",
    }
}

/// Of areas that are in no cluster. Lighter than any grey of areas without a value but one.
const NO_CLUSTER: &str = "#f7f7f7";

/// A hot or a cold spot.
fn spot(z: f64) -> (&'static str, &'static str) {
    if z > 0.0 { ("hot", "#d7191c") } else { ("cold", "#2c7bb6") }
}

/// Everything an answer is made of. `areas`, and all that is numbered by place, are the areas with a value.
pub(super) struct Finding<'a> {
    pub served: &'a Served,
    pub layer: &'a AtlasLayer,
    pub indicator: &'a Indicator,
    pub series: SeriesRef<'a>,
    pub within: Option<&'a Found<'a>>,
    pub areas: &'a [u32],
    pub left_out: &'a [u32],
    /// By area of the layer.
    pub values: &'a [AreaValue],
    pub bayes: Option<&'a EmpiricalBayes>,
    pub ties: Ties,
    pub neighbours: &'a Neighbours,
    pub weights: &'a Weights,
    pub options: &'a Options,
    pub taken: &'a Autocorrelation,
}

fn normally(normally: &Normally) -> Value {
    json!({"variance": normally.variance, "z": normally.z, "p": normally.p})
}

/// `None` for what is not a number, which JSON and tables have no word for.
fn number(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl Finding<'_> {
    fn code(&self, place: u32) -> &str {
        self.layer.areas()[self.areas[place as usize] as usize].code.as_str()
    }

    fn getis(&self) -> Option<&Getis> {
        self.taken.getis.as_ref().ok()
    }

    /// What the whole answer is about.
    fn members(&self) -> Map<String, Value> {
        let (series, options) = (self.series, self.options);
        let left_out: Vec<Value> = self
            .left_out
            .iter()
            .map(|&area| {
                let about = &self.layer.areas()[area as usize];
                let flag = self.values[area as usize].observation.flag.map(Flag::as_str);
                json!({"code": about.code, "name": about.name, "flag": flag})
            })
            .collect();
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("indicator", json!(self.indicator.id));
        put("title", json!(self.indicator.title));
        put("unit", json!(self.indicator.unit));
        put("layer", json!(self.layer.entry.id.kind));
        put("vintage", json!(self.layer.vintage()));
        put("within", json!(self.within.map(|w| &w.area().code)));
        put("period", series.period_label().into());
        put("sex", series.sex().into());
        put("age", series.age().into());
        put("area_count", self.areas.len().into());
        put("left_out", json!({"count": left_out.len(), "areas": left_out}));
        put("weights", self.weights_described());
        put("rates", self.rates_described());
        put("permutations", options.permutations.into());
        put("seed", options.seed.into());
        put("moran", self.moran_described());
        put("local_moran", self.local_described());
        put("getis_ord", self.getis_described());
        put("notes", self.notes().into());
        put("source", json!(self.indicator.source));
        put("licence", json!(self.indicator.licence));
        put("attribution", self.served.atlas.attribution(self.layer).into());
        map
    }

    fn weights_described(&self) -> Value {
        let (weights, neighbours) = (self.weights, self.neighbours);
        let place = |place: Place| match place {
            Place::LabelPoint => "label_point",
            Place::Centroid => "centroid",
        };
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        match self.ties.neighbourhood {
            Neighbourhood::Queen => {
                put("kind", "queen".into());
            }
            Neighbourhood::Rook => {
                put("kind", "rook".into());
            }
            Neighbourhood::Nearest { k, place: at } => {
                put("kind", "nearest".into());
                put("k", k.into());
                put("place", place(at).into());
            }
            Neighbourhood::Band { distance_m, place: at } => {
                put("kind", "distance".into());
                put("distance_m", distance_m.into());
                put("place", place(at).into());
            }
        }
        let style = if self.ties.style == Style::Row { "row" } else { "binary" };
        put("style", style.into());
        put("links", weights.links().into());
        put("mean_neighbours", (weights.links() as f64 / weights.n() as f64).into());
        put("mutual", weights.is_mutual().into());
        put("approximate_borders", neighbours.approximate.into());
        let sums = weights.sums();
        put("s0", sums.s0.into());
        put("s1", sums.s1.into());
        put("s2", sums.s2.into());
        let joined = self.ties.islands == Islands::Joined;
        let joint = |island: u32| neighbours.joints.iter().find(|j| j.island == island);
        let islands: Vec<Value> = neighbours
            .islands
            .iter()
            .map(|&island| {
                let joint = joint(island);
                json!({"code": self.code(island), "joined_to": joint.map(|j| self.code(j.nearest)),
                    "distance_m": joint.map(|j| (j.distance_m * 10.0).round() / 10.0)})
            })
            .collect();
        put(
            "islands",
            json!({"treatment": if joined { "nearest" } else { "none" }, "count": islands.len(), "areas": islands}),
        );
        map.into()
    }

    fn rates_described(&self) -> Value {
        match self.bayes {
            None => json!({"method": "raw"}),
            Some(bayes) => {
                json!({"method": "eb", "mean": bayes.mean, "variance_between": bayes.variance_between,
                "moran_of": "standardised rates (Assunção and Reis 1999)", "getis_ord_of": "smoothed rates (Marshall 1991)"})
            }
        }
    }

    fn moran_described(&self) -> Value {
        let (moran, options) = (&self.taken.moran, self.options);
        let shuffled = self.taken.shuffled.map(|s| {
            json!({"pseudo_p": s.tails.pseudo_p(options.permutations, options.alternative),
                "mean": s.mean, "standard_deviation": s.standard_deviation})
        });
        json!({"i": moran.i, "expected": moran.expected, "normality": normally(&moran.normality),
            "randomisation": normally(&moran.randomisation), "permutation": shuffled, "p_is": "two-sided; pseudo_p as `alternative` says"})
    }

    fn judged(&self, judged: &Judged, test: &str) -> Map<String, Value> {
        let adjust = if self.options.adjustment == Adjustment::FalseDiscovery { "fdr" } else { "none" };
        let mut map = Map::new();
        map.insert("test".into(), test.into());
        map.insert("adjust".into(), adjust.into());
        map.insert("q".into(), self.options.q.into());
        map.insert("tests".into(), judged.tests.into());
        map.insert("threshold".into(), json!(judged.threshold));
        map.insert("kept".into(), judged.count().into());
        map
    }

    fn local_described(&self) -> Value {
        let options = self.options;
        let test = match (options.permutations, options.alternative) {
            (0, _) => "normal distribution of the conditional moments, two-sided",
            (_, Alternative::Directed) => "conditional permutation, directed",
            (_, Alternative::TwoSided) => "conditional permutation, two-sided",
        };
        let mut map = self.judged(&self.taken.clusters, test);
        map.insert(
            "convention".into(),
            "I_i = z_i sum_j w_ij z_j / (sum z^2 / (n - 1)); quadrants need z and lag other than 0".into(),
        );
        if options.permutations > 0 {
            map.insert("least_p".into(), options.alternative.floor(options.permutations).into());
            let least = self.taken.clusters.least_at_floor(options);
            map.insert("least_at_least_p".into(), least.into());
        }
        let counts = Quadrant::ALL.map(|quadrant| {
            let is_it = |&place: &usize| self.taken.cluster(place) == Some(quadrant);
            (quadrant.as_str().to_owned(), Value::from((0..self.areas.len()).filter(is_it).count()))
        });
        map.insert("clusters".into(), counts.into_iter().collect::<Map<_, _>>().into());
        map.into()
    }

    fn getis_described(&self) -> Value {
        let getis = match &self.taken.getis {
            Ok(getis) => getis,
            Err(fault) => return json!({"reason": fault.to_string()}),
        };
        let general = &getis.general;
        let mut map = Map::new();
        map.insert("general_g".into(), json!({"g": general.g, "expected": general.expected, "randomisation": normally(&general.randomisation)}));
        let mut spots = self.judged(&getis.spots, "G_i*, normal distribution, two-sided");
        let hot = |&place: &usize| getis.spots.kept[place] && getis.gi_star[place].randomisation.z > 0.0;
        let hot = (0..self.areas.len()).filter(hot).count();
        spots.insert("hot".into(), hot.into());
        spots.insert("cold".into(), (getis.spots.count() - hot).into());
        map.insert("spots".into(), spots.into());
        map.insert("weights".into(), "binary".into());
        map.into()
    }

    /// What a reader should know before drawing a conclusion.
    fn notes(&self) -> Vec<String> {
        let (options, clusters) = (self.options, &self.taken.clusters);
        let mut notes = Vec::new();
        let least = clusters.least_at_floor(options);
        if options.permutations > 0 && clusters.count() == 0 && least > 1 {
            let floor = options.alternative.floor(options.permutations);
            let enough = (clusters.tests as f64 / options.q).ceil() as u64;
            notes.push(format!(
                "With {} permutations no pseudo-p can be below {floor}, so of {} tests at least {least} must stand there before any is kept at q = {}; none was. More permutations decide it ({enough} or more let a single area be kept).",
                options.permutations, clusters.tests, options.q
            ));
        }
        let islands = self.neighbours.islands.len();
        if islands > 0 && self.ties.islands == Islands::Alone {
            notes.push(format!("{islands} areas have no neighbour: they count in the mean, have a lag of 0 and are not tested."));
        }
        if self.neighbours.approximate > 0 {
            notes.push(format!(
                "{} borders were matched between two drawings or are drawn for small scales, and are only about right.",
                self.neighbours.approximate
            ));
        }
        if self.bayes.is_some_and(|bayes| bayes.variance_between < 0.0) {
            notes.push("The rates vary less between areas than chance alone would have it; smoothed, all are the mean.".to_owned());
        }
        notes
    }

    /// What is said of one area, by its place.
    fn row(&self, place: usize) -> Map<String, Value> {
        let area = self.areas[place];
        let about = &self.layer.areas()[area as usize];
        let local = &self.taken.local[place];
        let mut row = Map::new();
        let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
        put("code", about.code.as_str().into());
        put("name", about.name.as_str().into());
        put("value", json!(self.values[area as usize].observation.value()));
        if let Some(bayes) = self.bayes {
            put("standardised", bayes.standardised[place].into());
            put("smoothed", bayes.smoothed[place].into());
        }
        put("neighbours", self.weights.of(place).len().into());
        put("z", local.z.into());
        put("lag", local.lag.into());
        put("local_i", local.i.into());
        put("local_expected", local.expected.into());
        put("local_z", json!(number(local.conditional.z)));
        put("p", json!(self.taken.clusters.p[place]));
        put("quadrant", json!(local.quadrant.map(Quadrant::as_str)));
        put("cluster", json!(self.taken.cluster(place).map(Quadrant::as_str)));
        if let Some(getis) = self.getis() {
            let (gi, star) = (&getis.gi[place], &getis.gi_star[place]);
            put("gi", json!(number(gi.g)));
            put("gi_z", json!(number(gi.randomisation.z)));
            put("gi_star", json!(number(star.g)));
            put("gi_star_z", json!(number(star.randomisation.z)));
            put("gi_star_p", json!(getis.spots.p[place]));
            put("spot", json!(getis.spots.kept[place].then(|| spot(star.randomisation.z).0)));
        }
        row
    }

    /// The whole as JSON.
    pub fn json(&self) -> Value {
        let mut answer = self.members();
        let results: Vec<Value> = (0..self.areas.len()).map(|place| self.row(place).into()).collect();
        answer.insert("count".into(), results.len().into());
        answer.insert("results".into(), results.into());
        answer.into()
    }

    /// A row for each area with a value.
    pub fn csv(&self) -> Result<Vec<u8>, Problem> {
        let internal = |e: csv::Error| Problem::internal(&e);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for place in 0..self.areas.len() {
            let row = self.row(place);
            if place == 0 {
                writer.write_record(row.keys()).map_err(internal)?;
            }
            let cells = row.into_iter().map(|(_, value)| match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                other => other.to_string(),
            });
            writer.write_record(cells).map_err(internal)?;
        }
        writer.into_inner().map_err(|e| Problem::internal(&e))
    }

    fn legend(&self) -> Value {
        let mut classes: Vec<Value> = Quadrant::ALL
            .iter()
            .map(|&quadrant| {
                let is_it = |&place: &usize| self.taken.cluster(place) == Some(quadrant);
                let count = (0..self.areas.len()).filter(is_it).count();
                json!({"cluster": quadrant.as_str(), "label": label(quadrant), "fill": fill(quadrant), "count": count})
            })
            .collect();
        let clustered: usize = (0..self.areas.len()).filter(|&p| self.taken.cluster(p).is_some()).count();
        let rest = self.areas.len() - clustered;
        classes.push(json!({"cluster": null, "label": "in no cluster", "fill": NO_CLUSTER, "count": rest}));
        let missing = NoData::Missing;
        classes.push(json!({"cluster": null, "label": missing.label(), "fill": missing.fill(), "count": self.left_out.len()}));
        json!({"classes": classes})
    }

    /// The areas as features with a fill, those left out among them.
    pub fn geojson(&self, atlas: &Atlas, detail: &Detail) -> Vec<u8> {
        let mut about = self.members();
        about.insert("legend".into(), self.legend());
        about.extend(detail.members());
        let about = Value::Object(about).to_string();
        let mut out = b"{\"type\":\"FeatureCollection\",".to_vec();
        out.extend_from_slice(&about.as_bytes()[1..about.len() - 1]);
        out.extend_from_slice(b",\"features\":[");
        let simplified = (!detail.is_all()).then(|| detail.shapes(self.layer));
        let (chosen, geometries) = match &simplified {
            Some(shapes) => (shapes.areas.clone(), detail.geometries(atlas, shapes)),
            None => ((0..self.layer.areas().len() as u32).collect(), Vec::new()),
        };
        let mut is_first = true;
        for (i, area) in chosen.into_iter().enumerate() {
            let properties = match self.areas.binary_search(&area) {
                Ok(place) => self.painted(place),
                Err(_) if self.left_out.binary_search(&area).is_ok() => self.unpainted(area),
                // Outside what was asked about.
                Err(_) => continue,
            };
            let geometry = match geometries.get(i) {
                Some(simplified) => simplified,
                None => self.layer.features()[area as usize].geometry(),
            };
            let id = Value::from(self.layer.areas()[area as usize].code.as_str());
            let start = if is_first { "\n" } else { ",\n" };
            is_first = false;
            let properties = Value::Object(properties);
            out.extend_from_slice(
                format!(
                    "{start}{{\"type\":\"Feature\",\"id\":{id},\"properties\":{properties},\"geometry\":"
                )
                .as_bytes(),
            );
            out.extend_from_slice(geometry);
            out.push(b'}');
        }
        out.extend_from_slice(b"\n]}\n");
        out
    }

    fn painted(&self, place: usize) -> Map<String, Value> {
        let mut row = self.row(place);
        row.insert("fill".into(), self.taken.cluster(place).map_or(NO_CLUSTER, fill).into());
        if let Some(getis) = self.getis() {
            let is_kept = getis.spots.kept[place];
            let fill = if is_kept { spot(getis.gi_star[place].randomisation.z).1 } else { NO_CLUSTER };
            row.insert("spot_fill".into(), fill.into());
        }
        row
    }

    fn unpainted(&self, area: u32) -> Map<String, Value> {
        let (about, observation) =
            (&self.layer.areas()[area as usize], &self.values[area as usize].observation);
        let fill = json!(NoData::Missing.fill());
        let mut row = Map::new();
        row.insert("code".into(), about.code.as_str().into());
        row.insert("name".into(), about.name.as_str().into());
        row.insert("value".into(), json!(observation.value()));
        row.insert("flag".into(), json!(observation.flag));
        row.insert("cluster".into(), Value::Null);
        row.insert("spot".into(), Value::Null);
        row.insert("fill".into(), fill.clone());
        row.insert("spot_fill".into(), fill);
        row
    }
}
