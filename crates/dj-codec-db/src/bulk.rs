//! Many values at once: rows with their decoded values out of a table, rows with values to encode into it.

mod batch;
mod budget;
mod fetch;
mod field;
mod insert;
mod plain;
mod statement;

pub use fetch::{FetchOptions, Fetched, FetchedRow, fetch_many};
pub use insert::{InsertFailed, InsertOptions, NewRow, insert_many};
