//! Questions to a public service, asked again when it is busy.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use url::Url;

/// Longer answers are no tables of indicators nor pages of boundaries.
const LONGEST_BYTES: u64 = 1 << 30;

/// A question is asked so many times before it is given up.
const TRIES: u32 = 4;
/// The first wait before it is asked again; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// No service is waited for longer than this, whatever it asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

const CONNECTING: Duration = Duration::from_secs(30);
/// Some answers are made when they are asked for.
const ANSWERING: Duration = Duration::from_mins(5);

/// A service by its address.
pub(super) struct Client {
    agent: Agent,
    base: Url,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[error("{address} {cause}")]
pub(super) struct Unanswered {
    address: Box<str>,
    cause: Cause,
}

/// What came instead of an answer.
#[derive(Debug)]
enum Cause {
    /// Nothing, or not all of it.
    Lost(Box<ureq::Error>),
    /// A status that is no success, and what the service says of it.
    Status(StatusCode, String),
    /// An error in the body of an answer that says it is one.
    Refused(String),
    /// Something else than was asked for.
    Unread(serde_json::Error),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Lost(error) => write!(f, "did not answer: {error}"),
            Cause::Status(status, said) if said.is_empty() => write!(f, "answered {status}"),
            Cause::Status(status, said) => write!(f, "answered {status}: {said}"),
            Cause::Refused(said) => write!(f, "refused: {said}"),
            Cause::Unread(error) => write!(f, "answered what cannot be read: {error}"),
        }
    }
}

impl Client {
    /// Of the service whose addresses begin with `base`.
    pub fn new(base: &Url) -> Client {
        let mut base = base.clone();
        // What is joined to an address without a stroke at its end takes the place of its last part.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Config::builder()
            .tls_config(tls)
            .user_agent(concat!("levelmap/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECTING))
            .timeout_recv_response(Some(ANSWERING))
            .timeout_recv_body(Some(ANSWERING))
            // Its body says what is wrong.
            .http_status_as_error(false)
            .build();
        Client { agent: config.new_agent(), base }
    }

    /// The whole answer to a question: a path below the address of the service, and parameters.
    ///
    /// # Errors
    /// When the service does not answer, or not with a success, also after it was asked again.
    pub fn bytes(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, Unanswered> {
        let address = self.address(path, query);
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES {
            match self.once(&address) {
                Err((cause, asked)) if is_passing(&cause) => {
                    let rest = asked.unwrap_or(wait).min(LONGEST_WAIT);
                    eprintln!("levelmap: {address} {cause}; asking again in {} s", rest.as_secs());
                    std::thread::sleep(rest);
                    wait *= 2;
                }
                done => {
                    return done.map_err(|(cause, _)| Unanswered { address: address.as_str().into(), cause });
                }
            }
        }
        self.once(&address).map_err(|(cause, _)| Unanswered { address: address.as_str().into(), cause })
    }

    /// An answer in JSON.
    ///
    /// # Errors
    /// As [`Client::bytes`], and when the answer is an error by its `error` member, whatever its status, or is not what was asked
    /// for.
    pub fn json<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Unanswered> {
        let body = self.bytes(path, query)?;
        serde_json::from_slice(&body).map_err(|error| {
            let cause = match said(&body) {
                said if said.is_empty() => Cause::Unread(error),
                said => Cause::Refused(said),
            };
            Unanswered { address: self.address(path, query).as_str().into(), cause }
        })
    }

    fn address(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut address = self.base.clone();
        address.set_path(&format!("{}{path}", self.base.path()));
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        address
    }

    fn once(&self, address: &Url) -> Result<Vec<u8>, (Cause, Option<Duration>)> {
        let lost = |error| (Cause::Lost(Box::new(error)), None);
        let mut response = self.agent.get(address.as_str()).call().map_err(lost)?;
        let asked = retry_after(&response);
        let status = response.status();
        let body = response.body_mut().with_config().limit(LONGEST_BYTES).read_to_vec().map_err(lost)?;
        if status.is_success() { Ok(body) } else { Err((Cause::Status(status, said(&body)), asked)) }
    }
}

/// Whether it may be otherwise in a moment: not where a name is unknown, or a certificate not trusted.
fn is_passing(cause: &Cause) -> bool {
    match cause {
        Cause::Lost(error) => match &**error {
            ureq::Error::Io(error) => PASSING.contains(&error.kind()),
            error => matches!(error, ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed),
        },
        Cause::Status(status, _) => {
            status.is_server_error() && *status != StatusCode::NOT_IMPLEMENTED
                || *status == StatusCode::TOO_MANY_REQUESTS
        }
        Cause::Refused(_) | Cause::Unread(_) => false,
    }
}

/// Faults of a connection that another may not have.
const PASSING: [ErrorKind; 6] = [
    ErrorKind::ConnectionRefused,
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::BrokenPipe,
    ErrorKind::TimedOut,
    ErrorKind::UnexpectedEof,
];

/// How long the service asks to be left alone.
fn retry_after<T>(response: &Response<T>) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What an error says in words: `message`, or the `message` and `details` of `error`; nothing where there are none.
pub(super) fn said(body: &[u8]) -> String {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let error = answer.get("error").unwrap_or(&answer);
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let texts = [error.get("message"), error.get("Message")].into_iter().flatten().chain(details);
    let mut said: Vec<&str> = texts.filter_map(Value::as_str).filter(|text| !text.is_empty()).collect();
    said.dedup();
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_in_the_words_of_the_service() {
        let arcgis = br#"{"error":{"code":400,"message":"Invalid URL","details":["Invalid URL"]}}"#;
        assert_eq!(said(arcgis), "Invalid URL");
        let two = br#"{"error":{"code":400,"message":"Cannot perform query.","details":["'where' is invalid",""]}}"#;
        assert_eq!(said(two), "Cannot perform query.; 'where' is invalid");
        assert_eq!(said(br#"{"message":"Indicator \"x\" not found."}"#), "Indicator \"x\" not found.");
        for none in [&b"<html>"[..], b"{}", b"[]", b"", br#"{"error":{}}"#, br#"{"message":7}"#] {
            assert_eq!(said(none), "");
        }
    }
}
