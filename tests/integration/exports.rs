//! Every format read back by GDAL (and GeoParquet by pyarrow): the same areas, codes and ground.

use std::path::{Path, PathBuf};
use std::process::Command;

use levelmap::area::IndicatorId;
use levelmap::atlas::Atlas;
use levelmap::export::{Format, Table};
use levelmap::source::folder::Folder;
use serde_json::Value;

/// A program of the machine; where it is lacking the test says so, but on a machine that checks changes it must be there.
pub fn is_there(program: &str, arguments: &[&str]) -> bool {
    let there = Command::new(program).args(arguments).output().is_ok_and(|out| out.status.success());
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{program} is needed");
        eprintln!("{program} is not there: nothing is read back");
    }
    there
}

/// The square degrees of all shapes.
fn ground(table: &Table) -> f64 {
    use geo::Area;
    table.shapes.iter().map(Area::unsigned_area).sum()
}

/// What GDAL finds in a file: how many features, the codes, the square degrees, the text of one name.
fn read_back(path: &Path) -> (usize, String, f64, String) {
    let out = path.with_extension("read.csv");
    let source = match path.extension().and_then(|e| e.to_str()) {
        Some("zip") => format!("/vsizip/{}", path.display()),
        _ => path.display().to_string(),
    };
    let listed = Command::new("ogrinfo").args(["-json", &source]).output().unwrap();
    let summary = Command::new("ogrinfo").args(["-q", &source]).output().unwrap();
    assert!(summary.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let text = String::from_utf8(summary.stdout).unwrap();
    // "1: lad_2025 (Multi Polygon)"
    let layer =
        text.lines().next().unwrap().split(": ").nth(1).unwrap().split(" (").next().unwrap().to_owned();
    let sql = format!("SELECT code, name, OGR_GEOM_AREA AS ground FROM \"{layer}\" ORDER BY code");
    let status = Command::new("ogr2ogr")
        .args(["-f", "CSV", "-dialect", "OGRSQL", "-sql", &sql])
        .args([out.as_os_str(), source.as_ref()])
        .status()
        .unwrap();
    assert!(status.success(), "{}", path.display());
    let mut reader = csv::Reader::from_path(&out).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let codes: Vec<&str> = rows.iter().map(|r| &r[0]).collect();
    let ground = rows.iter().map(|r| r[2].parse::<f64>().unwrap_or(0.0)).sum();
    let welsh = rows.iter().find(|r| &r[0] == "W06000001").map(|r| r[1].to_owned()).unwrap_or_default();
    (rows.len(), codes.join(" "), ground, welsh)
}

fn written(table: &Table, format: Format, folder: &Path) -> PathBuf {
    let end = if format == Format::Shapefile { "shp.zip" } else { format.as_str() };
    let path = folder.join(format!("{}.{end}", table.name));
    std::fs::write(&path, table.write(format).unwrap()).unwrap();
    path
}

#[test]
fn every_format_is_read_back_the_same() {
    if !is_there("ogrinfo", &["--version"]) {
        return;
    }
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let residents = atlas.indicator(&"residents".parse::<IndicatorId>().unwrap()).unwrap();
    for (layer, indicator, tolerance_m) in
        [("lad", Some((residents, residents.choose(None, None, None).unwrap())), 0.0), ("icb", None, 500.0)]
    {
        let layer = atlas.layer(&layer.parse().unwrap()).unwrap();
        let table = Table::of(&atlas, layer, indicator, tolerance_m);
        let mut codes: Vec<String> = layer.areas().iter().map(|a| a.code.to_string()).collect();
        codes.sort_unstable();
        let welsh = layer.areas().iter().find(|a| a.code.as_str() == "W06000001").map(|a| a.name.clone());
        for format in Format::ALL {
            if format == Format::GeoParquet {
                continue;
            }
            let path = written(&table, format, folder.path());
            let (count, found, area, name) = read_back(&path);
            assert_eq!((count, found), (codes.len(), codes.join(" ")), "{format}");
            assert_eq!(name, welsh.clone().unwrap_or_default(), "{format}");
            if format != Format::Csv {
                assert!((area - ground(&table)).abs() < 1e-6, "{format}: {area} of {}", ground(&table));
            }
        }
        // GDAL's own check: outer rings and holes are where a Shapefile wants them, and no value went.
        let zip = folder.path().join(format!("{}.shp.zip", table.name));
        let out =
            Command::new("ogrinfo").args(["-al", "-so"]).arg(format!("/vsizip/{}", zip.display())).output();
        let text = String::from_utf8(out.unwrap().stdout).unwrap();
        assert!(text.contains("WGS 84") || text.contains("WGS_1984"), "{text}");
        let fields = text.lines().filter_map(|l| l.split_once(": ").filter(|(_, kind)| kind.contains('(')));
        assert!(
            fields.clone().count() >= table.columns.len() && fields.clone().all(|(n, _)| n.len() <= 10),
            "{text}"
        );
    }
}

/// `tests/oracles/geoparquet.py` prints what geopandas or pyarrow find in a file.
#[test]
fn geoparquet_is_read_back_by_another_library() {
    let python = std::env::var("LEVELMAP_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import pyarrow, shapely"]).output();
    if !has.is_ok_and(|out| out.status.success()) {
        eprintln!("{python} has no pyarrow and shapely: nothing is read back");
        return;
    }
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    let layer = atlas.layer(&"lad".parse().unwrap()).unwrap();
    let residents = atlas.indicator(&"residents".parse::<IndicatorId>().unwrap()).unwrap();
    let table = Table::of(&atlas, layer, Some((residents, residents.choose(None, None, None).unwrap())), 0.0);
    let folder = tempfile::tempdir().unwrap();
    let path = written(&table, Format::GeoParquet, folder.path());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/geoparquet.py");
    let out = Command::new(python).arg(script).arg(&path).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let found: Value = serde_json::from_slice(&out.stdout).unwrap();
    let codes: Vec<&str> = layer.areas().iter().map(|a| a.code.as_str()).collect();
    assert_eq!(found["codes"], serde_json::json!(codes));
    assert_eq!(found["version"], "1.1.0");
    let area = found["area"].as_f64().unwrap();
    assert!((area - ground(&table)).abs() < 1e-9, "{area}");
    let values: f64 = table
        .rows
        .iter()
        .filter_map(|r| if let levelmap::export::Cell::Number(n) = r[9] { Some(n) } else { None })
        .sum();
    assert_eq!(found["values"].as_f64().unwrap(), values);
}
