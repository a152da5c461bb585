//! Writing a movie as its frames come in.

use dj_codec_api::{Array, Context, DType, Error, Result};
use dj_zarr_codecs::ZarrWriter;

use crate::check;
use crate::codec::named;
use crate::options::{PhotonOptions, Plan};
use crate::record::PhotonRecord;

/// Writes a movie whose frames come in one after the other, for as long as a recording takes.
///
/// Frames are checked, compressed and stored by threads in the background as soon as a chunk is complete; [`push`](Self::push) waits
/// where these fall behind. In memory are the frames that do not fill a chunk yet and a few chunks on their way into the store,
/// however long the movie gets.
///
/// Nothing can be read before [`finish`](Self::finish), which gives the record for the column. A writer that is dropped
/// without it, or that has met an error of the store, removes all that it wrote. Frames that are refused change nothing: the
/// movie goes on without them, or is given up, as the caller likes.
///
/// ```
/// use std::sync::Arc;
///
/// use dj_codec_api::{Array, Context, MemoryStore, StoreMap};
/// use dj_photon_codecs::{MovieWriter, PhotonCodec, PhotonOptions};
///
/// let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main");
/// let cx = Context::new(stores).with_field("lab", "recording", "movie").with_key("recording_id", 7_i64);
///
/// let mut movie = MovieWriter::create(&"uint16".parse()?, &[4, 3], &PhotonOptions::default(), &cx)?;
/// for frame in 0..5_u16 {
///     movie.push(&Array::from_vec(vec![frame; 12], &[4, 3])?)?;
/// }
/// let refused = movie.push(&Array::from_vec(vec![0.5_f32; 12], &[4, 3])?).unwrap_err();
/// assert!(refused.to_string().contains("frame 5"));
/// let record = movie.finish()?;
/// assert_eq!(record.shape(), Some(&[5, 4, 3][..]));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug)]
pub struct MovieWriter {
    inner: ZarrWriter,
    plan: Plan,
    dtype: DType,
    frame_shape: Vec<usize>,
}

impl MovieWriter {
    /// Begins a movie of frames of this type and shape, in the store that the column of `cx` names and under a fresh path.
    ///
    /// # Errors
    /// Where frames have fewer than two dimensions or elements that are no numbers; where the options make no sense for them;
    /// where the store cannot be opened.
    pub fn create(
        dtype: &DType,
        frame_shape: &[usize],
        options: &PhotonOptions,
        cx: &Context,
    ) -> Result<Self> {
        let create = || {
            let plan = Plan::new(dtype, frame_shape, options, cx)?;
            Ok(Self {
                inner: ZarrWriter::create(dtype, frame_shape, &plan.zarr, cx)?,
                plan,
                dtype: dtype.clone(),
                frame_shape: frame_shape.to_vec(),
            })
        };
        create().map_err(named)
    }

    /// Appends frames: an array of `[n, frame_shape...]` for any `n`, or one frame.
    ///
    /// # Errors
    /// Where type or shape are others, or a value is negative, not finite, or without a code in a quantised movie: the text has
    /// the number of the frame, none of the frames is taken, and the movie can go on. Where a chunk cannot be stored, which
    /// gives up the movie: everything that was written is removed.
    pub fn push(&mut self, frames: &Array) -> Result<()> {
        let first = self.frames();
        if frames.dtype().to_little_endian() != self.dtype.to_little_endian() {
            return Err(named(
                Error::invalid_value(format!(
                    "frame {first} has elements of {}, the movie of {}",
                    frames.dtype(),
                    self.dtype
                ))
                .advise("convert the frame on purpose, or begin a movie of its type"),
            ));
        }
        let several = self.several(frames).map_err(named)?;
        check::frames(&several, first, self.plan.accepted).map_err(named)?;
        self.inner.append(&several)
    }

    /// The frames as an array with an axis for time.
    fn several(&self, frames: &Array) -> Result<Array> {
        if frames.shape().get(1..) == Some(&self.frame_shape) {
            return Ok(frames.clone());
        }
        if frames.shape() != self.frame_shape {
            return Err(Error::invalid_value(format!(
                "frame {} was expected in the shape {:?}, or several of them, this is an array of shape {:?}",
                self.frames(),
                self.frame_shape,
                frames.shape()
            )));
        }
        let shape: Vec<usize> = std::iter::once(1).chain(frames.shape().iter().copied()).collect();
        let strides: Vec<isize> = std::iter::once(0)
            .chain(frames.strides().iter().copied())
            .collect();
        Array::with_strides(
            frames.dtype().clone(),
            &shape,
            &strides,
            frames.start(),
            frames.data().clone(),
        )
    }

    /// How many frames were appended.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.inner.rows()
    }

    /// The path of the movie in its store; `None` where it was given up.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.inner.path()
    }

    /// Stores what is left, then the metadata that makes it an array, and gives the record for the column.
    ///
    /// # Errors
    /// Where something cannot be stored. Everything is removed then.
    pub fn finish(self) -> Result<PhotonRecord> {
        let written = self.inner.finish()?;
        PhotonRecord::written(&written, self.plan.version, self.plan.quantization).map_err(named)
    }

    /// Gives up the movie and removes what was written, as dropping the writer does.
    ///
    /// # Errors
    /// Where the store refuses to remove it.
    pub fn abort(self) -> Result<()> {
        self.inner.abort()
    }
}
