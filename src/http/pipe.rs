//! A request body streamed in and a response streamed out by work on a thread of its own, in constant memory.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::{Answer, bytes};
use super::problem::Problem;
use crate::query::Input;

/// Output is sent on in pieces of this size, sooner when the input pauses.
const PIECE_BYTES: usize = 1 << 16;
/// Pieces of output that wait for a client to take them.
const PIECES: usize = 128;
/// Bytes of input that wait for their turn. Simple clients send all before they take anything: as the answers are much longer
/// than the questions, it is the questions that are kept meanwhile.
const WAITING_BYTES: u32 = 64 << 20;
/// A client that sends nothing for so long is gone,
const PATIENCE: Duration = Duration::from_mins(1);
/// and one that takes nothing for so long, which may still be sending.
const LONG_PATIENCE: Duration = Duration::from_mins(5);

/// The request body, as a thread reads it. While it waits for more, what has been written is sent.
pub struct Incoming {
    pieces: UnboundedReceiver<io::Result<Waiting>>,
    held: Bytes,
    outgoing: Outgoing,
}

/// A piece of input, and its share of what may wait.
struct Waiting(Bytes, #[expect(dead_code, reason = "given back when it is dropped")] OwnedSemaphorePermit);

/// The response body, as a thread writes it.
#[derive(Clone)]
pub struct Outgoing(Rc<RefCell<Pieces>>);

struct Pieces {
    to: Sender<Result<Bytes, Problem>>,
    held: Vec<u8>,
    /// Something has been sent, so that the status can no longer change.
    begun: bool,
    runtime: Handle,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.begun = true;
        let piece = Bytes::from(std::mem::replace(&mut self.held, Vec::with_capacity(PIECE_BYTES)));
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the client takes no more");
        self.runtime.block_on(self.to.send_timeout(Ok(piece), LONG_PATIENCE)).map_err(gone)
    }
}

impl Write for Outgoing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut pieces = self.0.borrow_mut();
        pieces.held.extend_from_slice(buffer);
        if pieces.held.len() >= PIECE_BYTES {
            pieces.send()?;
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().send()
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.held.is_empty() {
            let piece = match self.pieces.try_recv() {
                Err(TryRecvError::Empty) => {
                    self.outgoing.flush()?;
                    self.pieces.blocking_recv()
                }
                Ok(piece) => Some(piece),
                Err(TryRecvError::Disconnected) => None,
            };
            match piece {
                Some(piece) => self.held = piece?.0,
                None => return Ok(0),
            }
        }
        let length = self.held.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.held.split_to(length));
        Ok(length)
    }
}

impl Input for Incoming {
    fn is_at_hand(&self) -> bool {
        !self.held.is_empty() || !self.pieces.is_empty()
    }
}

/// Sends the body through `work` and answers with what that writes. A problem before the first byte is the answer; after
/// that it cuts the connection, which is the only way left to say that the answer is not whole.
pub async fn through(
    body: Body,
    max_body_bytes: u64,
    content_type: &'static str,
    work: impl FnOnce(Incoming, Outgoing) -> Result<(), Problem> + Send + 'static,
) -> Answer {
    let (feed, incoming) = unbounded_channel();
    let (to, mut outgoing) = channel(PIECES);
    tokio::spawn(read_body(body, max_body_bytes, feed));
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let held = Vec::with_capacity(PIECE_BYTES);
        let problems = to.clone();
        let output = Outgoing(Rc::new(RefCell::new(Pieces { to, held, begun: false, runtime })));
        let input = Incoming { pieces: incoming, held: Bytes::new(), outgoing: output.clone() };
        let ended = work(input, output.clone());
        let mut pieces = output.0.borrow_mut();
        if ended.is_err() && !pieces.begun {
            pieces.held.clear();
        }
        let sent = pieces.send();
        if let (Err(problem), Ok(())) = (ended, sent) {
            // Nobody is there to be told when this fails.
            let _ = problems.blocking_send(Err(problem));
        }
    });
    let first = match outgoing.recv().await {
        Some(first) => first?,
        None => Bytes::new(),
    };
    let rest = stream::unfold(outgoing, |mut outgoing| async {
        let piece = outgoing.recv().await?;
        Some((piece.map_err(|problem| io::Error::other(problem.detail)), outgoing))
    });
    // What compresses a body asks once more after its end.
    let all = stream::once(async { Ok(first) }).chain(rest).fuse();
    Ok(bytes(content_type, Body::from_stream(all)))
}

async fn read_body(body: Body, max_body_bytes: u64, feed: UnboundedSender<io::Result<Waiting>>) {
    let room = Arc::new(Semaphore::new(WAITING_BYTES as usize));
    let mut pieces = body.into_data_stream();
    let mut left = max_body_bytes;
    loop {
        let piece = match timeout(PATIENCE, pieces.next()).await {
            Ok(None) => return,
            Ok(Some(Ok(piece))) => match left.checked_sub(piece.len() as u64) {
                Some(rest) => {
                    left = rest;
                    Ok(piece)
                }
                None => Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("the body is longer than the {max_body_bytes} bytes that this server takes"),
                )),
            },
            Ok(Some(Err(error))) => Err(io::Error::other(error)),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "nothing came for a minute")),
        };
        let piece = match piece {
            Ok(piece) => {
                let share = u32::try_from(piece.len()).unwrap_or(u32::MAX).min(WAITING_BYTES);
                // The work may end before there is room.
                let share = tokio::select! {
                    share = Arc::clone(&room).acquire_many_owned(share) => share,
                    () = feed.closed() => return,
                };
                share.map(|share| Waiting(piece, share)).map_err(io::Error::other)
            }
            Err(error) => Err(error),
        };
        let ended = piece.is_err();
        if feed.send(piece).is_err() || ended {
            return;
        }
    }
}

/// What an error of the input means to the client.
pub fn input_problem(error: &io::Error) -> Problem {
    let status = match error.kind() {
        io::ErrorKind::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        io::ErrorKind::TimedOut => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    };
    Problem::new(status, error.to_string())
}
