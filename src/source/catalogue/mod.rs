//! `catalogue.toml`: which coverages and layers the map is made of.
//!
//! A coverage names the file that holds its shapes. A layer names, for each coverage it covers, how the code of a
//! block (or of an earlier-listed layer) leads to the code of an area: a lookup table with a key and a value
//! column, or nothing when the codes are the same.

mod fault;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;

pub use fault::{CatalogueError, CatalogueFault};

use crate::area::{Code, LayerId, LayerKind, LayerRef, Vintage};
use crate::geometry::Crs;

/// Everything the map is made of, checked.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The coverages, in file order.
    pub coverages: Vec<CoverageEntry>,
    /// The layers, in file order: a layer is made only from layers listed before it.
    pub layers: Vec<LayerEntry>,
    /// The postcodes, if the folder has them.
    pub postcodes: Option<PostcodesEntry>,
}

/// The file of postcodes and whose they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostcodesEntry {
    /// Path of the file, relative to the catalogue, as `index::Postcodes` reads it.
    pub file: String,
    /// Licence of the postcodes and their positions.
    pub licence: String,
    /// Who published them, under which title.
    pub source: String,
    /// Lines that must be shown wherever a postcode's position is.
    #[serde(default)]
    pub attribution: Vec<String>,
}

/// One coverage: where its shapes are and whose they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageEntry {
    /// Short id, unique: `ew`.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// Path of the file of shapes, relative to the catalogue; the format follows from the extension.
    pub file: String,
    /// The object, layer or table inside the file, where the format has such.
    #[serde(default)]
    pub object: Option<String>,
    /// The property that holds the code of a block; `id` is the feature's own id.
    pub code: String,
    /// The property that holds the name of a block.
    pub name: String,
    /// Codes of the countries covered; for people, nothing is computed from it.
    #[serde(default)]
    pub nation: Vec<Code>,
    /// Licence of the shapes.
    pub licence: String,
    /// Who published the shapes, under which title.
    pub source: String,
    /// Lines that must be shown wherever the shapes are.
    #[serde(default)]
    pub attribution: Vec<String>,
    /// The coordinate system, where the file does not say it or says it wrong.
    #[serde(default, deserialize_with = "crs")]
    pub crs: Option<Crs>,
    /// True when the shapes are drawn for small scales and must not be used to decide near a border.
    #[serde(default)]
    pub approximate: bool,
    /// SHA-256 of the file, in small hexadecimal letters; `levelmap build` writes it.
    #[serde(default)]
    pub sha256: Option<String>,
}

fn crs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Crs>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// How well a layer's areas follow its blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Every area is exactly a set of blocks.
    Exact,
    /// Each block went whole to one area although the legal border may cut it.
    BestFit,
}

impl Fit {
    /// As written in the catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Fit::Exact => "exact",
            Fit::BestFit => "best-fit",
        }
    }
}

/// One layer: a kind of area at a vintage.
#[derive(Clone, Debug)]
pub struct LayerEntry {
    /// Kind and vintage.
    pub id: LayerId,
    /// Title for people.
    pub title: String,
    /// The first day on which the areas are in force.
    pub valid_from: Date,
    /// The first day on which they no longer are; `None` while they are.
    pub valid_to: Option<Date>,
    /// True for the vintage meant when none is named.
    pub current: bool,
    /// True when the codes or borders still await their publisher's confirmation.
    pub provisional: bool,
    /// How well areas follow blocks.
    pub fit: Fit,
    /// Path of the table of names, relative to the catalogue; `None` when areas bear the names of their blocks.
    pub names: Option<String>,
    /// Licence of the tables.
    pub licence: String,
    /// Who published them, under which title.
    pub source: String,
    /// Lines that must be shown wherever the layer is, besides those of its coverages.
    pub attribution: Vec<String>,
    /// One for each coverage the layer covers.
    pub parts: Vec<Part>,
}

impl LayerEntry {
    /// Whether `asked` means this layer: this kind at this vintage, or at the current one when none is named.
    pub fn is_meant_by(&self, asked: &LayerRef) -> bool {
        self.id.kind == asked.kind
            && asked.vintage.as_ref().map_or(self.current, |vintage| *vintage == self.id.vintage)
    }

    /// Whether the areas are in force on a day.
    pub fn is_in_force_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }
}

/// How a layer is made over one coverage.
#[derive(Clone, Debug)]
pub struct Part {
    /// Id of the coverage.
    pub coverage: String,
    /// Whose codes lead to the layer's.
    pub from: Origin,
    /// How they lead there; `None` when they are the layer's own.
    pub lookup: Option<Lookup>,
}

/// Whose codes a part starts from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The blocks of the coverage.
    Blocks,
    /// A layer listed earlier. A block in none of its areas is in none of this layer's.
    Layer(LayerId),
}

/// A table that leads from one code to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookup {
    /// Path of the table, relative to the catalogue.
    pub file: String,
    /// The column matched with the code started from.
    pub key: String,
    /// The column that gives the code of the area; an empty cell means none.
    pub value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    extends: Option<Extends>,
    #[serde(default)]
    coverage: Vec<CoverageEntry>,
    #[serde(default)]
    layer: Vec<RawLayer>,
    postcodes: Option<PostcodesEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLayer {
    kind: String,
    vintage: String,
    title: String,
    valid_from: Date,
    valid_to: Option<Date>,
    #[serde(default)]
    current: bool,
    #[serde(default)]
    provisional: bool,
    fit: Fit,
    names: Option<String>,
    licence: String,
    source: String,
    #[serde(default)]
    attribution: Vec<String>,
    #[serde(default)]
    part: Vec<RawPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    coverage: String,
    from: String,
    lookup: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

/// What a catalogue may be an addition to.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Extends {
    /// The boundaries that are part of the program.
    Shipped,
}

impl Catalogue {
    /// Whether a `catalogue.toml` says `extends = "shipped"`: its coverages and layers come after those of the shipped one.
    pub fn extends_shipped(text: &str) -> Result<bool, CatalogueError> {
        let raw: RawCatalogue = toml::from_str(text)?;
        Ok(raw.extends.is_some())
    }

    /// Reads and checks the text of a `catalogue.toml`.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        Self::check(toml::from_str(text)?)
    }

    /// Reads and checks the text of a `catalogue.toml` that extends another: its coverages and layers come after those of
    /// the other, and may be made from them.
    pub fn parse_over(base: &str, text: &str) -> Result<Self, CatalogueError> {
        let (mut all, own): (RawCatalogue, RawCatalogue) = (toml::from_str(base)?, toml::from_str(text)?);
        all.coverage.extend(own.coverage);
        all.layer.extend(own.layer);
        all.postcodes = own.postcodes.or(all.postcodes);
        Self::check(all)
    }

    fn check(raw: RawCatalogue) -> Result<Self, CatalogueError> {
        let mut faults = Vec::new();
        let coverages = check_coverages(raw.coverage, &mut faults);
        let layers = check_layers(raw.layer, &coverages, &mut faults);
        check_vintages(&layers, &mut faults);
        if let Some(postcodes) = &raw.postcodes {
            check_path(&postcodes.file, &mut faults);
        }
        if faults.is_empty() {
            Ok(Catalogue { coverages, layers, postcodes: raw.postcodes })
        } else {
            Err(CatalogueError::Faults(faults))
        }
    }

    /// The layer meant by `asked`: that vintage, or the current one when none is named.
    pub fn layer(&self, asked: &LayerRef) -> Option<&LayerEntry> {
        self.layers.iter().find(|layer| layer.is_meant_by(asked))
    }

    /// The vintage of `kind` in force on `day`.
    pub fn layer_on(&self, kind: &LayerKind, day: Date) -> Option<&LayerEntry> {
        self.layers.iter().find(|layer| layer.id.kind == *kind && layer.is_in_force_on(day))
    }

    /// Every lookup file with the columns that some layer reads, in order of first mention.
    pub fn lookup_files(&self) -> Vec<(&str, Vec<&str>)> {
        let mut order: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut place: HashMap<&str, usize> = HashMap::new();
        for lookup in self.layers.iter().flat_map(|l| &l.parts).filter_map(|p| p.lookup.as_ref()) {
            let i = *place.entry(&lookup.file).or_insert_with(|| {
                order.push((&lookup.file, Vec::new()));
                order.len() - 1
            });
            for column in [lookup.key.as_str(), lookup.value.as_str()] {
                if !order[i].1.contains(&column) {
                    order[i].1.push(column);
                }
            }
        }
        order
    }
}

fn check_coverages(coverages: Vec<CoverageEntry>, faults: &mut Vec<CatalogueFault>) -> Vec<CoverageEntry> {
    let mut seen = HashSet::new();
    for coverage in &coverages {
        if !seen.insert(coverage.id.as_str()) {
            faults.push(CatalogueFault::CoverageTwice(coverage.id.clone()));
        }
        check_path(&coverage.file, faults);
        let is_hash =
            |text: &String| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if coverage.sha256.as_ref().is_some_and(|text| !is_hash(text)) {
            faults.push(CatalogueFault::Sha256(coverage.id.clone()));
        }
    }
    coverages
}

/// A catalogue may come from anyone: it must not make the server read outside its own folder.
fn check_path(path: &str, faults: &mut Vec<CatalogueFault>) {
    let outside = path.is_empty()
        || path.contains('\\')
        || path.contains(':')
        || path.split('/').any(|step| step.is_empty() || step == "." || step == "..");
    if outside {
        faults.push(CatalogueFault::PathOutside(path.to_owned()));
    }
}

fn check_layers(
    raw: Vec<RawLayer>,
    coverages: &[CoverageEntry],
    faults: &mut Vec<CatalogueFault>,
) -> Vec<LayerEntry> {
    let mut layers: Vec<LayerEntry> = Vec::with_capacity(raw.len());
    for (i, raw) in raw.into_iter().enumerate() {
        let id = match layer_id(&raw.kind, &raw.vintage) {
            Ok(id) => id,
            Err(message) => {
                faults.push(CatalogueFault::LayerName { number: i + 1, message });
                continue;
            }
        };
        if layers.iter().any(|layer| layer.id == id) {
            faults.push(CatalogueFault::LayerTwice(id.clone()));
        }
        if raw.part.is_empty() {
            faults.push(CatalogueFault::NoPart(id.clone()));
        }
        if raw.valid_to.is_some_and(|end| end <= raw.valid_from) {
            faults.push(CatalogueFault::EndsFirst(id.clone()));
        }
        if let Some(names) = &raw.names {
            check_path(names, faults);
        }
        let mut parts: Vec<Part> = Vec::with_capacity(raw.part.len());
        for part in raw.part {
            if parts.iter().any(|p| p.coverage == part.coverage) {
                faults.push(CatalogueFault::PartTwice { layer: id.clone(), coverage: part.coverage.clone() });
            }
            parts.extend(check_part(part, &id, &layers, coverages, faults));
        }
        layers.push(LayerEntry {
            id,
            title: raw.title,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to,
            current: raw.current,
            provisional: raw.provisional,
            fit: raw.fit,
            names: raw.names,
            licence: raw.licence,
            source: raw.source,
            attribution: raw.attribution,
            parts,
        });
    }
    layers
}

fn layer_id(kind: &str, vintage: &str) -> Result<LayerId, String> {
    let kind: LayerKind = kind.parse().map_err(|e: crate::area::LayerRefError| e.to_string())?;
    let vintage: Vintage = vintage.parse().map_err(|e: crate::area::LayerRefError| e.to_string())?;
    Ok(LayerId { kind, vintage })
}

fn check_part(
    part: RawPart,
    layer: &LayerId,
    earlier: &[LayerEntry],
    coverages: &[CoverageEntry],
    faults: &mut Vec<CatalogueFault>,
) -> Option<Part> {
    let before = faults.len();
    if !coverages.iter().any(|c| c.id == part.coverage) {
        faults
            .push(CatalogueFault::UnknownCoverage { layer: layer.clone(), coverage: part.coverage.clone() });
    }
    let origin = if part.from == "blocks" {
        Some(Origin::Blocks)
    } else {
        let found = part.from.parse::<LayerId>().ok();
        let found = found.and_then(|id| earlier.iter().find(|l| l.id == id));
        match found {
            None => {
                faults.push(CatalogueFault::UnknownOrigin { layer: layer.clone(), from: part.from.clone() });
            }
            Some(origin) if !origin.parts.iter().any(|p| p.coverage == part.coverage) => {
                faults.push(CatalogueFault::OriginElsewhere {
                    layer: layer.clone(),
                    from: origin.id.clone(),
                    coverage: part.coverage.clone(),
                });
            }
            Some(_) => {}
        }
        found.map(|l| Origin::Layer(l.id.clone()))
    };
    let lookup = match (part.lookup, part.key, part.value) {
        (None, None, None) => None,
        (Some(file), Some(key), Some(value)) => {
            check_path(&file, faults);
            Some(Lookup { file, key, value })
        }
        _ => {
            faults.push(CatalogueFault::HalfLookup { layer: layer.clone(), coverage: part.coverage.clone() });
            None
        }
    };
    // A part at fault is left out: the fault already fails the whole, and later parts may still be judged.
    (faults.len() == before).then_some(())?;
    Some(Part { coverage: part.coverage, from: origin?, lookup })
}

fn check_vintages(layers: &[LayerEntry], faults: &mut Vec<CatalogueFault>) {
    let mut kinds: BTreeMap<&LayerKind, Vec<&LayerEntry>> = BTreeMap::new();
    for layer in layers {
        kinds.entry(&layer.id.kind).or_default().push(layer);
    }
    for (kind, mut vintages) in kinds {
        let count = vintages.iter().filter(|l| l.current).count();
        if count != 1 {
            faults.push(CatalogueFault::Current { kind: kind.clone(), count });
        }
        vintages.sort_by_key(|l| l.valid_from);
        for pair in vintages.windows(2) {
            let [first, second] = pair else { continue };
            if first.valid_to.is_none_or(|end| second.valid_from < end) {
                faults.push(CatalogueFault::Overlap {
                    first: first.id.clone(),
                    second: second.id.clone(),
                    day: second.valid_from,
                });
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Blocks => f.write_str("blocks"),
            Origin::Layer(id) => write!(f, "{id}"),
        }
    }
}

#[cfg(test)]
mod tests;
