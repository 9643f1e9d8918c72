//! The encodings that a client takes, read once where its request comes in.
//!
//! Clients say the same in many ways: `gzip, deflate, br, zstd`, `br;q=1.0, gzip;q=1.0`, in one header or in several. Tags and
//! kept answers go by what is said, compression by what is meant, and both must agree, or one client is sent what
//! another can read. So the header is written anew, in one of eight ways.

use axum::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

/// What answers are encoded in.
const OURS: [&str; 3] = ["gzip", "br", "zstd"];
/// Every choice of them; each adds the bit of its place.
const WRITTEN: [&str; 1 << OURS.len()] =
    ["", "gzip", "br", "gzip, br", "zstd", "gzip, zstd", "br, zstd", "gzip, br, zstd"];

/// Leaves in a request's `Accept-Encoding`, of what answers can be encoded in, that which the client wants most, without weights,
/// and no header where that is nothing.
pub(super) fn settle(headers: &mut HeaderMap) {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return;
    }
    match WRITTEN[wanted(headers)] {
        "" => {
            headers.remove(ACCEPT_ENCODING);
        }
        // All values of the header give way to this one.
        written => {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(written));
        }
    }
}

/// Whether a request whose header is settled takes an encoding.
pub(super) fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let settled = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    settled.is_some_and(|settled| settled.split(", ").any(|one| one == encoding))
}

/// The bits of what the client wants most (RFC 9110, 12.5.3). What it does not name it takes where it names `*`, and where it
/// wants none more than the plain answer it is to have that.
fn wanted(headers: &HeaderMap) -> usize {
    let named = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut weights, mut of_others, mut of_plain) = ([None; OURS.len()], 0.0, 0.0);
    for (name, weight) in named.flat_map(|value| value.split(',')).filter_map(weighed) {
        let place = OURS.iter().position(|ours| name.eq_ignore_ascii_case(ours));
        match place.or_else(|| name.eq_ignore_ascii_case("x-gzip").then_some(0)) {
            Some(place) => weights[place] = Some(weight),
            None if name == "*" => of_others = weight,
            None if name.eq_ignore_ascii_case("identity") => of_plain = weight,
            None => {}
        }
    }
    let weights = weights.map(|weight| weight.unwrap_or(of_others));
    let most = weights.iter().copied().fold(0.0, f32::max);
    if most <= 0.0 || of_plain > most {
        return 0;
    }
    weights.iter().enumerate().map(|(place, &weight)| usize::from(weight >= most) << place).sum()
}

/// A name and its weight, 1 where none is given; nothing where the weight is none.
fn weighed(item: &str) -> Option<(&str, f32)> {
    let Some((name, weight)) = item.split_once(';') else { return Some((item.trim(), 1.0)) };
    let weight = weight.trim();
    let weight =
        weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?.trim().parse::<f32>().ok()?;
    (0.0..=1.0).contains(&weight).then_some((name.trim(), weight))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settled(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
        }
        settle(&mut headers);
        assert!(headers.get_all(ACCEPT_ENCODING).iter().count() < 2);
        headers.get(ACCEPT_ENCODING).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn what_is_meant_is_written_in_one_way() {
        for (said, written) in [
            (&["gzip, deflate, br, zstd"][..], "gzip, br, zstd"),
            (&["zstd,br , GZIP"], "gzip, br, zstd"),
            (&["br;q=1.0, gzip;q=1.0"], "gzip, br"),
            (&["br;q=1.0, gzip;q=0.8, *;q=0.1"], "br"),
            (&["gzip;q=0.5, zstd"], "zstd"),
            (&["x-gzip"], "gzip"),
            (&["deflate,GZIP"], "gzip"),
            (&["gzip, deflate, br"], "gzip, br"),
            (&["gzip, deflate, BR;q=0.9, zstd;q=0"], "gzip"),
            (&["gzip", "br"], "gzip, br"),
            (&["*"], "gzip, br, zstd"),
            (&["*;q=0.5, br;q=0"], "gzip, zstd"),
            (&["identity;q=0.5, gzip;q=0.5"], "gzip"),
            (&["zstd; q=0.7,\tbr ;q=0.7"], "br, zstd"),
        ] {
            assert_eq!(settled(said).as_deref(), Some(written), "{said:?}");
        }
        for plain in [
            "",
            "deflate",
            "identity",
            "gzip;q=0",
            "gzip;q=2",
            "gzip;q=-1",
            "gzip;q=many",
            "gzip;level=1",
            "*;q=0",
            "identity, gzip;q=0.5",
            "gzipped",
            "brotli",
            ";q=1",
            ",",
        ] {
            assert_eq!(settled(&[plain]), None, "{plain}");
        }
        assert_eq!(settled(&[]), None);
    }

    #[test]
    fn what_is_settled_is_taken() {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd"))]);
        assert!(takes(&headers, "gzip") && takes(&headers, "zstd") && !takes(&headers, "br"));
        assert!(!takes(&HeaderMap::new(), "gzip"));
    }

    proptest! {
        #[test]
        fn any_header_is_settled_and_stays_so(said in prop::collection::vec("[a-z*;=q0-9., -]{0,24}", 0..3)) {
            let said: Vec<&str> = said.iter().map(String::as_str).collect();
            if let Some(written) = settled(&said) {
                prop_assert!(WRITTEN[1..].contains(&written.as_str()));
                prop_assert_eq!(settled(&[&written]), Some(written));
            }
        }
    }
}
