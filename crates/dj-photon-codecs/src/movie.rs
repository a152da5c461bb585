//! A movie in a store, read when asked.

use std::ops::Range;
use std::sync::Arc;

use dj_anscombe::Anscombe;
use dj_codec_api::{Array, Context, DType, Error, FormatVersion, Json, Lazy, Result, Value};
use dj_zarr_codecs::{Inventory, ZarrArray};

use crate::NAME;
use crate::codec::named;
use crate::filter::filters;
use crate::map::{Map, is_integer, is_number, stabilized_dtype};
use crate::quantize::Quantization;
use crate::record::PhotonRecord;
use crate::version::{self, Format};
use crate::view::MovieView;

/// A movie in a store. Its metadata is read when it is opened, frames when asked, and only the chunks that they are in.
///
/// A movie has two views, whichever data format it is stored in: [`counts`](Self::counts), what was recorded, and
/// [`stabilized`](Self::stabilized), the same with noise of variance 1, which is what Python's fetch gives and what
/// [`Lazy::load`] gives. Both are computed from what is stored as it is decoded, on all threads and with no copy of the movie in
/// between. [`frame`](Self::frame), [`frames`](Self::frames) and [`region`](Self::region) are those of the stabilised view.
///
/// Cloning is cheap, and clones share what they have learnt about the array.
///
/// ```
/// use std::sync::Arc;
///
/// use dj_codec_api::{Array, Context, MemoryStore, StoreMap};
/// use dj_photon_codecs::PhotonCodec;
///
/// let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main");
/// let cx = Context::new(stores).with_field("lab", "recording", "movie").with_key("recording_id", 7_i64);
/// let codec = PhotonCodec::default();
/// let record = codec.write(&Array::from_vec((0..60_u16).collect(), &[5, 4, 3])?, &cx)?;
///
/// let movie = codec.open(record, &cx)?;
/// assert_eq!(movie.shape(), [5, 4, 3]);
/// assert_eq!(movie.counts()?.frame(2)?.to_vec::<u16>()?, (24..36).collect::<Vec<_>>());
/// let pixel = movie.stabilized().region(&[0..5, 1..2, 0..1])?;
/// assert_eq!(pixel.to_vec::<f64>()?, [3, 15, 27, 39, 51].map(|count| 2.0 * (f64::from(count) + 0.375).sqrt()));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Clone)]
pub struct Movie(Arc<Opened>);

struct Opened {
    array: ZarrArray,
    format: Format,
    noise: Anscombe,
    original: DType,
    stabilized: DType,
    record: PhotonRecord,
}

impl Movie {
    pub(crate) fn open(record: PhotonRecord, cx: &Context) -> Result<Self> {
        let (path, said) = (
            record.path().to_owned(),
            record.record().get("codec_version").cloned(),
        );
        let mut format = Format::Transformed;
        let array = ZarrArray::open_owned(NAME, record.clone().into_array(), &filters(), cx, |attributes| {
            let (version, found) = version::read(attributes, said.as_ref(), &path, cx)?;
            format = found;
            Ok((version, format == Format::Counts))
        })?;
        Self::new(array, format, record).map_err(|error| error.at(path))
    }

    fn new(array: ZarrArray, format: Format, record: PhotonRecord) -> Result<Self> {
        let stored = array.dtype().filter(|dtype| is_number(dtype)).ok_or_else(|| {
            Error::corrupt("the elements of the array are no numbers, so it is no photon movie")
        })?;
        let transformed = matches!(
            stored.kind(),
            dj_codec_api::Kind::Float32 | dj_codec_api::Kind::Float64
        );
        if format == Format::Transformed && !transformed {
            return Err(Error::corrupt(format!(
                "format 1.0 holds stabilised values of float64 or float32, this array has {stored}"
            ))
            .advise("it may be an array of another codec, such as <zarr@>"));
        }
        let attribute = |key: &str, default: f64| match array.attributes().get(key) {
            None | Some(Json::Null) => Ok(default),
            Some(value) => value
                .as_f64()
                .ok_or_else(|| Error::corrupt(format!("the attribute {key:?} is no number"))),
        };
        let noise = Anscombe::new(
            attribute("anscombe_gain", 1.0)?,
            attribute("anscombe_offset", 0.0)?,
            attribute("anscombe_variance", 0.0)?,
        )
        .map_err(|error| Error::corrupt("the attributes make no noise model").caused_by(error))?;
        let original: DType = match array.attributes().get("original_dtype") {
            // Nobody knows: what is stored is all there is.
            None | Some(Json::Null) => stored.clone(),
            Some(Json::String(name)) => name.parse().map_err(|error| {
                Error::corrupt("the attribute \"original_dtype\" is no type").caused_by(error)
            })?,
            Some(_) => return Err(Error::corrupt("the attribute \"original_dtype\" is no text")),
        };
        let stabilized = match format {
            Format::Transformed => stored.clone(),
            Format::Counts => stabilized_dtype(stored),
        };
        Ok(Self(Arc::new(Opened {
            array,
            format,
            noise,
            original,
            stabilized,
            record,
        })))
    }

    /// The lengths of the dimensions, time first.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        self.0.array.shape()
    }

    /// How many frames there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shape().first().copied().unwrap_or(0)
    }

    /// Whether there are no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape of the chunks that are read one by one.
    #[must_use]
    pub fn chunk_shape(&self) -> &[u64] {
        self.0.array.chunk_shape()
    }

    /// The type that the counts were recorded in.
    #[must_use]
    pub fn original_dtype(&self) -> &DType {
        &self.0.original
    }

    /// The type of the elements of the stored array: of counts in format 2.0, of stabilised values in 1.0.
    #[must_use]
    pub fn stored_dtype(&self) -> &DType {
        // The array has a dtype, or it would not have been opened.
        self.0.array.dtype().unwrap_or(&self.0.stabilized)
    }

    /// The type of the stabilised values: float32 where the counts are, else float64.
    #[must_use]
    pub fn stabilized_dtype(&self) -> &DType {
        &self.0.stabilized
    }

    /// The noise by which the movie is stabilised.
    #[must_use]
    pub fn noise(&self) -> Anscombe {
        self.0.noise
    }

    /// How the movie is quantised, and how much that lost; `None` where it is not.
    #[must_use]
    pub fn quantization(&self) -> Option<Quantization> {
        let attribute = self.attributes().get("quantization");
        attribute.and_then(Quantization::from_json)
    }

    /// The data format.
    #[must_use]
    pub fn format_version(&self) -> FormatVersion {
        self.0.array.format_version()
    }

    /// The attributes of the array.
    #[must_use]
    pub fn attributes(&self) -> &serde_json::Map<String, Json> {
        self.0.array.attributes()
    }

    /// The folder of the movie in its store.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.array.path()
    }

    /// The name of the store.
    #[must_use]
    pub fn store_name(&self) -> Option<&str> {
        self.0.array.store_name()
    }

    /// The record that the movie was opened by.
    #[must_use]
    pub fn record(&self) -> &PhotonRecord {
        &self.0.record
    }

    /// What was written, where the record says: how many objects and bytes.
    #[must_use]
    pub fn inventory(&self) -> Option<&Inventory> {
        self.0.array.inventory()
    }

    /// The array as it is stored: its whole metadata, its elements untransformed.
    #[must_use]
    pub fn array(&self) -> &ZarrArray {
        &self.0.array
    }

    /// The movie with noise of variance 1. Of counts in format 2.0 these are, bit for bit, the values that format 1.0 stores.
    #[must_use]
    pub fn stabilized(&self) -> MovieView {
        let map = match self.0.format {
            Format::Transformed => None,
            Format::Counts => Some(Map::stabilized(self.stored_dtype(), self.0.noise)),
        };
        MovieView::new(self.0.array.clone(), self.0.stabilized.clone(), map)
    }

    /// The counts as they were recorded, in the type that they were recorded in (little-endian).
    ///
    /// From format 1.0 each count is computed from its stabilised value, and proved: transformed again it gives the same bits, and
    /// no other count does. Reading is an error where one is not, as for counts from about 2^51 on.
    ///
    /// # Errors
    /// Where the movie is of format 1.0 and was recorded in floats, which their rounded transforms do not give back.
    pub fn counts(&self) -> Result<MovieView> {
        let (stored, original) = (self.stored_dtype(), &self.0.original);
        match self.0.format {
            Format::Counts => Ok(MovieView::new(self.0.array.clone(), stored.clone(), None)),
            Format::Transformed if is_integer(original) => {
                let map = Map::counts(stored, original, self.0.noise);
                Ok(MovieView::new(
                    self.0.array.clone(),
                    original.to_little_endian(),
                    Some(map),
                ))
            }
            Format::Transformed => Err(named(
                Error::unsupported(format!(
                    "the exact counts of a movie of format 1.0 that was recorded in {original} cannot be told from its rounded stabilised values"
                ))
                .at(self.path())
                .advise("read Movie::algebraic_counts, which are close to them"),
            )),
        }
    }

    /// What the formula of the transform, solved for the count, gives, in the type of the stabilised values: close to the
    /// counts of any movie, and not exact. From format 2.0 the counts themselves, as floats.
    #[must_use]
    pub fn algebraic_counts(&self) -> MovieView {
        let stored = self.stored_dtype();
        let map = match self.0.format {
            Format::Transformed => Map::algebraic(stored, self.0.noise),
            Format::Counts => Map::widened(stored),
        };
        MovieView::new(self.0.array.clone(), self.0.stabilized.clone(), Some(map))
    }

    /// One stabilised frame; the dimension of time is left out.
    ///
    /// # Errors
    /// As [`MovieView::region`].
    pub fn frame(&self, index: u64) -> Result<Array> {
        self.stabilized().frame(index)
    }

    /// Some stabilised frames.
    ///
    /// # Errors
    /// As [`MovieView::region`].
    pub fn frames(&self, frames: Range<u64>) -> Result<Array> {
        self.stabilized().frames(frames)
    }

    /// A stabilised region: a range for each of the first axes; the others are read whole.
    ///
    /// # Errors
    /// As [`MovieView::region`].
    pub fn region(&self, region: &[Range<u64>]) -> Result<Array> {
        self.stabilized().region(region)
    }
}

impl std::fmt::Debug for Movie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Movie")
            .field("path", &self.path())
            .field("shape", &self.shape())
            .field("original_dtype", &self.original_dtype())
            .field("format_version", &self.format_version())
            .finish_non_exhaustive()
    }
}

impl Lazy for Movie {
    fn type_name(&self) -> &'static str {
        "a photon movie"
    }

    /// The stabilised values, which are what Python's fetch gives.
    fn load(&self) -> Result<Value> {
        self.stabilized().read().map(Value::from)
    }

    fn load_rows(&self, rows: Range<u64>) -> Option<Result<Array>> {
        Some(self.stabilized().frames(rows))
    }

    fn shape(&self) -> Option<&[u64]> {
        Some(self.shape())
    }

    fn dtype(&self) -> Option<&DType> {
        Some(self.stabilized_dtype())
    }
}
