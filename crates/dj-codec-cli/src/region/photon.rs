//! Photon movies.

use std::ops::Range;

use dj_codecs::api::{Array, DType, Result};
use dj_codecs::photon::{Movie, MovieView};

use super::Source;
use crate::view::View;

/// A view of a movie, of which chunks are read.
pub(super) struct Photon<'a> {
    movie: &'a Movie,
    view: MovieView,
}

impl<'a> Photon<'a> {
    /// Reads from this view of a movie.
    pub(super) fn new(movie: &'a Movie, view: View) -> Result<Self> {
        let view = match view {
            View::Stabilized => movie.stabilized(),
            View::Counts => movie.counts()?,
        };
        Ok(Self { movie, view })
    }
}

impl Source for Photon<'_> {
    fn dtype(&self) -> &DType {
        self.view.dtype()
    }

    fn shape(&self) -> &[u64] {
        self.view.shape()
    }

    fn grain(&self) -> Option<Vec<u64>> {
        Some(self.movie.chunk_shape().to_vec())
    }

    fn read(&self, region: &[Range<u64>]) -> Result<Array> {
        self.view.region(region)
    }
}
