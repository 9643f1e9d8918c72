//! The shipped tables by themselves: how many areas each layer has, that lookups, lineage and names agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use levelmap::area::{ChangeKind, Code, Descent, LayerId};
use levelmap::source::catalogue::{Catalogue, LayerEntry, Origin};
use levelmap::source::table::{LookupMap, Table};

fn boundaries() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("boundaries")
}

fn table(file: &str) -> Table {
    Table::parse(file, &fs::read(boundaries().join(file)).unwrap()).unwrap()
}

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

/// Every layer worked out from the tables: coverage -> block -> code, the slow and obvious way.
struct Layers {
    catalogue: Catalogue,
    codes: HashMap<(LayerId, String), BTreeMap<Code, Option<Code>>>,
}

fn layers() -> &'static Layers {
    static LAYERS: LazyLock<Layers> = LazyLock::new(Layers::read);
    &LAYERS
}

impl Layers {
    fn read() -> Self {
        let catalogue =
            Catalogue::parse(&fs::read_to_string(boundaries().join("catalogue.toml")).unwrap()).unwrap();
        let mut codes: HashMap<(LayerId, String), BTreeMap<Code, Option<Code>>> = HashMap::new();
        let files: HashMap<&str, Table> =
            catalogue.lookup_files().into_iter().map(|(file, _)| (file, table(file))).collect();
        for layer in &catalogue.layers {
            for part in &layer.parts {
                let start: BTreeMap<Code, Option<Code>> = match &part.from {
                    Origin::Blocks => {
                        blocks(&part.coverage).into_iter().map(|b| (b.clone(), Some(b))).collect()
                    }
                    Origin::Layer(id) => codes[&(id.clone(), part.coverage.clone())].clone(),
                };
                let lookup: Option<LookupMap> =
                    part.lookup.as_ref().map(|l| files[l.file.as_str()].lookup(&l.key, &l.value).unwrap());
                let step = |code: Code| match &lookup {
                    None => Some(code),
                    Some(rows) => rows
                        .get(&code)
                        .unwrap_or_else(|| panic!("{}: {code} is in no row of {part:?}", layer.id))
                        .clone(),
                };
                let here = start.into_iter().map(|(block, code)| (block, code.and_then(step))).collect();
                codes.insert((layer.id.clone(), part.coverage.clone()), here);
            }
        }
        Layers { catalogue, codes }
    }

    fn areas(&self, layer: &str) -> BTreeSet<Code> {
        let id: LayerId = layer.parse().unwrap();
        let of_layer = self.codes.iter().filter(|((l, _), _)| *l == id);
        of_layer.flat_map(|(_, blocks)| blocks.values().flatten().cloned()).collect()
    }

    fn ew(&self, layer: &str) -> &BTreeMap<Code, Option<Code>> {
        &self.codes[&(layer.parse().unwrap(), "ew".to_owned())]
    }

    fn entry(&self, layer: &str) -> &LayerEntry {
        self.catalogue.layer(&layer.parse().unwrap()).unwrap()
    }
}

fn blocks(coverage: &str) -> BTreeSet<Code> {
    let table = table(&format!("lookups/{coverage}_blocks.csv"));
    table.lookup("block", "lad@2011").unwrap().into_keys().collect()
}

#[test]
fn every_layer_has_as_many_areas_as_its_publisher_says() {
    let layers = layers();
    let expected = [
        ("lsoa@2011", 34_753),
        ("msoa@2011", 7_201),
        ("lad@2011", 406),
        ("lad@2012", 406),
        ("lad@2013", 406),
        ("lad@2015", 391),
        ("lad@2018", 391),
        ("lad@2019", 382),
        ("lad@2020", 379),
        ("lad@2021", 374),
        ("lad@2023", 361),
        ("lad@2025", 361),
        ("utla@2025", 218),
        ("rgn@2025", 12),
        ("ctry@2025", 4),
        ("uk@2025", 1),
        ("gb@2025", 1),
        ("ew@2025", 1),
        ("cauth@2025", 15),
        ("sicbl@2022", 106),
        ("icb@2022", 42),
        ("nhser@2022", 7),
        ("nhser@2024", 7),
        ("isdn@2022", 20),
        ("hb@2025", 26),
        ("nhs@2022", 68),
        ("nhs@2023", 68),
        ("icb@2023", 42),
        ("nhs@2026", 62),
        ("icb@2026", 36),
        ("ambulance@2022", 14),
    ];
    for (layer, count) in expected {
        assert_eq!(layers.areas(layer).len(), count, "{layer}");
    }
    assert_eq!(layers.catalogue.layers.len(), expected.len(), "a layer is not counted here");
}

#[test]
fn entities_of_the_current_councils_are_counted_right() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for council in layers().areas("lad@2025") {
        *count.entry(council.entity().unwrap().to_owned()).or_default() += 1;
    }
    let expected =
        [("E06", 63), ("E07", 164), ("E08", 36), ("E09", 33), ("N09", 11), ("S12", 32), ("W06", 22)];
    assert_eq!(count, expected.map(|(e, n)| (e.to_owned(), n)).into());
}

#[test]
fn every_area_has_a_name_and_every_name_a_use() {
    let layers = layers();
    let lineage = table("lineage.csv").lineage().unwrap();
    let mut used: HashMap<&str, BTreeSet<Code>> = HashMap::new();
    for layer in &layers.catalogue.layers {
        let Some(file) = &layer.names else { continue };
        let names = table(file).names().unwrap();
        for area in layers.areas(&layer.id.to_string()) {
            assert!(names.contains_key(&area), "{}: {area} has no name in {file}", layer.id);
            used.entry(file).or_default().insert(area);
        }
    }
    for (file, used) in used {
        for name in table(file).names().unwrap().into_keys() {
            let known = used.contains(&name)
                || lineage.successors(&name).next().is_some()
                || lineage.predecessors(&name).next().is_some();
            assert!(known, "{file}: {name} is in no layer and in no change");
        }
    }
}

#[test]
fn welsh_councils_and_boards_have_welsh_names() {
    let layers = layers();
    for layer in ["lad@2025", "hb@2025", "ctry@2025"] {
        let names = table(layers.entry(layer).names.as_ref().unwrap()).names().unwrap();
        for area in layers.areas(layer).iter().filter(|a| a.entity().is_some_and(|e| e.starts_with('W'))) {
            assert!(names[area].name_cy.is_some(), "{area} {}", names[area].name);
        }
    }
}

/// The vintages in the tables are those the lineage gives for the day on which each layer comes into force.
#[test]
fn council_vintages_follow_from_the_lineage() {
    let layers = layers();
    let lineage = table("lineage.csv").lineage().unwrap();
    let vintages = table("lookups/lad_vintages.csv");
    let mut moved = 0;
    for layer in layers.catalogue.layers.iter().filter(|l| l.id.kind.as_str() == "lad") {
        for (old, new) in vintages.lookup("lad@2011", &layer.id.to_string()).unwrap() {
            let new = new.unwrap();
            match lineage.forward(&old, layer.valid_from) {
                Descent::Unchanged => assert_eq!(old, new),
                Descent::Recoded(to) | Descent::Merged(to) => {
                    assert_eq!(to, new);
                    moved += 1;
                }
                Descent::Split(_) => panic!("{old} was split"),
            }
        }
    }
    assert!(moved > 200, "only {moved} codes ever moved");
}

/// A code that ends on some day is in no vintage from that day on, and its follower in none before it.
#[test]
fn no_code_outlives_its_end_or_comes_before_its_beginning() {
    let layers = layers();
    let lineage = table("lineage.csv").lineage().unwrap();
    for layer in &layers.catalogue.layers {
        let areas = layers.areas(&layer.id.to_string());
        for change in lineage.changes() {
            if layer.valid_from >= change.effective {
                assert!(!areas.contains(&change.old_code), "{} holds {}", layer.id, change.old_code);
            } else if layer.valid_to.is_some_and(|end| end <= change.effective) {
                assert!(!areas.contains(&change.new_code), "{} holds {}", layer.id, change.new_code);
            }
        }
    }
}

/// Northern Ireland: each former district went whole to one council, 26 to 11.
#[test]
fn the_districts_of_2015_partition_the_26() {
    let lineage = table("lineage.csv").lineage().unwrap();
    let changes = lineage.changes().iter().filter(|c| c.old_code.as_str().starts_with("95"));
    let mut new = BTreeMap::new();
    for change in changes {
        assert_eq!((change.kind, change.effective.to_string().as_str()), (ChangeKind::Merge, "2015-04-01"));
        *new.entry(change.new_code.clone()).or_insert(0) += 1;
    }
    assert_eq!(new.len(), 11);
    assert_eq!(new.values().sum::<i32>(), 26);
}

/// Every block's board of 2026 can be reached from its board of 2022 by changes in the lineage, and the other way
/// round every such change moved at least one block.
#[test]
fn boards_of_2026_follow_from_those_of_2022() {
    let layers = layers();
    let lineage = table("lineage.csv").lineage().unwrap();
    let mut pairs: BTreeMap<(Code, Code), usize> = BTreeMap::new();
    for (block, old) in layers.ew("nhs@2022") {
        let new = layers.ew("nhs@2026")[block].clone().unwrap();
        *pairs.entry((old.clone().unwrap(), new)).or_default() += 1;
    }
    let mut moved = 0;
    for ((old, new), blocks) in &pairs {
        if old == new {
            assert_eq!(lineage.successors(old).next(), None, "{old} ended, but a block is still in it");
            continue;
        }
        moved += blocks;
        let mut reached: BTreeSet<Code> = BTreeSet::new();
        let mut open = vec![old.clone()];
        while let Some(code) = open.pop() {
            for change in lineage.successors(&code) {
                if reached.insert(change.new_code.clone()) {
                    open.push(change.new_code.clone());
                }
            }
        }
        assert!(reached.contains(new), "{old} -> {new} is in no lineage");
    }
    // The 13 boards that ended or were recoded between 2022 and 2026 hold 9,875 areas of 2011 (10,207 of 2021).
    assert_eq!(moved, 9_875);
    for change in lineage.changes().iter().filter(|c| c.effective.to_string() == "2026-04-01") {
        let from = |pair: &&(Code, Code)| {
            let direct = pair.0 == change.old_code;
            let recoded = lineage.successors(&pair.0).any(|c| c.new_code == change.old_code);
            (direct || recoded) && pair.1 == change.new_code
        };
        assert!(
            pairs.keys().any(|pair| from(&pair)),
            "no block went {} -> {}",
            change.old_code,
            change.new_code
        );
    }
}

/// The councils whose blocks are in more than one integrated care board, as published for 2022 and 2024 lookups
/// (counts in areas of 2011), by code and number of boards.
#[test]
fn the_councils_split_between_boards_are_the_known_ones() {
    let layers = layers();
    let split = |nhs: &str| {
        let mut boards: BTreeMap<Code, BTreeSet<Code>> = BTreeMap::new();
        for (block, board) in layers.ew(nhs) {
            let council = layers.ew("lad@2025")[block].clone().unwrap();
            boards.entry(council).or_default().insert(board.clone().unwrap());
        }
        let split = boards.into_iter().filter(|(_, b)| b.len() > 1);
        split.map(|(c, b)| (c.to_string(), b.len())).collect::<BTreeMap<_, _>>()
    };
    let names = |list: &[&str]| list.iter().map(|c| (*c).to_owned()).collect::<BTreeSet<_>>();
    let before = split("nhs@2022");
    assert_eq!(before["E06000065"], 3, "North Yorkshire is in three");
    assert_eq!(
        before.into_keys().collect::<BTreeSet<_>>(),
        names(&[
            "E06000060",
            "E06000063",
            "E06000064",
            "E06000065",
            "E07000089",
            "E07000099",
            "E07000180",
            "E07000209",
            "E07000212",
            "E07000214",
            "E07000216",
            "E07000225",
            "E07000244",
        ])
    );
    // In 2026 the splits of Frimley, Waveney and Royston closed.
    assert_eq!(
        split("nhs@2026").into_keys().collect::<BTreeSet<_>>(),
        names(&["E06000060", "E06000063", "E06000064", "E06000065", "E07000180"])
    );
}

#[test]
fn wales_is_in_boards_and_in_no_english_layer() {
    let layers = layers();
    for (block, board) in layers.ew("hb@2025") {
        let welsh = block.as_str().starts_with('W');
        assert_eq!(board.is_some(), welsh, "{block}");
        for layer in ["sicbl@2022", "icb@2022", "icb@2026", "nhser@2024", "isdn@2022"] {
            assert_eq!(layers.ew(layer)[block].is_none(), welsh, "{layer} {block}");
        }
        if welsh {
            assert_eq!(&layers.ew("nhs@2026")[block], board, "{block}");
        }
    }
}

/// Council, county, region and country nest: an area has one parent however it is reached.
#[test]
fn upper_layers_nest() {
    let layers = layers();
    for (lower, upper) in [
        ("lsoa@2011", "msoa@2011"),
        ("msoa@2011", "lad@2025"),
        ("lad@2011", "lad@2025"),
        ("lad@2025", "utla@2025"),
        ("utla@2025", "rgn@2025"),
        ("rgn@2025", "ctry@2025"),
        ("utla@2025", "cauth@2025"),
        ("sicbl@2022", "icb@2022"),
        ("icb@2022", "nhser@2024"),
    ] {
        let mut parent: BTreeMap<&Code, &Option<Code>> = BTreeMap::new();
        for (block, area) in layers.ew(lower) {
            let Some(area) = area else { continue };
            let above = &layers.ew(upper)[block];
            assert_eq!(*parent.entry(area).or_insert(above), above, "{area} of {lower} in {upper}");
        }
    }
}

#[test]
fn a_few_places_are_where_everybody_knows_they_are() {
    let layers = layers();
    let name = |layer: &str, block: &str| {
        let area = layers.ew(layer)[&code(block)].clone();
        area.map(|a| table(layers.entry(layer).names.as_ref().unwrap()).names().unwrap()[&a].name.clone())
    };
    // E01033010 is in the middle of Leeds, E01000001 in the City of London.
    assert_eq!(name("lad@2025", "E01033010").as_deref(), Some("Leeds"));
    assert_eq!(name("cauth@2025", "E01033010").as_deref(), Some("West Yorkshire"));
    assert_eq!(name("icb@2026", "E01033010").as_deref(), Some("NHS West Yorkshire Integrated Care Board"));
    assert_eq!(name("rgn@2025", "E01033010").as_deref(), Some("Yorkshire and The Humber"));
    assert_eq!(name("lad@2011", "E01000001").as_deref(), Some("City of London"));
    assert_eq!(name("cauth@2025", "E01000001"), None);
}
