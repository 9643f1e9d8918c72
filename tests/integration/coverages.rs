//! The shipped coverages are exact, and councils come out of them without slivers.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use geo::Validation;
use geo::{Coord, MultiPolygon};
use levelmap::coverage::mend::{MendOptions, mend};
use levelmap::coverage::topojson::{self, Fields};
use levelmap::coverage::{Block, BlockShape, Coverage};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/boundaries");

fn shipped(id: &str) -> Coverage {
    let end = if id == "ew" { "topojson.gz" } else { "topojson" };
    let bytes = fs::read(format!("{FOLDER}/coverages/{id}.{end}")).unwrap();
    topojson::read(&bytes, Fields { object: Some("blocks"), code: "id", name: "name" }).unwrap()
}

fn shapes(coverage: &Coverage) -> Vec<BlockShape> {
    let blocks = coverage.blocks().iter().zip(coverage.shapes());
    blocks.map(|(b, shape)| BlockShape { code: b.code.clone(), name: b.name.clone(), shape }).collect()
}

fn rings(shape: &MultiPolygon) -> impl Iterator<Item = &[Coord]> {
    shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).map(|r| r.0.as_slice())
}

/// The column of a table by its first column.
fn column(file: &str, name: &str) -> HashMap<String, String> {
    let mut table = csv::Reader::from_path(format!("{FOLDER}/{file}")).unwrap();
    let at = table.headers().unwrap().iter().position(|h| h == name).unwrap();
    let rows = table.records().map(Result::unwrap);
    rows.map(|row| (row[0].to_owned(), row[at].to_owned())).collect()
}

#[test]
fn shipped_coverages_have_their_blocks() {
    for (id, blocks) in [("ew", 34_753), ("sct", 32), ("ni", 26)] {
        let coverage = shipped(id);
        assert_eq!(coverage.blocks().len(), blocks, "{id}");
        assert!(coverage.blocks().iter().all(|block| !block.name.is_empty()), "{id}");
        assert!(coverage.blocks().is_sorted_by(|l, r| l.code < r.code), "{id}");
    }
}

/// The folder is compiled into the program and fetched with every clone.
#[test]
fn the_shipped_folder_is_at_most_twenty_megabytes() {
    let (mut folders, mut bytes) = (vec![std::path::PathBuf::from(FOLDER)], 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let about = entry.metadata().unwrap();
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += about.len();
            }
        }
    }
    assert!((1_000_000..=20_000_000).contains(&bytes), "{bytes} bytes");
}

#[test]
fn shipped_coverages_are_exact() {
    for id in ["ew", "sct", "ni"] {
        let shapes = shapes(&shipped(id));
        // Asked of the polygons, not of the arcs: no two blocks walk an edge in the same direction.
        let mut walked: HashMap<[(u64, u64); 2], &str> = HashMap::new();
        for block in &shapes {
            assert!(block.shape.is_valid(), "{}: {:?}", block.code, block.shape.validation_errors());
            for edge in rings(&block.shape).flat_map(|ring| ring.windows(2)) {
                for at in edge {
                    let steps = (at.x * 1e6).round();
                    assert_eq!(at.x, steps / 1e6, "{} has a vertex off the grid", block.code);
                }
                let key = [edge[0], edge[1]].map(|at| (at.x.to_bits(), at.y.to_bits()));
                let before = walked.insert(key, block.code.as_str());
                assert_eq!(before, None, "{} has an edge of another block", block.code);
            }
        }
        let (again, report) = mend(shapes.clone(), &MendOptions::default());
        assert_eq!(report.repairs, [], "{id}");
        assert!(again.iter().zip(&shapes).all(|(l, r)| same_rings(&l.shape, &r.shape)), "{id}");
    }
}

/// The same rings, wherever each begins and in whatever order.
fn same_rings(l: &MultiPolygon, r: &MultiPolygon) -> bool {
    let turned = |shape: &MultiPolygon| {
        let mut all: Vec<Vec<(u64, u64)>> = rings(shape)
            .map(|ring| {
                let mut ring: Vec<_> = ring[1..].iter().map(|at| (at.x.to_bits(), at.y.to_bits())).collect();
                let first = (0..ring.len()).min_by_key(|&i| ring[i]).unwrap_or(0);
                ring.rotate_left(first);
                ring
            })
            .collect();
        all.sort();
        all
    };
    turned(l) == turned(r)
}

#[test]
fn councils_have_no_slivers_and_one_hole() {
    let ew = shipped("ew");
    let council_2011 = column("lookups/ew_blocks.csv", "lad@2011");
    let council_2025 = column("lookups/lad_vintages.csv", "lad@2025");
    let council = |block: &Block| council_2025[&council_2011[block.code.as_str()]].clone();
    let mut numbers = BTreeMap::new();
    for block in ew.blocks() {
        let next = numbers.len() as u32;
        numbers.entry(council(block)).or_insert(next);
    }
    let mut areas = vec![None; numbers.len()];
    for (code, &number) in &numbers {
        areas[number as usize] = Some(Block { code: code.parse().unwrap(), name: "".into() });
    }
    let area_of: Vec<u32> = ew.blocks().iter().map(|block| numbers[&council(block)]).collect();
    let councils = ew.dissolve(&area_of, areas.into_iter().map(Option::unwrap).collect());
    assert_eq!(councils.blocks().len(), 318);

    let mut holes = Vec::new();
    for (block, shape) in councils.blocks().iter().zip(councils.shapes()) {
        assert!(shape.is_valid(), "{}: {:?}", block.code, shape.validation_errors());
        let inside = shape.iter().map(|polygon| polygon.interiors().len()).sum::<usize>();
        holes.extend(std::iter::repeat_n(block.code.as_str().to_owned(), inside));
    }
    // South Cambridgeshire, around Cambridge.
    assert_eq!(holes, ["E07000012"]);

    let everything = Block { code: "EW".parse().unwrap(), name: "".into() };
    let outline = ew.dissolve(&vec![0; ew.blocks().len()], vec![everything]);
    let holes = outline.shapes()[0].iter().map(|polygon| polygon.interiors().len()).sum::<usize>();
    assert_eq!(holes, 0, "no lake is outside all blocks of England and Wales");
}
