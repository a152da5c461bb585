#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cast;
mod check;
mod codec;
mod filter;
mod map;
mod movie;
mod options;
mod projection;
mod quantize;
mod record;
mod version;
mod view;
mod writer;

pub use codec::PhotonCodec;
pub use dj_anscombe::{self as anscombe, Anscombe};
pub use filter::AnscombeFilters;
pub use movie::Movie;
pub use options::PhotonOptions;
pub use quantize::{Quantization, Quantize};
pub use record::PhotonRecord;
pub use view::MovieView;
pub use writer::MovieWriter;

/// The name of the codec in type specs.
const NAME: &str = "photon";
