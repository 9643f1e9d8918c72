//! `/v1/analysis/autocorrelation`: do neighbours resemble each other, and where?

use axum::extract::{RawQuery, State};
use axum::response::Response;
use utoipa::IntoParams;

use super::clusters::Finding;
use crate::analysis::autocorrelation::{Adjustment, DEFAULT_Q, Options, autocorrelation as take};
use crate::analysis::neighbourhood::{Islands, Neighbourhood, NeighbourhoodFault, Place, neighbours};
use crate::analysis::permutation::{Alternative, DEFAULT_SEED};
use crate::analysis::rates::{EmpiricalBayes, empirical_bayes};
use crate::analysis::scope::Scope;
use crate::analysis::weights::{Style, Weights};
use crate::area::{Indicator, IndicatorKind, LayerRef};
use crate::atlas::AreaValue;
use crate::http::answer::{self, Answer};
use crate::http::detail::{self, Detail};
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::http::state::{AppState, Served};
use crate::http::{areas, indicators, layers};

/// The parameters, besides those of shapes.
const PARAMETERS: [&str; 19] = [
    "indicator",
    "layer",
    "within",
    "period",
    "sex",
    "age",
    "min_coverage",
    "weights",
    "k",
    "distance_m",
    "place",
    "style",
    "islands",
    "rates",
    "permutations",
    "seed",
    "alternative",
    "q",
    "adjust",
];

/// The most permutations.
const MOST_PERMUTATIONS: u32 = 99_999;
/// The most values that all permutations together draw: some twenty seconds on two processors.
const MOST_DRAWS: u64 = 3_000_000_000;
/// Neighbours of the nearest kind when their number is not given: about as many as councils border.
const DEFAULT_K: usize = 6;
/// No two places of the kingdom are farther apart, in metres.
const FARTHEST_M: f64 = 2_000_000.0;

/// The forms of the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
    GeoJson,
}

/// Which values are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rates {
    /// The values themselves.
    Raw,
    /// Standardised by the number of people behind them.
    EmpiricalBayes,
}

/// How the neighbours are made.
#[derive(Clone, Copy)]
pub(super) struct Ties {
    pub neighbourhood: Neighbourhood,
    pub style: Style,
    pub islands: Islands,
}

/// What is asked for, apart from the indicator's series.
struct Asked {
    layer: String,
    within: Option<String>,
    ties: Ties,
    rates: Rates,
    options: Options,
    detail: Detail,
}

/// A parameter that is one of a few words; the first of them when it is not given.
fn one_of<T: Copy>(read: &mut Parameters, name: &str, words: &[(&str, T)]) -> T {
    let Some(text) = read.text(name).map(str::to_owned) else { return words[0].1 };
    if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
        return *meant;
    }
    let known: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
    read.fault(name, &text, format!("one of {}", known.join(", ")));
    words[0].1
}

/// The ways to choose neighbours, as they are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Queen,
    Rook,
    Nearest,
    Distance,
}

fn neighbourhood(read: &mut Parameters) -> Neighbourhood {
    let ways =
        [("queen", Way::Queen), ("rook", Way::Rook), ("nearest", Way::Nearest), ("distance", Way::Distance)];
    let way = one_of(read, "weights", &ways);
    let is_distant = matches!(way, Way::Nearest | Way::Distance);
    let place = one_of(read, "place", &[("label_point", Place::LabelPoint), ("centroid", Place::Centroid)]);
    if let Some(text) = read.text("place").filter(|_| !is_distant).map(str::to_owned) {
        read.fault("place", &text, "goes with `weights=nearest` or `weights=distance` only");
    }
    let k = read.value::<usize>("k");
    match k {
        Some(k) if way != Way::Nearest => {
            read.fault("k", &k.to_string(), "goes with `weights=nearest` only");
        }
        Some(0) => read.fault("k", "0", "at least 1"),
        _ => {}
    }
    let distance_m = read.number("distance_m");
    match distance_m {
        Some(m) if way != Way::Distance => {
            read.fault("distance_m", &m.to_string(), "goes with `weights=distance` only");
        }
        Some(m) if m <= 0.0 || m > FARTHEST_M => {
            read.fault("distance_m", &m.to_string(), format!("above 0 and at most {FARTHEST_M} metres"));
        }
        None if way == Way::Distance && read.text("distance_m").is_none() => {
            read.fault("distance_m", "", "missing: within how many metres is an area a neighbour?");
        }
        _ => {}
    }
    match way {
        Way::Queen => Neighbourhood::Queen,
        Way::Rook => Neighbourhood::Rook,
        Way::Nearest => Neighbourhood::Nearest { k: k.unwrap_or(DEFAULT_K), place },
        Way::Distance => Neighbourhood::Band { distance_m: distance_m.unwrap_or(FARTHEST_M), place },
    }
}

fn options(read: &mut Parameters) -> Options {
    let mut options = Options::default();
    if let Some(permutations) = read.value::<u32>("permutations") {
        if permutations > MOST_PERMUTATIONS {
            let allowed = format!("between 0 and {MOST_PERMUTATIONS}");
            read.fault("permutations", &permutations.to_string(), allowed);
        } else {
            options.permutations = permutations;
        }
    }
    options.seed = read.value("seed").unwrap_or(DEFAULT_SEED);
    let alternatives = [("directed", Alternative::Directed), ("two-sided", Alternative::TwoSided)];
    options.alternative = one_of(read, "alternative", &alternatives);
    options.adjustment =
        one_of(read, "adjust", &[("fdr", Adjustment::FalseDiscovery), ("none", Adjustment::None)]);
    options.q = read.number("q").unwrap_or(DEFAULT_Q);
    if options.q <= 0.0 || options.q >= 1.0 {
        read.fault("q", &options.q.to_string(), "a share above 0 and below 1");
    }
    options
}

impl Asked {
    fn read(read: &mut Parameters) -> Asked {
        let layer = read.value::<LayerRef>("layer").map_or_else(|| "lad".to_owned(), |l| l.to_string());
        let ties = Ties {
            neighbourhood: neighbourhood(read),
            style: one_of(read, "style", &[("row", Style::Row), ("binary", Style::Binary)]),
            islands: one_of(read, "islands", &[("none", Islands::Alone), ("nearest", Islands::Joined)]),
        };
        Asked {
            layer,
            within: read.text("within").map(str::to_owned),
            ties,
            rates: one_of(read, "rates", &[("raw", Rates::Raw), ("eb", Rates::EmpiricalBayes)]),
            options: options(read),
            detail: Detail::read(read),
        }
    }
}

/// What the question takes, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
struct AutocorrelationParameters {
    /// `stroke-admissions`
    indicator: String,
    /// `lad` when not given
    layer: Option<String>,
    /// Only areas that lie wholly in this one: `E12000003`
    within: Option<String>,
    /// One of the indicator's periods; the latest when not given
    period: Option<String>,
    /// One of the indicator's sexes
    sex: Option<String>,
    /// One of the indicator's ages
    age: Option<String>,
    /// The share of an area's residents who must live in a part with a value; 0.9 when not given
    min_coverage: Option<f64>,
    /// Neighbours: `queen` (the default: share a border or touch), `rook` (share a border), `nearest` (with `k`),
    /// `distance` (with `distance_m`)
    weights: Option<String>,
    /// How many nearest areas; 6 when not given
    k: Option<usize>,
    /// Within how many metres
    distance_m: Option<f64>,
    /// Distances are between: `label_point` (the default; always inside) or `centroid`
    place: Option<String>,
    /// `row` (the default: the weights of an area's neighbours add to 1) or `binary`. The statistics of Getis and Ord
    /// take binary weights always
    style: Option<String>,
    /// An area without neighbours: `none` (the default: stays without, and is not tested) or `nearest` (it and the
    /// nearest area become neighbours)
    islands: Option<String>,
    /// `raw` (the default) or `eb`: empirical Bayes, for rates and proportions with counts and denominators: Moran of
    /// standardised rates, Getis and Ord of smoothed ones
    rates: Option<String>,
    /// 999 when not given, up to 99,999; 0 leaves judgement to the normal distribution
    permutations: Option<u32>,
    /// What the random numbers begin with; 1 when not given
    seed: Option<u64>,
    /// `directed` (the default: the side on which the statistic lies) or `two-sided` (twice that)
    alternative: Option<String>,
    /// The level at which local results are kept; 0.05 when not given
    q: Option<f64>,
    /// `fdr` (the default: Benjamini and Hochberg) or `none`
    adjust: Option<String>,
}

/// Spatial autocorrelation: Moran's I, local Moran, the statistics of Getis and Ord.
///
/// Areas without a value are left out of the weights and counted. Local pseudo-p's are by conditional permutation, each area
/// with random numbers of its own, so the same seed gives the same answer on any machine. The analysis compares areas of one
/// layer: a country's or the kingdom's own value is never among them.
#[utoipa::path(get, path = "/v1/analysis/autocorrelation", tag = "analysis",
    params(AutocorrelationParameters),
    responses((status = 200, description = "Global and local statistics; seed, weights, areas left out, islands, warnings"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn json(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answered(&state, query, Form::Json).await
}

/// The local statistics as a table, an area a row.
#[utoipa::path(get, path = "/v1/analysis/autocorrelation.csv", tag = "analysis",
    params(AutocorrelationParameters),
    responses((status = 200, description = "An area a row"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn csv(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answered(&state, query, Form::Csv).await
}

/// The clusters as a map: local Moran's with `cluster` and `fill`, hot and cold spots with `spot` and `spot_fill`.
#[utoipa::path(get, path = "/v1/analysis/autocorrelation.geojson", tag = "analysis",
    params(AutocorrelationParameters,
        ("tolerance_m" = Option<f64>, Query, description = "How far a border may be from the truth, in metres; 0 when not given"),
        ("zoom" = Option<f64>, Query, description = "The tolerance that suits a zoom of Web Mercator"),
        ("bbox" = Option<String>, Query, description = "Only areas that meet west,south,east,north (degrees); the statistics are those of all"),
        ("precision" = Option<u8>, Query, description = "Digits after the point of a coordinate, 1 to 6"),
        ("crs" = Option<String>, Query, description = "`27700` for eastings and northings of the British National Grid; CRS84, EPSG:4326 and EPSG:3857 as well")),
    responses((status = 200, description = "Areas with cluster and fill; legend"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn geojson(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answered(&state, query, Form::GeoJson).await
}

async fn answered(state: &AppState, query: Option<String>, form: Form) -> Answer {
    answer::off_thread(state, move |served| {
        let mut allowed = PARAMETERS.to_vec();
        if form == Form::GeoJson {
            allowed.extend(detail::PARAMETERS);
        }
        let mut read = Parameters::parse(query.as_deref(), &allowed);
        if read.text("indicator").is_none() {
            read.fault("indicator", "", "missing: which indicator?");
        }
        let asked = Asked::read(&mut read);
        respond(served, &mut read, &asked, form)
    })
    .await
}

/// The areas that have what is compared, and the others.
struct Known {
    areas: Vec<u32>,
    left_out: Vec<u32>,
}

fn respond(served: &Served, read: &mut Parameters, asked: &Asked, form: Form) -> Result<Response, Problem> {
    let value_options = indicators::value_options(read);
    let name = read.text("indicator").unwrap_or_default().to_owned();
    if name.is_empty() {
        read.finish()?;
    }
    let indicator = indicators::find(served, &name)?;
    let series = indicators::chosen(read, indicator)?;
    let layer = layers::find(served, &asked.layer)?;
    let within = asked.within.as_deref().map(|code| areas::find(served, code, None)).transpose()?;
    let values = served.atlas.values(indicator, series, layer, &value_options);
    let scope = Scope::new(&served.atlas, layer, within);
    let is_known = |&area: &u32| has_what_is_compared(&values[area as usize], asked.rates);
    let (areas, left_out) = scope.areas.iter().copied().partition(is_known);
    let known = Known { areas, left_out };
    let bayes = match asked.rates {
        Rates::Raw => None,
        Rates::EmpiricalBayes => Some(standardised(&indicator.indicator, &values, &known)?),
    };
    let ties = neighbours(layer, &known.areas, asked.ties.neighbourhood, asked.ties.islands)
        .map_err(|fault| unfit(asked.ties.neighbourhood, fault))?;
    let weights = Weights::new(&ties.lists, asked.ties.style);
    affordable(&weights, &asked.options)?;
    let own: Vec<f64> =
        known.areas.iter().filter_map(|&area| values[area as usize].observation.value()).collect();
    let compared = bayes.as_ref().map_or(&own, |bayes| &bayes.standardised);
    let shares = bayes.as_ref().map_or(&own, |bayes| &bayes.smoothed);
    let taken = take(compared, shares, &weights, &asked.options).map_err(|fault| {
        let message = format!("{fault} (in {} of this layer)", layer.entry.id);
        Problem::parameter("indicator", &name, message)
    })?;
    let finding = Finding {
        served,
        layer,
        indicator: &indicator.indicator,
        series,
        within: scope.within.as_ref(),
        areas: &known.areas,
        left_out: &known.left_out,
        values: &values,
        bayes: bayes.as_ref(),
        ties: asked.ties,
        neighbours: &ties,
        weights: &weights,
        options: &asked.options,
        taken: &taken,
    };
    match form {
        Form::Json => answer::json(&finding.json()),
        Form::Csv => Ok(answer::bytes("text/csv; charset=utf-8", finding.csv()?)),
        Form::GeoJson => {
            Ok(answer::bytes("application/geo+json", finding.geojson(&served.atlas, &asked.detail)))
        }
    }
}

fn has_what_is_compared(value: &AreaValue, rates: Rates) -> bool {
    let o = &value.observation;
    let has_value = o.value().is_some_and(f64::is_finite);
    match rates {
        Rates::Raw => has_value,
        Rates::EmpiricalBayes => {
            has_value && o.count().is_some() && o.denominator().is_some_and(|people| people > 0.0)
        }
    }
}

fn standardised(about: &Indicator, values: &[AreaValue], known: &Known) -> Result<EmpiricalBayes, Problem> {
    let refused = |message: String| Err(Problem::parameter("rates", "eb", message));
    if !matches!(about.kind, IndicatorKind::Rate | IndicatorKind::Proportion) || about.standardised {
        return refused(format!(
            "`{}` is not a count over a number of people, so there is nothing to standardise: use `raw`",
            about.id
        ));
    }
    if known.areas.is_empty() {
        return refused(format!("no area has a count and a denominator of `{}`: use `raw`", about.id));
    }
    let of = |part: fn(&AreaValue) -> Option<f64>| -> Vec<f64> {
        known.areas.iter().filter_map(|&area| part(&values[area as usize])).collect()
    };
    let (events, people) = (of(|v| v.observation.count()), of(|v| v.observation.denominator()));
    empirical_bayes(&events, &people, about.multiplier)
        .or_else(|fault| refused(format!("`{}` cannot be standardised: {fault}", about.id)))
}

fn unfit(asked: Neighbourhood, fault: NeighbourhoodFault) -> Problem {
    let (parameter, value) = match asked {
        Neighbourhood::Nearest { k, .. } => ("k", k.to_string()),
        Neighbourhood::Band { distance_m, .. } => ("distance_m", distance_m.to_string()),
        Neighbourhood::Queen => ("weights", "queen".to_owned()),
        Neighbourhood::Rook => ("weights", "rook".to_owned()),
    };
    Problem::parameter(parameter, &value, fault.to_string())
}

/// Permutations draw a value for each pair of neighbours and shuffle all areas: both together must not take for ever.
fn affordable(weights: &Weights, options: &Options) -> Result<(), Problem> {
    let each = (2 * weights.links() + weights.n()) as u64;
    if each * u64::from(options.permutations) <= MOST_DRAWS {
        return Ok(());
    }
    let allowed = MOST_DRAWS / each;
    let message = format!("for {} pairs of neighbours at most {allowed} are made", weights.links());
    Err(Problem::parameter("permutations", &options.permutations.to_string(), message))
}
