//! `/v1/choropleth/{layer}/{indicator}`: a map from one address.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, json};

use super::answer::{self, Answer, bytes};
use super::choropleth_periods;
use super::choropleth_picture::{self, PictureParameters};
use super::detail::{self, Detail};
use super::layer_files::fields;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use super::{indicators, layers};
use crate::area::{Flag, Indicator, IndicatorKind, Observation};
use crate::atlas::{
    AreaValue, AtlasIndicator, AtlasLayer, FEW_AREAS, Method as Made, SeriesRef, ValueOptions, give_limits,
};
use crate::choropleth::render::{self, About, RenderArea};
use crate::choropleth::{
    ClassifyOptions, MAX_CLASSES, Measure, Method, PaintOptions, Painting, Palette, compact_json, paint,
    paint_two,
};

/// The parameters that say how to paint.
pub(super) const PAINT: [&str; 5] = ["method", "classes", "breaks", "palette", "benchmark"];

/// The further parameters of a choropleth, besides those of [`detail`].
const MORE: [&str; 6] = ["over", "indicator2", "fields", "width", "inset", "title"];

/// The further parameters of its parts: which areas have values, how they are written, what the legend is called.
const OF_PARTS: [&str; 5] = ["over", "indicator2", "bbox", "form", "title"];

/// Fewer areas are looked up by one thread.
const AREAS_TOGETHER: usize = 4096;

/// What `period` says to have all periods at once.
pub(super) const ALL_PERIODS: &str = "all";

/// How the values came to the areas.
#[derive(Serialize)]
pub(super) struct Matched {
    areas: usize,
    with_value: usize,
    published: usize,
    recoded: usize,
    aggregated: usize,
    apportioned: usize,
    inherited: usize,
    computed: usize,
    estimated: usize,
    missing: usize,
    suppressed: usize,
    low_coverage: usize,
    not_aggregable: usize,
}

impl Matched {
    /// Counts the methods and flags.
    pub(super) fn of(values: &[AreaValue]) -> Matched {
        // One pass: values are many, and far apart in memory.
        let (mut by_flag, mut by_method) = ([0; Flag::ALL.len()], [0; Made::ALL.len()]);
        for value in values {
            if let Some(flag) = value.observation.flag {
                by_flag[flag as usize] += 1;
            }
            if value.observation.value().is_some() {
                by_method[value.method as usize] += 1;
            }
        }
        let with_flag = |flag: Flag| by_flag[flag as usize];
        let made = |method: Made| by_method[method as usize];
        Matched {
            areas: values.len(),
            with_value: by_method.iter().sum(),
            published: made(Made::Published),
            recoded: made(Made::Recoded),
            aggregated: made(Made::Aggregated),
            apportioned: made(Made::Apportioned),
            inherited: made(Made::Inherited),
            computed: made(Made::Computed),
            estimated: with_flag(Flag::Estimated),
            missing: with_flag(Flag::Missing),
            suppressed: with_flag(Flag::Suppressed),
            low_coverage: with_flag(Flag::LowCoverage),
            not_aggregable: with_flag(Flag::NotAggregable),
        }
    }
}

/// How to paint, read from a query.
pub(super) fn paint_options(read: &mut Parameters) -> PaintOptions {
    let mut options = PaintOptions::default();
    if let Some(method) = read.value::<Method>("method") {
        options.classify.method = method;
    }
    if let Some(classes) = read.value::<usize>("classes") {
        if (1..=MAX_CLASSES).contains(&classes) {
            options.classify.classes = classes;
        } else {
            read.fault("classes", &classes.to_string(), format!("between 1 and {MAX_CLASSES}"));
        }
    }
    if let Some(text) = read.text("breaks").map(str::to_owned) {
        match text.split(',').map(|b| b.trim().parse::<f64>()).collect::<Result<Vec<f64>, _>>() {
            Ok(breaks) => options.classify = ClassifyOptions { breaks, ..options.classify },
            Err(_) => read.fault("breaks", &text, "numbers with commas between them, as in 10,20,50"),
        }
    }
    options.benchmark = read.number("benchmark");
    if let Some(name) = read.text("palette").map(str::to_owned) {
        match name.parse::<&'static Palette>() {
            Ok(palette) => options.palette = Some(palette),
            Err(error) => read.fault("palette", &name, error.to_string()),
        }
    }
    options
}

/// Whether the classes are to be those of all periods: `over=periods`.
pub(super) fn asks_over_periods(read: &mut Parameters) -> bool {
    let Some(over) = read.text("over").map(str::to_owned) else { return false };
    if over != "periods" {
        read.fault("over", &over, "`periods`, or leave it out");
    }
    true
}

/// The values of a layer and their painting. To be compared with a benchmark they get limits where their publisher
/// gives none, and the benchmark is the value of all areas together unless another is given.
pub(super) fn painted(
    served: &Served,
    layer: &AtlasLayer,
    indicator: &AtlasIndicator,
    series: SeriesRef<'_>,
    values: &ValueOptions,
    options: &PaintOptions,
) -> Result<(Vec<AreaValue>, Painting), Problem> {
    let values = served.atlas.values(indicator, series, layer, values);
    painted_values(indicator, values, options)
}

/// The same for values at hand.
pub(super) fn painted_values(
    indicator: &AtlasIndicator,
    mut values: Vec<AreaValue>,
    options: &PaintOptions,
) -> Result<(Vec<AreaValue>, Painting), Problem> {
    let mut options = options.clone();
    if options.classify.method == Method::Benchmark {
        give_limits(&indicator.indicator, &mut values);
        options.benchmark = options.benchmark.or_else(|| value_of_all(&indicator.indicator, &values));
    }
    let painting = paint(&indicator.indicator, &values, &options)
        .map_err(|e| Problem::parameter("method", options.classify.method.as_str(), e.to_string()))?;
    Ok((values, painting))
}

/// The same by the classes that the values of all periods make together, for the same sex and age, so that a colour
/// means the same in each period; the legend counts the areas of this one.
pub(super) fn painted_over_periods(
    served: &Served,
    layer: &AtlasLayer,
    indicator: &AtlasIndicator,
    series: SeriesRef<'_>,
    values: &ValueOptions,
    options: &PaintOptions,
) -> Result<(Vec<AreaValue>, Painting), Problem> {
    let period = series.period_label();
    let others = indicator.every_period(series).into_iter().filter(|s| s.period_label() != period);
    let all = std::iter::once(series)
        .chain(others)
        .flat_map(|series| served.atlas.values(indicator, series, layer, values))
        .collect();
    let (mut all, painting) = painted_values(indicator, all, options)?;
    all.truncate(layer.areas().len());
    let painting = painting.part(0..all.len());
    Ok((all, painting))
}

/// The value of all areas together, where counts and denominators give one.
fn value_of_all(indicator: &Indicator, values: &[AreaValue]) -> Option<f64> {
    if !matches!(indicator.kind, IndicatorKind::Rate | IndicatorKind::Proportion | IndicatorKind::Mean) {
        return None;
    }
    let known = values.iter().filter_map(|v| v.observation.count().zip(v.observation.denominator()));
    let (count, denominator) = known.fold((0.0, 0.0), |(c, d), (count, under)| (c + count, d + under));
    (denominator > 0.0).then(|| indicator.multiplier * count / denominator)
}

/// A choropleth: `.geojson`, `.topojson`, `.csv`, `.svg` or `.png`.
#[utoipa::path(get, path = "/v1/choropleth/{layer}/{indicator}", tag = "choropleth",
    params(("layer" = String, Path, description = "`lad`, `icb@2022`"),
        ("indicator" = String, Path, description = "`stroke-admissions.geojson`; also `.topojson`, `.csv`, `.svg`, `.png`"),
        ("period" = Option<String>, Query, description = "One of the indicator's periods; the latest when not given. `all`: every period with one set of classes; each property but code and name is then a list in the order of `periods`"),
        ("sex" = Option<String>, Query, description = "One of the indicator's sexes"),
        ("age" = Option<String>, Query, description = "One of the indicator's ages"),
        ("min_coverage" = Option<f64>, Query, description = "The share of an area's residents who must live in a part with a value; 0.9 when not given"),
        ("aggregate" = Option<String>, Query, description = "`range` gives the smallest and largest value of an area's parts where the measure cannot be aggregated"),
        ("method" = Option<String>, Query, description = "quantile (default), equal, jenks, std, headtail, pretty, manual, benchmark"),
        ("classes" = Option<usize>, Query, description = "How many classes, 5 when not given"),
        ("breaks" = Option<String>, Query, description = "Upper bounds for `method=manual`"),
        ("palette" = Option<String>, Query, description = "A ColorBrewer or viridis palette"),
        ("benchmark" = Option<f64>, Query, description = "What `method=benchmark` compares with and a diverging palette is centred on; for the former the value of all areas together when not given"),
        ("over" = Option<String>, Query, description = "`periods` makes the classes of the values of all periods, so that a colour means the same in each"),
        ("indicator2" = Option<String>, Query, description = "A second measure: three classes of each, nine colours"),
        ("tolerance_m" = Option<f64>, Query, description = "How far a border may be from the truth, in metres; 0 when not given"),
        ("zoom" = Option<f64>, Query, description = "The tolerance that suits a zoom of Web Mercator"),
        ("bbox" = Option<String>, Query, description = "Only areas that meet west,south,east,north (degrees); classes are those of the whole layer"),
        ("precision" = Option<u8>, Query, description = "Digits after the point of a coordinate, 1 to 6"),
        ("crs" = Option<String>, Query, description = "Of GeoJSON: `27700` for eastings and northings of the British National Grid; CRS84, EPSG:4326 and EPSG:3857 as well"),
        ("fields" = Option<String>, Query, description = "The properties wanted, as in `code,value,class`"),
        ("title" = Option<String>, Query, description = "Of a picture: its title, the indicator's when not given"),
        ("width" = Option<f64>, Query, description = "Of a picture: pixels, 200 to 4000, 1000 when not given"),
        ("inset" = Option<String>, Query, description = "Of a picture: `london`, `shetland` or both with a comma")),
    responses((status = 200, description = "Areas with value, class and fill; legend"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn map(
    State(state): State<AppState>,
    Path((layer, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (id, format) = layers::split_suffix(&file);
    let format = format.unwrap_or_default().to_owned();
    if !matches!(format.as_str(), "geojson" | "topojson" | "csv" | "svg" | "png") {
        let message = format!(
            "no choropleth as `{format}`: there are geojson, topojson, csv, svg, png, /legend.json, /legend.svg, /values.json"
        );
        return Err(Problem::not_found(message));
    }
    let allowed = [&detail::PARAMETERS[..], &MORE].concat();
    answer_as(&state, (layer, id.to_owned()), query, &allowed, format).await
}

/// A part of a choropleth: the legend alone, or the values without shapes.
#[utoipa::path(get, path = "/v1/choropleth/{layer}/{indicator}/{part}", tag = "choropleth",
    params(("layer" = String, Path, description = "`lad`, `icb@2022`"),
        ("indicator" = String, Path, description = "`stroke-admissions`"),
        ("part" = String, Path, description = "`legend.json`, `legend.svg` or `values.json`"),
        ("period" = Option<String>, Query, description = "One of the indicator's periods, or `all`: each column is then a list of columns in the order of `periods`"),
        ("sex" = Option<String>, Query, description = "One of the indicator's sexes"),
        ("age" = Option<String>, Query, description = "One of the indicator's ages"),
        ("min_coverage" = Option<f64>, Query, description = "The share of an area's residents who must live in a part with a value; 0.9 when not given"),
        ("method" = Option<String>, Query, description = "As for the choropleth"),
        ("classes" = Option<usize>, Query, description = "How many classes, 5 when not given"),
        ("breaks" = Option<String>, Query, description = "Upper bounds for `method=manual`"),
        ("palette" = Option<String>, Query, description = "A ColorBrewer or viridis palette"),
        ("benchmark" = Option<f64>, Query, description = "What `method=benchmark` compares with and a diverging palette is centred on"),
        ("over" = Option<String>, Query, description = "`periods` makes the classes of the values of all periods, so that a colour means the same in each"),
        ("indicator2" = Option<String>, Query, description = "A second measure: three classes of each, nine colours"),
        ("aggregate" = Option<String>, Query, description = "`value`, or `range` as for values"),
        ("bbox" = Option<String>, Query, description = "Only areas that meet west,south,east,north (degrees); classes are those of the whole layer"),
        ("title" = Option<String>, Query, description = "Of `legend.svg`: its title, the indicator's when not given"),
        ("form" = Option<String>, Query, description = "`compact`: of `values.json`, codes as runs and numbers by their digits in base 64, place by place: number 0 is none, any other `scale` x (number - 1 + `base`)")),
    responses((status = 200, description = "The part"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn part(
    State(state): State<AppState>,
    Path((layer, indicator, part)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    if !matches!(part.as_str(), "legend.json" | "legend.svg" | "values.json") {
        return Err(Problem::not_found(format!(
            "no `{part}`: there are legend.json, legend.svg, values.json"
        )));
    }
    answer_as(&state, (layer, indicator), query, &OF_PARTS, part).await
}

/// What is asked for besides the layer and the indicator.
pub(super) struct Asked {
    pub options: PaintOptions,
    pub detail: Detail,
    /// Classes are made of the values of all periods.
    over_periods: bool,
    pub second: Option<String>,
    pub fields: Option<Vec<String>>,
    pub is_compact: bool,
    picture: PictureParameters,
    /// The end of the address: `geojson`, `values.json`.
    pub form: String,
}

impl Asked {
    fn read(read: &mut Parameters, form: String) -> Asked {
        let is_compact = read.text("form") == Some("compact");
        if let Some(other) = read.text("form").filter(|form| *form != "compact").map(str::to_owned) {
            read.fault("form", &other, "`compact`, or leave it out");
        }
        let detail = Detail::read(read);
        if form != "geojson" {
            detail.crs.only_degrees(read, &form);
        }
        Asked {
            over_periods: asks_over_periods(read),
            options: paint_options(read),
            detail,
            second: read.text("indicator2").map(str::to_owned),
            fields: fields(read, &render::FIELDS),
            is_compact,
            picture: PictureParameters::read(read),
            form,
        }
    }

    /// Whether values that their publisher gives no limits are told with those that their counts make. The compact form, which
    /// is to be small, has those of publishers alone.
    pub fn shows_limits(&self) -> bool {
        let are_wanted =
            |fields: &Vec<String>| fields.iter().any(|field| field == "lower" || field == "upper");
        !matches!(self.form.as_str(), "svg" | "png" | "legend.svg" | "legend.json")
            && !self.is_compact
            && self.fields.as_ref().is_none_or(are_wanted)
    }

    /// Whether the shapes are asked for as they are kept, each with one value.
    fn is_plain(&self) -> bool {
        self.form == "geojson" && self.detail.is_all() && !self.over_periods && self.second.is_none()
    }
}

async fn answer_as(
    state: &AppState,
    (layer, indicator): (String, String),
    query: Option<String>,
    more: &[&str],
    form: String,
) -> Answer {
    let allowed = [&PAINT[..], &indicators::CHOICE, more].concat();
    let mut read = Parameters::parse(query.as_deref(), &allowed);
    let asked = Asked::read(&mut read, form);
    let values = indicators::value_options(&mut read);
    let is_short = {
        let (named, is_plain) = (layer.clone(), asked.is_plain() && read.text("period") != Some(ALL_PERIODS));
        move |served: &Served| {
            let few = |layer: &AtlasLayer| layer.areas().len() <= FEW_AREAS && layer.has_features();
            is_plain && layers::find(served, &named).is_ok_and(few)
        }
    };
    answer::at_once(state, is_short, move |served| {
        let layer = layers::find(served, &layer)?;
        let indicator = indicators::find(served, &indicator)?;
        let second = asked.second.as_deref().map(|id| indicators::find(served, id)).transpose()?;
        if read.text("period") == Some(ALL_PERIODS) {
            let every = indicators::every_period(&mut read, indicator)?;
            return choropleth_periods::write(served, layer, indicator, &every, &values, &asked);
        }
        let series = indicators::chosen(&mut read, indicator)?;
        write(served, layer, (indicator, series, second), &values, &asked)
    })
    .await
}

fn write(
    served: &Served,
    layer: &AtlasLayer,
    (indicator, series, second): (&AtlasIndicator, SeriesRef<'_>, Option<&AtlasIndicator>),
    options: &ValueOptions,
    asked: &Asked,
) -> Result<Response, Problem> {
    let period = series.period_label();
    let (mut values, seconds, mut painting) = match second {
        None => {
            let painter = if asked.over_periods { painted_over_periods } else { painted };
            let (values, painting) = painter(served, layer, indicator, series, options, &asked.options)?;
            (values, None, painting)
        }
        Some(second) => {
            let values = served.atlas.values(indicator, series, layer, options);
            let one: Vec<Observation> = values.iter().map(|v| v.observation).collect();
            let two: Vec<Observation> =
                served.atlas.latest_values(second, layer).into_iter().map(|v| v.observation).collect();
            let across = Measure { indicator: &indicator.indicator, observations: &one };
            let up = Measure { indicator: &second.indicator, observations: &two };
            let classify = &asked.options.classify;
            let painting = paint_two(across, up, classify.method, &classify.breaks)
                .map_err(|e| Problem::parameter("method", classify.method.as_str(), e.to_string()))?;
            (values, Some(two), painting)
        }
    };
    if asked.shows_limits() {
        give_limits(&indicator.indicator, &mut values);
    }
    let attribution = served.atlas.attribution(layer).join(". ");
    let has_shapes = matches!(asked.form.as_str(), "geojson" | "topojson");
    let about = About {
        layer: layer.entry.id.kind.as_str(),
        vintage: layer.vintage().as_str(),
        indicator: &indicator.indicator,
        period: &period,
        matched: Matched::of(&values),
        attribution: &attribution,
        licence: &indicator.indicator.licence,
        more: if has_shapes { asked.detail.members() } else { Map::new() },
    };
    if asked.form == "legend.json" {
        return answer::json(&json!({
            "layer": about.layer, "vintage": about.vintage, "indicator": indicator.indicator.id,
            "period": period, "legend": painting.legend
        }));
    }
    // Classes are those of the whole layer, whatever part of it is drawn.
    let chosen = asked.detail.areas(layer);
    if chosen.len() < painting.drawn.len() {
        painting.drawn = chosen.iter().map(|&area| painting.drawn[area as usize]).collect();
    }
    if let "svg" | "png" | "legend.svg" = asked.form.as_str() {
        let map = choropleth_picture::Map {
            served,
            layer,
            indicator,
            period: &period,
            second,
            chosen: &chosen,
            painting: &painting,
        };
        return choropleth_picture::write(&map, &asked.detail, &asked.picture, &asked.form);
    }
    let ready = asked.detail.ready(&served.atlas, layer, &asked.form);
    let internal = |e: render::RenderError| Problem::internal(&e);
    let fields = asked.fields.as_deref();
    if let Some(features) = ready.features().filter(|_| render::begin_as_ready(fields)) {
        let values = (values.as_slice(), seconds.as_deref());
        let body = render::geojson_of_layer(&about, &painting, values, features, fields);
        return Ok(answer::pieces("application/geo+json", body.map_err(internal)?.into()));
    }
    let areas: Vec<RenderArea> = chosen
        .par_iter()
        .with_min_len(AREAS_TOGETHER)
        .enumerate()
        .map(|(i, &number)| {
            let area = &layer.areas()[number as usize];
            RenderArea {
                code: area.code.as_str(),
                name: &area.name,
                observation: &values[number as usize].observation,
                second: seconds.as_ref().map(|seconds| &seconds[number as usize]),
                geometry: ready.geometry(i),
            }
        })
        .collect();
    Ok(match (asked.form.as_str(), &ready.shapes) {
        ("topojson", Some(shapes)) => {
            let grid = shapes.grid_degrees();
            let text = render::topojson(&about, &painting, &areas, &shapes.coverage, grid, fields);
            bytes("application/json", text.map_err(internal)?)
        }
        ("csv", _) => {
            bytes("text/csv; charset=utf-8", render::csv(&painting, &areas, fields).map_err(internal)?)
        }
        ("values.json", _) if asked.is_compact => {
            let (of, what) = ((about.layer, about.vintage), (indicator.indicator.id.as_str(), about.period));
            let body = compact_json(of, what, indicator.indicator.decimals, &painting, &areas);
            bytes("application/json", body.map_err(internal)?)
        }
        ("values.json", _) => {
            bytes("application/json", render::values_json(&about, &painting, &areas).map_err(internal)?)
        }
        _ => {
            let body = render::geojson(&about, &painting, &areas, fields);
            answer::pieces("application/geo+json", body.map_err(internal)?.into())
        }
    })
}
