//! Reads chunks: whole arrays or regions, with as little memory and copying as the chunks allow.

mod bitshuffle;
mod blosc;
mod bytes_codec;
mod filter;
mod output;
mod part;
