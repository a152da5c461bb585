//! What every store asks of paths and ranges.

use std::ops::Range;

#[cfg(feature = "object-store")]
use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, ErrorKind, Result};

/// The folder to list, without the slash that people like to end it with.
pub(crate) fn check_prefix(prefix: &str) -> Result<&str> {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if !prefix.is_empty() {
        check_path(prefix)?;
    }
    Ok(prefix)
}

/// The length of a range.
pub(crate) fn range_length(range: &Range<u64>) -> Result<u64> {
    range.end.checked_sub(range.start).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidValue,
            format!("the range {}..{} runs backwards", range.start, range.end),
        )
    })
}

/// An object ends before a range that was asked for.
pub(crate) fn beyond_end(range: &Range<u64>, size: u64) -> Error {
    Error::corrupt(format!(
        "bytes {}..{} were asked for, but the object has {size} bytes",
        range.start, range.end
    ))
}

/// The bytes of `range`, out of `data`, which begins at byte `offset` of the object and goes to its end.
#[cfg(feature = "object-store")]
pub(crate) fn slice(data: &Bytes, offset: u64, range: &Range<u64>) -> Result<Bytes> {
    range_length(range)?;
    let end = offset.saturating_add(data.len() as u64);
    if range.start < offset || range.end > end {
        return Err(beyond_end(range, end));
    }
    // Both lie within a slice in memory, so they fit.
    Ok(data.slice((range.start - offset) as usize..(range.end - offset) as usize))
}

#[cfg(all(test, feature = "object-store"))]
mod tests {
    use super::*;

    #[test]
    fn slices_stay_inside() {
        let data = Bytes::from_static(b"0123456789");
        assert_eq!(slice(&data, 100, &(103..105)).unwrap(), "34");
        assert_eq!(slice(&data, 0, &(10..10)).unwrap(), "");
        assert_eq!(slice(&data, 0, &(5..11)).unwrap_err().kind(), &ErrorKind::Corrupt);
        assert_eq!(slice(&data, 5, &(4..6)).unwrap_err().kind(), &ErrorKind::Corrupt);
        #[expect(clippy::reversed_empty_ranges, reason = "it is what is tested")]
        let backwards = 6..5;
        assert_eq!(
            slice(&data, 0, &backwards).unwrap_err().kind(),
            &ErrorKind::InvalidValue
        );
    }
}
