//! Pictures of a whole movie: its mean, its maximum.

use std::ops::Range;

use bytemuck::Pod;
use dj_codec_api::{Array, Element, Error, Kind, Result};
use half::f16;
use rayon::prelude::*;

use crate::codec::named;
use crate::view::MovieView;

/// Pixels that a thread works on at a time.
const PIXELS: usize = 16 << 10;

impl MovieView {
    /// The mean of some frames, pixel by pixel, as float64; not a number where there are no frames. Memory holds one block of
    /// frames at a time, however many there are.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dj_codec_api::{Array, Context, MemoryStore, StoreMap};
    /// # use dj_photon_codecs::PhotonCodec;
    /// # let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main");
    /// # let cx = Context::new(stores).with_field("lab", "recording", "movie").with_key("id", 1_i64);
    /// # let codec = PhotonCodec::default();
    /// # let record = codec.write(&Array::from_vec(vec![1_u16, 2, 5, 8], &[2, 1, 2])?, &cx)?;
    /// let movie = codec.open(record, &cx)?;
    /// assert_eq!(movie.counts()?.mean(0..2)?.to_vec::<f64>()?, [3.0, 5.0]);
    /// # Ok::<(), dj_codec_api::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`region`](Self::region).
    pub fn mean(&self, frames: Range<u64>) -> Result<Array> {
        let count = frames.end.saturating_sub(frames.start);
        let mut sums = self.fold(frames, 0.0_f64, |sum, value| sum + value)?;
        #[expect(clippy::cast_precision_loss, reason = "no movie has 2^53 frames")]
        sums.iter_mut().for_each(|sum| *sum /= count as f64);
        Array::from_vec(sums, &self.frame_shape()?)
    }

    /// The largest value of some frames, pixel by pixel, as float64; minus infinity where there are no frames. Memory holds one
    /// block of frames at a time.
    ///
    /// # Errors
    /// As [`region`](Self::region).
    pub fn max(&self, frames: Range<u64>) -> Result<Array> {
        let largest = self.fold(frames, f64::NEG_INFINITY, f64::max)?;
        Array::from_vec(largest, &self.frame_shape()?)
    }

    fn frame_shape(&self) -> Result<Vec<usize>> {
        let fit = |&length: &u64| {
            usize::try_from(length).map_err(|_| named(Error::limit("array bytes", length, usize::MAX as u64)))
        };
        self.shape().iter().skip(1).map(fit).collect()
    }

    /// Folds each pixel over time.
    fn fold(
        &self,
        frames: Range<u64>,
        first: f64,
        step: impl Fn(f64, f64) -> f64 + Sync,
    ) -> Result<Vec<f64>> {
        macro_rules! of {
            ($type:ty, $read:expr) => {
                self.fold_as::<$type>(frames, first, |folded, value| step(folded, $read(value)))
            };
        }
        match self.dtype().kind() {
            Kind::UInt8 => of!(u8, f64::from),
            Kind::UInt16 => of!(u16, f64::from),
            Kind::UInt32 => of!(u32, f64::from),
            Kind::Int8 => of!(i8, f64::from),
            Kind::Int16 => of!(i16, f64::from),
            Kind::Int32 => of!(i32, f64::from),
            Kind::Float32 => of!(f32, f64::from),
            Kind::Float64 => of!(f64, |value: f64| value),
            _ => self.fold_any(frames, first, step),
        }
    }

    fn fold_as<T: Element + Pod>(
        &self,
        frames: Range<u64>,
        first: f64,
        step: impl Fn(f64, T) -> f64 + Sync,
    ) -> Result<Vec<f64>> {
        let pixels = self.pixels(&frames)?;
        let mut folded = vec![first; pixels];
        let mut buffer: Vec<T> = Vec::new();
        for block in self.blocks() {
            let block = block.start.max(frames.start)..block.end.min(frames.end);
            if block.is_empty() {
                continue;
            }
            // At most a few chunks.
            let count = usize::try_from(block.end - block.start).unwrap_or(0);
            buffer.resize(count.saturating_mul(pixels), T::zeroed());
            let values = buffer.get_mut(..count.saturating_mul(pixels)).unwrap_or_default();
            self.region_into(std::slice::from_ref(&block), values)?;
            let values = &*values;
            folded
                .par_chunks_mut(PIXELS)
                .enumerate()
                .for_each(|(part, folded)| {
                    for frame in values.chunks_exact(pixels.max(1)) {
                        let frame = frame.get(part * PIXELS..).unwrap_or_default();
                        for (folded, value) in folded.iter_mut().zip(frame) {
                            *folded = step(*folded, *value);
                        }
                    }
                });
        }
        Ok(folded)
    }

    /// The types that are rare: 64-bit integers, float16, truth values.
    fn fold_any(&self, frames: Range<u64>, first: f64, step: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>> {
        let pixels = self.pixels(&frames)?;
        let mut folded = vec![first; pixels];
        for block in self.blocks() {
            let block = block.start.max(frames.start)..block.end.min(frames.end);
            if block.is_empty() {
                continue;
            }
            let values = self.frames(block)?;
            let bytes = values.to_bytes(dj_codec_api::Order::C);
            let size = self.dtype().size().max(1);
            for frame in bytes.chunks_exact((pixels * size).max(1)) {
                for (folded, bytes) in folded.iter_mut().zip(frame.chunks_exact(size)) {
                    *folded = step(*folded, read(self.dtype().kind(), bytes));
                }
            }
        }
        Ok(folded)
    }

    /// The pixels of a frame; checks that the frames are there.
    fn pixels(&self, frames: &Range<u64>) -> Result<usize> {
        if frames.start > frames.end || frames.end > self.len() {
            return Err(named(Error::invalid_value(format!(
                "frames {frames:?} of a movie of {} frames",
                self.len()
            ))));
        }
        let shape = self.frame_shape()?;
        let pixels = shape
            .iter()
            .try_fold(1usize, |product, &length| product.checked_mul(length));
        pixels.ok_or_else(|| named(Error::limit("array bytes", u64::MAX, usize::MAX as u64)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean of such numbers is a float")]
fn read(kind: &Kind, bytes: &[u8]) -> f64 {
    let wide = |bytes: &[u8]| bytes.first_chunk::<8>().copied().unwrap_or_default();
    match kind {
        Kind::UInt64 => u64::from_le_bytes(wide(bytes)) as f64,
        Kind::Int64 => i64::from_le_bytes(wide(bytes)) as f64,
        Kind::Float16 => {
            let two = bytes.first_chunk::<2>().copied().unwrap_or_default();
            f16::from_le_bytes(two).to_f64()
        }
        _ => f64::from(bytes.first().copied().unwrap_or(0)),
    }
}
