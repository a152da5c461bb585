//! A position in a blob, and the few things that are read there.

use std::ops::Range;

use bytes::Bytes;
use dj_codec_api::{Error, Limits, Result};

/// How many bytes counts, dimensions and lengths take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dims {
    /// Four: as mYm on a 32-bit MATLAB wrote them.
    Bits32,
    /// Eight.
    Bits64,
}

/// A position in a blob. Every read is checked against the end of the blob.
pub(crate) struct Cursor<'a> {
    data: Bytes,
    at: usize,
    dims: Dims,
    limits: &'a Limits,
    items: u64,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(data: Bytes, dims: Dims, limits: &'a Limits) -> Self {
        Self {
            data,
            at: 0,
            dims,
            limits,
            items: 0,
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn end(&self) -> usize {
        self.data.len()
    }

    pub(crate) fn left(&self) -> usize {
        self.data.len().saturating_sub(self.at)
    }

    pub(crate) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Counts a value against the limit.
    pub(crate) fn count_item(&mut self) -> Result<()> {
        self.items += 1;
        self.limits.check_items(self.items)
    }

    fn ends_early(&self, wanted: u64) -> Error {
        Error::corrupt(format!(
            "the blob ends early: {wanted} bytes are wanted, {} are left",
            self.left()
        ))
        .at(format!("byte {}", self.at))
    }

    /// Passes over the next `count` bytes, and says where they are.
    fn range(&mut self, count: u64) -> Result<Range<usize>> {
        let start = self.at;
        let end = usize::try_from(count)
            .ok()
            .and_then(|count| start.checked_add(count))
            .filter(|&end| end <= self.data.len())
            .ok_or_else(|| self.ends_early(count))?;
        self.at = end;
        Ok(start..end)
    }

    /// The next `count` bytes, as a part of the blob.
    pub(crate) fn bytes(&mut self, count: u64) -> Result<Bytes> {
        let range = self.range(count)?;
        Ok(self.data.slice(range))
    }

    /// The next `count` bytes, to look at.
    pub(crate) fn look(&mut self, count: u64) -> Result<&[u8]> {
        let range = self.range(count)?;
        Ok(self.data.get(range).unwrap_or_default())
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let found = *bytes.ok_or_else(|| self.ends_early(N as u64))?;
        self.at += N;
        Ok(found)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        self.fixed::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.fixed().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.fixed().map(u32::from_le_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32> {
        self.fixed().map(i32::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        self.fixed().map(i64::from_le_bytes)
    }

    pub(crate) fn f64(&mut self) -> Result<f64> {
        self.fixed().map(f64::from_le_bytes)
    }

    pub(crate) fn array16(&mut self) -> Result<[u8; 16]> {
        self.fixed()
    }

    /// A count, a dimension or a length.
    pub(crate) fn size(&mut self) -> Result<u64> {
        match self.dims {
            Dims::Bits64 => self.fixed().map(u64::from_le_bytes),
            Dims::Bits32 => self.u32().map(u64::from),
        }
    }

    /// How many bytes a count, a dimension or a length takes.
    pub(crate) fn size_width(&self) -> u64 {
        match self.dims {
            Dims::Bits64 => 8,
            Dims::Bits32 => 4,
        }
    }

    /// A count of things that take at least `each` bytes: never more than the rest of the blob can hold, so that memory may
    /// be reserved for it.
    pub(crate) fn count(&mut self, each: u64) -> Result<usize> {
        let at = self.at;
        let count = self.size()?;
        self.check_room(count, each, at)
    }

    /// Checks that `count` things of at least `each` bytes can follow.
    pub(crate) fn check_room(&self, count: u64, each: u64, at: usize) -> Result<usize> {
        let fits = count
            .checked_mul(each)
            .is_some_and(|bytes| bytes <= self.left() as u64);
        usize::try_from(count)
            .ok()
            .filter(|_| fits || count == 0)
            .ok_or_else(|| {
                Error::corrupt(format!(
                    "{count} items are announced, {} bytes are left",
                    self.left()
                ))
                .at(format!("byte {at}"))
            })
    }

    /// The end of a value whose length is read first.
    pub(crate) fn sized_end(&mut self) -> Result<usize> {
        let at = self.at;
        let length = self.size()?;
        usize::try_from(length)
            .ok()
            .and_then(|length| self.at.checked_add(length))
            .filter(|&end| end <= self.data.len())
            .ok_or_else(|| {
                Error::corrupt(format!(
                    "a value of {length} bytes is announced, {} are left",
                    self.left()
                ))
                .at(format!("byte {at}"))
            })
    }

    /// Text up to a NUL, which is passed over.
    pub(crate) fn terminated_text(&mut self) -> Result<String> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|&byte| byte == 0)
            .ok_or_else(|| Error::corrupt("a name has no end").at(format!("byte {}", self.at)))?;
        let name = self.utf8(length as u64)?;
        self.at += 1;
        Ok(name)
    }

    /// The next `length` bytes as text.
    pub(crate) fn utf8(&mut self, length: u64) -> Result<String> {
        let at = self.at;
        let bytes = self.look(length)?;
        std::str::from_utf8(bytes)
            .map(ToOwned::to_owned)
            .map_err(|error| {
                Error::corrupt("a text is no UTF-8")
                    .at(format!("byte {at}"))
                    .caused_by(error)
            })
    }

    /// The dimensions of an array, checked against the limits and to multiply without overflow.
    pub(crate) fn shape(&mut self) -> Result<Vec<usize>> {
        let at = self.at;
        let width = self.size_width();
        let dimensions = self.count(width)?;
        self.limits.check_dimensions(dimensions)?;
        let shape: Vec<u64> = (0..dimensions).map(|_| self.size()).collect::<Result<_>>()?;
        let sizes = shape
            .iter()
            .map(|&length| usize::try_from(length))
            .collect::<Result<Vec<_>, _>>();
        sizes
            .map_err(|_| Error::corrupt(format!("an array has the shape {shape:?}")).at(format!("byte {at}")))
    }

    /// Whether the next byte is this one.
    pub(crate) fn next_is(&self, byte: u8) -> bool {
        self.data.get(self.at) == Some(&byte)
    }
}

/// The number of elements of a shape, `None` where it is more than memory has addresses.
pub(crate) fn element_count(shape: &[usize]) -> Option<u64> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape
        .iter()
        .try_fold(1_u64, |product, &length| product.checked_mul(length as u64))
}
