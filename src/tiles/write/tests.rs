use fast_mvt::{MvtCoord, MvtGeomType, MvtTileBuilder, MvtValueRef};
use proptest::prelude::*;

use super::*;

const KEYS: [Key; 3] = [Key::Code, Key::Name, Key::Value];
const TEXTS: [&str; 4] = [
    "",
    "E08000035",
    "Ynys Môn",
    "a name of more than one hundred and twenty-seven \
    bytes, which is as many as a length of one byte can tell, so that this one needs two of them in all",
];

/// A kind, lines, tags by the places of key and value, and an id.
type Feature = (u8, Vec<Vec<(i64, i64)>>, Vec<(usize, usize)>, u64);

fn value(i: usize) -> Value<'static> {
    match i {
        0..4 => Value::Text(Text { number: i as u32, text: TEXTS[i] }),
        4..6 => Value::Whole([3, 1 << 40][i - 4]),
        // The bits of the first are also a whole number above.
        _ => Value::Double([f64::from_bits(3), 12.5, -0.0][i % 3]),
    }
}

fn by_library(features: &[Feature]) -> Vec<u8> {
    let mut layer = MvtTileBuilder::new().layer("areas").unwrap();
    for (kind, lines, tags, id) in features {
        let coords = |line: &[(i64, i64)]| -> Vec<MvtCoord> {
            line.iter().map(|&(x, y)| MvtCoord { x: x as i32, y: y as i32 }).collect()
        };
        let kinds = [MvtGeomType::Point, MvtGeomType::LineString, MvtGeomType::Polygon];
        let mut feature = layer.feature_of(kinds[usize::from(*kind)]);
        for line in lines {
            match kind {
                0 => feature.points(coords(&line[..1])),
                1 => feature.line(coords(line)),
                _ => feature.ring(coords(&wound(line)), true),
            }
            .unwrap();
        }
        for &(key, of) in tags {
            let value = match value(of) {
                Value::Text(text) => MvtValueRef::String(text.text),
                Value::Double(double) => MvtValueRef::Double(double),
                Value::Whole(whole) => MvtValueRef::UInt(whole),
            };
            feature.tag_ref(KEYS[key].name(), value).unwrap();
        }
        feature.id((*id > 0).then_some(*id));
        layer = feature.end();
    }
    layer.end().encode()
}

fn ours(features: &[Feature]) -> Vec<u8> {
    let mut tile = Vec::new();
    written(features).finish(&mut tile);
    tile
}

fn written(features: &[Feature]) -> LayerWriter<'static> {
    let mut layer = LayerWriter::new("areas");
    for (kind, lines, tags, id) in features {
        for line in lines {
            let points = |line: &[(i64, i64)]| -> Vec<GridPoint> {
                line.iter().map(|&(x, y)| GridPoint { x, y }).collect()
            };
            match kind {
                0 => layer.point(points(line)[0]),
                1 => layer.line(&points(line)),
                _ => layer.ring(&points(&wound(line))),
            }
        }
        for &(key, of) in tags {
            layer.tag(KEYS[key], value(of));
        }
        let kinds = [Kind::Point, Kind::Line, Kind::Polygon];
        layer.end(kinds[usize::from(*kind)], (*id > 0).then_some(*id as u32));
    }
    layer
}

/// As an outer ring, not closed.
fn wound(line: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut ring = line.to_vec();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let points: Vec<GridPoint> = ring.iter().map(|&(x, y)| GridPoint { x, y }).collect();
    if crate::tiles::mend::doubled_area(&points) < 0 {
        ring.reverse();
    }
    ring
}

proptest! {
    #[test]
    fn bytes_are_those_of_the_library(features in prop::collection::vec(
        (
            0u8..3,
            prop::collection::vec(prop::collection::vec((-64i64..4161, -64i64..4161), 2..40), 1..3),
            prop::collection::vec((0usize..3, 0usize..9), 0..4),
            0u64..40_000,
        ),
        1..40,
    )) {
        let features: Vec<Feature> = features
            .into_iter()
            .map(|(kind, mut lines, tags, id)| {
                lines.truncate(if kind == 0 { 1 } else { 3 });
                (kind, lines, tags, id)
            })
            .collect();
        prop_assert_eq!(ours(&features), by_library(&features));
    }
}

#[test]
fn a_layer_without_a_feature_is_left_out() {
    let mut tile = vec![7];
    LayerWriter::new("areas").finish(&mut tile);
    assert_eq!(tile, [7]);
}

// The length of a layer has more digits the longer it is, and the first layer of a tile leaves room for some of them.
#[test]
fn layers_of_any_length_are_those_of_the_library_whatever_they_follow() {
    let line: Vec<(i64, i64)> = (0..1_000).map(|i| (i % 2 * 4_000, i)).collect();
    let feature = |points: usize| -> Feature { (1, vec![line[..points].to_vec()], vec![(0, 1)], 1) };
    let mut lengths = Vec::new();
    for (whole, points) in [(0, 2), (0, 30), (0, 50), (4, 400), (5, 540), (40, 3), (720, 2)] {
        let mut features = vec![feature(1_000); whole];
        features.push(feature(points));
        let tile = ours(&features);
        assert_eq!(tile.len(), by_library(&features).len());
        assert!(tile == by_library(&features), "{whole} {points}");
        let mut after = b"a tile".to_vec();
        written(&features).finish(&mut after);
        assert!(after[..6] == *b"a tile" && after[6..] == tile);
        lengths.push(tile.len());
    }
    for digits in [7, 14, 21] {
        assert!(lengths[0] < 1 << digits && lengths[6] > 1 << digits, "{lengths:?}");
    }
}
