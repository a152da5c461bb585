//! Where fields begin in structures that are laid out as C does.

use dj_codec_api::{DType, Error, Kind, Result};

/// The boundary that an element begins at.
pub(super) fn alignment(dtype: &DType) -> usize {
    match dtype.kind() {
        Kind::Struct(record) => {
            let fields = record.fields().iter().map(|field| alignment(&field.dtype));
            fields.max().unwrap_or(1)
        }
        // Complex numbers and texts have the boundary of their parts, bytes have none.
        _ => dtype.swap_unit().unwrap_or(1).max(1),
    }
}

/// The first boundary at or after `offset`.
pub(super) fn aligned(offset: usize, boundary: usize) -> Result<usize> {
    offset
        .checked_next_multiple_of(boundary)
        .ok_or_else(|| Error::limit("array bytes", u64::MAX, isize::MAX as u64))
}
