//! Neighbours as spatial weights: the files that `PySAL` and R's `spdep` read.

use std::io::Write;

use crate::atlas::{AtlasLayer, Border};

/// The forms of a weights file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weights {
    /// `GeoDa`'s GAL: `libpysal.io.open(FILE).read()`, `spdep::read.gal(FILE, override.id = TRUE)`.
    Gal,
    /// An adjacency list with border lengths: `libpysal.weights.W.from_adjlist`.
    Csv,
}

/// Who is a neighbour of an area: those it shares a border with (rook), or also those it meets in a point (queen).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contiguity {
    /// A common length.
    Rook,
    /// A common point is enough.
    Queen,
}

/// Writes who neighbours whom in a layer. Islands are kept, without neighbours.
///
/// # Errors
/// Those of the writer.
pub fn write_weights(
    layer: &AtlasLayer,
    form: Weights,
    contiguity: Contiguity,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let of = |area: u32| match contiguity {
        Contiguity::Rook => layer.adjacency().bordering(area),
        Contiguity::Queen => layer.adjacency().touching(area),
    };
    match form {
        Weights::Gal => gal(layer, of, out),
        Weights::Csv => csv(layer, of, out),
    }
}

/// A header, then two lines an area: its code and the number of its neighbours, and their codes.
fn gal<'a>(
    layer: &'a AtlasLayer,
    of: impl Fn(u32) -> &'a [Border],
    out: &mut impl Write,
) -> std::io::Result<()> {
    // Codes are separated by white space, so one that holds some would be read as two.
    let code = |area: u32| layer.areas()[area as usize].code.as_str().replace(char::is_whitespace, "_");
    writeln!(out, "0 {} {} code", layer.areas().len(), layer.entry.id)?;
    for area in 0..layer.areas().len() as u32 {
        let borders = of(area);
        writeln!(out, "{} {}", code(area), borders.len())?;
        let codes: Vec<String> = borders.iter().map(|border| code(border.area)).collect();
        writeln!(out, "{}", codes.join(" "))?;
    }
    Ok(())
}

/// The column names and the row of an island (its own neighbour, with weight 0) are those of `libpysal`.
fn csv<'a>(
    layer: &'a AtlasLayer,
    of: impl Fn(u32) -> &'a [Border],
    out: &mut impl Write,
) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["focal", "neighbor", "weight", "shared_border_m", "approximate"])?;
    let code = |area: u32| layer.areas()[area as usize].code.as_str();
    for area in 0..layer.areas().len() as u32 {
        let borders = of(area);
        for border in borders {
            let length_m = format!("{:.1}", border.length_m);
            let approximate = if border.approximate { "true" } else { "false" };
            writer.write_record([code(area), code(border.area), "1", &length_m, approximate])?;
        }
        if borders.is_empty() {
            writer.write_record([code(area), code(area), "0", "0", "false"])?;
        }
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atlas::Atlas;
    use crate::source::folder::Folder;

    // tests/oracles/weights.py reads the same two files with libpysal and finds the same.
    #[test]
    fn both_forms_say_the_same() {
        let atlas = Atlas::load(&Folder::Shipped).unwrap();
        let layer = atlas.layer(&"icb@2022".parse().unwrap()).unwrap();
        let text = |form| {
            let mut out = Vec::new();
            write_weights(layer, form, Contiguity::Rook, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let (gal, csv) = (text(Weights::Gal), text(Weights::Csv));
        let mut lines = gal.lines();
        assert_eq!(lines.next(), Some("0 42 icb@2022 code"));
        let mut pairs: Vec<(String, String)> = Vec::new();
        while let (Some(head), Some(codes)) = (lines.next(), lines.next()) {
            let (focal, count) = head.split_once(' ').unwrap();
            let codes: Vec<&str> = codes.split_whitespace().collect();
            assert_eq!(count.parse(), Ok(codes.len()));
            pairs.extend(codes.into_iter().map(|c| (focal.to_owned(), c.to_owned())));
        }
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<(String, String, u8, f64, bool)> =
            reader.deserialize().collect::<Result<_, _>>().unwrap();
        assert!(rows.iter().all(|r| r.2 == 1 && r.3 > 0.0), "no board is an island");
        assert_eq!(pairs, rows.iter().map(|r| (r.0.clone(), r.1.clone())).collect::<Vec<_>>());
        assert!(
            pairs.contains(&("E54000054".into(), "E54000051".into())),
            "West Yorkshire, and Humber and North Yorkshire"
        );
    }
}
