//! Writing `ndarray`s.

use dj_codec_api::{Array, Context, Element, Result};
use ndarray::{ArrayBase, Data, Dimension};

use super::{ZarrOptions, ZarrWriter};
use crate::ZarrRecord;

impl ZarrWriter {
    /// Appends the rows of an `ndarray`; see [`append`](Self::append).
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_ndarray<T: Element, S: Data<Elem = T>, D: Dimension>(
        &mut self,
        rows: &ArrayBase<S, D>,
    ) -> Result<()> {
        self.append(&Array::from_ndarray(rows)?)
    }

    /// Writes a whole `ndarray`; see [`write`](Self::write).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_ndarray<T: Element, S: Data<Elem = T>, D: Dimension>(
        array: &ArrayBase<S, D>,
        options: &ZarrOptions,
        cx: &Context,
    ) -> Result<ZarrRecord> {
        Self::write(&Array::from_ndarray(array)?, options, cx)
    }
}
