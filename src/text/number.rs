//! Numbers as they are written: exact enough to join on, short enough to send, tidy enough to read.

/// Significant digits kept in data. Published values have fewer; what lies beyond is the noise of division
/// and binary fractions.
const SIGNIFICANT: i32 = 9;

/// Up to so many places a power of ten and the digits it leaves are exact whole numbers.
const MOST_PLACES: i32 = 20;

/// Above this every floating-point number is whole, and adding digits says nothing.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Appends `value` as a JSON number: whole numbers in full, others to nine significant digits; `null` for
/// none or for what is not finite.
pub fn write_number(out: &mut Vec<u8>, value: Option<f64>) {
    let Some(value) = value.filter(|v| v.is_finite()) else {
        out.extend_from_slice(b"null");
        return;
    };
    if is_whole(value) {
        write_whole(out, value as i64);
        return;
    }
    let places = places_kept(value);
    if (1..=MOST_PLACES).contains(&places) {
        // Nine significant digits say which number it is, and so they are what the shortest way to write it is, found sooner.
        write_decimal(out, (value * 10f64.powi(places)).round() as i64, places as usize);
    } else {
        // Writing to memory cannot fail.
        let _ = std::io::Write::write_fmt(out, format_args!("{}", significant(value)));
    }
}

/// True for a whole number of which every digit is known.
pub(super) fn is_whole(value: f64) -> bool {
    // There and back is sooner than cutting the fraction off, which older processors have no instruction for.
    value.abs() < LARGEST_EXACT && value as i64 as f64 == value
}

/// Appends a whole number.
pub fn write_whole(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends `digits` with the last `places` of them after the point, without zeros at the end.
///
/// ```
/// use levelmap::text::write_decimal;
/// let mut out = Vec::new();
/// write_decimal(&mut out, -12_500, 3);
/// assert_eq!(out, b"-12.5");
/// ```
pub fn write_decimal(out: &mut Vec<u8>, mut digits: i64, mut places: usize) {
    while places > 0 && digits % 10 == 0 {
        digits /= 10;
        places -= 1;
    }
    if digits < 0 {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(digits.unsigned_abs()).as_bytes();
    if let Some(zeros) = places.checked_sub(text.len()) {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', zeros));
        out.extend_from_slice(text);
    } else {
        let (whole, fraction) = text.split_at(text.len() - places);
        out.extend_from_slice(whole);
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    }
}

/// Appends a number to so many decimals, without zeros at the end; one so large that it has none, to nine significant digits.
/// What is not finite is `null`.
///
/// ```
/// use levelmap::text::write_rounded;
/// let mut out = Vec::new();
/// write_rounded(&mut out, 0.016_666, 4);
/// assert_eq!(out, b"0.0167");
/// ```
pub fn write_rounded(out: &mut Vec<u8>, value: f64, places: usize) {
    let digits = (value * POWERS.get(places).copied().unwrap_or(f64::NAN)).round();
    if digits.abs() < LARGEST_EXACT {
        write_decimal(out, digits as i64, places);
    } else {
        write_number(out, Some(value));
    }
}

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Digits after the point that [`SIGNIFICANT`] digits of a number have.
fn places_kept(value: f64) -> i32 {
    let size = value.abs();
    // Most are no more than a few digits long: a look at their powers is sooner there than a logarithm.
    if (1.0..1e9).contains(&size) {
        return SIGNIFICANT - POWERS.iter().take_while(|&&power| power <= size).count() as i32;
    }
    SIGNIFICANT - 1 - size.log10().floor() as i32
}

/// `value` to nine significant digits, unless it is whole. What is not finite is returned as it is.
pub fn significant(value: f64) -> f64 {
    if value == value.trunc() || !value.is_finite() {
        return value;
    }
    let places = places_kept(value);
    // Powers of ten up to 22 are exact, so multiplying rounds once and dividing gives the nearest number to
    // the decimal one.
    if (0..=22).contains(&places) {
        let scale = 10f64.powi(places);
        (value * scale).round() / scale
    } else {
        value
    }
}

/// `value` for people: `decimals` digits after the point, thousands parted by commas, a true minus sign.
///
/// ```
/// use levelmap::text::readable;
/// assert_eq!(readable(-1234567.891, 1), "−1,234,567.9");
/// assert_eq!(readable(-0.04, 1), "0.0");
/// ```
pub fn readable(value: f64, decimals: u8) -> String {
    let digits = format!("{:.*}", usize::from(decimals), value.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 3);
    if value < 0.0 && digits.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    for (i, digit) in whole.char_indices() {
        if i > 0 && (whole.len() - i) % 3 == 0 && digit.is_ascii_digit() {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        write_number(&mut out, Some(value));
        String::from_utf8(out).expect("numbers are ASCII")
    }

    #[test]
    fn noise_goes_and_published_digits_stay() {
        assert_eq!(written(0.1 + 0.2), "0.3");
        assert_eq!(written(213.043_478_260_869_56), "213.043478");
        assert_eq!(written(-60.7), "-60.7");
        assert_eq!(written(67_596_281.0), "67596281");
        assert_eq!(written(2_270_000_000_001.0), "2270000000001");
        assert_eq!(written(-0.0), "0");
        assert_eq!(
            written(1.5e300),
            "1500000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        );
        let mut nothing = Vec::new();
        write_number(&mut nothing, None);
        write_number(&mut nothing, Some(f64::NAN));
        assert_eq!(nothing, b"nullnull");
    }

    #[test]
    fn people_get_commas_and_a_minus() {
        assert_eq!(readable(999.0, 0), "999");
        assert_eq!(readable(1000.0, 0), "1,000");
        assert_eq!(readable(-123_456.5, 2), "−123,456.50");
        assert_eq!(readable(1e15, 0), "1,000,000,000,000,000");
    }

    proptest! {
        #[test]
        fn rounding_agrees_with_decimal_text(value in prop_oneof![-1e9..1e9f64, -1.0..1.0f64, -1e-6..1e-6f64]) {
            let by_text: f64 = format!("{value:.8e}").parse().expect("that is a number");
            prop_assert!((significant(value) - by_text).abs() <= by_text.abs() * 1.01e-8, "{} {}", significant(value), by_text);
            prop_assert_eq!(significant(significant(value)), significant(value));
        }

        #[test]
        fn a_number_to_some_decimals_is_the_rounded_one(value in prop_oneof![-1e9..1e9f64, -1.0..1.0f64, any::<f64>()], places in 0..9usize) {
            prop_assume!(value.is_finite());
            let mut out = Vec::new();
            write_rounded(&mut out, value, places);
            let read: f64 = String::from_utf8(out).unwrap().parse().unwrap();
            let step = 10f64.powi(-(places as i32));
            prop_assert!((read - value).abs() <= (step * 0.500_001).max(value.abs() * 1e-8), "{} {}", read, value);
        }

        #[test]
        fn a_decimal_reads_as_what_it_was(digits in any::<i64>(), places in 0..20usize) {
            let mut out = Vec::new();
            write_decimal(&mut out, digits, places);
            let text = String::from_utf8(out).unwrap();
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            prop_assert!(fraction.is_empty() || !fraction.ends_with('0'), "{}", text);
            let read: i128 = format!("{whole}{fraction:0<places$}").parse().unwrap();
            prop_assert_eq!(read, i128::from(digits), "{}", text);
        }

        #[test]
        fn digits_are_those_of_the_shortest_text(
            value in prop_oneof![
                -1e9..1e9f64, -1.0..1.0f64, -1e-6..1e-6f64, -1e-14..1e-14f64, any::<f64>(),
                (-1_000_000..1_000_000i64, 0..9i32).prop_map(|(n, places)| n as f64 / 10f64.powi(places)),
            ]
        ) {
            prop_assume!(value.is_finite());
            let rounded = significant(value);
            let slowly = if rounded == 0.0 { "0".to_owned() } else { format!("{rounded}") };
            prop_assert_eq!(written(value), slowly);
        }
    }
}
