//! Colours: the `ColorBrewer` and viridis families by name, and the fixed fills of areas without data.
//!
//! Polarity decides the direction. Where a side is worse, worse is darker (sequential palettes) or at the
//! palette's red, brown or purple end (diverging ones); where neither side is, larger is darker.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::area::Polarity;

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rgb {
    /// Red, green and blue, 0 to 255.
    pub channels: [u8; 3],
}

impl Rgb {
    pub(super) const fn new(hex: u32) -> Rgb {
        Rgb { channels: [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8] }
    }
}

impl From<colorous::Color> for Rgb {
    fn from(colour: colorous::Color) -> Rgb {
        Rgb { channels: colour.as_array() }
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.channels;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl Rgb {
    /// Appends the colour as CSS writes it: `#fdbb84`.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        out.push(b'#');
        out.extend(
            self.channels.iter().flat_map(|c| [DIGITS[usize::from(c >> 4)], DIGITS[usize::from(c & 15)]]),
        );
    }
}

impl Serialize for Rgb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a palette is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PaletteKind {
    /// From light to dark: little to much.
    Sequential,
    /// Two hues from a pale middle: below and above a benchmark.
    Diverging,
    /// Hues without order.
    Qualitative,
}

/// A named range of colours.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// The name its makers gave it: `YlOrRd`, `viridis`.
    pub name: &'static str,
    /// What it is for.
    pub kind: PaletteKind,
    /// Up to how many classes readers with any common colour-blindness can tell apart, as its makers state.
    colour_blind_safe_up_to: usize,
    colours: Colours,
}

#[derive(Clone, Copy, Debug)]
enum Colours {
    /// Light to dark, or worse to better.
    Ramp(colorous::Gradient),
    /// Dark to light: used backwards.
    DarkFirst(colorous::Gradient),
    Set(&'static [colorous::Color]),
}

/// No palette has the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a palette: choose {choices}", choices = PALETTES.iter().map(|p| p.name).collect::<Vec<_>>().join(", "))]
pub struct UnknownPalette(pub String);

const fn sequential(name: &'static str, gradient: colorous::Gradient) -> Palette {
    let colours = Colours::Ramp(gradient);
    Palette { name, kind: PaletteKind::Sequential, colour_blind_safe_up_to: usize::MAX, colours }
}

const fn viridis(name: &'static str, gradient: colorous::Gradient) -> Palette {
    let colours = Colours::DarkFirst(gradient);
    Palette { name, kind: PaletteKind::Sequential, colour_blind_safe_up_to: usize::MAX, colours }
}

const fn diverging(name: &'static str, safe: bool, gradient: colorous::Gradient) -> Palette {
    let colour_blind_safe_up_to = if safe { usize::MAX } else { 0 };
    let colours = Colours::Ramp(gradient);
    Palette { name, kind: PaletteKind::Diverging, colour_blind_safe_up_to, colours }
}

const fn qualitative(name: &'static str, safe_up_to: usize, set: &'static [colorous::Color]) -> Palette {
    let colours = Colours::Set(set);
    Palette { name, kind: PaletteKind::Qualitative, colour_blind_safe_up_to: safe_up_to, colours }
}

/// All palettes. Which are safe for colour-blind readers is as stated by colorbrewer2.org and by the makers
/// of viridis.
pub static PALETTES: [Palette; 39] = [
    sequential("Blues", colorous::BLUES),
    sequential("Greens", colorous::GREENS),
    sequential("Greys", colorous::GREYS),
    sequential("Oranges", colorous::ORANGES),
    sequential("Purples", colorous::PURPLES),
    sequential("Reds", colorous::REDS),
    sequential("BuGn", colorous::BLUE_GREEN),
    sequential("BuPu", colorous::BLUE_PURPLE),
    sequential("GnBu", colorous::GREEN_BLUE),
    sequential("OrRd", colorous::ORANGE_RED),
    sequential("PuBu", colorous::PURPLE_BLUE),
    sequential("PuBuGn", colorous::PURPLE_BLUE_GREEN),
    sequential("PuRd", colorous::PURPLE_RED),
    sequential("RdPu", colorous::RED_PURPLE),
    sequential("YlGn", colorous::YELLOW_GREEN),
    sequential("YlGnBu", colorous::YELLOW_GREEN_BLUE),
    sequential("YlOrBr", colorous::YELLOW_ORANGE_BROWN),
    sequential("YlOrRd", colorous::YELLOW_ORANGE_RED),
    viridis("viridis", colorous::VIRIDIS),
    viridis("cividis", colorous::CIVIDIS),
    viridis("magma", colorous::MAGMA),
    viridis("inferno", colorous::INFERNO),
    viridis("plasma", colorous::PLASMA),
    diverging("BrBG", true, colorous::BROWN_GREEN),
    diverging("PiYG", true, colorous::PINK_GREEN),
    diverging("PRGn", true, colorous::PURPLE_GREEN),
    diverging("PuOr", true, colorous::PURPLE_ORANGE),
    diverging("RdBu", true, colorous::RED_BLUE),
    diverging("RdGy", false, colorous::RED_GREY),
    diverging("RdYlBu", true, colorous::RED_YELLOW_BLUE),
    diverging("RdYlGn", false, colorous::RED_YELLOW_GREEN),
    diverging("Spectral", false, colorous::SPECTRAL),
    qualitative("Accent", 0, &colorous::ACCENT),
    qualitative("Dark2", 3, &colorous::DARK2),
    qualitative("Paired", 4, &colorous::PAIRED),
    qualitative("Pastel1", 0, &colorous::PASTEL1),
    qualitative("Pastel2", 0, &colorous::PASTEL2),
    qualitative("Set1", 0, &colorous::SET1),
    qualitative("Set2", 3, &colorous::SET2),
];

impl FromStr for &'static Palette {
    type Err = UnknownPalette;
    /// Capital and small letters are the same: `ylorrd` is `YlOrRd`.
    fn from_str(text: &str) -> Result<Self, UnknownPalette> {
        PALETTES
            .iter()
            .find(|palette| palette.name.eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownPalette(text.to_owned()))
    }
}

impl PartialEq for Palette {
    fn eq(&self, other: &Palette) -> bool {
        self.name == other.name
    }
}

impl Palette {
    /// True when readers with any common colour-blindness can tell `classes` of its colours apart.
    pub fn colour_blind_safe(&self, classes: usize) -> bool {
        classes <= self.colour_blind_safe_up_to
    }

    /// One fill for each class, lowest class first.
    pub fn fills(&self, classes: usize, polarity: Polarity) -> Vec<Rgb> {
        let mut fills: Vec<Rgb> = match self.colours {
            Colours::Ramp(gradient) => {
                (0..classes).map(|i| gradient.eval_rational(i, classes).into()).collect()
            }
            Colours::DarkFirst(gradient) => {
                (0..classes).rev().map(|i| gradient.eval_rational(i, classes).into()).collect()
            }
            Colours::Set(set) => set.iter().cycle().take(classes).map(|&colour| colour.into()).collect(),
        };
        let backwards = match self.kind {
            // Light to dark: the worse side is the low one where high is good.
            PaletteKind::Sequential => polarity == Polarity::HighIsGood,
            // Worse to better: the worse side is the high one where low is good.
            PaletteKind::Diverging => polarity == Polarity::LowIsGood,
            PaletteKind::Qualitative => false,
        };
        if backwards {
            fills.reverse();
        }
        fills
    }

    /// Fills for classes around a benchmark: `below` classes under it, one that holds it when `across`,
    /// `above` classes over it. Equally far from the benchmark is equally strong, so the shorter side does
    /// not reach full strength. A palette that does not diverge has no middle, and is spread evenly as by
    /// [`Palette::fills`].
    pub fn centred(&self, below: usize, across: bool, above: usize, polarity: Polarity) -> Vec<Rgb> {
        let across = usize::from(across);
        if self.kind != PaletteKind::Diverging {
            return self.fills(below + across + above, polarity);
        }
        // A lone class across the benchmark takes the middle of three colours.
        let arm = below.max(above).max(usize::from(below + above == 0));
        let fills = self.fills(2 * arm + across, polarity);
        fills.into_iter().skip(arm - below).take(below + across + above).collect()
    }
}

/// Why an area has no class.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// The publisher has a value and withholds it.
    Suppressed,
    /// There is no value.
    Missing,
    /// Too small a share of the area's residents has a value.
    LowCoverage,
    /// The question does not apply to the area.
    NotApplicable,
    /// Values of parts, from which this measure gives none of the whole.
    NotAggregable,
    /// There is a value, but no confidence limits to compare with a benchmark.
    NotCompared,
}

/// How an area is hatched over its fill, so that no two kinds of absence rest on colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// No hatching.
    Plain,
    /// Lines from lower left to upper right.
    Diagonal,
    /// Lines both ways.
    Crosshatch,
    /// Dots.
    Dots,
    /// Level lines.
    Lines,
    /// Upright lines.
    Bars,
}

impl NoData {
    /// All of them, in the order in which a legend lists them.
    pub const ALL: [NoData; 6] = [
        NoData::Suppressed,
        NoData::LowCoverage,
        NoData::NotCompared,
        NoData::NotAggregable,
        NoData::NotApplicable,
        NoData::Missing,
    ];

    /// Its fill: greys, which no class of a coloured palette has.
    pub fn fill(self) -> Rgb {
        match self {
            NoData::Suppressed => Rgb::new(0x00bd_bdbd),
            NoData::Missing => Rgb::new(0x00e6_e6e6),
            NoData::LowCoverage => Rgb::new(0x00d0_d0d0),
            NoData::NotApplicable => Rgb::new(0x00f2_f2f2),
            NoData::NotAggregable => Rgb::new(0x00da_dada),
            NoData::NotCompared => Rgb::new(0x00c8_c8c8),
        }
    }

    /// Its hatching.
    pub fn pattern(self) -> Pattern {
        match self {
            NoData::Suppressed => Pattern::Diagonal,
            NoData::Missing => Pattern::Plain,
            NoData::LowCoverage => Pattern::Crosshatch,
            NoData::NotApplicable => Pattern::Lines,
            NoData::NotAggregable => Pattern::Bars,
            NoData::NotCompared => Pattern::Dots,
        }
    }

    /// Its words in a legend.
    pub fn label(self) -> &'static str {
        match self {
            NoData::Suppressed => "withheld by the publisher",
            NoData::Missing => "no value",
            NoData::LowCoverage => "value for too few residents",
            NoData::NotApplicable => "does not apply",
            NoData::NotAggregable => "cannot be made from its parts",
            NoData::NotCompared => "no confidence limits to compare",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette(name: &str) -> &'static Palette {
        name.parse().expect("the palette exists")
    }

    fn hex(fills: &[Rgb]) -> Vec<String> {
        fills.iter().map(ToString::to_string).collect()
    }

    /// Relative luminance, roughly: enough to order light and dark.
    fn lightness(fill: Rgb) -> f64 {
        let [r, g, b] = fill.channels.map(f64::from);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn palettes_are_found_by_name_whatever_the_letters_case() {
        assert_eq!(palette("ylorrd").name, "YlOrRd");
        assert_eq!(palette("VIRIDIS").name, "viridis");
        let error = "rainbow".parse::<&Palette>().expect_err("that is none").to_string();
        assert!(error.contains("`rainbow`") && error.contains("RdYlBu"), "{error}");
        let mut names: Vec<_> = PALETTES.iter().map(|p| p.name.to_lowercase()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), PALETTES.len(), "every name is one palette's");
    }

    #[test]
    fn colours_are_those_of_the_named_palette() {
        let blues = palette("Blues").fills(5, Polarity::Neutral);
        assert_eq!(hex(&blues), ["#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c"]);
        let viridis = palette("viridis").fills(2, Polarity::Neutral);
        assert_eq!(hex(&viridis), ["#fde725", "#440154"]);
    }

    #[test]
    fn worse_is_darker_in_every_sequential_palette() {
        for palette in PALETTES.iter().filter(|p| p.kind == PaletteKind::Sequential) {
            for (classes, polarity) in
                [(5, Polarity::LowIsGood), (9, Polarity::Neutral), (14, Polarity::LowIsGood)]
            {
                let fills = palette.fills(classes, polarity);
                assert!(
                    fills.windows(2).all(|pair| lightness(pair[0]) > lightness(pair[1])),
                    "{} does not darken upwards: {:?}",
                    palette.name,
                    hex(&fills)
                );
            }
            let mut high_is_good = palette.fills(7, Polarity::HighIsGood);
            high_is_good.reverse();
            assert_eq!(high_is_good, palette.fills(7, Polarity::LowIsGood));
        }
    }

    #[test]
    fn worse_is_red_in_a_red_and_blue_palette() {
        let red_first = palette("RdBu").fills(3, Polarity::HighIsGood);
        assert_eq!(hex(&red_first), ["#ef8a62", "#f7f7f7", "#67a9cf"]);
        let red_last = palette("RdBu").fills(3, Polarity::LowIsGood);
        assert_eq!(hex(&red_last), ["#67a9cf", "#f7f7f7", "#ef8a62"]);
    }

    #[test]
    fn a_diverging_palette_is_centred_on_the_benchmark() {
        let rdbu = palette("RdBu");
        let whole = rdbu.fills(7, Polarity::HighIsGood);
        assert_eq!(rdbu.centred(1, true, 3, Polarity::HighIsGood), whole[2..]);
        assert_eq!(rdbu.centred(3, true, 0, Polarity::HighIsGood), whole[..4]);
        assert_eq!(hex(&rdbu.centred(0, true, 0, Polarity::Neutral)), ["#f7f7f7"]);
        assert_eq!(rdbu.centred(2, false, 2, Polarity::HighIsGood), rdbu.fills(4, Polarity::HighIsGood));
        assert_eq!(palette("Blues").centred(1, true, 3, Polarity::Neutral).len(), 5);
    }

    #[test]
    fn any_number_of_classes_has_fills() {
        for palette in &PALETTES {
            for classes in 0..=20 {
                assert_eq!(palette.fills(classes, Polarity::Neutral).len(), classes, "{}", palette.name);
            }
        }
    }

    #[test]
    fn kinds_of_absence_differ_in_fill_and_in_pattern() {
        for (i, a) in NoData::ALL.iter().enumerate() {
            for b in &NoData::ALL[i + 1..] {
                assert_ne!(a.fill(), b.fill());
                assert_ne!(a.pattern(), b.pattern());
            }
        }
    }

    #[test]
    fn safety_for_colour_blind_readers_is_the_makers_word() {
        assert!(palette("RdYlBu").colour_blind_safe(11) && !palette("RdYlGn").colour_blind_safe(3));
        assert!(palette("Set2").colour_blind_safe(3) && !palette("Set2").colour_blind_safe(4));
    }
}
