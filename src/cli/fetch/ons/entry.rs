//! A service as an entry of a catalogue: what its name and fields tell of the layer.

use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;
use serde::Serialize;

use crate::cli::fetch::LICENCE;
use crate::source::catalogue::Catalogue;
use crate::source::folder::Folder;

/// The file that names what a folder holds.
pub const CATALOGUE: &str = "catalogue.toml";

/// The fields of a service that are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Columns {
    pub code: String,
    pub name: String,
}

/// What the name of a service tells.
#[derive(Clone, Debug)]
pub struct Named {
    pub file: String,
    coverage: String,
    title: String,
    /// The kind that was asked for.
    kind: Option<String>,
    /// Of how fine a drawing: `bfc`.
    resolution: Option<&'static str>,
    /// The first day of its month.
    month: Option<Date>,
    copyright: Option<String>,
}

/// Drawings in full, as far as the sea at low or high water.
const FULL: [&str; 2] = ["bfe", "bfc"];
/// Drawings generalised to 20, 200 and 500 metres, which do not decide near a border.
const GENERALISED: [&str; 3] = ["bgc", "bsc", "buc"];

/// In full, or by their first three letters.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Longer notices are descriptions.
const LONGEST_NOTICE: usize = 400;

#[derive(Serialize)]
struct Entries {
    coverage: [CoverageEntry; 1],
    layer: [LayerEntry; 1],
}

#[derive(Serialize)]
struct CoverageEntry {
    id: String,
    title: String,
    file: String,
    code: String,
    name: String,
    licence: &'static str,
    source: String,
    attribution: Vec<String>,
    approximate: bool,
}

#[derive(Serialize)]
struct LayerEntry {
    kind: String,
    vintage: String,
    title: String,
    valid_from: String,
    current: bool,
    fit: &'static str,
    licence: &'static str,
    source: String,
    part: [PartEntry; 1],
}

#[derive(Serialize)]
struct PartEntry {
    coverage: String,
    from: &'static str,
}

/// Kind and year of a field by its end: `lad` and `25` of `LAD25CD` with `cd`. Services write them in either case.
pub fn kind_and_year(field: &str, end: &str) -> Option<(String, String)> {
    let field = field.to_ascii_lowercase();
    let stem = field.strip_suffix(end)?;
    let (kind, year) = stem.split_at_checked(stem.len().checked_sub(2)?)?;
    let is_named = !kind.is_empty()
        && kind.bytes().all(|b| b.is_ascii_lowercase())
        && year.bytes().all(|b| b.is_ascii_digit());
    is_named.then(|| (kind.to_owned(), year.to_owned()))
}

impl Named {
    pub fn of(service: &str, kind: Option<&str>, copyright: Option<&str>) -> Named {
        let lower = service.to_ascii_lowercase();
        let words: Vec<&str> = lower.split(['_', '-']).collect();
        let resolution = FULL.into_iter().chain(GENERALISED).find(|known| words.contains(known));
        let month = words.windows(2).find_map(|pair| {
            let month = MONTHS.iter().position(|month| pair[0] == *month || pair[0] == &month[..3])?;
            let year: i16 = pair[1].parse().ok().filter(|year| (1900..2200).contains(year))?;
            Date::new(year, month as i8 + 1, 1).ok()
        });
        let notice = copyright
            .map(str::trim)
            .filter(|text| !text.is_empty() && text.len() <= LONGEST_NOTICE && !text.contains('<'));
        Named {
            file: format!("{service}.geojson"),
            coverage: lower.replace('_', "-"),
            title: service.replace('_', " "),
            kind: kind.map(str::to_owned),
            resolution,
            month,
            copyright: notice.map(str::to_owned),
        }
    }

    fn entries(&self, columns: &Columns, is_taken: impl Fn(&str) -> bool) -> anyhow::Result<Entries> {
        let said = kind_and_year(&columns.code, "cd");
        let year = said.as_ref().map(|(_, year)| format!("20{year}"));
        let vintage = year.or_else(|| self.month.map(|month| month.year().to_string()));
        let vintage = vintage
            .with_context(|| format!("neither {} nor the name of the service says a year", columns.code))?;
        let kind = match (&self.kind, said, self.resolution) {
            (Some(kind), ..) => kind.clone(),
            (None, Some((kind, _)), Some(resolution)) if is_taken(&kind) => format!("{kind}-{resolution}"),
            (None, Some((kind, _)), _) => kind,
            (None, None, _) => anyhow::bail!("{} does not say a kind; give one with --kind", columns.code),
        };
        if is_taken(&kind) {
            anyhow::bail!(
                "there is a layer `{kind}` already: give another --kind, or write the layer into {CATALOGUE} yourself, so that \
                 the vintages follow one another"
            );
        }
        let source = format!("Office for National Statistics, {}", self.title);
        let attribution = [
            "Source: Office for National Statistics licensed under the Open Government Licence v.3.0"
                .to_owned(),
            format!("Contains OS data © Crown copyright and database right {vintage}"),
        ];
        let coverage = CoverageEntry {
            id: self.coverage.clone(),
            title: self.title.clone(),
            file: self.file.clone(),
            code: columns.code.clone(),
            name: columns.name.clone(),
            licence: LICENCE,
            source: source.clone(),
            attribution: attribution.into_iter().chain(self.copyright.clone()).collect(),
            approximate: self.resolution.is_some_and(|resolution| GENERALISED.contains(&resolution)),
        };
        let layer = LayerEntry {
            kind,
            title: self.title.clone(),
            valid_from: self.month.map_or_else(|| format!("{vintage}-01-01"), |month| month.to_string()),
            vintage,
            current: true,
            fit: "exact",
            licence: LICENCE,
            source,
            part: [PartEntry { coverage: self.coverage.clone(), from: "blocks" }],
        };
        Ok(Entries { coverage: [coverage], layer: [layer] })
    }
}

/// The catalogue of a folder with a service added, checked; `None` where it has the service already, whose file alone is
/// replaced then.
pub fn added(folder: &Path, named: &Named, columns: &Columns) -> anyhow::Result<Option<String>> {
    let shipped = Folder::Shipped.read(CATALOGUE)?;
    let shipped = str::from_utf8(&shipped)?;
    let before = match std::fs::read_to_string(folder.join(CATALOGUE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "extends = \"shipped\"\n".to_owned(),
        Err(error) => return Err(error).context(format!("cannot read {CATALOGUE}")),
    };
    let parse = |text: &str| {
        if Catalogue::extends_shipped(text)? {
            Catalogue::parse_over(shipped, text)
        } else {
            Catalogue::parse(text)
        }
    };
    let known = parse(&before)
        .with_context(|| format!("{} has faults of its own", folder.join(CATALOGUE).display()))?;
    if let Some(coverage) = known.coverages.iter().find(|coverage| coverage.id == named.coverage) {
        let is_same =
            coverage.file == named.file && coverage.code == columns.code && coverage.name == columns.name;
        anyhow::ensure!(
            is_same,
            "{CATALOGUE} has a coverage `{}` of another file or other fields",
            named.coverage
        );
        return Ok(None);
    }
    let is_taken = |kind: &str| known.layers.iter().any(|layer| layer.id.kind.as_str() == kind);
    let entries = named.entries(columns, is_taken)?;
    let text = format!("{}\n\n{}", before.trim_end(), toml::to_string(&entries)?);
    parse(&text).context("the layer cannot be added")?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_say_kind_and_year() {
        let said = |field| kind_and_year(field, "cd").map(|(kind, year)| format!("{kind} {year}"));
        assert_eq!(said("LAD25CD").as_deref(), Some("lad 25"));
        assert_eq!(said("lad19cd").as_deref(), Some("lad 19"));
        assert_eq!(said("SICBL26CD").as_deref(), Some("sicbl 26"));
        for other in ["SICBL26CDH", "LAD25NM", "CD", "25CD", "LADCD", "BNG_E", "Ö5cd", "é25cd", ""] {
            assert_eq!(said(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_services_say_month_and_resolution() {
        let told = |service: &str| {
            let named = Named::of(service, None, None);
            (named.month.map(|month| month.to_string()), named.resolution)
        };
        let day = |text: &str| Some(text.to_owned());
        assert_eq!(told("LAD_MAY_2025_UK_BGC_V2"), (day("2025-05-01"), Some("bgc")));
        assert_eq!(
            told("Integrated_Care_Boards_April_2026_Boundaries_EN_BFC"),
            (day("2026-04-01"), Some("bfc"))
        );
        assert_eq!(told("Wards_DECEMBER_2024"), (day("2024-12-01"), None));
        assert_eq!(told("CTYUA_DEC_2025_UK_BUC"), (day("2025-12-01"), Some("buc")));
        assert_eq!(told("Marches_of_Wales"), (None, None));
        assert_eq!(told("Mayoral_2024_areas"), (None, None));
    }

    #[test]
    fn a_kind_that_ships_is_told_apart_by_its_resolution() {
        let columns = Columns { code: "LAD25CD".to_owned(), name: "LAD25NM".to_owned() };
        let named = Named::of("LAD_MAY_2025_UK_BGC", None, Some("© LPS 2025"));
        let entries = named.entries(&columns, |kind| kind == "lad").unwrap();
        assert_eq!((entries.layer[0].kind.as_str(), entries.layer[0].vintage.as_str()), ("lad-bgc", "2025"));
        assert_eq!(entries.layer[0].valid_from, "2025-05-01");
        assert!(entries.coverage[0].approximate);
        assert_eq!(entries.coverage[0].attribution[2], "© LPS 2025");
        assert_eq!(named.entries(&columns, |_| false).unwrap().layer[0].kind, "lad");
        assert!(named.entries(&columns, |_| true).is_err());
        let odd = Columns { code: "id".to_owned(), name: "label".to_owned() };
        assert!(named.entries(&odd, |_| false).is_err());
        let asked = Named::of("Wards_2024", Some("ward"), None);
        assert!(asked.entries(&odd, |_| false).is_err(), "no year is known");
        let asked = Named::of("Wards_May_2024", Some("ward"), None);
        assert_eq!(asked.entries(&odd, |_| false).unwrap().layer[0].kind, "ward");
    }
}
