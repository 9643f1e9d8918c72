//! The OSTN15 table: from Ordnance Survey's data file to `grids/ostn15.bin`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail, ensure};

use crate::geometry::ShiftGrid;

/// Where the data file lies under the sources: Ordnance Survey's own file, compressed by xz.
const SOURCE: &str = "ostn15_phf/OSTN15_OSGM15_DataFile.txt.xz";
/// The file's extent, as the OSTN15 user guide gives it: 701 by 1251 nodes, one each kilometre.
const COLUMNS: u32 = 701;
const ROWS: u32 = 1251;
const SPACING_M: u32 = 1000;

/// Make `out/grids/ostn15.bin` from the OSTN15 data file under `sources`.
///
/// The same source gives the same bytes. A line out of order, missing or not understood stops the build.
pub fn build(sources: &Path, out: &Path) -> anyhow::Result<()> {
    let path = sources.join(SOURCE);
    let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
    let lines = BufReader::new(xz2::bufread::XzDecoder::new(BufReader::new(file)));
    let grid = read(lines, COLUMNS, ROWS).with_context(|| format!("in {}", path.display()))?;
    let folder = out.join("grids");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let target = folder.join("ostn15.bin");
    fs::write(&target, grid.to_bytes()?).with_context(|| format!("cannot write {}", target.display()))
}

/// Read the table: a heading, then for each node its number, place, east, north and height shift, and a flag.
fn read(lines: impl BufRead, columns: u32, rows: u32) -> anyhow::Result<ShiftGrid> {
    let mut shifts_mm = Vec::with_capacity(columns as usize * rows as usize);
    for (row, line) in lines.lines().enumerate().skip(1) {
        let line = line?;
        let node = shifts_mm.len() as u64;
        let place = (node % u64::from(columns), node / u64::from(columns));
        let shift =
            node_shift_mm(&line, node + 1, place).with_context(|| format!("line {}: {line}", row + 1))?;
        shifts_mm.push(shift);
    }
    Ok(ShiftGrid::new(columns, rows, SPACING_M, shifts_mm)?)
}

fn node_shift_mm(line: &str, number: u64, (column, row): (u64, u64)) -> anyhow::Result<[i32; 2]> {
    let fields: Vec<&str> = line.trim_end().split(',').collect();
    let [id, easting, northing, east, north, ..] = fields[..] else {
        bail!("{} fields where 7 belong", fields.len());
    };
    let place = [number, column * u64::from(SPACING_M), row * u64::from(SPACING_M)];
    for (field, expected) in [id, easting, northing].into_iter().zip(place) {
        ensure!(field.parse() == Ok(expected), "`{field}` where {expected} belongs");
    }
    Ok([millimetres(east)?, millimetres(north)?])
}

/// Metres with up to three decimals, as whole millimetres.
fn millimetres(text: &str) -> anyhow::Result<i32> {
    let metres: f64 = text.parse().with_context(|| format!("`{text}` is not a shift in metres"))?;
    let mm = metres * 1000.0;
    ensure!(mm.abs() < 1e6 && (mm - mm.round()).abs() < 1e-6, "`{text}` is not a shift in whole millimetres");
    Ok(mm.round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "Point_ID,ETRS89_Easting,ETRS89_Northing,ETRS89_OSGB36_EShift,ETRS89_OSGB36_NShift,\
        ETRS89_ODN_HeightShift,Height_Datum_Flag\n\
        1,0,0,90.750,-82.020,55.127,15\n2,1000,0,90.764,-82.015,55.108,15\n\
        3,0,1000,90.700,-82.000,55.127,15\n4,1000,1000,90.714,-81.995,55.108,15\n";

    #[test]
    fn shifts_are_read_to_the_millimetre() {
        let grid = read(SMALL.as_bytes(), 2, 2).unwrap();
        let shift = grid.shift_m(geo::Coord { x: 1000.0, y: 0.0 }).unwrap();
        assert!((shift.x - 90.764).abs() < 1e-9 && (shift.y + 82.015).abs() < 1e-9);
    }

    #[test]
    fn a_missing_line_and_a_broken_number_are_named() {
        let missing = SMALL.replace("2,1000,0,90.764,-82.015,55.108,15\n", "");
        let error = format!("{:#}", read(missing.as_bytes(), 2, 2).unwrap_err());
        assert!(error.contains("line 3") && error.contains("`3` where 2 belongs"), "{error}");
        let broken = SMALL.replace("90.700", "90.7005");
        let error = format!("{:#}", read(broken.as_bytes(), 2, 2).unwrap_err());
        assert!(error.contains("line 4") && error.contains("whole millimetres"), "{error}");
        let short = SMALL.trim_end().rsplit_once('\n').unwrap().0;
        assert!(
            format!("{:#}", read(short.as_bytes(), 2, 2).unwrap_err()).contains("holds 3 shifts where 4")
        );
    }

    #[test]
    fn the_shipped_grid_is_what_the_source_makes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = root.join("data/sources");
        if !sources.join(SOURCE).exists() {
            eprintln!("skipped: {SOURCE} is not under data/sources (`make data` fetches it)");
            return;
        }
        let out = tempfile::tempdir().unwrap();
        build(&sources, out.path()).unwrap();
        let made = ShiftGrid::from_bytes(&fs::read(out.path().join("grids/ostn15.bin")).unwrap()).unwrap();
        let shipped =
            ShiftGrid::from_bytes(&fs::read(root.join("boundaries/grids/ostn15.bin")).unwrap()).unwrap();
        // Shifts, not bytes: another release of the compressor may write the same shifts otherwise.
        assert_eq!(made, shipped);
    }
}
