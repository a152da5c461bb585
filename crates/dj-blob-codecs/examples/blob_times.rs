//! Times packing and unpacking of the value in a file: `blob_times FILE ROUNDS` prints one line of JSON with the median seconds.
//!
//! `bench/blob.py` runs it side by side with Python's `datajoint.blob` on the same values.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that cannot go on ends, and prints its results"
)]

use std::hint::black_box;
use std::time::Instant;

use dj_blob_codecs::api::Order;
use dj_blob_codecs::{Compression, PackOptions, Value, pack, unpack};

fn median<T>(rounds: usize, mut work: impl FnMut() -> T) -> f64 {
    let mut seconds: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let result = black_box(work());
            let elapsed = start.elapsed().as_secs_f64();
            drop(result);
            elapsed
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let blob = std::fs::read(arguments.next().unwrap()).unwrap();
    let rounds = arguments.next().map_or(5, |rounds| rounds.parse().unwrap());
    // Arrays as programs have them: in C order.
    let value = match unpack(blob).unwrap() {
        Value::Array(array) => Value::from(array.to_order(Order::C)),
        other => other,
    };
    let uncompressed = PackOptions::new().with_compression(Compression::None);
    let (small, plain) = (pack(&value).unwrap(), uncompressed.pack(&value).unwrap());
    println!(
        "{{\"pack\": {}, \"pack_plain\": {}, \"unpack\": {}, \"unpack_plain\": {}, \"size\": {}}}",
        median(rounds, || pack(&value).unwrap()),
        median(rounds, || uncompressed.pack(&value).unwrap()),
        median(rounds, || unpack(small.clone()).unwrap()),
        median(rounds, || unpack(plain.clone()).unwrap()),
        small.len(),
    );
}
