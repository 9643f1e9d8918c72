//! Neighbours as spatial weights: the files that `PySAL` and R's `spdep` read.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use crate::area::LayerRef;
use crate::atlas::{Atlas, AtlasLayer};
use crate::source::folder::Folder;

/// Write who shares a border with whom, as a weights file
#[derive(clap::Args)]
pub struct Arguments {
    /// The layer, as in `lad` or `icb@2022`
    layer: LayerRef,
    /// Form of the file
    #[arg(long, value_enum, default_value = "gal")]
    format: Format,
    /// File to write; standard output otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Folder of boundaries; without it the United Kingdom that is part of the program
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
}

/// Writes the file.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let atlas = Atlas::load(&Folder::from(arguments.boundaries.clone()))?;
    let layer = atlas.layer(&arguments.layer);
    let layer = layer.with_context(|| format!("there is no layer `{}`", arguments.layer))?;
    match &arguments.output {
        None => write(layer, arguments.format, &mut std::io::stdout().lock())?,
        Some(path) => {
            let told = || format!("cannot write {}", path.display());
            let mut file = std::io::BufWriter::new(std::fs::File::create(path).with_context(told)?);
            write(layer, arguments.format, &mut file).and_then(|()| file.flush()).with_context(told)?;
        }
    }
    Ok(())
}

/// The forms of a weights file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// `GeoDa`'s GAL: `libpysal.io.open(FILE).read()`, `spdep::read.gal(FILE, override.id = TRUE)`
    Gal,
    /// An adjacency list with border lengths: `libpysal.weights.W.from_adjlist`
    Csv,
}

/// Writes who shares a border with whom in a layer. Islands are kept, without neighbours.
pub fn write(layer: &AtlasLayer, format: Format, out: &mut impl Write) -> std::io::Result<()> {
    match format {
        Format::Gal => gal(layer, out),
        Format::Csv => csv(layer, out),
    }
}

/// A header, then two lines an area: its code and the number of its neighbours, and their codes.
fn gal(layer: &AtlasLayer, out: &mut impl Write) -> std::io::Result<()> {
    // Codes are separated by white space, so one that holds some would be read as two.
    let code = |area: u32| layer.areas()[area as usize].code.as_str().replace(char::is_whitespace, "_");
    writeln!(out, "0 {} {} code", layer.areas().len(), layer.entry.id)?;
    for area in 0..layer.areas().len() as u32 {
        let borders = layer.adjacency().bordering(area);
        writeln!(out, "{} {}", code(area), borders.len())?;
        let codes: Vec<String> = borders.iter().map(|border| code(border.area)).collect();
        writeln!(out, "{}", codes.join(" "))?;
    }
    Ok(())
}

/// The column names and the row of an island (its own neighbour, with weight 0) are those of `libpysal`.
fn csv(layer: &AtlasLayer, out: &mut impl Write) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["focal", "neighbor", "weight", "shared_border_m", "approximate"])?;
    let code = |area: u32| layer.areas()[area as usize].code.as_str();
    for area in 0..layer.areas().len() as u32 {
        let borders = layer.adjacency().bordering(area);
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
        let text = |format| {
            let mut out = Vec::new();
            write(layer, format, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let (gal, csv) = (text(Format::Gal), text(Format::Csv));
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
