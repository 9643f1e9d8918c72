//! The shipped postcodes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use levelmap::area::Postcode;
use levelmap::geometry::{self, EastNorth, LonLat, distance_m};
use levelmap::index::{PostcodeEntry, PostcodePosition, Postcodes};
use levelmap::query::{close_postcodes, postcodes_within};

use super::http::{ask, get};
use super::shipped::{ATLAS, layer};

fn shipped() -> Postcodes {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("boundaries/postcodes.bin");
    Postcodes::from_bytes(&fs::read(file).unwrap()).unwrap()
}

fn postcode(text: &str) -> Postcode {
    text.parse().unwrap()
}

#[test]
fn known_postcodes_are_where_they_are() {
    let postcodes = shipped();
    let at = |easting_m, northing_m| Some(PostcodePosition { easting_m, northing_m });
    // Code-Point Open's own rows for a palace, a town hall, Lerwick and Scilly.
    for (text, position) in [
        ("SW1A 1AA", at(529_090, 179_645)),
        ("ZE1 0AA", at(447_759, 1_141_280)),
        ("AB10 1AB", at(394_235, 806_529)),
    ] {
        let entry = postcodes.find(&postcode(text)).unwrap();
        assert_eq!((entry.position, entry.live, entry.quality), (position, true, Some(10)), "{text}");
    }
    // Newport's first postcodes ended long ago; ZZ99 never was.
    let old = postcodes.find(&postcode("NPT 0AD")).unwrap();
    assert_eq!((old.live, old.quality), (false, None));
    assert_eq!(postcodes.find(&postcode("ZZ99 9ZZ")), None);
}

#[test]
fn they_are_those_of_great_britain_in_order() {
    let postcodes = shipped();
    assert_eq!(postcodes.len(), 2_644_272);
    let (mut live, mut unplaced) = (0, 0);
    let mut before: Option<Postcode> = None;
    for PostcodeEntry { postcode, position, live: is_live, .. } in postcodes.iter() {
        assert!(before < Some(postcode), "{before:?} {postcode}");
        before = Some(postcode);
        live += usize::from(is_live);
        unplaced += usize::from(position.is_none());
        if let Some(PostcodePosition { easting_m, northing_m }) = position {
            assert!((1..660_000).contains(&easting_m) && (1..1_220_000).contains(&northing_m), "{postcode}");
        }
    }
    assert_eq!((live, unplaced), (1_739_998, 8_151));
    for area in ["BT1", "GY1", "JE2", "IM1"] {
        assert_eq!(postcodes.outward(area.parse().unwrap()).next(), None, "{area}");
    }
}

#[test]
fn a_question_finds_what_a_walk_finds() {
    let postcodes = shipped();
    for entry in postcodes.iter().step_by(997) {
        assert_eq!(postcodes.find(&entry.postcode), Some(entry));
    }
    let walked = postcodes.iter().filter(|e| e.postcode.outward().to_string() == "LS1").count();
    let outward = postcodes.outward("LS1".parse().unwrap());
    assert!(walked > 100);
    assert_eq!(outward.count(), walked);
}

/// One slip by the textbook: the optimal string alignment distance is one.
fn one_slip(a: &[u8], b: &[u8]) -> bool {
    // One slip leaves all but two letters in place at the two ends: without that the table need not be made.
    let same = |(x, y): &(&u8, &u8)| x == y;
    let front = a.iter().zip(b).take_while(same).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(same).count();
    if front + back + 2 < a.len().max(b.len()) {
        return false;
    }
    let mut table = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(table[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    table[a.len()][b.len()] == 1
}

#[test]
fn close_ones_are_those_that_a_walk_through_all_finds() {
    let postcodes = shipped();
    let all: Vec<(String, PostcodeEntry)> =
        postcodes.iter().map(|e| (e.postcode.to_string().replace(' ', ""), e)).collect();
    for text in ["LS1 4ZZ", "LS14PA", "SW1A 1AZ", "LSI 4AP", "M1 1AEE", "ZE1 0A", "EC1A 1BX", "QQ1 1QQ"] {
        let squeezed = text.replace(' ', "");
        let sector = text.parse::<Postcode>().ok().map(Postcode::sector);
        let mut expected: Vec<Postcode> = all
            .iter()
            .filter(|(plain, e)| {
                plain.len().abs_diff(squeezed.len()) <= 1 && one_slip(plain.as_bytes(), squeezed.as_bytes())
                    || sector
                        .as_ref()
                        .is_some_and(|s| plain.starts_with(&s.replace(' ', "")) && e.postcode.sector() == *s)
            })
            .map(|(_, e)| e.postcode)
            .collect();
        expected.sort();
        let mut found = close_postcodes(&postcodes, text, usize::MAX);
        let few = close_postcodes(&postcodes, text, 3);
        assert_eq!(few, found[..few.len()], "{text}");
        found.sort();
        assert_eq!(found, expected, "{text}");
        if text != "QQ1 1QQ" {
            assert!(!found.is_empty(), "{text}");
        }
    }
}

#[tokio::test]
async fn a_postcode_is_told_in_any_spacing_and_case() {
    let plain = get("/v1/postcodes/LS13AD").await.json();
    for text in ["ls1%203ad", "LS1+3AD", "%20l%20s13aD"] {
        assert_eq!(get(&format!("/v1/postcodes/{text}")).await.json(), plain, "{text}");
    }
    assert_eq!((&plain["postcode"], &plain["live"]), (&"LS1 3AD".into(), &true.into()));
    assert_eq!(plain["areas"]["icb"]["code"], "E54000054");
    assert_eq!(plain["near_border"], serde_json::Value::Null);
    assert!((plain["lon"].as_f64().unwrap() - -1.549_729).abs() < 1e-6);
    assert!(plain["lon"].to_string().len() <= 10, "six digits: {}", plain["lon"]);
    let lerwick = get("/v1/postcodes/ZE1%200AA").await.json();
    assert_eq!(
        (&lerwick["areas"]["lad"]["code"], &lerwick["approximate"]),
        (&"S12000027".into(), &true.into())
    );
    let ended = get("/v1/postcodes/NPT%200AD").await.json();
    assert_eq!(ended["live"], false);
}

#[tokio::test]
async fn a_postcode_that_is_not_there_is_404_with_close_ones() {
    let reply = ask("/v1/postcodes/LS1%204ZZ", &[]).await;
    assert_eq!(reply.status, 404);
    let close = reply.json()["close"].as_array().unwrap().clone();
    assert!(!close.is_empty() && close.iter().all(|c| c.as_str().unwrap().starts_with("LS1")), "{close:?}");
    let typo = ask("/v1/postcodes/LSI%203AD", &[]).await;
    assert_eq!(typo.status, 400);
    assert!(typo.json()["close"].as_array().unwrap().contains(&"LS1 3AD".into()), "{}", typo.json());
    for text in ["BT1%201AA", "BT1", "BT1%201"] {
        let reply = ask(&format!("/v1/postcodes/{text}"), &[]).await;
        assert_eq!(reply.status, 404, "{text}");
        assert!(reply.json()["detail"].as_str().unwrap().contains("licence"), "{text}");
    }
    assert_eq!(ask("/v1/postcodes/QQ1", &[]).await.status, 404);
    assert_eq!(ask("/v1/postcodes/leeds", &[]).await.status, 400);
}

#[tokio::test]
async fn near_borders_are_told_with_the_true_distance() {
    let postcodes = shipped();
    let lad = layer("lad");
    let (mut near, mut asked) = (0, 0);
    let everywhere = postcodes.iter().filter(|e| e.live).step_by(80_000);
    let at_borders = ["WC1R", "EC1A", "EC2A", "SE19"].map(|outward| outward.parse().unwrap());
    let at_borders = at_borders.into_iter().flat_map(|o| postcodes.outward(o).filter(|e| e.live).step_by(12));
    for entry in everywhere.chain(at_borders) {
        let answer =
            get(&format!("/v1/postcodes/{}", entry.postcode.to_string().replace(' ', ""))).await.json();
        let at = LonLat::new(answer["lon"].as_f64().unwrap(), answer["lat"].as_f64().unwrap()).unwrap();
        let own = answer["areas"]["lad"]["code"].as_str();
        let nearest = lad
            .areas()
            .iter()
            .zip(lad.shapes())
            .filter(|(area, _)| Some(area.code.as_str()) != own)
            .filter_map(|(area, shape)| Some((area, geometry::distance_to_shape_m(at, shape)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap();
        let told = &answer["near_border"];
        asked += 1;
        // The answer's position is rounded to a decimetre.
        if nearest.1 < 99.5 {
            assert_eq!(told["code"], nearest.0.code.as_str(), "{}", entry.postcode);
            assert!((told["distance_m"].as_f64().unwrap() - nearest.1).abs() < 0.3, "{}", entry.postcode);
            near += 1;
        } else if nearest.1 > 100.5 {
            assert_eq!(*told, serde_json::Value::Null, "{}", entry.postcode);
        }
    }
    assert!(near > 3, "{near} of {asked}");
}

#[tokio::test]
async fn a_part_of_a_postcode_has_the_shares_of_its_postcodes() {
    let postcodes = shipped();
    for (path, name, sector) in
        [("TD15", "outward", None), ("LS1", "outward", None), ("ls1%204", "sector", Some("LS1 4"))]
    {
        let answer = get(&format!("/v1/postcodes/{path}?layers=lad,icb")).await.json();
        let outward = path.split('%').next().unwrap().parse().unwrap();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut all = 0;
        for entry in postcodes.outward(outward).filter(|e| sector.is_none_or(|s| e.postcode.sector() == s)) {
            all += 1;
            let Some(position) = entry.position.filter(|_| entry.live) else { continue };
            let grid = EastNorth::new(position.easting_m.into(), position.northing_m.into()).unwrap();
            let lad = layer("lad");
            if let Some(block) = ATLAS.block_at(ATLAS.grid().to_lonlat(grid).0.coord()) {
                let code = lad.areas()[lad.area_of_block(block).unwrap() as usize].code.to_string();
                *counts.entry(code).or_default() += 1;
            }
        }
        assert_eq!(answer["postcodes"], all, "{path}");
        assert!(answer[name].is_string(), "{path}");
        let told: BTreeMap<String, usize> = answer["areas"]["lad"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["code"].as_str().unwrap().to_owned(), r["postcodes"].as_u64().unwrap() as usize))
            .collect();
        assert_eq!(told, counts, "{path}");
        let share: f64 =
            answer["areas"]["lad"].as_array().unwrap().iter().map(|r| r["share"].as_f64().unwrap()).sum();
        assert!((share - 1.0).abs() < 1e-5, "{path}: {share}");
    }
    let berwick = get("/v1/postcodes/TD15").await.json();
    let kinds: Vec<&String> = berwick["areas"].as_object().unwrap().keys().collect();
    assert!(
        kinds.iter().all(|k| ["lad", "utla", "nhs", "icb", "sicbl", "hb", "ambulance"].contains(&k.as_str()))
    );
    assert_eq!(
        berwick["areas"]["lad"].as_array().unwrap().len(),
        2,
        "Berwick's postcodes cross into Scotland"
    );
}

#[test]
fn postcodes_within_a_distance_are_those_of_a_plain_search() {
    let (postcodes, _) = ATLAS.postcodes().unwrap();
    let everyone: Vec<_> = postcodes.iter().collect();
    for number in [0, 1, 127, 128, 129, everyone.len() - 1] {
        assert_eq!(postcodes.nth(number as u32), Some(everyone[number]));
    }
    assert_eq!(postcodes.nth(everyone.len() as u32), None);
    for (lon, lat, radius_m) in [
        (-1.5491, 53.8008, 500.0),
        (-0.1276, 51.5072, 5_000.0),
        (-3.2, 55.95, 1_234.5),
        (-1.14, 60.15, 900.0),
    ] {
        let at = LonLat::new(lon, lat).unwrap();
        let found = postcodes_within(&ATLAS, at, radius_m);
        let grid = ATLAS.grid().to_grid(at).point;
        let mut wanted: Vec<_> = everyone
            .iter()
            .filter_map(|entry| {
                let there = entry.position?;
                let (east, north) = (f64::from(there.easting_m), f64::from(there.northing_m));
                // A box far larger than the circle: the plain search of all would take minutes.
                let far = (east - grid.easting_m()).abs().max((north - grid.northing_m()).abs());
                if far > 2.0 * radius_m {
                    return None;
                }
                let (there, _) = ATLAS.grid().to_lonlat(EastNorth::new(east, north).unwrap());
                (distance_m(at, there) <= radius_m).then_some(entry.postcode)
            })
            .collect();
        let mut postcodes: Vec<_> = found.iter().map(|(entry, _)| entry.postcode).collect();
        postcodes.sort();
        wanted.sort();
        assert_eq!(postcodes, wanted, "{lon} {lat} {radius_m}");
        assert!(!found.is_empty());
        assert!(found.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    }
}

#[tokio::test]
async fn postcodes_around_a_place_come_nearest_first() {
    let answer = get("/v1/postcodes?lon=-1.5491&lat=53.8008&radius_m=250&live=true&limit=5").await.json();
    let at = LonLat::new(-1.5491, 53.8008).unwrap();
    let wanted: Vec<_> =
        postcodes_within(&ATLAS, at, 250.0).into_iter().filter(|(entry, _)| entry.live).collect();
    assert_eq!(answer["total"], wanted.len());
    assert_eq!(answer["count"], 5);
    let told: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|r| r["postcode"].as_str().unwrap()).collect();
    let nearest: Vec<String> = wanted[..5].iter().map(|(entry, _)| entry.postcode.to_string()).collect();
    assert_eq!(told, nearest);
    assert!(answer["attribution"].as_array().is_some_and(|lines| !lines.is_empty()));
    for refused in
        ["lon=-1.5&lat=53.8", "lon=-1.5&lat=53.8&radius_m=5001", "lon=-1.5&lat=53.8&radius_m=5&limit=0"]
    {
        assert_eq!(ask(&format!("/v1/postcodes?{refused}"), &[]).await.status, 400, "{refused}");
    }
}
