//! Writing an array as its rows come in.

use dj_codec_api::{Array, Context, DType, Error, Result};

use super::options::ZarrOptions;
use super::unfinished::Unfinished;
use crate::NAME;
use crate::record::ZarrRecord;

/// Writes an array whose rows come in one after the other: as an instrument delivers them, as a computation yields
/// them.
///
/// The array has the rows along its first axis. Chunks are compressed and stored by threads in the background as
/// soon as their rows are complete; [`append`](Self::append) waits where these fall behind. In memory are the rows
/// that do not fill a chunk yet, and a few chunks on their way into the store: under eight a core, however long the
/// array gets. (With shards, compressed chunks also wait for the rest of their shard; with chunks that cut rows into
/// parts, up to two rows of chunks are in memory.)
///
/// Nothing can be read before [`finish`](Self::finish), which gives the record for the column. A writer that is
/// dropped without it, or that has met an error, removes all that it wrote. A process that is killed leaves objects
/// that nothing opens as an array.
///
/// ```
/// use std::sync::Arc;
///
/// use dj_codec_api::{Array, Context, DType, Kind, MemoryStore, StoreMap};
/// use dj_zarr_codecs::{ZarrOptions, ZarrWriter};
///
/// let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main");
/// let cx = Context::new(stores).with_field("lab", "recording", "movie").with_key("recording_id", 7_i64);
///
/// let mut movie = ZarrWriter::create(&DType::new(Kind::UInt16), &[4, 3], &ZarrOptions::default(), &cx)?;
/// for frame in 0..5_u16 {
///     movie.append(&Array::from_vec(vec![frame; 12], &[4, 3])?)?;
/// }
/// let record = movie.finish()?;
/// assert_eq!(record.shape(), Some(&[5, 4, 3][..]));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug)]
pub struct ZarrWriter {
    // Gone once the array is finished or given up.
    open: Option<Unfinished>,
    // The codec that errors name.
    codec: String,
}

impl ZarrWriter {
    /// Begins an array of rows of `row_shape`, in the store that the column of `cx` names and under a fresh path.
    /// Rows of numbers have the empty shape.
    ///
    /// # Errors
    /// Where Zarr cannot hold the dtype, or not portably; where the options contradict each other or the shape; where
    /// the store cannot be opened.
    pub fn create(dtype: &DType, row_shape: &[usize], options: &ZarrOptions, cx: &Context) -> Result<Self> {
        let shape: Vec<Option<u64>> = std::iter::once(None)
            .chain(row_shape.iter().map(|&length| Some(length as u64)))
            .collect();
        Self::begin(dtype, &shape, options, cx)
    }

    /// Begins an array of known shape: its chunks and shards are chosen for that, and [`finish`](Self::finish) fails
    /// where other than `shape[0]` rows came.
    ///
    /// # Errors
    /// As [`create`](Self::create), and where the shape is empty.
    pub fn create_with_shape(
        dtype: &DType,
        shape: &[usize],
        options: &ZarrOptions,
        cx: &Context,
    ) -> Result<Self> {
        if shape.is_empty() {
            return Err(
                Error::invalid_value("an array of no dimensions has no rows to append")
                    .with_codec(NAME)
                    .advise("write it whole, with ZarrWriter::write"),
            );
        }
        let shape: Vec<Option<u64>> = shape.iter().map(|&length| Some(length as u64)).collect();
        Self::begin(dtype, &shape, options, cx)
    }

    /// Writes a whole array and gives the record for the column. Any order of elements and of bytes will do; format
    /// 2.0 keeps neither.
    ///
    /// # Errors
    /// As [`create`](Self::create) and [`append`](Self::append). Everything is removed then.
    pub fn write(array: &Array, options: &ZarrOptions, cx: &Context) -> Result<ZarrRecord> {
        let shape: Vec<Option<u64>> = array.shape().iter().map(|&length| Some(length as u64)).collect();
        let mut writer = Self::begin(array.dtype(), &shape, options, cx)?;
        let written = writer
            .open
            .as_mut()
            .ok_or_else(given_up)
            .and_then(|open| open.append_whole(array));
        match written {
            Ok(()) => writer.finish(),
            Err(error) => Err(writer.give_up(error)),
        }
    }

    fn begin(dtype: &DType, shape: &[Option<u64>], options: &ZarrOptions, cx: &Context) -> Result<Self> {
        let codec = options
            .owner
            .as_ref()
            .map_or(NAME, |owner| &owner.name)
            .to_owned();
        match Unfinished::begin(dtype, shape, options, cx) {
            Ok(open) => Ok(Self {
                open: Some(open),
                codec,
            }),
            Err(error) => Err(error.with_codec(codec)),
        }
    }

    /// Appends rows: an array of `[n, row_shape...]` for any `n`, or one row of `row_shape`. Any order of elements
    /// and of bytes will do.
    ///
    /// # Errors
    /// Where dtype or shape are others, which changes nothing; and where a chunk cannot be stored, which gives up the
    /// array: everything that was written is removed, and the error's text has the coordinates of the chunk.
    pub fn append(&mut self, rows: &Array) -> Result<()> {
        let open = self
            .open
            .as_mut()
            .ok_or_else(|| given_up().with_codec(&self.codec))?;
        let rows = open
            .check_rows(rows)
            .map_err(|error| error.with_codec(&self.codec))?;
        match open.append(&rows) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.give_up(error)),
        }
    }

    /// How many rows were appended.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.open.as_ref().map_or(0, Unfinished::rows)
    }

    /// The path of the array in its store; `None` where the array was given up.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.path())
    }

    /// The chunk shape. Where it was chosen and the array turns out shorter than a chunk, the chunk gets as short.
    #[must_use]
    pub fn chunk_shape(&self) -> Option<&[u64]> {
        self.open.as_ref().map(|open| open.chunk_shape())
    }

    /// Stores what is left, then the metadata that makes it an array, and gives the record for the column.
    ///
    /// # Errors
    /// Where something cannot be stored, or fewer or more rows came than were announced. Everything is removed then.
    pub fn finish(mut self) -> Result<ZarrRecord> {
        let finished = self
            .open
            .as_mut()
            .ok_or_else(given_up)
            .and_then(Unfinished::finish);
        match finished {
            Ok(record) => {
                // What is there now is the caller's.
                self.open = None;
                Ok(record)
            }
            Err(error) => Err(self.give_up(error)),
        }
    }

    /// Gives up the array and removes what was written, as dropping the writer does.
    ///
    /// # Errors
    /// Where the store refuses to remove it.
    pub fn abort(mut self) -> Result<()> {
        self.open
            .take()
            .map_or(Ok(()), |mut open| open.remove())
            .map_err(|error| error.with_codec(&self.codec))
    }

    fn give_up(&mut self, error: Error) -> Error {
        let error = error.with_codec(&self.codec);
        match self.open.take().map(|mut open| open.remove()) {
            Some(Err(refusal)) => error.advise(format!(
                "what was written could not be removed either ({refusal}); nothing opens it as an array, and its folder may be deleted"
            )),
            _ => error,
        }
    }
}

impl Drop for ZarrWriter {
    fn drop(&mut self) {
        if let Some(mut open) = self.open.take() {
            // Nobody is left to be told.
            let _ = open.remove();
        }
    }
}

fn given_up() -> Error {
    Error::invalid_value("this array was given up after an error").advise("begin another one")
}
