#![doc = include_str!("../README.md")]

mod codec;
mod format;
mod train;
mod value;

pub use codec::SpikeTrainCodec;
pub use train::{SpikeTrain, Unit};

/// The name of the codec in type specs.
pub const NAME: &str = "spike_train";
