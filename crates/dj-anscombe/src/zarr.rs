//! The Zarr codec `anscombe-v1` for the [`zarrs`](https://docs.rs/zarrs) library (feature `zarrs`): array to array, in Zarr V3 by that
//! name, in Zarr V2 a filter with that id.
//!
//! The codec registers itself where this crate is linked. A program that names nothing of it says `use dj_anscombe as _;`. From then
//! on `zarrs` opens arrays with the codec, and creates them:
//!
//! ```
//! use std::sync::Arc;
//!
//! use dj_anscombe::{DType, zarr::AnscombeCodec};
//! use zarrs::array::{ArrayBuilder, data_type};
//! use zarrs::storage::store::MemoryStore;
//!
//! let store = Arc::new(MemoryStore::new());
//! let codec = AnscombeCodec::new(12.5, 100.0, DType::U16)?;
//! let array = ArrayBuilder::new(vec![2, 2, 3], vec![1, 2, 3], data_type::uint16(), 0_u16)
//!     .array_to_array_codecs(vec![Arc::new(codec)])
//!     .build(store.clone(), "/movie")?;
//! array.store_metadata()?;
//! array.store_chunk(&[0, 0, 0], &[100_u16, 130, 5000, 0, 1, 2])?;
//!
//! // Another program opens it by its metadata.
//! let array = zarrs::array::Array::open(store, "/movie")?;
//! let frame: Vec<u16> = array.retrieve_chunk(&[0, 0, 0])?;
//! assert_eq!(frame, [99, 126, 5011, 0, 0, 3]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Reading
//!
//! All that PyPI's `anscombe-transform` wrote and that can be proved: see [`Decoder`]. A code that does not say what was encoded is an
//! error that names it, never a wrong value.
//!
//! Where codes did not fit their type (a low gain with `uint8`, the package's default), the lowest ones may be wrapped high ones. If
//! it is known that no sample was so large, say so in the array's metadata: `"input_max": 4095` in the codec's configuration, for
//! a camera of 12 bits. Python ignores the key. Nothing more is written through such a configuration.
//!
//! # Writing
//!
//! Only through a table that is right, in the Python package's reader too: see [`Table`]. A sample outside the table is an error that
//! names it; so is a table that wraps, skips or miscounts, and a float array. In the Zarr V2 form the configuration has no data types, and
//! the package takes `uint8` and `int16`; so only arrays of 16-bit integers are written that way.

mod codec;
mod config;
mod convert;

use crate::{DType, Decoder, Error, Params, Result, Table};

/// The name in Zarr V3, and the filter's id in Zarr V2.
pub const NAME: &str = "anscombe-v1";

/// The codec: parameters as the metadata have them, and their tables, made when first needed.
#[derive(Clone, Debug)]
pub struct AnscombeCodec {
    params: Params,
    /// The type in the metadata; Zarr V2's have none.
    decoded: Option<DType>,
    /// The largest sample that was encoded, where somebody knows it.
    input_max: Option<u32>,
    tables: convert::Tables,
}

impl AnscombeCodec {
    /// The codec for an array of the type `dtype`, with the smallest encoded type that is right: [`Table::choose`].
    ///
    /// # Errors
    ///
    /// Those of [`Table::choose`]: no table of these parameters is right.
    pub fn new(conversion_gain: f64, zero_level: f64, dtype: DType) -> Result<Self> {
        Ok(Self::of_table(&Table::choose(
            conversion_gain,
            zero_level,
            dtype,
        )?))
    }

    /// The codec of a table of the package's step and largest sample.
    fn of_table(table: &Table) -> Self {
        let params = *table.params();
        Self {
            params,
            decoded: Some(params.decoded),
            input_max: None,
            tables: convert::Tables::default(),
        }
    }

    /// The codec of parameters as found, right or wrong: it reads, and refuses to write where the table is wrong. The step and the
    /// largest sample are the package's, whatever `params` says: the metadata cannot hold others.
    pub fn as_found(params: Params) -> Self {
        let params = Params {
            beta: Params::BETA,
            input_max: Params::INPUT_MAX,
            ..params
        };
        Self {
            params,
            decoded: Some(params.decoded),
            input_max: None,
            tables: convert::Tables::default(),
        }
    }

    /// The parameters.
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// The table that is written with, for arrays of the type `dtype`.
    ///
    /// # Errors
    ///
    /// Those of [`Table::new`]; [`Error::DType`] for a type that Python could not read back.
    pub fn table(&self, dtype: DType) -> Result<Table> {
        if self.input_max.is_some() {
            let why = "input_max is in the configuration: it says what was written, and nothing more can be"
                .to_owned();
            return Err(Error::Table { why });
        }
        convert::table(&self.params, self.decoded, dtype)
    }

    /// The decoder that is read with, for arrays of the type `dtype`.
    ///
    /// # Errors
    ///
    /// Those of [`Decoder::new`]; [`Error::DType`] where the metadata's decoded type is another one and
    /// one of them is a float type.
    pub fn decoder(&self, dtype: DType) -> Result<Decoder> {
        let params = Params {
            input_max: self.input_max.unwrap_or(self.params.input_max),
            ..self.params
        };
        convert::decoder(&params, self.decoded, dtype)
    }
}
