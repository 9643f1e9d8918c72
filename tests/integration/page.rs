//! The map page: its headers, and what the operator may choose for it.

use axum::http::StatusCode;
use levelmap::http::BaseMap;

use super::http::{STATE, ask, ask_of};

#[tokio::test]
async fn the_page_has_its_policy_and_only_the_embedded_one_may_be_framed() {
    for (path, ancestors) in [("/", "frame-ancestors 'self'"), ("/?embed", "frame-ancestors *")] {
        let reply = ask(path, &[]).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && policy.contains(ancestors), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("://"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "strict-origin-when-cross-origin");
        assert!(reply.header("permissions-policy").contains("camera=()"));
    }
}

#[tokio::test]
async fn the_page_is_not_sent_again_while_it_is_the_same() {
    let first = ask("/", &[]).await;
    // Without the built page, which `make test` has and `cargo test` alone may not have, `/` has no tag.
    if first.header("etag").is_empty() {
        eprintln!("skipped: web/dist is not built");
        return;
    }
    let again = ask("/", &[("if-none-match", first.header("etag"))]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(!again.header("content-security-policy").is_empty());
}

#[tokio::test]
async fn a_base_map_is_told_to_the_page_and_let_through_by_its_policy() {
    assert!(ask("/page.json", &[]).await.json()["base_map"].is_null());
    let map = BaseMap::new("https://tiles.example/{z}/{x}/{y}.png", "Example").unwrap();
    let state = STATE.clone().with_base_map(Some(map));
    let told = ask_of(&state, "/page.json", &[]).await.json();
    assert_eq!(told["base_map"]["tiles"], "https://tiles.example/{z}/{x}/{y}.png");
    assert_eq!(told["base_map"]["attribution"], "Example");
    let reply = ask_of(&state, "/", &[]).await;
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("img-src 'self' data: blob: https://tiles.example;"), "{policy}");
    assert!(policy.contains("connect-src 'self' https://tiles.example;"), "{policy}");
    assert!(policy.contains("script-src 'self';"), "{policy}");
}
