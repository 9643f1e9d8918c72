//! Two lists of postcodes: the directory of the Office for National Statistics (every postcode there has been, as
//! packed column by column in msgpack and brotli) and Code-Point Open of Ordnance Survey (those in use, CSV in gzip).

use std::io::Read;

use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::area::{Code, CodeError, Postcode, PostcodeError};

/// A file unpacks to no more than this; a real one to a tenth.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;

/// One postcode of the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryRow {
    /// The postcode.
    pub postcode: Postcode,
    /// The council it is in; a pseudo-code in the Channel Islands and the Isle of Man.
    pub council: Option<Code>,
    /// Metres east and north: British National Grid, or Irish Grid for postcodes in Northern Ireland.
    pub position_m: Option<(u32, u32)>,
}

/// One postcode of Code-Point Open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodePointRow {
    /// The postcode.
    pub postcode: Postcode,
    /// How good its position is: 10 best, 90 none.
    pub quality: u8,
    /// Metres east and north, British National Grid; none at quality 90.
    pub position_m: Option<(u32, u32)>,
}

/// Why a list of postcodes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostcodeListError {
    /// It does not unpack.
    #[error("{file} does not unpack: {cause}")]
    Unpack {
        /// The file.
        file: String,
        /// What went wrong.
        cause: std::io::Error,
    },
    /// It is not the msgpack that was expected.
    #[error("{file} is not columns in msgpack: {cause}")]
    Columns {
        /// The file.
        file: String,
        /// What went wrong.
        cause: rmp_serde::decode::Error,
    },
    /// Its columns have different lengths.
    #[error("{file} has columns of different lengths")]
    Lengths {
        /// The file.
        file: String,
    },
    /// It is not CSV.
    #[error("{file}: {cause}")]
    Csv {
        /// The file.
        file: String,
        /// What went wrong.
        cause: csv::Error,
    },
    /// A text that should be a postcode is not.
    #[error("{file}, row {row}: {cause}")]
    Postcode {
        /// The file.
        file: String,
        /// The row, from 1.
        row: usize,
        /// What is wrong.
        cause: PostcodeError,
    },
    /// A text that should be a council's code is not.
    #[error("{file}, row {row}: {cause}")]
    Council {
        /// The file.
        file: String,
        /// The row, from 1.
        row: usize,
        /// What is wrong.
        cause: CodeError,
    },
    /// A number is impossible.
    #[error("{file}, row {row}: `{found}` is not {wanted}")]
    Number {
        /// The file.
        file: String,
        /// The row, from 1.
        row: usize,
        /// What was found.
        found: String,
        /// What was expected.
        wanted: &'static str,
    },
}

#[derive(Deserialize)]
struct Packed {
    data: Columns,
}

#[derive(Deserialize)]
struct Columns {
    pcd: Vec<String>,
    laua: Vec<Cell>,
    oseast1m: Vec<Cell>,
    osnrth1m: Vec<Cell>,
}

/// A missing text is written as the number NaN or as nil, a missing number likewise.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cell {
    Text(String),
    Number(f64),
    Nil(()),
}

/// Reads one file of the directory (`postcodes_A.msgpack.br`).
pub fn directory(file: &str, bytes: &[u8]) -> Result<Vec<DirectoryRow>, PostcodeListError> {
    let reader = brotli::Decompressor::new(bytes, 1 << 16);
    let Packed { data } = rmp_serde::from_slice(&unpack(file, reader)?)
        .map_err(|cause| PostcodeListError::Columns { file: file.to_owned(), cause })?;
    let length = data.pcd.len();
    if [data.laua.len(), data.oseast1m.len(), data.osnrth1m.len()] != [length; 3] {
        return Err(PostcodeListError::Lengths { file: file.to_owned() });
    }
    let rows = data.pcd.iter().zip(data.laua).zip(data.oseast1m.iter().zip(&data.osnrth1m)).enumerate();
    rows.map(|(i, ((postcode, council), (east, north)))| {
        let row = i + 1;
        let postcode = postcode.parse().map_err(|cause| PostcodeListError::Postcode {
            file: file.to_owned(),
            row,
            cause,
        })?;
        let council = match council {
            Cell::Text(text) => Some(text.parse().map_err(|cause| PostcodeListError::Council {
                file: file.to_owned(),
                row,
                cause,
            })?),
            Cell::Number(_) | Cell::Nil(()) => None,
        };
        let position_m = match (metres(file, row, east)?, metres(file, row, north)?) {
            (Some(east), Some(north)) => Some((east, north)),
            _ => None,
        };
        Ok(DirectoryRow { postcode, council, position_m })
    })
    .collect()
}

fn metres(file: &str, row: usize, cell: &Cell) -> Result<Option<u32>, PostcodeListError> {
    let wrong = |found: String| PostcodeListError::Number {
        file: file.to_owned(),
        row,
        found,
        wanted: "whole metres on the grid",
    };
    match cell {
        Cell::Nil(()) => Ok(None),
        Cell::Number(n) if n.is_nan() => Ok(None),
        Cell::Number(n) if n.fract() == 0.0 && (0.0..2e6).contains(n) => Ok(Some(*n as u32)),
        Cell::Number(n) => Err(wrong(n.to_string())),
        Cell::Text(text) => Err(wrong(text.clone())),
    }
}

/// Reads one file of Code-Point Open (`ab.csv.gz`): postcode, quality, easting, northing; no header.
pub fn code_point(file: &str, bytes: &[u8]) -> Result<Vec<CodePointRow>, PostcodeListError> {
    let text = unpack(file, GzDecoder::new(bytes))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
    let mut rows = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let row = i + 1;
        let record = record.map_err(|cause| PostcodeListError::Csv { file: file.to_owned(), cause })?;
        let text = |at: usize| record.get(at).unwrap_or_default();
        let number = |at: usize| {
            text(at).parse::<u32>().map_err(|_| PostcodeListError::Number {
                file: file.to_owned(),
                row,
                found: text(at).to_owned(),
                wanted: "a whole number",
            })
        };
        let postcode = text(0).parse().map_err(|cause| PostcodeListError::Postcode {
            file: file.to_owned(),
            row,
            cause,
        })?;
        let (quality, east, north) = (number(1)?, number(2)?, number(3)?);
        rows.push(CodePointRow {
            postcode,
            quality: u8::try_from(quality).unwrap_or(u8::MAX),
            // Quality 90 is written with a place at the false origin, far out in the Atlantic.
            position_m: (quality != 90).then_some((east, north)),
        });
    }
    Ok(rows)
}

fn unpack(file: &str, reader: impl Read) -> Result<Vec<u8>, PostcodeListError> {
    let mut bytes = Vec::new();
    let done = reader.take(MAX_UNPACKED_BYTES).read_to_end(&mut bytes);
    done.map_err(|cause| PostcodeListError::Unpack { file: file.to_owned(), cause })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(value: &serde_json::Value) -> Vec<u8> {
        let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
        writer.write_all(&rmp_serde::to_vec_named(value).unwrap()).unwrap();
        writer.into_inner()
    }

    #[test]
    fn a_missing_council_or_place_is_none() {
        let rows = directory(
            "t",
            &packed(&serde_json::json!({
                "columns": ["pcd", "laua", "oseast1m", "osnrth1m"],
                "data": {
                    "pcd": ["ZE1 0AA", "AB113AG", "B1  1AA"],
                    "laua": ["S12000027", null, "E08000025"],
                    "oseast1m": [447_759.0, null, 406_649.0],
                    "osnrth1m": [1_141_280.0, null, 286_530.0],
                },
            })),
        )
        .unwrap();
        assert_eq!(rows[0].position_m, Some((447_759, 1_141_280)));
        assert_eq!((rows[1].council.as_ref(), rows[1].position_m), (None, None));
        assert_eq!(rows[2].postcode.to_string(), "B1 1AA");
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let bytes = packed(&serde_json::json!({
            "data": {"pcd": ["ZE1 0AA"], "laua": [], "oseast1m": [], "osnrth1m": []},
        }));
        assert!(matches!(directory("t", &bytes), Err(PostcodeListError::Lengths { .. })));
        assert!(matches!(directory("t", b"not brotli"), Err(PostcodeListError::Unpack { .. })));
    }

    #[test]
    fn quality_90_has_no_place() {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(b"AB10 1AB,10,394235,806529\nAB10 1AF,90,0,0\n").unwrap();
        let rows = code_point("t", &writer.finish().unwrap()).unwrap();
        assert_eq!(rows[0].position_m, Some((394_235, 806_529)));
        assert_eq!((rows[1].quality, rows[1].position_m), (90, None));
    }
}
