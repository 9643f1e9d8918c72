//! Values alone, in the fewest bytes: for clients that hold the shapes and ask for one indicator after another.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::legend::Legend;
use super::paint::{Drawn, Painting};
use super::palette::NoData;
use super::render::{RenderArea, RenderError, same_areas};
use crate::area::Observation;
use crate::text::to_json;

/// The digits of numbers in base 64, as in base64url (RFC 4648, 5).
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The compact form, in which every column has a place for each area:
///
/// * `codes` are runs: a code alone, or a code and how many codes there are when its last digits count up;
/// * `values`, `lower` and `upper` are columns of numbers: `digits` has a text for each place of a number in base 64, the
///   least first, with a digit for each area; a number of 0 stands for none, any other one for `scale` × (number - 1 +
///   `base`), so to the digits with which the indicator is shown; limits are there only when an area has any;
/// * `classes` has a letter for each area, its class in base 36 or `-` for none; it is left out where the legend says
///   as much: the class of a number is then the first whose `upper` is not below it, and none has none;
/// * `flags` lists, for each reason why there is no class, the areas by their places, from 0, as runs of a first place
///   and a count.
///
/// Digits of one place resemble each other, which is why they pack so well.
pub fn compact_json(
    (layer, vintage): (&str, &str),
    (indicator, period): (&str, &str),
    decimals: u8,
    painting: &Painting,
    areas: &[RenderArea<'_>],
) -> Result<Vec<u8>, RenderError> {
    same_areas(painting, areas.len())?;
    let steps = 10f64.powi(i32::from(decimals.min(9)));
    let column = |measure: fn(&Observation) -> Option<f64>| {
        let whole = |area: &RenderArea<'_>| measure(area.observation).map(|v| (v * steps).round() as i64);
        column(&areas.iter().map(whole).collect::<Vec<_>>())
    };
    let mut answer = json!({
        "form": "compact", "layer": layer, "vintage": vintage, "indicator": indicator, "period": period,
        "legend": short_legend(&painting.legend), "scale": 1.0 / steps,
        "codes": code_runs(areas), "values": column(Observation::value),
    });
    for (name, limits) in [("lower", column(Observation::lower)), ("upper", column(Observation::upper))] {
        if limits["digits"] != json!([]) {
            answer[name] = limits;
        }
    }
    if !legend_gives_classes(painting, areas, steps) {
        answer["classes"] = classes(painting).into();
    }
    answer["flags"] = flags(painting);
    Ok(to_json(&answer)?)
}

/// Numbers as digits in base 64, place by place.
fn column(numbers: &[Option<i64>]) -> Value {
    let base = numbers.iter().flatten().copied().min().unwrap_or_default();
    let mut rest: Vec<u64> =
        numbers.iter().map(|n| n.map_or(0, |n| n.abs_diff(base).saturating_add(1))).collect();
    let mut digits: Vec<String> = Vec::new();
    while rest.iter().any(|&n| n > 0) {
        digits.push(rest.iter().map(|n| char::from(DIGITS[(n % 64) as usize])).collect());
        for n in &mut rest {
            *n /= 64;
        }
    }
    json!({"base": base, "digits": digits})
}

fn short_legend(legend: &Legend) -> Value {
    let classes: Vec<Value> = legend
        .classes
        .iter()
        .map(|class| json!({"lower": class.lower, "upper": class.upper, "fill": class.fill, "count": class.count}))
        .collect();
    json!({"method": legend.method, "unit": legend.unit, "classes": classes, "no_data": legend.no_data})
}

/// Codes that count up are one entry.
fn code_runs(areas: &[RenderArea<'_>]) -> Vec<Value> {
    let mut runs: Vec<(&str, u64)> = Vec::new();
    for area in areas {
        match runs.last_mut() {
            Some((first, count)) if counted_up(first, *count).as_deref() == Some(area.code) => *count += 1,
            _ => runs.push((area.code, 1)),
        }
    }
    runs.into_iter()
        .map(|(code, count)| if count == 1 { code.into() } else { json!([code, count]) })
        .collect()
}

/// The code `by` further on, by the digits at its end.
fn counted_up(code: &str, by: u64) -> Option<String> {
    let digits = code.len() - code.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (letters, number) = code.split_at(code.len() - digits);
    let next = number.parse::<u64>().ok()?.checked_add(by)?;
    Some(format!("{letters}{next:0digits$}"))
}

/// True when the bounds in the legend give every area's class from its number as written here.
fn legend_gives_classes(painting: &Painting, areas: &[RenderArea<'_>], steps: f64) -> bool {
    let uppers: Vec<f64> = painting.legend.classes.iter().filter_map(|class| class.upper).collect();
    areas.iter().zip(&painting.drawn).all(|(area, drawn)| {
        let value = area.observation.value().map(|v| (v * steps).round() / steps);
        let class = value.and_then(|value| uppers.iter().position(|&upper| value <= upper));
        class == if let Drawn::Class(class) = drawn { Some(*class) } else { None }
    })
}

fn classes(painting: &Painting) -> String {
    painting.drawn.iter().fold(String::with_capacity(painting.drawn.len()), |mut text, drawn| {
        let class = match drawn {
            Drawn::Class(class) => char::from_digit(*class as u32, 36),
            Drawn::NoData(_) => None,
        };
        // Writing to memory cannot fail.
        let _ = write!(text, "{}", class.unwrap_or('-'));
        text
    })
}

fn flags(painting: &Painting) -> Value {
    let mut flags = serde_json::Map::new();
    for reason in NoData::ALL {
        let mut runs: Vec<[usize; 2]> = Vec::new();
        for (place, _) in painting.drawn.iter().enumerate().filter(|(_, d)| **d == Drawn::NoData(reason)) {
            match runs.last_mut() {
                Some([first, count]) if *first + *count == place => *count += 1,
                _ => runs.push([place, 1]),
            }
        }
        if let (false, Ok(Value::String(name))) = (runs.is_empty(), serde_json::to_value(reason)) {
            flags.insert(name, json!(runs));
        }
    }
    Value::Object(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_by_their_digits() {
        assert_eq!(column(&[Some(7), None, Some(70)]), json!({"base": 7, "digits": ["BAA", "AAB"]}));
        assert_eq!(column(&[None, None]), json!({"base": 0, "digits": []}));
        assert_eq!(column(&[Some(-5)]), json!({"base": -5, "digits": ["B"]}));
    }

    #[test]
    fn codes_count_up_by_their_digits() {
        assert_eq!(counted_up("E01000009", 1).as_deref(), Some("E01000010"));
        assert_eq!(counted_up("95Z", 1), None);
        let observation = Observation::default();
        let areas = ["E01000001", "E01000002", "E01000003", "E01000005", "95Z", "S12000005"].map(|code| {
            RenderArea { code, name: "", observation: &observation, second: None, geometry: &[] }
        });
        let runs = json!([["E01000001", 3], "E01000005", "95Z", "S12000005"]);
        assert_eq!(Value::from(code_runs(&areas)), runs);
    }
}
