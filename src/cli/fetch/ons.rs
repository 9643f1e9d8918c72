//! Boundaries of the ONS Open Geography Portal: a service of `ArcGIS` into a boundaries folder.
//!
//! A service answers in pages of as many features as it likes, and says of each whether more follow; it must be asked in a
//! fixed order, or pages overlap. What came is held against the count that it gives.

mod entry;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tempfile::NamedTempFile;
use url::Url;

use self::entry::{Columns, Named};
use super::Client;

/// Boundaries of the ONS Open Geography Portal, into a boundaries folder
///
/// Each service becomes a GeoJSON file of the folder, and a layer in its catalogue.toml: `levelmap serve --boundaries DIR` shows
/// it. A folder without a catalogue becomes an addition to the boundaries that ship.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Names of services, as `LAD_MAY_2025_UK_BFC`
    #[arg(required = true, value_name = "SERVICE", value_parser = service)]
    services: Vec<String>,
    /// The folder
    #[arg(long, value_name = "DIR", default_value = "levelmap-boundaries")]
    boundaries: PathBuf,
    /// The kind of the layer, as ward; without it what its fields are called, with the resolution where that is a layer already
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// The field with the codes of areas; without it the first like LAD25CD
    #[arg(long, value_name = "FIELD", requires = "name")]
    code: Option<String>,
    /// The field with their names
    #[arg(long, value_name = "FIELD", requires = "code")]
    name: Option<String>,
    /// Address of the services
    #[arg(long, value_name = "URL", default_value = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services",
        value_parser = super::address)]
    from: Url,
}

/// The name of a service, which becomes that of a file.
fn service(text: &str) -> Result<String, String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err("give the name of a service alone, of letters, digits and underscores".to_owned());
    }
    Ok(text.to_owned())
}

/// What a service says of its layer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    fields: Vec<Field>,
    #[serde(default)]
    geometry_type: Option<String>,
    #[serde(default)]
    copyright_text: Option<String>,
    max_record_count: usize,
    #[serde(default)]
    advanced_query_capabilities: Capabilities,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Capabilities {
    supports_pagination: bool,
}

#[derive(Deserialize)]
struct Count {
    count: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    object_ids: Vec<i64>,
}

/// A page of features as GeoJSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
    /// Whether more follow: here, ...
    #[serde(default)]
    exceeded_transfer_limit: bool,
    /// ... or among these.
    #[serde(default)]
    properties: Map<String, Value>,
}

impl Page<'_> {
    fn is_followed(&self) -> bool {
        self.exceeded_transfer_limit
            || self.properties.get("exceededTransferLimit").and_then(Value::as_bool) == Some(true)
    }
}

#[derive(Deserialize)]
struct Feature {
    properties: Map<String, Value>,
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "coordinates")]
    _coordinates: IgnoredAny,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&arguments.from);
    let folder = &arguments.boundaries;
    for service in &arguments.services {
        take(&client, service, arguments).with_context(|| service.clone())?;
    }
    eprintln!(
        "`levelmap check {0}` reads the folder through, `levelmap serve --boundaries {0}` shows it",
        folder.display()
    );
    Ok(())
}

/// Downloads one service. Nothing of the folder changes unless all of it came and the catalogue holds.
fn take(client: &Client, service: &str, arguments: &Arguments) -> anyhow::Result<()> {
    let folder = &arguments.boundaries;
    let layer = format!("{service}/FeatureServer/0");
    let about: About = client.json(&layer, &[("f", "json")])?;
    if about.geometry_type.as_deref() != Some("esriGeometryPolygon") {
        bail!("it has no polygons: it is a table of {}", fields(&about));
    }
    let columns = columns(&about, arguments.code.as_deref().zip(arguments.name.as_deref()))?;
    let named = Named::of(service, arguments.kind.as_deref(), about.copyright_text.as_deref());
    // Before anything is downloaded: a fault here is found at once.
    let catalogue = entry::added(folder, &named, &columns)?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = download(client, &layer, &about, &columns, folder)?;
    file.persist(folder.join(&named.file)).with_context(|| format!("cannot write {}", named.file))?;
    if let Some(text) = catalogue {
        write_whole(&folder.join(entry::CATALOGUE), text.as_bytes())?;
    }
    Ok(())
}

fn fields(about: &About) -> String {
    about.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The fields of codes and names: those asked for, or the first pair that is named so.
fn columns(about: &About, asked: Option<(&str, &str)>) -> anyhow::Result<Columns> {
    let find = |name: &str| about.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    if let Some((code, name)) = asked {
        let found = |wanted: &str| {
            let field = find(wanted)
                .with_context(|| format!("there is no field {wanted}; there are {}", fields(about)))?;
            anyhow::Ok(field.name.clone())
        };
        return Ok(Columns { code: found(code)?, name: found(name)? });
    }
    let pairs = about.fields.iter().filter_map(|field| {
        let (kind, year) = entry::kind_and_year(&field.name, "cd")?;
        let name = find(&format!("{kind}{year}nm"))?;
        Some(Columns { code: field.name.clone(), name: name.name.clone() })
    });
    pairs.into_iter().next().with_context(|| {
        format!("no two fields are like LAD25CD and LAD25NM; choose --code and --name of {}", fields(about))
    })
}

/// All features of a service in a file beside those of the folder.
fn download(
    client: &Client,
    layer: &str,
    about: &About,
    columns: &Columns,
    folder: &Path,
) -> anyhow::Result<NamedTempFile> {
    let order = about.fields.iter().find(|field| field.kind == "esriFieldTypeOID");
    let order = order
        .map(|field| field.name.as_str())
        .context("it has no field of object ids to be asked in the order of")?;
    let path = format!("{layer}/query");
    let everything = ("where", "1=1");
    let Count { count } = client.json(&path, &[everything, ("returnCountOnly", "true"), ("f", "json")])?;
    let mut features = Features::new(folder, columns)?;
    let wanted = format!("{},{}", columns.code, columns.name);
    let usual =
        [("outFields", wanted.as_str()), ("outSR", "4326"), ("geometryPrecision", "7"), ("f", "geojson")];
    let told = |features: &Features<'_>| eprintln!("{layer}: {} of {count} areas", features.codes.len());
    if about.advanced_query_capabilities.supports_pagination {
        let size = about.max_record_count.to_string();
        loop {
            let offset = features.codes.len().to_string();
            let pages = [
                everything,
                ("orderByFields", order),
                ("resultOffset", &offset),
                ("resultRecordCount", &size),
            ];
            let before = features.codes.len();
            let is_followed = features.take(&client.bytes(&path, &[&usual[..], &pages].concat())?)?;
            told(&features);
            if !is_followed {
                break;
            }
            ensure!(
                features.codes.len() > before,
                "it says that more areas follow on the first {before}, and gives none"
            );
        }
    } else {
        let Ids { mut object_ids } =
            client.json(&path, &[everything, ("returnIdsOnly", "true"), ("f", "json")])?;
        object_ids.sort_unstable();
        for ids in object_ids.chunks(about.max_record_count.max(1)) {
            let [Some(first), Some(last)] = [ids.first(), ids.last()] else { continue };
            let range = format!("{order}>={first} AND {order}<={last}");
            features.take(&client.bytes(&path, &[&usual[..], &[("where", &range)]].concat())?)?;
            told(&features);
        }
    }
    ensure!(features.codes.len() == count, "it has {count} areas and gave {}", features.codes.len());
    ensure!(count > 0, "it has no areas");
    features.end()
}

/// Features on their way into a file.
struct Features<'a> {
    file: NamedTempFile,
    columns: &'a Columns,
    /// Those of the areas that came.
    codes: HashSet<String>,
}

impl<'a> Features<'a> {
    fn new(folder: &Path, columns: &'a Columns) -> anyhow::Result<Self> {
        let file = unnamed(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
        let mut features = Features { file, columns, codes: HashSet::new() };
        features.file.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        Ok(features)
    }

    /// Takes a page; whether more follow.
    fn take(&mut self, page: &[u8]) -> anyhow::Result<bool> {
        let page_read: Page<'_> =
            serde_json::from_slice(page).map_err(|error| match super::client::said(page) {
                said if said.is_empty() => anyhow::Error::from(error).context("a page is no GeoJSON"),
                said => anyhow::anyhow!("a page was refused: {said}"),
            })?;
        for text in &page_read.features {
            let feature: Feature = serde_json::from_str(text.get()).context("a feature cannot be read")?;
            let code = feature.properties.get(&self.columns.code).and_then(Value::as_str).unwrap_or_default();
            ensure!(!code.is_empty(), "area {} has no {}", self.codes.len() + 1, self.columns.code);
            let kind = feature.geometry.as_ref().map_or("no shape", |geometry| geometry.kind.as_str());
            ensure!(matches!(kind, "Polygon" | "MultiPolygon"), "{code} is no area: {kind}");
            let before = if self.codes.is_empty() { "\n" } else { ",\n" };
            ensure!(self.codes.insert(code.to_owned()), "{code} came twice");
            write!(self.file, "{before}{text}")?;
        }
        Ok(page_read.is_followed())
    }

    fn end(mut self) -> anyhow::Result<NamedTempFile> {
        self.file.write_all(b"\n]}\n")?;
        self.file.flush()?;
        Ok(self.file)
    }
}

/// A file in a folder that gets its name once it is whole. Others may read it as they may any file, which is not so of what is
/// only for a while.
fn unnamed(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    file.tempfile_in(folder)
}

/// Writes a file whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = unnamed(folder).with_context(cannot)?;
    file.write_all(bytes).with_context(cannot)?;
    file.persist(path).with_context(cannot)?;
    Ok(())
}
