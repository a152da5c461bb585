//! How much a decoder may be made to do by bytes that nobody vouches for.

use crate::{Error, Result};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Bounds that every decoder obeys. The defaults fit any data that DataJoint is used for, and stop bytes that
/// claim a terabyte before a byte of it is allocated.
///
/// ```
/// use dj_codec_api::{ErrorKind, Limits};
///
/// let limits = Limits::default().with_array_bytes(1 << 20);
/// assert!(limits.check_array_bytes(1 << 20).is_ok());
/// let error = limits.check_array_bytes(1 << 40).unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Limit { what: "array bytes", .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How deep containers may nest. Default: 512.
    pub depth: usize,
    /// How many values one stored value may hold in containers, keys included. Default: 2^28.
    pub items: u64,
    /// How many bytes one array, or one region of one, may take in memory. Default: 64 GiB.
    pub array_bytes: u64,
    /// How many bytes a compressed value may become. Default: 16 GiB.
    pub decompressed_bytes: u64,
    /// How many bytes one chunk of a chunked array may take when decoded. Default: 4 GiB.
    pub chunk_bytes: u64,
    /// How many bytes of metadata are read: a header, a JSON document. Default: 16 MiB.
    pub metadata_bytes: u64,
    /// How many dimensions an array may have. Default: 64, as in NumPy 2.
    pub dimensions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 512,
            items: 1 << 28,
            array_bytes: 64 * GIB,
            decompressed_bytes: 16 * GIB,
            chunk_bytes: 4 * GIB,
            metadata_bytes: 16 * MIB,
            dimensions: 64,
        }
    }
}

macro_rules! limit {
    ($($field:ident, $type:ty, $with:ident, $check:ident, $what:literal;)+) => {$(
        #[doc = concat!("Sets the limit on ", $what, ".")]
        #[must_use]
        pub fn $with(mut self, limit: $type) -> Self {
            self.$field = limit;
            self
        }

        #[doc = concat!("Checks `asked` against the limit on ", $what, ".")]
        ///
        /// # Errors
        /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) where it is over the limit.
        pub fn $check(&self, asked: $type) -> Result<()> {
            if asked > self.$field {
                return Err(Error::limit($what, asked as u64, self.$field as u64));
            }
            Ok(())
        }
    )+};
}

impl Limits {
    limit! {
        depth, usize, with_depth, check_depth, "nesting depth";
        items, u64, with_items, check_items, "items";
        array_bytes, u64, with_array_bytes, check_array_bytes, "array bytes";
        decompressed_bytes, u64, with_decompressed_bytes, check_decompressed_bytes, "decompressed bytes";
        chunk_bytes, u64, with_chunk_bytes, check_chunk_bytes, "chunk bytes";
        metadata_bytes, u64, with_metadata_bytes, check_metadata_bytes, "metadata bytes";
        dimensions, usize, with_dimensions, check_dimensions, "dimensions";
    }

    /// The number of bytes of an array of `shape` whose elements take `item_size` bytes, checked for overflow
    /// and against the limits on dimensions and on array bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) where the product is over a limit or over 2^64.
    pub fn array_size(&self, shape: &[u64], item_size: u64) -> Result<u64> {
        self.check_dimensions(shape.len())?;
        // A zero anywhere makes the array empty, whatever the others say.
        if shape.contains(&0) {
            return Ok(0);
        }
        let bytes = shape
            .iter()
            .try_fold(item_size, |product, &length| product.checked_mul(length))
            .ok_or_else(|| Error::limit("array bytes", u64::MAX, self.array_bytes))?;
        self.check_array_bytes(bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn sizes_are_checked_without_overflow() {
        let limits = Limits::default();
        assert_eq!(limits.array_size(&[], 8).unwrap(), 8);
        assert_eq!(limits.array_size(&[3, 4], 2).unwrap(), 24);
        assert_eq!(limits.array_size(&[u64::MAX, 0, u64::MAX], 8).unwrap(), 0);
        for shape in [&[u64::MAX, 2][..], &[1 << 40][..], &[1 << 32, 1 << 32][..]] {
            let error = limits.array_size(shape, 8).unwrap_err();
            assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Limit {
                        what: "array bytes",
                        ..
                    }
                ),
                "{error}"
            );
        }
        assert!(limits.array_size(&[1; 65], 1).is_err());
    }
}
