//! The tables of national stroke modelling (England and Wales): which body commissions care for each lower layer
//! super output area, its ambulance service, stroke admissions, hospitals and minutes by road to each of them.

use std::collections::HashMap;

use super::table::{Table, TableError};
use crate::area::Code;

/// A body that commissions care: a sub-ICB location in England, a health board in Wales.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Locality {
    /// Code of the sub-ICB location or health board.
    pub code: Code,
    /// Its name.
    pub name: String,
    /// The integrated care board above a sub-ICB location: code and name; none in Wales.
    pub icb: Option<(Code, String)>,
    /// The integrated stroke delivery network above it; none in Wales.
    pub isdn: Option<String>,
}

/// Reads the bodies that commission care (`regions_ew.csv`).
pub fn localities(file: &str, bytes: &[u8]) -> Result<Vec<Locality>, TableError> {
    let table = Table::parse(file, bytes)?;
    let [name, code, icb, icb_code, isdn] =
        table.places(["region", "region_code", "icb", "icb_code", "isdn"])?;
    let mut faults = Vec::new();
    let mut rows = Vec::with_capacity(table.len());
    for (line, record) in table.records() {
        let text = |at: usize| record.get(at).unwrap_or_default().trim();
        let Some(code) = table.code(line, record, code, &mut faults) else { continue };
        let icb = if text(icb_code).is_empty() {
            None
        } else {
            let code = table.code(line, record, icb_code, &mut faults);
            code.map(|code| (code, text(icb).to_owned()))
        };
        let isdn = Some(text(isdn).to_owned()).filter(|name| !name.is_empty());
        rows.push(Locality { code, name: text(name).to_owned(), icb, isdn });
    }
    if faults.is_empty() { Ok(rows) } else { Err(table.error(faults)) }
}

/// A hospital that treats stroke.
#[derive(Clone, PartialEq, Debug)]
pub struct StrokeUnit {
    /// Its postcode without a space: the key of the other tables.
    pub postcode: String,
    /// Its name.
    pub name: String,
    /// True when it gives clot-dissolving drugs: it takes patients straight from the ambulance.
    pub thrombolysis: bool,
    /// True when it removes clots mechanically.
    pub thrombectomy: bool,
    /// True when a mobile stroke unit is based there.
    pub mobile_unit: bool,
    /// Longitude in degrees, WGS 84.
    pub lon: f64,
    /// Latitude in degrees, WGS 84.
    pub lat: f64,
}

/// Reads the hospitals (`stroke_units_regions.csv`) and their places (`unit_postcodes_coords.csv`).
pub fn units(
    (units_file, units): (&str, &[u8]),
    (places_file, places): (&str, &[u8]),
) -> Result<Vec<StrokeUnit>, TableError> {
    let table = Table::parse(places_file, places)?;
    let [postcode, lat, lon] = table.places(["postcode", "Latitude", "Longitude"])?;
    let mut faults = Vec::new();
    let mut place: HashMap<&str, (f64, f64)> = HashMap::new();
    for (line, record) in table.records() {
        let mut degrees = |at: usize| {
            let number = record.get(at).and_then(|text| text.trim().parse().ok());
            number.filter(|d: &f64| d.is_finite()).unwrap_or_else(|| {
                faults.push(table.cell(line, at, record, "a number of degrees"));
                0.0
            })
        };
        let (lon, lat) = (degrees(lon), degrees(lat));
        place.insert(record.get(postcode).unwrap_or_default(), (lon, lat));
    }
    if !faults.is_empty() {
        return Err(table.error(faults));
    }
    let table = Table::parse(units_file, units)?;
    let [postcode, team, ivt, mt, msu] =
        table.places(["postcode", "stroke_team", "use_ivt", "use_mt", "use_msu"])?;
    let mut rows = Vec::with_capacity(table.len());
    for (line, record) in table.records() {
        let mut yes = |at: usize| match record.get(at) {
            Some("0") => false,
            Some("1") => true,
            _ => {
                faults.push(table.cell(line, at, record, "0 or 1"));
                false
            }
        };
        let (thrombolysis, thrombectomy, mobile_unit) = (yes(ivt), yes(mt), yes(msu));
        let Some(&(lon, lat)) = record.get(postcode).and_then(|p| place.get(p)) else {
            faults.push(table.cell(line, postcode, record, "a hospital whose place is given"));
            continue;
        };
        rows.push(StrokeUnit {
            postcode: record.get(postcode).unwrap_or_default().to_owned(),
            name: record.get(team).unwrap_or_default().trim().to_owned(),
            thrombolysis,
            thrombectomy,
            mobile_unit,
            lon,
            lat,
        });
    }
    if faults.is_empty() { Ok(rows) } else { Err(table.error(faults)) }
}

/// Reads a table of one number for each area, keyed by the area's name (`admissions_2017-2019.csv`).
pub fn numbers(file: &str, bytes: &[u8], key: &str, value: &str) -> Result<HashMap<String, f64>, TableError> {
    let table = Table::parse(file, bytes)?;
    let [key, value] = table.places([key, value])?;
    let mut faults = Vec::new();
    let mut rows = HashMap::with_capacity(table.len());
    for (line, record) in table.records() {
        match record.get(value).map(|text| text.trim().parse::<f64>()) {
            Some(Ok(number)) if number.is_finite() => {
                rows.insert(record.get(key).unwrap_or_default().to_owned(), number);
            }
            _ => faults.push(table.cell(line, value, record, "a number")),
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(table.error(faults)) }
}

/// Minutes by road from each area to its nearest hospital of some sort. `None` where the table has no road.
#[derive(Clone, PartialEq, Debug)]
pub struct Nearest {
    /// Name of the area.
    pub area: String,
    /// Minutes to the nearest of each set of hospitals, in the order asked.
    pub minutes: Vec<Option<f64>>,
}

/// Reads the matrix of minutes (`lsoa_travel_time_matrix_calibrated.csv`: one row an area, one column a hospital)
/// and keeps the smallest over each of `sets` of postcodes. Also tells which of those postcodes have no column.
pub fn nearest(
    file: &str,
    bytes: &[u8],
    sets: &[Vec<&str>],
) -> Result<(Vec<Nearest>, Vec<String>), TableError> {
    let table = Table::parse(file, bytes)?;
    let area = table.places(["LSOA"])?[0];
    let mut absent: Vec<String> = Vec::new();
    let places: Vec<Vec<usize>> = sets
        .iter()
        .map(|set| {
            let found = set.iter().filter_map(|postcode| {
                let at = table.column(postcode).ok();
                if at.is_none() && !absent.iter().any(|p| p == postcode) {
                    absent.push((*postcode).to_owned());
                }
                at
            });
            found.collect()
        })
        .collect();
    let mut faults = Vec::new();
    let mut rows = Vec::with_capacity(table.len());
    for (line, record) in table.records() {
        let mut minutes_at = |at: &usize| {
            let text = record.get(*at).unwrap_or_default();
            if text.is_empty() {
                return None;
            }
            let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
            if number.is_none() {
                faults.push(table.cell(line, *at, record, "a number of minutes"));
            }
            number
        };
        let minutes =
            places.iter().map(|set| set.iter().filter_map(&mut minutes_at).min_by(f64::total_cmp)).collect();
        rows.push(Nearest { area: record.get(area).unwrap_or_default().to_owned(), minutes });
    }
    if faults.is_empty() { Ok((rows, absent)) } else { Err(table.error(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_each_set_is_kept_and_missing_columns_told() {
        let matrix = b"LSOA,AA11AA,BB11BB,CC11CC\nA 001A,10,20,\nA 001B,,,\n";
        let sets = [vec!["AA11AA", "BB11BB"], vec!["BB11BB", "CC11CC", "DD11DD"]];
        let (rows, absent) = nearest("t", matrix, &sets).unwrap();
        assert_eq!(rows[0].minutes, [Some(10.0), Some(20.0)]);
        assert_eq!(rows[1].minutes, [None, None]);
        assert_eq!(absent, ["DD11DD"]);
    }

    #[test]
    fn a_unit_without_a_place_is_told() {
        let units = b"postcode,stroke_team,use_ivt,use_mt,use_msu\nAA11AA,Here,1,0,1\nBB11BB,There,1,2,0\n";
        let places = b"postcode,BNG_E,BNG_N,Latitude,Longitude\nAA11AA,1,1,51.5,-0.1\n";
        let error = super::units(("u", units), ("p", places)).unwrap_err();
        assert_eq!(error.faults.len(), 2);
    }

    #[test]
    fn wales_has_no_icb() {
        let text = b"region,region_code,region_type,short_code,country,icb,icb_code,isdn\nPowys,W11000024,LHB,PT,Wales,,,\n";
        let rows = localities("t", text).unwrap();
        assert_eq!((rows[0].icb.as_ref(), rows[0].isdn.as_ref()), (None, None));
    }
}
