//! `FlatGeobuf`.

use flatgeobuf::{Column, ColumnType, FallibleStreamingIterator, FgbReader, Geometry, GeometryType, Header};

use super::attributes::columns;
use super::{Coord, Crs, Feature, FeatureFaultKind, FeatureFile, Rings, ShapesError, Wanted};

fn form(error: impl Into<Box<dyn std::error::Error>>) -> ShapesError {
    ShapesError::Form { format: "FlatGeobuf", message: error.into().to_string() }
}

pub(super) fn read(bytes: &[u8], wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let reader = FgbReader::open(bytes).map_err(form)?;
    let header = reader.header();
    let crs = crs(&header)?;
    let kind = header.geometry_type();
    let listed: Vec<Column> = header.columns().map(|columns| columns.iter().collect()).unwrap_or_default();
    let names: Vec<String> = listed.iter().map(|c| c.name().to_owned()).collect();
    let types: Vec<ColumnType> = listed.iter().map(Column::type_).collect();
    let (code, name) = columns(wanted, &names)?;

    let mut features = Vec::new();
    let mut rows = reader.select_all_seq().map_err(form)?;
    while let Some(row) = rows.next().map_err(form)? {
        let feature = row.fbs_feature();
        let bytes: Vec<u8> = feature.properties().map(|p| p.bytes().to_vec()).unwrap_or_default();
        let texts = properties(&bytes, &types);
        let text = |column: usize| {
            let found = texts.as_ref().and_then(|t| t.iter().find(|(c, _)| *c == column));
            found.map(|(_, text)| text.clone()).unwrap_or_default()
        };
        let polygons = match (row.geometry(), &texts) {
            (_, None) => Err(FeatureFaultKind::Malformed),
            (Some(geometry), _) => polygons(geometry, kind),
            (None, _) => Err(FeatureFaultKind::NoGround("feature without a geometry".to_owned())),
        };
        features.push(Feature { code: text(code), name: text(name), polygons });
    }
    Ok(FeatureFile { features, crs })
}

fn crs(header: &Header) -> Result<Option<Crs>, ShapesError> {
    let Some(crs) = header.crs() else { return Ok(None) };
    match (crs.code(), crs.wkt()) {
        (0, Some(wkt)) => Ok(Some(Crs::from_wkt(wkt)?)),
        (0, None) => Ok(None),
        (code, _) => Ok(Some(code.to_string().parse()?)),
    }
}

/// The attributes of a feature as text, by column; `None` when the bytes break off.
fn properties(mut bytes: &[u8], types: &[ColumnType]) -> Option<Vec<(usize, String)>> {
    fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        let (head, rest) = bytes.split_first_chunk::<N>()?;
        *bytes = rest;
        Some(*head)
    }
    let mut texts = Vec::new();
    while !bytes.is_empty() {
        let column = usize::from(u16::from_le_bytes(take(&mut bytes)?));
        let text = match *types.get(column)? {
            ColumnType::Byte => i8::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::UByte | ColumnType::Bool => u8::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::Short => i16::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::UShort => u16::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::Int => i32::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::UInt => u32::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::Long => i64::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::ULong => u64::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::Float => f32::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::Double => f64::from_le_bytes(take(&mut bytes)?).to_string(),
            ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => {
                let length = u32::from_le_bytes(take(&mut bytes)?) as usize;
                let text = bytes.get(..length)?;
                bytes = &bytes[length..];
                String::from_utf8_lossy(text).into_owned()
            }
            _ => return None,
        };
        texts.push((column, text));
    }
    Some(texts)
}

fn polygons(geometry: Geometry, of_file: GeometryType) -> Result<Vec<Rings>, FeatureFaultKind> {
    // A file of one kind writes the kind once, in its header.
    let kind = if geometry.type_() == GeometryType::Unknown { of_file } else { geometry.type_() };
    match kind {
        GeometryType::Polygon => Ok(vec![rings(geometry)?]),
        GeometryType::MultiPolygon => {
            let parts = geometry.parts().ok_or(FeatureFaultKind::Malformed)?;
            parts.iter().map(rings).collect()
        }
        other => {
            let name = other.variant_name().unwrap_or("geometry of an unknown kind");
            Err(FeatureFaultKind::NoGround(name.to_owned()))
        }
    }
}

fn rings(polygon: Geometry) -> Result<Rings, FeatureFaultKind> {
    let numbers: Vec<f64> = polygon.xy().ok_or(FeatureFaultKind::Malformed)?.iter().collect();
    let vertices: Vec<Coord> = numbers.chunks_exact(2).map(|p| Coord { x: p[0], y: p[1] }).collect();
    let ends: Vec<usize> = match polygon.ends() {
        Some(ends) if !ends.is_empty() => ends.iter().map(|end| end as usize).collect(),
        // One ring needs no ends.
        _ => vec![vertices.len()],
    };
    let mut start = 0;
    let mut rings = Vec::with_capacity(ends.len());
    for end in ends {
        rings.push(vertices.get(start..end).ok_or(FeatureFaultKind::Malformed)?.to_vec());
        start = end;
    }
    Ok(rings)
}
