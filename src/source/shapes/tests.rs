//! The same areas in every format: tests/oracles/formats.py wrote them with GDAL, and says where PROJ puts them.

use std::path::Path;

use super::*;
use crate::coverage::mend::RepairKind;
use crate::coverage::{NOWHERE, area_m2};
use crate::geometry::{self, LonLat};
use crate::source::catalogue::Catalogue;

fn folder() -> Folder {
    Folder::Disk(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats"))
}

static GRID: std::sync::LazyLock<BritishGrid> = std::sync::LazyLock::new(|| {
    BritishGrid::from_bytes(&Folder::Shipped.read("grids/ostn15.bin").unwrap()).unwrap()
});

/// An entry for a file, with more lines of TOML.
fn entry(file: &str, more: &str) -> CoverageEntry {
    let text = format!(
        "[[coverage]]\nid = \"x\"\ntitle = \"x\"\nfile = \"{file}\"\ncode = \"area_code\"\nname = \"area_name_long\"\nlicence = \"x\"\nsource = \"x\"\n{more}"
    );
    Catalogue::parse(&text).unwrap().coverages.remove(0)
}

fn read_file(file: &str, more: &str) -> Result<ReadCoverage, ShapesError> {
    read(&entry(file, more), &folder(), Some(&GRID))
}

fn expected(code: &str) -> Vec<MultiPolygon> {
    let bytes = folder().read("expected.json").unwrap();
    let all: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let shapes = all[code].as_array().unwrap().iter().map(|geometry| {
        let geometry: ::geojson::Geometry = serde_json::from_value(geometry.clone()).unwrap();
        match geo::Geometry::<f64>::try_from(geometry).unwrap() {
            geo::Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]),
            geo::Geometry::MultiPolygon(shape) => shape,
            other => panic!("{other:?}"),
        }
    });
    let mut shapes: Vec<MultiPolygon> = shapes.collect();
    shapes.iter_mut().for_each(geometry::orient);
    shapes
}

/// Every format in every system that it was written in, and how far from PROJ's places its own may be: without grid files
/// PROJ shifts the British and Irish datums by seven parameters.
const FILES: [(&str, &str, f64); 14] = [
    ("areas_27700.geojson", "27700", 6.0),
    ("areas_27700.fgb", "27700", 6.0),
    ("areas_27700.gpkg", "27700", 6.0),
    ("areas_27700.zip", "27700", 6.0),
    ("shapefile_27700/areas.shp", "27700", 6.0),
    ("shapefile_27700", "27700", 6.0),
    ("areas_4326.geojson", "4326", 0.2),
    ("areas_4326.fgb", "4326", 0.2),
    ("areas_4326.zip", "4326", 0.2),
    ("areas_29902.geojson", "29902", 6.0),
    ("areas_29902.fgb", "29902", 6.0),
    ("areas_29902.zip", "29902", 6.0),
    ("areas_3857.fgb", "3857", 0.2),
    ("areas_3857.zip", "3857", 0.2),
];

#[test]
fn every_format_gives_the_same_coverage() {
    for (file, code, tolerance_m) in FILES {
        let read = read_file(file, "").unwrap_or_else(|e| panic!("{file}: {e}"));
        let coverage = read.coverage;
        // Between the ring and its island there is ground of nobody's.
        let left: Vec<RepairKind> = read.mended.repairs.iter().map(|r| r.kind).collect();
        assert!(read.faults.is_empty() && left == [RepairKind::HoleLeft], "{file}: {:?}", read.mended);
        let names: Vec<(&str, &str)> =
            coverage.blocks().iter().map(|b| (b.code.as_str(), b.name.as_str())).collect();
        let mut sorted = names.clone();
        // FlatGeobuf puts features in the order of a curve through the plane.
        sorted.sort_unstable();
        assert_eq!(sorted, [("A1", "Dyffryn Ŵyr"), ("A2", "East & Co"), ("A3", "Ring")], "{file}");
        let shapes = coverage.shapes();
        for (shape, (area_code, _)) in shapes.iter().zip(&names) {
            let wanted = &expected(code)[usize::from(area_code.as_bytes()[1] - b'1')];
            let off = area_m2(shape) / area_m2(wanted) - 1.0;
            assert!(off.abs() < 1e-3, "{file} {area_code}: {off}");
            let places = |shape: &MultiPolygon| -> Vec<LonLat> {
                let rings = shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
                rings.flat_map(|r| r.0.clone()).map(|c| LonLat::new(c.x, c.y).unwrap()).collect()
            };
            let own = places(shape);
            for place in places(wanted) {
                let nearest_m =
                    own.iter().map(|o| geometry::distance_m(*o, place)).fold(f64::INFINITY, f64::min);
                assert!(nearest_m < tolerance_m, "{file} {area_code}: {place} {nearest_m}");
            }
        }
        let shared = coverage.arcs().iter().filter(|a| a.left != NOWHERE && a.right != NOWHERE).count();
        assert_eq!(shared, 1, "{file}: two areas have one border in common");
    }
}

#[test]
fn the_catalogue_may_say_which_system_and_which_table() {
    let read = read_file("areas_27700.gpkg", "object = \"areas\"\ncrs = \"EPSG:27700\"").unwrap();
    assert_eq!(read.coverage.blocks().len(), 3);
    let error = read_file("areas_27700.gpkg", "object = \"wards\"").err().unwrap().to_string();
    assert_eq!(error, "there is no `wards` in it; there are areas");
    let error = read_file("areas_27700.zip", "object = \"wards\"").err().unwrap().to_string();
    assert!(error.contains("there are areas"), "{error}");
    // Metres are no degrees: every feature is told.
    let error = read_file("areas_27700.geojson", "crs = \"EPSG:4326\"").err().unwrap().to_string();
    assert!(error.starts_with("3 feature(s) at fault: feature 1: longitude 430000"), "{error}");
}

/// Files in memory.
struct Loose(Vec<(String, Vec<u8>)>);

impl Files for Loose {
    fn read(&self, file: &str) -> Result<Cow<'static, [u8]>, FolderError> {
        let found = self.0.iter().find(|(name, _)| name == file);
        found
            .map(|(_, bytes)| bytes.clone().into())
            .ok_or_else(|| FolderError::Missing { file: file.to_owned(), folder: "memory".to_owned() })
    }
    fn list(&self, _: &str) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
}

fn read_bytes(file: &str, bytes: &[u8]) -> Result<ReadCoverage, ShapesError> {
    let files = Loose(vec![(file.to_owned(), bytes.to_vec())]);
    read(&entry(file, "crs = \"EPSG:4326\""), &files, Some(&GRID))
}

#[test]
fn what_is_wrong_is_said() {
    let feature = |properties: &str, geometry: &str| {
        format!("{{\"type\":\"Feature\",\"properties\":{properties},\"geometry\":{geometry}}}")
    };
    let square = "{\"type\":\"Polygon\",\"coordinates\":[[[0,50],[1,50],[1,51],[0,50]]]}";
    let named = |code: &str| format!("{{\"area_code\":{code},\"area_name_long\":\"x\"}}");
    let all = |features: &[String]| {
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
    };
    let point = "{\"type\":\"Point\",\"coordinates\":[0,50]}";
    for (text, words) in [
        (String::new(), "not GeoJSON"),
        ("[]".to_owned(), "not GeoJSON"),
        (all(&[feature("{\"a\":1}", square)]), "there is no attribute `area_code`; there are a"),
        (all(&[feature(&named("\"\""), square)]), "feature 1: an area code cannot be empty"),
        (all(&[feature(&named("\"A\""), point)]), "feature 1: it is a Point, not a polygon"),
        (all(&[feature(&named("\"A\""), "null")]), "without a geometry"),
        (
            all(&[feature(&named("7"), square), feature(&named("\"7\""), square)]),
            "the code 7 was already taken",
        ),
    ] {
        let error = read_bytes("x.geojson", text.as_bytes()).err().unwrap().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    assert!(matches!(read_bytes("x.kml", b""), Err(ShapesError::Format)));
    let lonely = Loose(vec![("x.shp".to_owned(), Vec::new())]);
    assert!(matches!(read(&entry("x.shp", ""), &lonely, Some(&GRID)), Err(ShapesError::Folder(_))));
}

#[test]
fn broken_files_are_refused_without_a_panic() {
    for (file, ..) in FILES.into_iter().filter(|f| f.0.contains("areas_")) {
        let whole = folder().read(file).unwrap().into_owned();
        let name = format!("x.{}", file.rsplit_once('.').unwrap().1);
        // Cut off, and with bytes changed: an error or other areas, never a panic.
        let step = (whole.len() / 60).max(1);
        for length in (0..whole.len()).step_by(step) {
            let _ = read_bytes(&name, &whole[..length]);
            let mut changed = whole.clone();
            changed[length] ^= 0x55;
            let _ = read_bytes(&name, &changed);
        }
        assert!(read_bytes(&name, &whole[..whole.len() / 3]).is_err(), "{file}");
    }
}

#[test]
fn well_known_binary_in_both_orders_and_with_heights() {
    let ring = [(0.0, 50.0), (1.0, 50.0), (1.0, 51.0), (0.0, 50.0)];
    let written = |little: bool, kind: u32, more: usize| {
        let mut bytes = vec![u8::from(little)];
        let int = |bytes: &mut Vec<u8>, n: u32| {
            bytes.extend(if little { n.to_le_bytes() } else { n.to_be_bytes() });
        };
        int(&mut bytes, kind);
        int(&mut bytes, 1);
        int(&mut bytes, ring.len() as u32);
        for (x, y) in ring {
            for n in [x, y].into_iter().chain(std::iter::repeat_n(9.0_f64, more)) {
                bytes.extend(if little { n.to_le_bytes() } else { n.to_be_bytes() });
            }
        }
        bytes
    };
    let wanted = vec![vec![ring.map(|(x, y)| Coord { x, y }).to_vec()]];
    for (little, kind, more) in [
        (true, 3, 0),
        (false, 3, 0),
        (true, 1003, 1),
        (false, 2003, 1),
        (true, 3003, 2),
        (true, 0x8000_0003, 1),
    ] {
        assert_eq!(wkb::polygons(&written(little, kind, more)), Ok(wanted.clone()), "{kind}");
    }
    let bytes = written(true, 3, 0);
    for length in 0..bytes.len() {
        assert_eq!(wkb::polygons(&bytes[..length]), Err(FeatureFaultKind::Malformed));
    }
    assert!(matches!(wkb::polygons(&written(true, 1, 0)), Err(FeatureFaultKind::NoGround(_))));
}
