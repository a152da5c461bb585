//! Tables as Parquet files.

mod guard;
mod read;
mod thrift;
mod write;

pub use read::decode_table;
pub use write::encode_table;
