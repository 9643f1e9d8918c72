//! A layer as rows.

use std::sync::Arc;

use geo::{Coord, MultiPolygon};

use crate::area::Flag;
use crate::atlas::{AreaValue, Atlas, AtlasIndicator, AtlasLayer, SeriesRef, ValueOptions, give_limits};
use crate::coverage::Coverage;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Numbers.
    Number,
}

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its name in at most ten letters, which is all that a Shapefile has room for.
    pub short: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
}

/// A value in a row.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// Nothing.
    Empty,
}

impl Cell {
    pub(super) fn text(&self) -> Option<&str> {
        if let Cell::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Cell::Number(number) = self { Some(*number) } else { None }
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Cell {
        number.filter(|n| n.is_finite()).map_or(Cell::Empty, Cell::Number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }
}

const fn text(name: &'static str) -> Column {
    Column { name, short: name, kind: ColumnKind::Text }
}

const fn number(name: &'static str) -> Column {
    Column { name, short: name, kind: ColumnKind::Number }
}

const AREA_COLUMNS: [Column; 7] = [
    text("code"),
    text("name"),
    text("name_cy"),
    text("layer"),
    text("vintage"),
    number("area_km2"),
    number("population"),
];

const VALUE_COLUMNS: [Column; 9] = [
    text("indicator"),
    text("period"),
    number("value"),
    number("lower"),
    number("upper"),
    number("count"),
    Column { name: "denominator", short: "denom", kind: ColumnKind::Number },
    text("flag"),
    text("method"),
];

/// A layer as rows with shapes.
pub struct Table {
    /// Name of the layer, fit for a table's name: `lad_2025`.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Whom to name, and the licence.
    pub attribution: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, one for each area, as wide as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// The shape of each row in lon/lat degrees, outer rings counter-clockwise.
    pub shapes: Vec<MultiPolygon>,
    /// A point inside each area.
    pub points: Vec<Option<Coord>>,
    /// The same shapes as arcs; block n is row n.
    pub coverage: Arc<Coverage>,
}

impl Table {
    /// A layer within a tolerance in metres (0 for all detail), with the values of an indicator's series if one is given.
    pub fn of(
        atlas: &Atlas,
        layer: &AtlasLayer,
        indicator: Option<(&AtlasIndicator, SeriesRef<'_>)>,
        tolerance_m: f64,
    ) -> Table {
        let coverage = if tolerance_m > 0.0 {
            Arc::new(layer.simplified(tolerance_m))
        } else {
            Arc::clone(layer.outline())
        };
        let values = indicator.map(|(i, series)| {
            let mut values = atlas.values(i, series, layer, &ValueOptions::default());
            give_limits(&i.indicator, &mut values);
            values
        });
        let mut columns = AREA_COLUMNS.to_vec();
        if indicator.is_some() {
            columns.extend(VALUE_COLUMNS);
        }
        let entry = &layer.entry;
        let rows = layer.areas().iter().enumerate().map(|(i, area)| {
            let mut row = vec![
                area.code.as_str().into(),
                area.name.as_str().into(),
                area.name_cy.as_deref().unwrap_or_default().into(),
                entry.id.kind.as_str().into(),
                entry.id.vintage.as_str().into(),
                Some((area.area_m2 / 100.0).round() / 10_000.0).into(),
                area.residents.into(),
            ];
            if let (Some((indicator, series)), Some(value)) =
                (indicator, values.as_ref().and_then(|v| v.get(i)))
            {
                row.extend(value_cells(indicator, series, value));
            }
            row
        });
        let mut attribution = atlas.attribution(layer);
        attribution.push(format!("Licence: {}", entry.licence));
        if let Some((indicator, _)) = indicator {
            attribution.push(format!(
                "Values: {} ({})",
                indicator.indicator.source.trim_end_matches('.'),
                indicator.indicator.licence
            ));
        }
        Table {
            name: entry.id.to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
            title: entry.title.clone(),
            attribution: attribution.join(". "),
            columns,
            rows: rows.collect(),
            shapes: coverage.shapes(),
            points: layer.label_points().to_vec(),
            coverage,
        }
    }
}

fn value_cells(indicator: &AtlasIndicator, series: SeriesRef<'_>, value: &AreaValue) -> [Cell; 9] {
    let o = &value.observation;
    [
        indicator.indicator.id.as_str().into(),
        series.period_label().as_str().into(),
        o.value().into(),
        o.lower().into(),
        o.upper().into(),
        o.count().into(),
        o.denominator().into(),
        o.flag.map_or("", Flag::as_str).into(),
        value.method.as_str().into(),
    ]
}
