//! Bodies in pieces that are ready: long answers, made by several threads, are sent as they were made.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Full};

use super::connections::Sent;
use crate::choropleth::render::Piece;

/// Pieces of a body that follow one another, shared by all copies of it. Its length is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    all: Arc<[Piece]>,
    sent: usize,
    left_bytes: u64,
}

impl Pieces {
    /// Reads the whole of a body, without copying it.
    pub async fn of(mut body: Body) -> Result<Pieces, axum::Error> {
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            pieces.extend(frame?.into_data());
        }
        Ok(pieces.into())
    }

    /// Bytes that are not sent yet.
    pub fn len(&self) -> usize {
        self.left_bytes as usize
    }

    /// How much memory they hold that no one else does, about.
    pub fn held_bytes(&self) -> usize {
        self.all.iter().map(Piece::held_bytes).sum()
    }

    /// The same in one piece.
    #[must_use]
    pub fn joined(self) -> Pieces {
        match self.all.get(self.sent..) {
            None | Some([] | [_]) => self,
            Some(pieces) => {
                let mut whole = Vec::with_capacity(self.len());
                for piece in pieces {
                    whole.extend_from_slice(&piece.read());
                }
                vec![Bytes::from(whole)].into()
            }
        }
    }
}

impl From<Vec<Bytes>> for Pieces {
    fn from(pieces: Vec<Bytes>) -> Self {
        pieces.into_iter().map(Piece::Own).collect::<Vec<_>>().into()
    }
}

impl From<Vec<Piece>> for Pieces {
    fn from(pieces: Vec<Piece>) -> Self {
        let left_bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
        Pieces { all: pieces.into(), sent: 0, left_bytes }
    }
}

impl From<Pieces> for Sent {
    fn from(pieces: Pieces) -> Self {
        match pieces.all.get(pieces.sent..) {
            // As one piece it is written together with the head of the response.
            Some([only]) => Sent::Left(only.read().into()),
            Some([]) | None => Sent::Left(Full::default()),
            Some(_) => Sent::Right(Body::new(pieces)),
        }
    }
}

impl From<Pieces> for Body {
    fn from(pieces: Pieces) -> Self {
        match Sent::from(pieces) {
            Sent::Left(whole) => Body::new(whole),
            Sent::Right(body) => body,
        }
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.all.get(self.sent).map(Piece::read);
        if let Some(piece) = &next {
            self.sent += 1;
            self.left_bytes -= piece.len() as u64;
        }
        Poll::Ready(next.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent == self.all.len()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_in_pieces_is_the_same_body() {
        let pieces = Pieces::from(["one", "", " and two"].map(Bytes::from).to_vec());
        assert_eq!(pieces.len(), 11);
        let body = Body::from(pieces.clone());
        assert_eq!(body.size_hint().exact(), Some(11));
        let read = Pieces::of(body).await.unwrap();
        assert_eq!((read.all.len(), read.len()), (3, 11));
        let joined = read.joined();
        assert_eq!(joined.all.iter().map(Piece::read).collect::<Vec<_>>(), ["one and two"]);
        assert_eq!(Body::from(joined).collect().await.unwrap().to_bytes(), "one and two");
        assert!(Body::from(Pieces::default()).is_end_stream());
    }
}
