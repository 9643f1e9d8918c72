use super::*;

#[test]
fn words_are_broken_and_escaped() {
    assert_eq!(broken("one two three four", 60.0, 12.0), ["one two", "three four"]);
    assert_eq!(escaped("a<b & \"c\""), "a&lt;b &amp; &quot;c&quot;");
}

/// Every letter that names of the United Kingdom have is drawn by the font itself, not as an empty box.
#[test]
fn the_font_has_welsh_and_gaelic_letters() {
    let drawn = |letter: char| {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"40\"><text x=\"5\" y=\"30\" font-size=\"24\" font-family=\"{FONT}\">{letter}</text></svg>"
        );
        png(&svg).unwrap()
    };
    let nothing = drawn(' ');
    let missing = drawn('\u{10FFFD}');
    let mut seen = vec![nothing, missing];
    for letter in "ŵŷâêîôûïŴŶàèìòùÀÈÌÒÙáéíóúÁÉÍÓÚ–−’…".chars() {
        let picture = drawn(letter);
        assert!(!seen.contains(&picture), "{letter} is drawn as something else is");
        seen.push(picture);
    }
}

#[test]
fn a_scale_bar_is_round_and_fits() {
    for (metres_per_pixel, words) in [(1230.0, ">200 km<"), (800.0, ">100 km<"), (3.0, ">500 m<")] {
        let mut out = String::new();
        scale_bar(&mut out, 0.0, 0.0, metres_per_pixel, 520.0, 1.0);
        assert!(out.contains(words), "{out}");
    }
}
