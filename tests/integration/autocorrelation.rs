//! Neighbours that resemble each other, against `esda` (`tests/oracles/autocorrelation.py`) and against plain definitions.

use std::collections::HashMap;
use std::sync::LazyLock;

use levelmap::analysis::autocorrelation::{Adjustment, Options, autocorrelation};
use levelmap::analysis::getis::{Star, general_g, local_g};
use levelmap::analysis::local::{conditional_tails, local_moran};
use levelmap::analysis::moran::{Moran, moran};
use levelmap::analysis::neighbourhood::{Islands, Neighbourhood, NeighbourhoodFault, Place, neighbours};
use levelmap::analysis::permutation::Alternative;
use levelmap::analysis::rates::empirical_bayes;
use levelmap::analysis::weights::{Style, Weights};
use levelmap::geometry::{LonLat, distance_m};
use serde_json::Value;

use super::http::{ask, get};
use super::shipped::layer;

const ROUTE: &str = "/v1/analysis/autocorrelation";

static ORACLE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../oracles/autocorrelation.json")).unwrap());

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn lists(value: &Value) -> Vec<Vec<u32>> {
    let list = |v: &Value| v.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as u32).collect();
    value.as_array().unwrap().iter().map(list).collect()
}

/// Equal to so many parts of one; what is none is none in both.
fn near(found: f64, wanted: f64, part: f64, what: &str) {
    let same = found.is_nan() && wanted.is_nan();
    assert!(same || (found - wanted).abs() <= part * (1.0 + wanted.abs()), "{what}: {found} is not {wanted}");
}

fn same_moran(found: &Moran, wanted: &Value, what: &str) {
    let number = |name: &str| wanted[name].as_f64().unwrap();
    near(found.i, number("i"), 1e-11, what);
    near(found.expected, number("expected"), 1e-12, what);
    near(found.normality.variance, number("variance_normality"), 1e-12, what);
    near(found.randomisation.variance, number("variance_randomisation"), 1e-12, what);
    near(found.normality.z, number("z_normality"), 1e-9, what);
    near(found.randomisation.z, number("z_randomisation"), 1e-9, what);
    // A probability of 1e-50 is right to its own digits, not to those of 1.
    for (p, name) in [(found.normality.p, "p_normality"), (found.randomisation.p, "p_randomisation")] {
        assert!((p / number(name) - 1.0).abs() < 1e-7, "{what}: {p} is not {}", number(name));
    }
}

fn example(name: &str) -> &'static Value {
    ORACLE["examples"].as_array().unwrap().iter().find(|e| e["name"] == name).unwrap()
}

/// The difference of two shares of many draws, each with its own chance, should be within five standard errors.
fn same_pseudo_p(found: f64, wanted: f64, permutations: f64, what: &str) {
    let p = f64::midpoint(found, wanted);
    let error = (2.0 * p * (1.0 - p) / permutations).sqrt() + 2.0 / permutations;
    assert!((found - wanted).abs() <= 5.0 * error, "{what}: pseudo-p {found}, there {wanted}");
}

#[test]
fn examples_are_as_pysal_has_them() {
    let permutations = ORACLE["permutations"].as_u64().unwrap() as u32;
    for name in ["stl_hom HR8893", "sids2 SIDR74", "columbus CRIME"] {
        let wanted = example(name);
        let values = numbers(&wanted["values"]);
        let rows = Weights::new(&lists(&wanted["neighbours"]), Style::Row);
        same_moran(&moran(&values, &rows).unwrap(), &wanted["moran"]["r"], name);
        same_moran(&moran(&values, &rows.styled(Style::Binary)).unwrap(), &wanted["moran"]["b"], name);
        let local = local_moran(&values, &rows).unwrap();
        let (i, z, p) = (&wanted["local"]["i"], &wanted["local"]["z"], &wanted["local"]["p"]);
        let tails = conditional_tails(&values, &rows, permutations, 1).unwrap();
        for (area, local) in local.iter().enumerate() {
            near(local.i, numbers(i)[area], 1e-6, name);
            near(local.conditional.z, numbers(z)[area], 1e-5, name);
            let found = tails[area].unwrap().pseudo_p(permutations, Alternative::Directed);
            same_pseudo_p(found, numbers(p)[area], f64::from(permutations), name);
        }
        let general = general_g(&values, &rows).unwrap();
        near(general.g, wanted["getis"]["g"].as_f64().unwrap(), 1e-11, name);
        near(general.randomisation.variance, wanted["getis"]["variance"].as_f64().unwrap(), 1e-12, name);
        near(general.randomisation.z, wanted["getis"]["z"].as_f64().unwrap(), 1e-7, name);
        for (star, key) in [(Star::Without, "gi"), (Star::With, "gi_star")] {
            for (area, found) in local_g(&values, &rows, star).unwrap().iter().enumerate() {
                near(found.g, numbers(&wanted["getis"][key]["g"])[area], 1e-6, key);
                near(found.randomisation.z, numbers(&wanted["getis"][key]["z"])[area], 1e-5, key);
            }
        }
    }
}

/// Figures that were published before our oracle was run: the documentation of `PySAL`.
#[test]
fn published_figures() {
    let rows = |name: &str| Weights::new(&lists(&example(name)["neighbours"]), Style::Row);
    let of = |name: &str| moran(&numbers(&example(name)["values"]), &rows(name)).unwrap();
    let stl = of("stl_hom HR8893");
    near(stl.i, 0.243_655_826_217_716_6, 1e-12, "St Louis");
    near(stl.normality.p / 2.0, 0.000_135_739_313_854_688, 1e-12, "St Louis");
    let sids = of("sids2 SIDR74");
    near(sids.i, 0.247_725_193_204_801_35, 1e-12, "North Carolina");
    near(sids.normality.p / 2.0, 5.791_653_907_449_845e-5, 1e-12, "North Carolina");
    let columbus = of("columbus CRIME");
    near(columbus.i, 0.500_188_557_182_861_1, 1e-12, "Columbus");
    near(columbus.randomisation.variance, 0.008_689_289_201_332_044, 1e-12, "Columbus");
    near(columbus.randomisation.z, 5.589_382_675_044_51, 1e-11, "Columbus");
    let rates = example("sids2 SID79 of BIR79");
    let bayes = empirical_bayes(&numbers(&rates["events"]), &numbers(&rates["people"]), 1.0).unwrap();
    let found = moran(&bayes.standardised, &rows("sids2 SID79 of BIR79")).unwrap();
    near(found.i, 0.166_223_435_525_674_03, 1e-12, "rates of North Carolina");
    near(found.normality.p / 2.0, 0.004_191_499_504_892_194, 1e-11, "rates of North Carolina");
    same_moran(&found, &rates["moran"]["r"], "rates of North Carolina");
    for (found, wanted) in bayes.standardised.iter().zip(numbers(&rates["standardised"])) {
        near(*found, wanted, 1e-6, "standardised");
    }
    for (found, wanted) in bayes.smoothed.iter().zip(numbers(&rates["smoothed"])) {
        assert!((found / wanted - 1.0).abs() < 1e-5, "smoothed: {found} is not {wanted}");
    }
}

fn by_code(answer: &Value) -> HashMap<String, &Value> {
    let rows = answer["results"].as_array().unwrap();
    rows.iter().map(|row| (row["code"].as_str().unwrap().to_owned(), row)).collect()
}

fn moran_of(answer: &Value) -> Moran {
    use levelmap::analysis::moran::Normally;
    let normally = |v: &Value| Normally {
        variance: v["variance"].as_f64().unwrap(),
        z: v["z"].as_f64().unwrap(),
        p: v["p"].as_f64().unwrap(),
    };
    Moran {
        i: answer["i"].as_f64().unwrap(),
        expected: answer["expected"].as_f64().unwrap(),
        normality: normally(&answer["normality"]),
        randomisation: normally(&answer["randomisation"]),
    }
}

/// Councils, and the small areas of the North East, with our own neighbours: from the address to the last area.
#[tokio::test]
async fn shipped_values_are_as_pysal_has_them() {
    for wanted in ORACLE["shipped"].as_array().unwrap() {
        let name = wanted["layer"].as_str().unwrap();
        let within = if name == "lsoa" { "&within=E12000001" } else { "" };
        let address = format!("{ROUTE}?indicator=stroke-admissions&layer={name}{within}");
        let answer = get(&format!("{address}&permutations=1999")).await.json();
        same_moran(&moran_of(&answer["moran"]), &wanted["moran"]["r"], name);
        let codes = wanted["codes"].as_array().unwrap();
        assert_eq!(answer["area_count"], codes.len());
        let islands: Vec<&Value> =
            answer["weights"]["islands"]["areas"].as_array().unwrap().iter().map(|i| &i["code"]).collect();
        assert_eq!(islands, wanted["islands"].as_array().unwrap().iter().collect::<Vec<_>>());
        let binary = get(&format!("{address}&permutations=0&style=binary")).await.json();
        same_moran(&moran_of(&binary["moran"]), &wanted["moran"]["b"], name);
        let rows = by_code(&answer);
        let (is, zs, ps) =
            (numbers(&wanted["local"]["i"]), numbers(&wanted["local"]["z"]), numbers(&wanted["local"]["p"]));
        let (gi, star) = (numbers(&wanted["getis"]["gi"]["z"]), numbers(&wanted["getis"]["gi_star"]["z"]));
        let mut far = 0;
        for (place, code) in codes.iter().enumerate() {
            let row = rows[code.as_str().unwrap()];
            near(row["local_i"].as_f64().unwrap(), is[place], 1e-6, name);
            if row["neighbours"] == 0 {
                // There the others know no test and we give none.
                assert!(row["p"].is_null() && row["local_z"].is_null() && row["quadrant"].is_null(), "{row}");
                continue;
            }
            near(row["local_z"].as_f64().unwrap(), zs[place], 1e-5, name);
            near(row["gi_z"].as_f64().unwrap(), gi[place], 1e-5, name);
            near(row["gi_star_z"].as_f64().unwrap(), star[place], 1e-5, name);
            let p = row["p"].as_f64().unwrap();
            let error = (p * (1.0 - p) * (1.0 / 1_999.0 + 1.0 / 9_999.0)).sqrt() + 1e-3;
            far += usize::from((p - ps[place]).abs() > 3.0 * error);
        }
        // Beyond three standard errors by chance: 3 in 1,000. Twice that many, and a few, are no surprise.
        assert!(far <= 5 + codes.len() * 6 / 1000, "{name}: {far} pseudo-p's are off");
        let general = &answer["getis_ord"]["general_g"];
        near(general["g"].as_f64().unwrap(), wanted["getis"]["g"].as_f64().unwrap(), 1e-11, name);
        near(
            general["randomisation"]["z"].as_f64().unwrap(),
            wanted["getis"]["z"].as_f64().unwrap(),
            1e-6,
            name,
        );

        let eb = get(&format!("{address}&permutations=0&rates=eb")).await.json();
        same_moran(&moran_of(&eb["moran"]), &wanted["eb"]["moran"], name);
        let rows = by_code(&eb);
        let of = |key: &str| numbers(&wanted["eb"][key]);
        let (standardised, smoothed, is) =
            (of("standardised"), of("smoothed"), numbers(&wanted["eb"]["local"]["i"]));
        for (place, code) in codes.iter().enumerate() {
            let row = rows[code.as_str().unwrap()];
            near(row["standardised"].as_f64().unwrap(), standardised[place], 1e-6, name);
            near(row["smoothed"].as_f64().unwrap(), smoothed[place], 1e-6, name);
            near(row["local_i"].as_f64().unwrap(), is[place], 1e-6, name);
        }
    }
}

#[test]
fn nearest_and_bands_are_those_of_all_distances() {
    let layer = layer("lad");
    // Not all: areas without a value are as if they were not there.
    let areas: Vec<u32> = (0..layer.areas().len() as u32).filter(|area| area % 5 != 2).collect();
    for place in [Place::LabelPoint, Place::Centroid] {
        let points = if place == Place::LabelPoint { layer.label_points() } else { layer.centroids() };
        let at = |place: usize| LonLat::try_from(points[areas[place] as usize].unwrap()).unwrap();
        let find = |how| neighbours(layer, &areas, how, Islands::Alone).unwrap();
        let nearest = find(Neighbourhood::Nearest { k: 7, place });
        let band = find(Neighbourhood::Band { distance_m: 40_000.0, place });
        for one in 0..areas.len() {
            let mut all: Vec<(f64, u32)> = (0..areas.len())
                .filter(|&other| other != one)
                .map(|other| (distance_m(at(one.min(other)), at(one.max(other))), other as u32))
                .collect();
            all.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let wanted: Vec<u32> = all.iter().take(7).map(|(_, other)| *other).collect();
            assert_eq!(nearest.lists[one], wanted);
            let mut wanted: Vec<u32> =
                all.iter().filter(|(m, _)| *m <= 40_000.0).map(|(_, other)| *other).collect();
            wanted.sort_unstable();
            assert_eq!(band.lists[one], wanted);
        }
        assert!(!band.islands.is_empty(), "some are more than 40 km from all others");
    }
    let few = [0, 1, 2];
    let fault =
        neighbours(layer, &few, Neighbourhood::Nearest { k: 3, place: Place::Centroid }, Islands::Alone);
    assert_eq!(fault, Err(NeighbourhoodFault::TooMany { areas: 3 }));
}

#[test]
fn islands_are_joined_to_the_nearest_ground() {
    let layer = layer("lad");
    let all: Vec<u32> = (0..layer.areas().len() as u32).collect();
    let found = neighbours(layer, &all, Neighbourhood::Queen, Islands::Joined).unwrap();
    let name = |place: u32| layer.areas()[all[place as usize] as usize].name.as_str();
    let mut joints: Vec<(&str, &str)> =
        found.joints.iter().map(|j| (name(j.island), name(j.nearest))).collect();
    joints.sort_unstable();
    assert_eq!(found.islands.len(), joints.len());
    for pair in [
        ("Isle of Anglesey", "Gwynedd"),
        ("Isles of Scilly", "Cornwall"),
        ("Orkney Islands", "Highland"),
        ("Shetland Islands", "Orkney Islands"),
        ("Na h-Eileanan Siar", "Highland"),
    ] {
        assert!(joints.contains(&pair), "{pair:?} not in {joints:?}");
    }
    let weights = Weights::new(&found.lists, Style::Row);
    assert!(weights.islands().is_empty() && weights.is_mutual());
    let alone = neighbours(layer, &all, Neighbourhood::Rook, Islands::Alone).unwrap();
    assert_eq!((alone.islands.len(), alone.joints.len()), (6, 0));
    assert!(alone.approximate >= 3, "England and Scotland meet about there");
}

/// An answer names its areas by quadrants that follow from the numbers beside them.
#[tokio::test]
async fn clusters_follow_from_the_numbers() {
    let answer = get(&format!("{ROUTE}?indicator=stroke-admissions&seed=42&permutations=9999")).await.json();
    assert_eq!((&answer["seed"], &answer["permutations"]), (&42.into(), &9999.into()));
    let rows = answer["results"].as_array().unwrap();
    assert_eq!(rows.len(), 295);
    assert_eq!(answer["left_out"]["count"], 361 - 295, "neither Scotland nor Northern Ireland has a value");
    assert!(
        rows.iter().all(|row| !row["code"].as_str().unwrap().starts_with("E92")),
        "areas of one layer only"
    );
    let threshold = answer["local_moran"]["threshold"].as_f64().unwrap();
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for row in rows {
        let (z, lag) = (row["z"].as_f64().unwrap(), row["lag"].as_f64().unwrap());
        let quadrant = match (z > 0.0, lag > 0.0) {
            _ if z == 0.0 || lag == 0.0 => None,
            (true, true) => Some("high-high"),
            (false, true) => Some("low-high"),
            (false, false) => Some("low-low"),
            (true, false) => Some("high-low"),
        };
        assert_eq!(row["quadrant"].as_str(), quadrant, "{row}");
        let is_kept = row["p"].as_f64().is_some_and(|p| p <= threshold);
        assert_eq!(row["cluster"].as_str(), quadrant.filter(|_| is_kept), "{row}");
        if let Some(cluster) = row["cluster"].as_str() {
            *counts.entry(cluster).or_default() += 1;
        }
    }
    for (cluster, count) in answer["local_moran"]["clusters"].as_object().unwrap() {
        assert_eq!(count.as_u64().unwrap(), counts.get(cluster.as_str()).copied().unwrap_or(0), "{cluster}");
    }
    assert!(counts["high-high"] > 5 && counts["low-low"] > 5, "{counts:?}");
    // The sum of the local statistics over areas is that of the whole.
    let sum: f64 = rows.iter().map(|row| row["local_i"].as_f64().unwrap()).sum();
    let (n, s0) = (295.0, answer["weights"]["s0"].as_f64().unwrap());
    near(sum / (n - 1.0) * n / s0, answer["moran"]["i"].as_f64().unwrap(), 1e-9, "sum");
    let pseudo_p = answer["moran"]["permutation"]["pseudo_p"].as_f64().unwrap();
    assert_eq!(pseudo_p, 1.0 / 10_000.0);
}

#[tokio::test]
async fn the_map_and_the_table_say_the_same() {
    let query = "indicator=stroke-admissions&permutations=999";
    let answer = get(&format!("{ROUTE}?{query}")).await.json();
    let map = get(&format!("{ROUTE}.geojson?{query}&tolerance_m=500")).await;
    assert_eq!(map.header("content-type"), "application/geo+json");
    let map = map.json();
    let table = get(&format!("{ROUTE}.csv?{query}")).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(table.body.as_slice());
    let rows: Vec<HashMap<String, String>> = reader.deserialize().collect::<Result<_, _>>().unwrap();
    let wanted = by_code(&answer);
    assert_eq!(rows.len(), wanted.len());
    for row in &rows {
        let same = wanted[&row["code"]];
        // The reader of JSON may be off in the last digit.
        near(row["local_i"].parse().unwrap(), same["local_i"].as_f64().unwrap(), 1e-14, "table");
        assert_eq!(row["cluster"], same["cluster"].as_str().unwrap_or_default());
    }
    let features = map["features"].as_array().unwrap();
    assert_eq!(features.len(), wanted.len() + map["left_out"]["count"].as_u64().unwrap() as usize);
    let mut fills: HashMap<&str, u64> = HashMap::new();
    for feature in features {
        let properties = &feature["properties"];
        assert_eq!(feature["id"], properties["code"]);
        assert!(feature["geometry"]["coordinates"].as_array().is_some_and(|c| !c.is_empty()));
        *fills.entry(properties["fill"].as_str().unwrap()).or_default() += 1;
        if let Some(same) = wanted.get(properties["code"].as_str().unwrap()) {
            assert_eq!((&properties["cluster"], &properties["spot"]), (&same["cluster"], &same["spot"]));
        }
    }
    for class in map["legend"]["classes"].as_array().unwrap() {
        let found = fills.get(class["fill"].as_str().unwrap()).copied().unwrap_or(0);
        assert_eq!(class["count"].as_u64(), Some(found), "{class}");
    }
    assert_eq!(map["tolerance_m"], 500.0);
}

#[tokio::test]
async fn too_few_permutations_are_said_to_be() {
    // 9 permutations: no p below 0.1, so that nothing can be kept at 5 %.
    let answer = get(&format!("{ROUTE}?indicator=stroke-admissions&permutations=9")).await.json();
    assert_eq!(answer["local_moran"]["kept"], 0);
    assert_eq!(answer["local_moran"]["least_p"], 0.1);
    let notes = answer["notes"].to_string();
    assert!(notes.contains("With 9 permutations no pseudo-p can be below 0.1"), "{notes}");
    let unadjusted =
        get(&format!("{ROUTE}?indicator=stroke-admissions&permutations=99&adjust=none")).await.json();
    assert!(unadjusted["local_moran"]["kept"].as_u64().unwrap() > 10);
    assert!(!unadjusted["notes"].to_string().contains("permutations no pseudo-p"));
}

#[tokio::test]
async fn islands_are_treated_as_asked() {
    let asked = async |islands: &str| {
        let address = format!("{ROUTE}?indicator=stroke-admissions&permutations=99&islands={islands}");
        get(&address).await.json()
    };
    let (alone, joined) = (asked("none").await, asked("nearest").await);
    let wight = |answer: &Value| by_code(answer)["E06000046"].clone();
    assert!(wight(&alone)["p"].is_null() && wight(&alone)["lag"] == 0.0);
    assert!(alone["notes"].to_string().contains("have no neighbour"), "{}", alone["notes"]);
    assert!(wight(&joined)["p"].is_number() && wight(&joined)["neighbours"] == 1);
    let island = &joined["weights"]["islands"]["areas"][0];
    assert_eq!(
        (&island["code"], &island["joined_to"]),
        (&"E06000046".into(), &"E07000091".into()),
        "New Forest"
    );
    assert!((1_000.0..20_000.0).contains(&island["distance_m"].as_f64().unwrap()), "{island}");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    for (query, parameter, words) in [
        ("", "indicator", "missing"),
        ("indicator=stroke-admissions&weights=bishop", "weights", "`queen`"),
        ("indicator=stroke-admissions&weights=distance", "distance_m", "missing"),
        ("indicator=stroke-admissions&weights=distance&distance_m=-1", "distance_m", "above 0"),
        ("indicator=stroke-admissions&weights=nearest&k=0", "k", "at least 1"),
        ("indicator=stroke-admissions&weights=nearest&k=295", "k", "at most 294"),
        ("indicator=stroke-admissions&k=3", "k", "nearest"),
        ("indicator=stroke-admissions&distance_m=3", "distance_m", "distance"),
        ("indicator=stroke-admissions&place=centroid", "place", "only"),
        ("indicator=stroke-admissions&permutations=100000", "permutations", "99999"),
        ("indicator=stroke-admissions&permutations=-1", "permutations", ""),
        ("indicator=stroke-admissions&seed=x", "seed", ""),
        ("indicator=stroke-admissions&q=0", "q", "above 0"),
        ("indicator=stroke-admissions&alternative=both", "alternative", "two-sided"),
        ("indicator=stroke-admissions&adjust=bonferroni", "adjust", "`fdr`"),
        ("indicator=stroke-admissions&islands=ferry", "islands", "`nearest`"),
        ("indicator=stroke-admissions&style=double", "style", "`binary`"),
        ("indicator=stroke-admissions&rates=bayes", "rates", "`eb`"),
        ("indicator=residents&rates=eb", "rates", "not a count over"),
        ("indicator=stroke-admissions&layer=uk", "indicator", "at least 4"),
        ("indicator=stroke-admissions&layer=lsoa&permutations=99999", "permutations", "at most"),
        (
            "indicator=stroke-admissions&layer=msoa&weights=distance&distance_m=900000",
            "distance_m",
            "shorter",
        ),
        ("indicator=stroke-admissions&period=1066", "period", "2017-19"),
        ("indicator=stroke-admissions&tolerance_m=5", "tolerance_m", "not a parameter"),
        ("indicator=stroke-admissions&q=0.1&q=0.2", "q", "more than once"),
    ] {
        let reply = ask(&format!("{ROUTE}?{query}"), &[]).await;
        let problem = reply.json();
        assert_eq!(reply.status, 400, "{query}: {problem}");
        let errors = problem["errors"].as_array().unwrap();
        let of = errors.iter().find(|e| e["parameter"] == parameter);
        let message = of.unwrap_or_else(|| panic!("{query}: {problem}"))["message"].as_str().unwrap();
        assert!(message.contains(words), "{query}: {message}");
    }
    assert_eq!(ask(&format!("{ROUTE}?indicator=nothing"), &[]).await.status, 404);
    assert_eq!(ask(&format!("{ROUTE}?indicator=residents&layer=nothing"), &[]).await.status, 404);
    assert_eq!(ask(&format!("{ROUTE}?indicator=residents&within=E99999998"), &[]).await.status, 404);
}

/// The whole of England and Wales in small areas.
#[test]
fn all_small_areas_at_once() {
    let layer = layer("lsoa");
    let all: Vec<u32> = (0..layer.areas().len() as u32).collect();
    let ties = neighbours(layer, &all, Neighbourhood::Queen, Islands::Alone).unwrap();
    let weights = Weights::new(&ties.lists, Style::Row);
    let values: Vec<f64> = layer.areas().iter().map(|area| area.area_m2.sqrt()).collect();
    let options = Options { permutations: 19, adjustment: Adjustment::None, ..Options::default() };
    let found = autocorrelation(&values, &values, &weights, &options).unwrap();
    assert_eq!(found.clusters.tests + weights.islands().len(), 34_753);
    // Large areas border large ones.
    assert!(found.moran.i > 0.5 && found.clusters.count() > 5_000, "{:?}", found.moran);
    assert_eq!(found.shuffled.unwrap().tails.at_least, 0);
}
