//! The map page: `/` and the files below `/assets/`, embedded from `web/dist`.
//!
//! Every build embeds the files that are there and needs none: without them `/` says how to build the page. Files below
//! `assets/` carry a hash of their content in their name and may be kept for ever; the page itself is asked for anew
//! each time and answered `304` while it is the same. The build lays compressed copies (`.br`, `.gz`) beside the
//! files, and those are sent to whoever accepts them.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::base_map::BaseMap;
use super::encodings::takes;
use super::problem::Problem;
use super::state::AppState;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// Everything comes from our own origin, and from that of the base map where the operator named one. MapLibre draws its
/// small pictures from `data:` and `blob:` addresses. Only the page that is made for it (`/?embed`) may stand in the
/// pages of others.
fn policy(base_map: Option<&BaseMap>, embedded: bool) -> String {
    let other = base_map.map(|map| format!(" {}", map.origin())).unwrap_or_default();
    let ancestors = if embedded { "*" } else { "'self'" };
    format!(
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; \
        img-src 'self' data: blob:{other}; font-src 'self'; connect-src 'self'{other}; base-uri 'none'; \
        form-action 'none'; frame-ancestors {ancestors}"
    )
}

/// Names with a hash of the content never come to mean something else.
const KEPT_FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about before each use.
const ASKED_ANEW: &str = "no-cache";

/// Encodings that the build makes copies in, the smaller first, with the ending of the copies' names.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

const NOT_BUILT: &str = "<!doctype html><html lang=\"en-GB\"><meta charset=\"utf-8\"><title>Levelmap</title>\
    <h1>Levelmap</h1><p>The server is running, but was built without its map page. Run <code>make web</code>, then \
    build the server again (<code>make run</code> does both). The data is at <a href=\"v1\">/v1</a>.</p></html>";

/// Answers `/`: the map page; with `?embed`, the same for the pages of others.
pub async fn index(State(state): State<AppState>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let embedded =
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(n, _)| n == "embed");
    let mut response = answer("index.html", ASKED_ANEW, &headers).unwrap_or_else(|| {
        (security(), [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")], NOT_BUILT)
            .into_response()
    });
    if let Ok(policy) = HeaderValue::from_str(&policy(state.base_map(), embedded)) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Answers `/assets/{*path}`: scripts, style sheets, fonts and pictures of the page.
pub async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let name = format!("assets/{path}");
    let plain = path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    plain
        .then(|| answer(&name, KEPT_FOR_EVER, &headers))
        .flatten()
        .unwrap_or_else(|| Problem::not_found(format!("the page has no file `{name}`")).into_response())
}

/// The file in the best encoding that is accepted, or that it is still the same; `None` when there is no such file.
fn answer(name: &str, caching: &'static str, headers: &HeaderMap) -> Option<Response> {
    let whole = Dist::get(name)?;
    let (file, encoding) = ENCODINGS
        .iter()
        .filter(|(encoding, _)| takes(headers, encoding))
        .find_map(|(encoding, ending)| Some((Dist::get(&format!("{name}{ending}"))?, Some(*encoding))))
        .unwrap_or((whole, None));
    let tag = entity_tag(&file);
    let same = headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|tags| names(tags, &tag));
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { body(file.data).into_response() };
    let answered = response.headers_mut();
    answered.extend(security());
    answered.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    answered.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    answered.insert(VARY, HeaderValue::from_static("accept-encoding"));
    answered.extend(HeaderValue::from_str(&tag).ok().map(|tag| (ETAG, tag)));
    answered.extend(encoding.map(|encoding| (CONTENT_ENCODING, HeaderValue::from_static(encoding))));
    Some(response)
}

fn body(data: Cow<'static, [u8]>) -> axum::body::Bytes {
    match data {
        Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

/// A strong tag from the content; copies in different encodings differ in content, so also in tag.
fn entity_tag(file: &EmbeddedFile) -> String {
    let mut tag = String::from("\"");
    // 16 of the 32 bytes: no two files of one page will ever share them.
    for byte in &file.metadata.sha256_hash()[..16] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// What an `If-None-Match` says that is of any tag.
pub(super) const ANY: &str = "*";

/// Whether an `If-None-Match` names the tag, by the weak comparison that RFC 9110 asks for there.
pub(super) fn names(tags: &str, tag: &str) -> bool {
    tags.split(',').map(str::trim).any(|t| t == ANY || t.strip_prefix("W/").unwrap_or(t) == tag)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// Headers that keep a browser from doing more than the page needs.
fn security() -> HeaderMap {
    let headers = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(self)"),
    ];
    let mut made: HeaderMap =
        headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    made.extend(
        HeaderValue::from_str(&policy(None, false)).ok().map(|policy| (CONTENT_SECURITY_POLICY, policy)),
    );
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_several_and_by_its_weak_form() {
        assert!(names("\"a\", W/\"b\"", "\"b\""));
        assert!(names("*", "\"b\""));
        assert!(!names("\"ab\"", "\"b\""));
        assert!(!names("", "\"b\""));
    }

    #[test]
    fn every_kind_of_file_that_the_build_makes_has_a_media_type() {
        for name in ["index.html", "a/b.js", "b.css", "c.svg", "d.woff2"] {
            assert_ne!(media_type(name), "application/octet-stream", "{name}");
        }
    }

    #[tokio::test]
    async fn no_path_leads_out_of_the_assets() {
        for path in ["../index.html", "../../Cargo.toml", "x/../../index.html", "", "//etc/passwd", "none.js"]
        {
            let response = asset(Path(path.to_owned()), HeaderMap::new()).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{path}");
        }
    }

    #[test]
    fn the_policy_allows_one_other_origin_at_most_and_strange_frames_only_where_asked() {
        let map = BaseMap::new("https://tiles.example/{z}/{x}/{y}.png", "Example").unwrap();
        let own = policy(None, false);
        assert!(own.contains("script-src 'self';") && own.contains("frame-ancestors 'self'"), "{own}");
        assert!(!own.contains("http") && !own.contains("unsafe"), "{own}");
        let wide = policy(Some(&map), true);
        assert!(wide.contains("img-src 'self' data: blob: https://tiles.example;"), "{wide}");
        assert!(wide.contains("script-src 'self';") && wide.contains("frame-ancestors *"), "{wide}");
    }
}
