//! The built program, from outside: what it prints, what it writes, and with which status it ends.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of this is a test, its helpers too"
)]

mod blobs;
mod decode;
mod doctor;
mod encode;
mod files;
mod help;
mod hostile;
mod inspect;
mod lab;
mod list;
#[cfg(feature = "db")]
mod migrate;
mod new;
mod output;
#[cfg(feature = "photon")]
mod photon;
mod preview;
mod stores;
#[cfg(feature = "zarr")]
mod zarr;
