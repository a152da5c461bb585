#![doc = include_str!("../README.md")]

mod codec;
mod file;
mod table;
mod value;

pub use codec::ParquetCodec;
pub use file::{decode_table, encode_table};
pub use table::{Cells, Column, Table};

/// The name of the codec in type specs.
pub const NAME: &str = "parquet";
