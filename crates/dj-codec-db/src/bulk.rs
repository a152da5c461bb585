//! Many values at once: rows with their decoded values out of a table, rows with values to encode into it.

mod budget;
mod fetch;
mod field;

pub use fetch::{FetchOptions, Fetched, FetchedRow, fetch_many};
