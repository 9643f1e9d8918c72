//! Answers of middling length, compressed in one go where they are made.
//!
//! The compression layer compresses a body as it is read, a few kilobytes at a time, which for long answers is right: others
//! are served meanwhile. An answer about a place is whole before it is sent and compressed in a tenth of a millisecond; to
//! hand it about, and to make the state of a compressor anew, takes several times as long. What is not plainly
//! asked for goes to the layer.

use std::cell::RefCell;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, HeaderValue, VARY,
};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::{Compress, FlushCompress, Status};
use tower_http::compression::DefaultPredicate;
use tower_http::compression::predicate::Predicate;

use super::SMALL_BYTES;
use super::problem::Problem;

/// Longer answers are compressed as they are sent, where they keep no others waiting.
const LONGEST_BYTES: u64 = 256 * 1024;
/// What a compressor may add to what it cannot compress.
const SPARE_BYTES: usize = 1024;

/// How an answer is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    Gzip,
    Zstd,
}

/// The compressors of a thread, and the room that they write to.
struct Packer {
    gzip: Compress,
    zstd: Option<zstd::bulk::Compressor<'static>>,
    room: Vec<u8>,
}

thread_local! {
    static PACKER: RefCell<Packer> = RefCell::new(Packer {
        gzip: Compress::new_gzip(flate2::Compression::fast(), 15),
        zstd: zstd::bulk::Compressor::new(1).ok(),
        room: Vec::new(),
    });
}

/// Compresses an answer that is whole and of middling length, where the client plainly takes what we have.
pub(super) async fn packed(request: Request, next: Next) -> Response {
    let packing = packing(request.headers());
    let response = next.run(request).await;
    let Some(packing) = packing.filter(|_| is_meant(&response)) else { return response };
    let (mut parts, body) = response.into_parts();
    let body = match to_bytes(body, LONGEST_BYTES as usize).await {
        Ok(body) => body,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let Some(packed) = PACKER.with_borrow_mut(|packer| packer.pack(packing, &body)) else {
        return Response::from_parts(parts, Body::from(body));
    };
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(packing.name()));
    parts.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    Response::from_parts(parts, Body::from(packed))
}

fn is_meant(response: &Response) -> bool {
    let is_middling = response
        .body()
        .size_hint()
        .exact()
        .is_some_and(|bytes| (SMALL_BYTES..=LONGEST_BYTES).contains(&bytes));
    is_middling
        && !response.headers().contains_key(CONTENT_ENCODING)
        && !response.headers().contains_key(CONTENT_RANGE)
        && DefaultPredicate::new().should_compress(response)
}

/// What a client plainly takes and the layer would choose for it too; `None` where it must be asked.
fn packing(headers: &HeaderMap) -> Option<Packing> {
    let mut all = headers.get_all(ACCEPT_ENCODING).iter();
    let (Some(only), None) = (all.next()?.to_str().ok(), all.next()) else { return None };
    // Weights and wildcards are for the layer to judge.
    if only.contains([';', '*']) {
        return None;
    }
    let takes = |name: &str| only.split(',').any(|one| one.trim().eq_ignore_ascii_case(name));
    match () {
        () if takes("zstd") => Some(Packing::Zstd),
        () if takes("br") => None,
        () if takes("gzip") => Some(Packing::Gzip),
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

impl Packer {
    /// A body compressed; `None` where that fails.
    fn pack(&mut self, packing: Packing, body: &[u8]) -> Option<Vec<u8>> {
        self.room.clear();
        self.room.reserve(body.len() + SPARE_BYTES);
        match packing {
            Packing::Gzip => {
                self.gzip.reset();
                let status = self.gzip.compress_vec(body, &mut self.room, FlushCompress::Finish).ok()?;
                if status != Status::StreamEnd {
                    return None;
                }
            }
            Packing::Zstd => {
                self.zstd.as_mut()?.compress_to_buffer(body, &mut self.room).ok()?;
            }
        }
        // A copy, as the room is many times as large.
        Some(self.room.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_plainly_taken_is_given() {
        let asked = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(text).unwrap());
            packing(&headers)
        };
        assert_eq!(packing(&HeaderMap::new()), None);
        assert_eq!(asked("gzip"), Some(Packing::Gzip));
        assert_eq!(asked("deflate,GZIP"), Some(Packing::Gzip));
        assert_eq!(asked("gzip, deflate, br, zstd"), Some(Packing::Zstd));
        for left in ["gzip, deflate, br", "gzip;q=0", "gzip;q=0.5, zstd", "*", "identity", "", "deflate"] {
            assert_eq!(asked(left), None, "{left}");
        }
        let mut twice = HeaderMap::new();
        twice.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        twice.append(ACCEPT_ENCODING, HeaderValue::from_static("br"));
        assert_eq!(packing(&twice), None);
    }

    proptest! {
        // One packer after another body, as a thread has it; texts, and noise that cannot be made shorter.
        #[test]
        fn what_is_packed_is_the_same_unpacked(
            bodies in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..5_000), 1..8_usize), 1..5)
        ) {
            PACKER.with_borrow_mut(|packer| {
                for (part, times) in bodies {
                    let body = part.repeat(times);
                    let mut unpacked = Vec::new();
                    let gzip = packer.pack(Packing::Gzip, &body).unwrap();
                    flate2::read::GzDecoder::new(gzip.as_slice()).read_to_end(&mut unpacked).unwrap();
                    prop_assert_eq!(&unpacked, &body);
                    let zstd = packer.pack(Packing::Zstd, &body).unwrap();
                    prop_assert_eq!(zstd::decode_all(zstd.as_slice()).unwrap(), body);
                }
                Ok(())
            })?;
        }
    }
}
