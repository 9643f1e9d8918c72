//! Room for short answers, lent out and given back: what a thread has written just now is still at hand, and new memory is not.

use std::cell::RefCell;

use axum::body::Bytes;

/// Room of a usual answer with every layer that ships.
const USUAL_BYTES: usize = 3072;
/// Longer room is not kept.
const LONGEST_BYTES: usize = 4 * USUAL_BYTES;
/// How many a thread keeps: as many as answers that it has made and not sent yet.
const KEPT: usize = 32;

thread_local! {
    static ROOMS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes in lent room.
struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.0.capacity() > LONGEST_BYTES {
            return;
        }
        let mut room = std::mem::take(&mut self.0);
        room.clear();
        // A thread that ends gives nothing back.
        let _ = ROOMS.try_with(|rooms| {
            if let Ok(mut rooms) = rooms.try_borrow_mut()
                && rooms.len() < KEPT
            {
                rooms.push(room);
            }
        });
    }
}

/// Empty room to write an answer to.
pub(super) fn room() -> Vec<u8> {
    let kept = ROOMS.try_with(|rooms| rooms.try_borrow_mut().ok()?.pop()).ok().flatten();
    kept.unwrap_or_else(|| Vec::with_capacity(USUAL_BYTES))
}

/// An answer as it is sent; its room is given back after.
pub(super) fn lent(written: Vec<u8>) -> Bytes {
    Bytes::from_owner(Lent(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_used_again() {
        let mut first = room();
        assert!(first.is_empty() && first.capacity() >= USUAL_BYTES);
        first.extend_from_slice(b"one");
        let place = first.as_ptr();
        let answer = lent(first);
        let other = room();
        assert_ne!(other.as_ptr(), place, "it is not free yet");
        assert_eq!(answer, "one");
        drop((answer.clone(), answer));
        let again = room();
        assert!(again.is_empty() && again.as_ptr() == place);
        drop(lent(vec![0; LONGEST_BYTES + 1]));
        assert!(room().capacity() <= LONGEST_BYTES);
    }
}
