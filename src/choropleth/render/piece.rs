//! Pieces of a long answer: what was written for it, and what is put together when it is read.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::atlas::Feature;

/// A piece of a long answer.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes of its own.
    Own(Bytes),
    /// Bytes that others hold as well.
    Shared(Bytes),
    /// Features to be put together.
    Spliced(Arc<Spliced>),
}

/// Where what is ready of features has so many bytes in the mean, each is a piece of its own, and never copied.
const SHARED_BYTES: usize = 1024;

/// Features of areas that follow one another in their layer. Held is what follows on the beginning that the layer keeps of each; all
/// of it stands in one place when it is read, and not before: of a layer of small areas nine tenths are those beginnings.
#[derive(Debug)]
pub struct Spliced {
    features: Arc<[Feature]>,
    areas: Range<usize>,
    rests: Vec<u8>,
    /// Where the rest of each area ends.
    ends: Vec<u32>,
    bytes: usize,
}

impl Piece {
    /// How long it is.
    pub fn len(&self) -> usize {
        match self {
            Piece::Own(bytes) | Piece::Shared(bytes) => bytes.len(),
            Piece::Spliced(spliced) => spliced.bytes,
        }
    }

    /// True of one of no length.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much memory it holds that no one else does, about.
    pub fn held_bytes(&self) -> usize {
        match self {
            Piece::Own(bytes) => bytes.len(),
            Piece::Shared(_) => 0,
            Piece::Spliced(spliced) => spliced.rests.len() + spliced.ends.len() * size_of::<u32>(),
        }
    }

    /// Its bytes.
    pub fn read(&self) -> Bytes {
        match self {
            Piece::Own(bytes) | Piece::Shared(bytes) => bytes.clone(),
            Piece::Spliced(spliced) => spliced.put_together().into(),
        }
    }
}

impl From<Bytes> for Piece {
    fn from(bytes: Bytes) -> Self {
        Piece::Own(bytes)
    }
}

impl Spliced {
    /// The features of some areas from what is ready of the features of their layer, and the rest of each by where it ends.
    pub(super) fn new(
        features: &Arc<[Feature]>,
        areas: Range<usize>,
        rests: Vec<u8>,
        ends: Vec<u32>,
    ) -> Self {
        debug_assert_eq!(areas.len(), ends.len());
        let ready: usize = features[areas.clone()].iter().map(|feature| feature.begun().len()).sum();
        Spliced { features: Arc::clone(features), areas, bytes: ready + rests.len(), rests, ends }
    }

    /// It as pieces: whole, or where beginnings are long each of them shared.
    pub(super) fn into_pieces(self) -> Vec<Piece> {
        if self.bytes < self.areas.len() * SHARED_BYTES {
            return vec![Piece::Spliced(self.into())];
        }
        let Spliced { features, areas, rests, ends, .. } = self;
        let mut pieces = Vec::with_capacity(areas.len() * 2);
        let (rests, mut from) = (Bytes::from(rests), 0);
        for (feature, &end) in features[areas].iter().zip(&ends) {
            let rest = rests.slice(from..end as usize);
            pieces.extend([Piece::Shared(feature.begun().clone()), Piece::Own(rest)]);
            from = end as usize;
        }
        pieces
    }

    fn put_together(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes);
        let mut from = 0;
        for (feature, &end) in self.features[self.areas.clone()].iter().zip(&self.ends) {
            out.extend_from_slice(feature.begun());
            out.extend_from_slice(&self.rests[from..end as usize]);
            from = end as usize;
        }
        out
    }
}
