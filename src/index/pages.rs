//! Tables that are read here and there, in large pages of memory.
//!
//! A table of many megabytes that is asked at random costs a look into the processor's map of pages for almost every
//! question; in pages of two megabytes there are five hundred times fewer of them to know. Linux gives such pages to memory
//! that asks for them (`madvise`), unless it is told never to; elsewhere the table is an ordinary one.

use std::ops::Deref;

use bytemuck::Pod;
use memmap2::MmapMut;

/// A large page.
const PAGE_BYTES: usize = 2 << 20;
/// Smaller tables fit into the processor's map as they are; one at least so large has a page of its own.
const LARGE_BYTES: usize = PAGE_BYTES / 2;

/// A table of plain numbers that does not grow.
pub(crate) struct LargePages<T>(Held<T>);

enum Held<T> {
    /// Memory, and how many values it holds.
    Mapped(MmapMut, usize),
    Owned(Vec<T>),
}

impl<T: Pod> LargePages<T> {
    /// A table of zeros.
    pub fn zeroed(len: usize) -> Self {
        let bytes = len * size_of::<T>();
        let mapped = (bytes >= LARGE_BYTES).then(|| mapped(bytes)).flatten();
        LargePages(match mapped {
            Some(memory) => Held::Mapped(memory, len),
            None => Held::Owned(vec![T::zeroed(); len]),
        })
    }

    /// The table to be filled.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        match &mut self.0 {
            Held::Mapped(memory, len) => &mut bytemuck::cast_slice_mut(memory)[..*len],
            Held::Owned(values) => values,
        }
    }
}

/// Memory for bytes, zeroed, before anything touches it; `None` where the system has none to map.
fn mapped(bytes: usize) -> Option<MmapMut> {
    let memory = MmapMut::map_anon(bytes.max(PAGE_BYTES)).ok()?;
    // A system without large pages refuses, and gives small ones.
    #[cfg(target_os = "linux")]
    let _ = memory.advise(memmap2::Advice::HugePage);
    Some(memory)
}

impl<T: Pod> Deref for LargePages<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Held::Mapped(memory, len) => &bytemuck::cast_slice(memory)[..*len],
            Held::Owned(values) => values,
        }
    }
}

impl AsRef<[u8]> for LargePages<u8> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<T: Pod> From<Vec<T>> for LargePages<T> {
    fn from(values: Vec<T>) -> Self {
        let mut table = LargePages::zeroed(values.len());
        table.as_mut_slice().copy_from_slice(&values);
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_holds_what_it_was_filled_with_small_or_large() {
        for len in [0usize, 1, 1000, LARGE_BYTES / 8 - 1, LARGE_BYTES / 8, LARGE_BYTES + 12_345] {
            let values: Vec<u64> = (0..len as u64).map(|i| i * i).collect();
            let mut table = LargePages::from(values.clone());
            assert_eq!(*table, *values);
            if let Some(last) = table.as_mut_slice().last_mut() {
                *last = 7;
                assert_eq!(table[len - 1], 7);
            }
            assert!(LargePages::<u32>::zeroed(len).iter().all(|word| *word == 0));
        }
    }
}
