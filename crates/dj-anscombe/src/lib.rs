#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod dtype;
mod error;
mod noise;
mod table;
mod transform;
#[cfg(feature = "zarrs")]
pub mod zarr;

pub use dtype::{DType, Integer, Sample};
pub use error::{Error, Result};
pub use noise::{Method, NoiseEstimator, NoiseModel, estimate};
pub use table::{Bound, Clamped, Decoder, Params, Table, WriterMachine};
pub use transform::{Anscombe, UnbiasedInverse};
