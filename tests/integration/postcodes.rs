//! The shipped postcodes.

use std::fs;
use std::path::Path;

use levelmap::area::Postcode;
use levelmap::index::{PostcodeEntry, PostcodePosition, Postcodes};

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
