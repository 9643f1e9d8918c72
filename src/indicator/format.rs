//! The formats of indicator tables: which column holds what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The CSV of Fingertips, and the upload format of its successor.
    Fingertips,
    /// The source files and the download of ONS Explore Local Statistics.
    Els,
    /// The CSV of the Nomis API.
    Nomis,
    /// One row an observation, with a code, a value, and whatever else is there.
    Tidy,
}

impl Format {
    /// All formats, in the order in which they are tried.
    pub const ALL: [Format; 4] = [Format::Fingertips, Format::Els, Format::Nomis, Format::Tidy];

    /// The name, as written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Fingertips => "fingertips",
            Format::Els => "els",
            Format::Nomis => "nomis",
            Format::Tidy => "tidy",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Format::ALL
            .into_iter()
            .find(|f| f.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a format: auto, fingertips, els, nomis or tidy"))
    }
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Role {
    Code,
    Name,
    Indicator,
    Period,
    PeriodStart,
    PeriodEnd,
    PeriodRange,
    Sex,
    Age,
    AgeFrom,
    AgeTo,
    CategoryType,
    Category,
    Value,
    Lower,
    Upper,
    Count,
    Denominator,
    Unit,
    Measure,
    Status,
    Note,
    RowsInAll,
}

/// Every role, with the headers by which a tidy table may name it, best first. Headers are compared in small letters
/// with every run of other signs as one `_`.
const ROLES: [(Role, &[&str]); 23] = [
    (
        Role::Code,
        &[
            "code",
            "area_code",
            "areacd",
            "gss_code",
            "ons_code",
            "geography_code",
            "la_code",
            "lad_code",
            "local_authority_code",
            "lsoa_code",
            "msoa_code",
            "icb_code",
            "region_code",
            "gss",
            "area_cd",
            "cd",
            "geo_code",
        ],
    ),
    (Role::Name, &["name", "area_name", "areanm", "geography_name", "la_name", "area", "local_authority"]),
    (
        Role::Indicator,
        &["indicator", "indicator_name", "variable", "variable_name", "metric", "title", "series"],
    ),
    (
        Role::Period,
        &[
            "period",
            "time_period",
            "date",
            "year",
            "time",
            "date_name",
            "month",
            "quarter",
            "reference_period",
        ],
    ),
    (Role::PeriodStart, &["date_from", "period_start", "start_date", "from"]),
    (Role::PeriodEnd, &["date_to", "period_end", "end_date", "to"]),
    (Role::PeriodRange, &["time_period_range", "period_type"]),
    (Role::Sex, &["sex", "gender", "sex_name", "gender_name"]),
    (Role::Age, &["age", "age_group", "age_band", "age_name"]),
    (Role::AgeFrom, &["age_from_years_inclusive"]),
    (Role::AgeTo, &["age_to_years_inclusive"]),
    (Role::CategoryType, &["category_type", "deprivation_category"]),
    (Role::Category, &["category", "deprivation_decile"]),
    (
        Role::Value,
        &["value", "observation", "obs_value", "rate", "percent", "percentage", "estimate", "figure", "v4_0"],
    ),
    (
        Role::Lower,
        &[
            "lower",
            "lci_95",
            "lower_ci_95_0_limit",
            "lower_ci_95",
            "lower_ci",
            "lci",
            "lower_limit",
            "ll",
            "lower_ci_limit",
        ],
    ),
    (
        Role::Upper,
        &[
            "upper",
            "uci_95",
            "upper_ci_95_0_limit",
            "upper_ci_95",
            "upper_ci",
            "uci",
            "upper_limit",
            "ul",
            "upper_ci_limit",
        ],
    ),
    (Role::Count, &["count", "numerator", "events", "observed"]),
    (Role::Denominator, &["denominator", "population", "base"]),
    (Role::Unit, &["unit", "units"]),
    (Role::Measure, &["measure", "measures_name"]),
    (Role::Status, &["status", "flag", "marker", "obs_status", "obs_status_name", "value_marker"]),
    (Role::Note, &["note", "notes", "value_note"]),
    (Role::RowsInAll, &["record_count"]),
];

impl Role {
    fn place(self) -> usize {
        ROLES.iter().position(|(role, _)| *role == self).unwrap_or_default()
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let name = |role: Role| serde_json::to_value(role).ok().and_then(|v| v.as_str().map(str::to_owned));
        ROLES.iter().map(|(role, _)| *role).find(|r| name(*r).as_deref() == Some(text)).ok_or_else(|| {
            let all: Vec<String> = ROLES.iter().filter_map(|(r, _)| name(*r)).collect();
            format!("`{text}` is not what a column can hold: {}", all.join(", "))
        })
    }
}

/// Which column holds what in one table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Columns {
    /// The format.
    pub format: Format,
    at: [Option<usize>; ROLES.len()],
    /// Further columns whose text tells apart what is measured (Nomis dimensions).
    pub dimensions: Vec<usize>,
    /// The header as found.
    pub header: Vec<String>,
}

/// Why the columns of a table could not be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// A column that the format must have is not there.
    #[error("as {format} this table would need a column for the {role}; its columns are {found}")]
    NoColumn {
        /// The format tried.
        format: Format,
        /// What was looked for.
        role: &'static str,
        /// The header.
        found: String,
    },
    /// A column that the caller named is not there.
    #[error("there is no column `{wanted}`; the columns are {found}")]
    NotThere {
        /// The name given.
        wanted: String,
        /// The header.
        found: String,
    },
}

/// A header as it is compared: small letters and digits, every run of other signs as one `_`.
fn folded(header: &str) -> String {
    let mut out = String::new();
    for c in header.trim_start_matches('\u{feff}').trim().chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// `lad23cd`, `LSOA11CD`: the headers of ONS lookups, which carry the year of their codes.
fn is_ons_code_header(folded: &str) -> bool {
    let Some(rest) = folded.strip_suffix("cd") else { return false };
    let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    rest.len() - letters.len() == 2
        && [
            "lad", "ltla", "utla", "ctyua", "lsoa", "msoa", "rgn", "ctry", "icb", "sicbl", "cauth", "nhser",
            "lhb", "hb",
        ]
        .contains(&letters)
}

impl Columns {
    /// Finds the columns. `asked` is the format asked for, `None` to tell it from the header; `named` are columns
    /// that the caller named, which go before any guess.
    pub fn find(
        header: &[String],
        asked: Option<Format>,
        named: &[(Role, String)],
    ) -> Result<Columns, FormatError> {
        let names: Vec<String> = header.iter().map(|h| folded(h)).collect();
        let format = asked.unwrap_or_else(|| told_from(&names));
        let mut columns =
            Columns { format, at: [None; ROLES.len()], dimensions: Vec::new(), header: header.to_vec() };
        for (role, synonyms) in ROLES {
            let known = |wanted: &&str| names.iter().position(|name| name == wanted);
            columns.at[role.place()] = synonyms.iter().find_map(known);
        }
        if columns.of(Role::Code).is_none() {
            columns.at[Role::Code.place()] = names.iter().position(|n| is_ons_code_header(n));
        }
        for (role, wanted) in named {
            let wanted_folded = folded(wanted);
            let place = names.iter().position(|n| *n == wanted_folded);
            columns.at[role.place()] =
                Some(place.ok_or_else(|| FormatError::NotThere {
                    wanted: wanted.clone(),
                    found: header.join(", "),
                })?);
        }
        if format == Format::Nomis {
            let taken: Vec<usize> = columns.at.iter().copied().flatten().collect();
            let is_dimension = |(i, name): &(usize, &String)| {
                name.ends_with("_name")
                    && !taken.contains(i)
                    && *name != "geography_type_name"
                    && *name != "freq_name"
            };
            columns.dimensions = names.iter().enumerate().filter(is_dimension).map(|(i, _)| i).collect();
        }
        let found = || header.join(", ");
        for (role, word) in [(Role::Code, "area code"), (Role::Value, "value")] {
            if columns.of(role).is_none() {
                // A table of counts alone is a table of values.
                if role == Role::Value && columns.of(Role::Count).is_some() {
                    columns.at[Role::Value.place()] = columns.of(Role::Count);
                    continue;
                }
                return Err(FormatError::NoColumn { format, role: word, found: found() });
            }
        }
        Ok(columns)
    }

    /// The column of a role.
    pub fn of(&self, role: Role) -> Option<usize> {
        self.at[role.place()]
    }

    /// The header of the column of a role.
    pub fn header_of(&self, role: Role) -> Option<&str> {
        self.of(role).and_then(|at| self.header.get(at)).map(String::as_str)
    }

    /// What was found where, for the report: role and header.
    pub fn said(&self) -> Vec<(Role, String)> {
        ROLES.iter().filter_map(|(role, _)| Some((*role, self.header_of(*role)?.to_owned()))).collect()
    }
}

fn told_from(names: &[String]) -> Format {
    let has = |name: &str| names.iter().any(|n| n == name);
    if has("indicator_id") && has("area_code") || has("lower_ci_99_8") && has("area_code") {
        Format::Fingertips
    } else if has("areacd") {
        Format::Els
    } else if has("geography_code") && has("obs_value") {
        Format::Nomis
    } else {
        Format::Tidy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(|s| s.trim().to_owned()).collect()
    }

    const FINGERTIPS: &str = "Indicator ID, Indicator Name, Parent Code, Parent Name, Area Code, Area Name, Area Type, Sex, Age, Category Type, Category, Time period, Value, Lower CI 95.0 limit, Upper CI 95.0 limit, Lower CI 99.8 limit, Upper CI 99.8 limit, Count, Denominator, Value note, Recent Trend, Compared to England value or percentiles, Compared to Region value or percentiles, Time period Sortable, New data, Compared to goal, Time period range";

    #[test]
    fn formats_are_told_from_their_headers() {
        for (text, format) in [
            (FINGERTIPS, Format::Fingertips),
            (
                "areacd,areanm,geography,indicator,period,observation,measure,unit,lci_95,uci_95,status,notes",
                Format::Els,
            ),
            ("\u{feff}AREANM,AREACD,Period,Observation", Format::Els),
            (
                "DATE_NAME,GEOGRAPHY_NAME,GEOGRAPHY_CODE,SEX_NAME,MEASURES_NAME,OBS_VALUE,RECORD_COUNT",
                Format::Nomis,
            ),
            ("area_code,date_from,date_to,period_type,sex,value,lower_ci_99_8", Format::Fingertips),
            ("LAD23CD,value", Format::Tidy),
        ] {
            assert_eq!(Columns::find(&header(text), None, &[]).unwrap().format, format, "{text}");
        }
    }

    #[test]
    fn fingertips_columns_are_where_they_are() {
        let columns = Columns::find(&header(FINGERTIPS), None, &[]).unwrap();
        for (role, name) in [
            (Role::Code, "Area Code"),
            (Role::Indicator, "Indicator Name"),
            (Role::Lower, "Lower CI 95.0 limit"),
            (Role::Note, "Value note"),
            (Role::PeriodRange, "Time period range"),
            (Role::Category, "Category"),
        ] {
            assert_eq!(columns.header_of(role), Some(name));
        }
    }

    #[test]
    fn a_repeated_header_is_its_first_column() {
        let columns = Columns::find(&header("areacd,observation,notes,notes"), None, &[]).unwrap();
        assert_eq!(columns.of(Role::Note), Some(2));
    }

    #[test]
    fn columns_can_be_named() {
        let named = [(Role::Value, "Jobs density".to_owned())];
        let columns = Columns::find(&header("utla23cd,jobs density"), None, &named).unwrap();
        assert_eq!((columns.of(Role::Code), columns.of(Role::Value)), (Some(0), Some(1)));
        let none = Columns::find(&header("utla23cd,x"), None, &named).unwrap_err();
        assert_eq!(none.to_string(), "there is no column `Jobs density`; the columns are utla23cd, x");
    }

    #[test]
    fn what_is_missing_is_said() {
        let error = Columns::find(&header("place,figure"), None, &[]).unwrap_err();
        assert!(
            error.to_string().contains("a column for the area code; its columns are place, figure"),
            "{error}"
        );
    }
}
