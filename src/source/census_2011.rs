//! The 2011 Census table of residents and households by lower layer super output area (England and Wales),
//! as the Office for National Statistics published it: numbers with thousands separators, three columns named
//! `Persons` (all, in households, in communal establishments), `UA` after the names of unitary authorities.

use super::table::{Table, TableError, TableFault};
use crate::area::Code;

/// One lower layer super output area at the 2011 Census.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CensusBlock {
    /// Code of the area.
    pub lsoa: Code,
    /// Its name: that of its council, three digits and a letter.
    pub lsoa_name: String,
    /// Code of its middle layer super output area.
    pub msoa: Code,
    /// Name of that.
    pub msoa_name: String,
    /// Code of its council in December 2011.
    pub council: Code,
    /// Name of that, without `UA`.
    pub council_name: String,
    /// Code of its region; none in Wales.
    pub region: Option<Code>,
    /// Usual residents on 27 March 2011.
    pub residents: u32,
    /// Of those, residents of households.
    pub in_households: u32,
    /// Households with at least one usual resident.
    pub households: u32,
    /// Land area as published, to the nearest hectare: 0 for the smallest areas.
    pub hectares: u32,
}

/// Reads the table; `file` is for messages.
pub fn read(file: &str, bytes: &[u8]) -> Result<Vec<CensusBlock>, TableError> {
    let table = Table::parse_repeating(file, bytes)?;
    let [region, council, council_name, msoa, msoa_name, lsoa, lsoa_name, persons, hectares, households] =
        table.places([
            "Region code",
            "Local authority code",
            "Local authority name",
            "MSOA Code",
            "MSOA Name",
            "LSOA Code",
            "LSOA Name",
            "Persons",
            "Hectares",
            "Households",
        ])?;
    let in_households = persons + 1;
    if table.columns().nth(in_households) != Some("Persons") {
        let column = "Persons".to_owned();
        let found = table.columns().nth(in_households).unwrap_or_default().to_owned();
        return Err(table.error(vec![TableFault::NoColumn { column, found }]));
    }
    let mut faults = Vec::new();
    let mut blocks = Vec::with_capacity(table.len());
    for (line, record) in table.records() {
        let text = |at: usize| record.get(at).unwrap_or_default().trim();
        let mut number = |at: usize| {
            let number = text(at).replace(',', "").parse::<u32>();
            number.unwrap_or_else(|_| {
                faults.push(table.cell(line, at, record, "a whole number"));
                0
            })
        };
        let residents = number(persons);
        let in_households = number(in_households);
        let hectares = number(hectares);
        let households = number(households);
        let mut code = |at| table.code(line, record, at, &mut faults);
        let codes = (code(lsoa), code(msoa), code(council));
        let region = if text(region).is_empty() { None } else { code(region) };
        let (Some(lsoa), Some(msoa), Some(council)) = codes else { continue };
        let council_name = text(council_name);
        blocks.push(CensusBlock {
            lsoa,
            lsoa_name: text(lsoa_name).to_owned(),
            msoa,
            msoa_name: text(msoa_name).to_owned(),
            council,
            council_name: council_name.strip_suffix(" UA").unwrap_or(council_name).to_owned(),
            region,
            residents,
            in_households,
            households,
            hectares,
        });
    }
    if faults.is_empty() { Ok(blocks) } else { Err(table.error(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Region code,Region name,Local authority code,Local authority name,MSOA Code,MSOA Name,\
        LSOA Code,LSOA Name,,Persons,Persons,Persons,Hectares,Persons per hectare,Households,Persons per household\n";

    #[test]
    fn thousands_separators_and_repeated_headers_are_read() {
        let row = "E12000001,NORTH EAST,E06000047,County Durham UA,E02004297,County Durham 001,E01020634,\
            County Durham 001A,,\"1,563\",\"1,517\",46,650,2.4,666,2.3\n";
        let blocks = read("t", format!("{HEAD}{row}").as_bytes()).unwrap();
        assert_eq!((blocks[0].residents, blocks[0].in_households, blocks[0].households), (1563, 1517, 666));
        assert_eq!(blocks[0].council_name, "County Durham");
        assert_eq!(blocks[0].hectares, 650);
    }

    #[test]
    fn wales_has_no_region() {
        let row = ",,W06000001,Isle of Anglesey,W02000001,Isle of Anglesey 001,W01000001,\
            Isle of Anglesey 001A,,1,1,0,1,1,1,1\n";
        let blocks = read("t", format!("{HEAD}{row}").as_bytes()).unwrap();
        assert_eq!(blocks[0].region, None);
    }

    #[test]
    fn a_word_where_a_number_belongs_is_told() {
        let row = ",,W06000001,Isle of Anglesey,W02000001,Isle of Anglesey 001,W01000001,\
            Isle of Anglesey 001A,,many,1,0,1,1,1,1\n";
        let error = read("t", format!("{HEAD}{row}").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "t: line 2, column `Persons`: `many` is not a whole number");
    }
}
