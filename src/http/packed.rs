//! Answers that are whole when they are made, compressed in one go.
//!
//! The compression layer compresses a body as it is read, a few kilobytes at a time, which is right for answers whose end is
//! not known. One that is whole is compressed several times as fast by a library that has it before it all at once, and
//! without the state of a compressor made anew for it. Brotli is left to the layer.

use std::cell::RefCell;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, HeaderValue, VARY};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use libdeflater::{CompressionLvl, Compressor};
use tower_http::compression::DefaultPredicate;
use tower_http::compression::predicate::Predicate;

use super::encodings::takes;
use super::problem::Problem;
use super::{SMALL_BYTES, answer};

/// Longer answers are compressed in their turn.
const SHORT_BYTES: u64 = 256 * 1024;
/// Longer ones are compressed apart: they take tens of milliseconds.
const MIDDLING_BYTES: u64 = 4 * 1024 * 1024;
/// Longer answers are compressed as they are sent, so that few of them cannot take all memory.
const LONGEST_BYTES: u64 = 64 * 1024 * 1024;

/// How an answer is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    Gzip,
    Zstd,
}

/// How hard zstd tries. Gzip's first level makes our answers as short as the fourth of zlib does, and is never far from the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effort {
    /// For texts: the next levels take longer and make them no shorter.
    Least,
    /// For tiles, which are a sixth shorter by it.
    Some,
}

/// Compressors, and the room that they write to: a thread has its own.
pub(super) struct Packer {
    gzip: Compressor,
    zstd: Option<zstd::bulk::Compressor<'static>>,
    room: Vec<u8>,
}

thread_local! {
    static PACKER: RefCell<Packer> = RefCell::new(Packer::new());
}

/// Compresses an answer that is whole, where the client takes what we have.
pub(super) async fn packed(State(effort): State<Effort>, request: Request, next: Next) -> Response {
    let packing = packing(request.headers());
    let response = next.run(request).await;
    let Some(packing) = packing.filter(|_| is_meant(&response)) else { return response };
    let (mut parts, body) = response.into_parts();
    let body = match to_bytes(body, LONGEST_BYTES as usize).await {
        Ok(body) => body,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let packed = match pack(packing, effort, &body).await {
        Ok(Some(packed)) => packed,
        Ok(None) => return Response::from_parts(parts, Body::from(body)),
        Err(problem) => return problem.into_response(),
    };
    parts.headers.remove(CONTENT_LENGTH);
    mark(&mut parts.headers, packing);
    Response::from_parts(parts, Body::from(packed))
}

fn mark(headers: &mut HeaderMap, packing: Packing) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(packing.name()));
    headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// Says of a response that its body is compressed by gzip already.
pub(super) fn gzipped(mut response: Response) -> Response {
    mark(response.headers_mut(), Packing::Gzip);
    response
}

/// A body compressed, where its length says; nothing where that fails.
async fn pack(packing: Packing, effort: Effort, body: &Bytes) -> Result<Option<Vec<u8>>, Problem> {
    let bytes = body.len() as u64;
    if bytes <= SHORT_BYTES {
        return Ok(PACKER.with_borrow_mut(|packer| packer.pack(packing, effort, body)));
    }
    let body = body.clone();
    // The room that such a body needs is not worth keeping.
    let work = move || Packer::new().pack(packing, effort, &body);
    if bytes <= MIDDLING_BYTES {
        return answer::in_turn(work).await;
    }
    tokio::task::spawn_blocking(work).await.map_err(|e| Problem::internal(&e))
}

fn is_meant(response: &Response) -> bool {
    let is_whole = response
        .body()
        .size_hint()
        .exact()
        .is_some_and(|bytes| (SMALL_BYTES..=LONGEST_BYTES).contains(&bytes));
    is_whole
        && !response.headers().contains_key(CONTENT_ENCODING)
        && !response.headers().contains_key(CONTENT_RANGE)
        && DefaultPredicate::new().should_compress(response)
}

/// What the layer would choose for a client too; `None` where it is left to that.
fn packing(headers: &HeaderMap) -> Option<Packing> {
    match () {
        () if takes(headers, "zstd") => Some(Packing::Zstd),
        () if takes(headers, "br") => None,
        () if takes(headers, "gzip") => Some(Packing::Gzip),
        () => None,
    }
}

impl Packing {
    fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
        }
    }
}

impl Effort {
    fn zstd_level(self) -> i32 {
        match self {
            Effort::Least => 1,
            Effort::Some => 3,
        }
    }
}

/// The first level that compresses; `fastest` is one that does not.
fn first_level() -> CompressionLvl {
    CompressionLvl::new(1).unwrap_or_default()
}

impl Packer {
    /// One for bodies that are sent many times: gzip takes longer at them and makes them shorter. It has no zstd.
    pub(super) fn for_keeping() -> Packer {
        Packer { gzip: Compressor::new(CompressionLvl::default()), zstd: None, room: Vec::new() }
    }

    /// A body compressed by gzip; `None` where that fails.
    pub(super) fn gzip(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        // How hard to try is for zstd alone.
        self.pack(Packing::Gzip, Effort::Least, body)
    }

    fn new() -> Packer {
        let zstd = zstd::bulk::Compressor::new(1).ok();
        Packer { gzip: Compressor::new(first_level()), zstd, room: Vec::new() }
    }

    /// A body compressed; `None` where that fails.
    fn pack(&mut self, packing: Packing, effort: Effort, body: &[u8]) -> Option<Vec<u8>> {
        let most = match packing {
            Packing::Gzip => self.gzip.gzip_compress_bound(body.len()),
            Packing::Zstd => zstd::zstd_safe::compress_bound(body.len()),
        };
        if self.room.len() < most {
            self.room.resize(most, 0);
        }
        let length = match packing {
            Packing::Gzip => self.gzip.gzip_compress(body, &mut self.room).ok()?,
            Packing::Zstd => {
                let zstd = self.zstd.as_mut()?;
                zstd.set_compression_level(effort.zstd_level()).ok()?;
                zstd.compress_to_buffer(body, self.room.as_mut_slice()).ok()?
            }
        };
        // A copy, as the room is many times as large.
        Some(self.room[..length].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;
    use axum::http::header::ACCEPT_ENCODING;

    #[test]
    fn what_the_layer_would_choose_is_given() {
        let asked =
            |text| packing(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(text))]));
        assert_eq!(packing(&HeaderMap::new()), None);
        assert_eq!(asked("gzip"), Some(Packing::Gzip));
        assert_eq!(asked("gzip, br, zstd"), Some(Packing::Zstd));
        for left in ["gzip, br", "br"] {
            assert_eq!(asked(left), None, "{left}");
        }
    }

    #[test]
    fn a_text_gets_shorter() {
        let rows: Vec<String> =
            (0..1_000).map(|n| format!("{{\"code\":\"E{n:08}\",\"value\":{}}}", n * n % 97)).collect();
        let text = rows.concat();
        for packing in [Packing::Gzip, Packing::Zstd] {
            let packed = Packer::new().pack(packing, Effort::Least, text.as_bytes()).unwrap();
            assert!(packed.len() * 3 < text.len(), "{packing:?}: {} of {}", packed.len(), text.len());
        }
    }

    proptest! {
        // One packer after another body, as a thread has it; texts, and noise that cannot be made shorter.
        #[test]
        fn what_is_packed_is_the_same_unpacked(
            effort in prop::sample::select(vec![Effort::Least, Effort::Some]),
            bodies in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..5_000), 1..8_usize), 1..5)
        ) {
            PACKER.with_borrow_mut(|packer| {
                for (part, times) in bodies {
                    let body = part.repeat(times);
                    let mut unpacked = Vec::new();
                    let gzip = packer.pack(Packing::Gzip, effort, &body).unwrap();
                    flate2::read::GzDecoder::new(gzip.as_slice()).read_to_end(&mut unpacked).unwrap();
                    prop_assert_eq!(&unpacked, &body);
                    let zstd = packer.pack(Packing::Zstd, effort, &body).unwrap();
                    prop_assert_eq!(zstd::decode_all(zstd.as_slice()).unwrap(), body);
                }
                Ok(())
            })?;
        }
    }
}
