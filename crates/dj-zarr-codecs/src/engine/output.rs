//! Memory for results: prepared for large arrays, and written by several threads at once.

use std::marker::PhantomData;
use std::ops::Range;

use bytes::Bytes;
use dj_codec_api::{Error, Result};

/// A zeroed vector whose pages the system makes huge where it can. Faulting 4 KiB pages in takes longer than decoding
/// into them. No page is touched here: that is left to the decoders' threads.
///
/// # Errors
/// Where there is no such memory.
pub(crate) fn prepared<T: bytemuck::Zeroable>(length: usize) -> Result<Vec<T>> {
    let memory = bytemuck::allocation::try_zeroed_vec(length).map_err(|()| {
        Error::limit(
            "array bytes",
            length.saturating_mul(size_of::<T>()) as u64,
            u64::MAX,
        )
        .advise("there is no memory for it; read regions")
    })?;
    advise_huge(&memory);
    Ok(memory)
}

#[cfg(target_os = "linux")]
fn advise_huge<T>(memory: &[T]) {
    const HUGE: usize = 2 << 20;
    let start = memory.as_ptr() as usize;
    let (first, end) = (
        start.next_multiple_of(HUGE),
        (start + size_of_val(memory)) / HUGE * HUGE,
    );
    if first < end {
        #[expect(
            unsafe_code,
            reason = "the system call has no safe form for memory that a Vec owns"
        )]
        // SAFETY: the range lies inside of the vector's allocation. MADV_HUGEPAGE changes how pages are backed, never
        // what they hold, and a system that cannot do it says so, which is no harm.
        unsafe {
            libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_HUGEPAGE);
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge<T>(_: &[T]) {}

/// Bytes for an array, aligned for every element type.
pub(crate) struct Buffer {
    words: Vec<u64>,
    length: usize,
}

impl Buffer {
    /// Zeroed memory for this many bytes.
    ///
    /// # Errors
    /// Where there is no such memory.
    pub(crate) fn new(length: usize) -> Result<Self> {
        Ok(Self {
            words: prepared(length.div_ceil(8))?,
            length,
        })
    }

    pub(crate) fn as_mut(&mut self) -> &mut [u8] {
        let length = self.length;
        bytemuck::cast_slice_mut(&mut self.words)
            .get_mut(..length)
            .unwrap_or_default()
    }

    /// The same memory, shared.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.words)
            .get(..self.length)
            .unwrap_or_default()
    }
}

/// An output that several threads write, each its own bytes.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    start: *mut u8,
    length: usize,
    borrowed: PhantomData<&'a mut [u8]>,
}

#[expect(unsafe_code, reason = "a raw pointer is not sent to threads by itself")]
// SAFETY: only `slice` reaches the bytes, and its contract keeps threads apart.
unsafe impl Send for Output<'_> {}
#[expect(unsafe_code, reason = "a raw pointer is not shared by threads by itself")]
// SAFETY: as above.
unsafe impl Sync for Output<'_> {}

impl<'a> Output<'a> {
    pub(super) fn new(out: &'a mut [u8]) -> Self {
        Self {
            start: out.as_mut_ptr(),
            length: out.len(),
            borrowed: PhantomData,
        }
    }

    /// These bytes of the output; none where the range is not inside of it.
    ///
    /// # Safety
    /// While the slice lives, nobody else asks for a range that overlaps this one.
    #[expect(unsafe_code, reason = "the contract stands in for the borrow checker")]
    pub(super) unsafe fn slice(&self, range: Range<usize>) -> &'a mut [u8] {
        if range.start > range.end || range.end > self.length {
            return &mut [];
        }
        // SAFETY: inside of the output, as was just checked; exclusive by the contract; alive for 'a, for which `new`
        // borrowed the output.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.end - range.start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_memory_is_zeroed_and_aligned() {
        let mut buffer = Buffer::new((9 << 20) + 3).unwrap();
        assert_eq!(buffer.as_ref().len(), (9 << 20) + 3);
        assert!(buffer.as_ref().iter().all(|&byte| byte == 0));
        buffer.as_mut()[5] = 1;
        let bytes = buffer.into_bytes();
        assert_eq!((bytes[5], bytes.as_ptr() as usize % 8), (1, 0));
        assert!(prepared::<u64>(usize::MAX / 16).is_err());
    }
}
