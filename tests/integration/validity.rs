//! Faults of shapes against the verdicts of GEOS (`tests/oracles/validity.py`).

use geo::{LineString, MultiPolygon, Polygon};
use levelmap::geometry::{faults, is_in_shape, label_point};
use serde::Deserialize;

const VERDICTS: &str = include_str!("../oracles/validity.json");

#[derive(Deserialize)]
struct Verdict {
    /// For each part its shell, then its holes.
    parts: Vec<Vec<Vec<(f64, f64)>>>,
    reason: String,
}

#[test]
fn a_shape_has_faults_when_geos_calls_it_invalid() {
    let verdicts: Vec<Verdict> = serde_json::from_str(VERDICTS).unwrap();
    let mut counts = [0, 0];
    for verdict in verdicts {
        let part = |rings: Vec<Vec<(f64, f64)>>| {
            let mut rings = rings.into_iter().map(LineString::from);
            Polygon::new(rings.next().unwrap(), rings.collect())
        };
        let shape = MultiPolygon(verdict.parts.into_iter().map(part).collect());
        let found = faults(&shape);
        // That the inside hangs together is the one rule not checked: such a part can still be drawn.
        let valid = matches!(verdict.reason.as_str(), "Valid Geometry" | "Interior is disconnected");
        assert_eq!(found.is_empty(), valid, "{}: {shape:?} {found:?}", verdict.reason);
        counts[usize::from(valid)] += 1;
        if valid {
            assert!(label_point(&shape).is_some_and(|at| is_in_shape(at, &shape)), "{shape:?}");
        }
    }
    assert!(counts.into_iter().all(|count| count > 200), "{counts:?}");
}
