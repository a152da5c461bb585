//! What other crates add to an array: codecs from array to array by their name, and maps of its elements on the way.

use std::fmt;
use std::sync::Arc;

use dj_codec_api::{DType, Error, Json, Result};

/// Turns elements of one type into elements of another, each by itself.
///
/// [`ZarrArray::read_region_mapped`](crate::ZarrArray::read_region_mapped) applies one to what it decodes, block by block while
/// the block is in a processor's cache; [`ZarrOptions::with_element_map`](crate::ZarrOptions::with_element_map) applies one to what
/// is written, chunk by chunk. Neither makes a copy of the array in between.
pub trait ElementMap: fmt::Debug + Send + Sync {
    /// The type of the elements that it takes, little-endian.
    fn source(&self) -> &DType;

    /// The type of the elements that it gives, little-endian.
    fn target(&self) -> &DType;

    /// Maps elements. Both are whole elements, as many of the one as of the other, little-endian, and need not be aligned.
    /// Which elements come together means nothing.
    ///
    /// # Errors
    /// Where an element has no counterpart.
    fn apply(&self, source: &[u8], target: &mut [u8]) -> Result<()>;
}

/// A Zarr codec from array to array, of Zarr V3 by its name or of Zarr V2 by its id, that treats each element by itself.
pub trait ArrayFilter: fmt::Debug + Send + Sync {
    /// The name in metadata.
    fn name(&self) -> &str;

    /// The configuration in metadata: an object.
    fn configuration(&self) -> Json;

    /// The type of the elements of the array, little-endian.
    fn decoded(&self) -> &DType;

    /// The type of the elements that are stored, little-endian.
    fn encoded(&self) -> &DType;

    /// Turns elements of the array into those that are stored. Both are whole elements, as many of the one as of the other,
    /// little-endian, and need not be aligned.
    ///
    /// # Errors
    /// Where the codec cannot hold an element.
    fn encode(&self, decoded: &[u8], encoded: &mut [u8]) -> Result<()>;

    /// Turns elements that are stored into those of the array, as [`encode`](Self::encode) the other way.
    ///
    /// # Errors
    /// Where an element is none that the codec makes.
    fn decode(&self, encoded: &[u8], decoded: &mut [u8]) -> Result<()>;
}

/// Makes the filters of one name from their configurations.
pub trait ArrayFilterKind: fmt::Debug + Send + Sync {
    /// The name in metadata.
    fn name(&self) -> &str;

    /// The filter with this configuration, for an array of `decoded` elements, which are little-endian. Of Zarr V2 it is
    /// the whole entry in the list of filters, with its `id`.
    ///
    /// # Errors
    /// Where the configuration makes no sense.
    fn configure(&self, configuration: &Json, decoded: &DType) -> Result<Arc<dyn ArrayFilter>>;
}

/// The filters of other crates that a reader knows, beside those of this one.
///
/// ```
/// use dj_zarr_codecs::{ArrayFilters, ZarrCodec};
///
/// let codec = ZarrCodec::default().with_filters(ArrayFilters::linked());
/// assert!(codec.filters().names().is_empty(), "this program links no crate that brings one");
/// ```
#[derive(Debug, Clone, Default)]
pub struct ArrayFilters(Vec<Arc<dyn ArrayFilterKind>>);

impl ArrayFilters {
    /// No filters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The filters of every crate that the program links and that names them with
    /// [`submit_array_filter!`](crate::submit_array_filter).
    #[must_use]
    pub fn linked() -> Self {
        dj_codec_api::inventory::iter::<LinkedArrayFilter>
            .into_iter()
            .fold(Self::new(), |filters, entry| filters.with((entry.make)()))
    }

    /// Adds a kind of filter; one of the same name gives way.
    #[must_use]
    pub fn with(mut self, kind: Arc<dyn ArrayFilterKind>) -> Self {
        self.0.retain(|known| known.name() != kind.name());
        self.0.push(kind);
        self
    }

    /// The names of the filters.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|kind| kind.name()).collect()
    }

    /// The filter that an array's metadata names; `None` where there is none of that name.
    ///
    /// # Errors
    /// Where its configuration makes no sense, or it is for another type of elements.
    pub(crate) fn configure(
        &self,
        name: &str,
        configuration: &Json,
        decoded: Option<&DType>,
    ) -> Result<Option<Stage>> {
        let Some(kind) = self.0.iter().find(|kind| kind.name() == name) else {
            return Ok(None);
        };
        let decoded = decoded.ok_or_else(|| {
            Error::unsupported(format!(
                "the codec {name} is for elements of a fixed size, which this array has not"
            ))
        })?;
        let filter = kind.configure(configuration, &decoded.to_little_endian())?;
        if *filter.decoded() != decoded.to_little_endian() || filter.encoded().size() == 0 {
            return Err(Error::corrupt(format!(
                "the codec {name} gives elements of {}, the array has {decoded}",
                filter.decoded()
            )));
        }
        Ok(Some(Stage(filter)))
    }
}

/// A filter among the codecs of an array.
#[derive(Debug, Clone)]
pub(crate) struct Stage(pub(crate) Arc<dyn ArrayFilter>);

impl PartialEq for Stage {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
            && self.0.configuration() == other.0.configuration()
            && self.0.decoded() == other.0.decoded()
    }
}

/// A filter that a linked crate brings; see [`submit_array_filter!`](crate::submit_array_filter).
#[doc(hidden)]
#[derive(Debug)]
pub struct LinkedArrayFilter {
    make: fn() -> Arc<dyn ArrayFilterKind>,
}

impl LinkedArrayFilter {
    /// What the macro submits.
    pub const fn new(make: fn() -> Arc<dyn ArrayFilterKind>) -> Self {
        Self { make }
    }
}

dj_codec_api::inventory::collect!(LinkedArrayFilter);

/// Brings a kind of filter into every program that links the crate, for [`ArrayFilters::linked`]. What it is given makes a value
/// that is an [`ArrayFilterKind`].
#[macro_export]
macro_rules! submit_array_filter {
    ($make:expr) => {
        ::dj_codec_api::inventory::submit! {
            $crate::LinkedArrayFilter::new(|| ::std::sync::Arc::new($make))
        }
    };
}
