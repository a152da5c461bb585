//! What every codec has to do, this one does: with movies of counts and of floats, in one chunk, in several, in shards, and
//! quantised.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_codec_api::{Array, FormatVersion, Json, Result, Value};
use dj_codec_testkit::conformance::{Check, Conformance, Written};
use dj_codec_testkit::memory::CountingAllocator;
use dj_photon_codecs::{PhotonCodec, PhotonOptions, Quantize};
use proptest::prelude::*;

/// So that conformance sees how much memory damaged values take.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The version is in the attributes, which are believed before the record.
fn stamp(written: Written, version: FormatVersion) -> Result<Written> {
    let mut written = written.with_key("codec_version", version.to_string());
    for (path, metadata) in &mut written.objects {
        let pointer = match path.rsplit('/').next() {
            Some("zarr.json") => "/attributes/codec_version",
            Some(".zattrs") => "/codec_version",
            _ => continue,
        };
        let mut json: Json = serde_json::from_slice(metadata).unwrap();
        *json.pointer_mut(pointer).unwrap() = version.to_string().into();
        *metadata = serde_json::to_vec(&json).unwrap().into();
    }
    Ok(written)
}

/// A decoded movie loads as its stabilised values.
fn stabilized(value: &Value) -> Result<Value> {
    let movie = value.clone().into_array()?;
    let values: Vec<f64> = match movie.to_vec::<u16>() {
        Ok(counts) => counts.into_iter().map(f64::from).collect(),
        Err(_) => movie.to_vec::<f64>()?,
    };
    let transformed = values.into_iter().map(|count| 2.0 * (count + 0.375).sqrt());
    Array::from_vec(transformed.collect(), movie.shape()).map(Value::from)
}

fn movies(float: bool) -> impl Strategy<Value = Value> {
    let shape = (0..6_usize, 1..4_usize, 1..4_usize);
    (shape, prop::collection::vec(0..=u16::MAX, 54)).prop_map(move |((frames, height, width), counts)| {
        let shape = [frames, height, width];
        let counts = counts.into_iter().take(frames * height * width);
        let movie = if float {
            Array::from_vec(counts.map(|count| f64::from(count) * 0.5).collect(), &shape)
        } else {
            Array::from_vec(counts.collect(), &shape)
        };
        movie.unwrap().into()
    })
}

#[test]
fn photon_conforms() {
    for float in [false, true] {
        let mut conformance = Conformance::of(PhotonCodec::default())
            .values(movies(float))
            .expecting(stabilized)
            .stamped_by(stamp);
        if float {
            conformance = conformance.without(
                Check::Migration,
                "format 1.0 keeps rounded transforms of floats, from which nobody can tell what they were",
            );
        }
        conformance.run().assert();
    }
}

#[test]
fn photon_in_pieces_conforms() {
    let chunks = PhotonOptions::default().with_frames_per_chunk(3);
    let shards = chunks.clone().with_frames_per_shard(6);
    let movie = Array::from_vec((0..120_u16).map(|at| at * 7 % 90).collect(), &[10, 4, 3]).unwrap();
    for options in [chunks, shards] {
        Conformance::of(PhotonCodec::new(options))
            .samples([movie.clone()])
            .expecting(stabilized)
            .positions(120)
            .stamped_by(stamp)
            .run()
            .assert();
    }
}

#[test]
fn quantised_photon_conforms() {
    let options = PhotonOptions::default()
        .with_frames_per_chunk(4)
        .with_quantize(Quantize::new(10.0, 0.0))
        .with_noise(dj_photon_codecs::Anscombe::STANDARD);
    let movie = Array::from_vec((0..120_u16).map(|at| at * 7 % 90 * 10).collect(), &[10, 4, 3]).unwrap();
    Conformance::of(PhotonCodec::new(options))
        .samples([movie])
        .expecting(stabilized)
        // Half a standard deviation of the noise is half of 1 in stabilised values, were the noise that of the gain; it is
        // that of plain counts here.
        .same_when(|found, wanted| {
            let numbers = |value: &Value| value.clone().into_array().and_then(|array| array.to_vec::<f64>());
            let (Ok(found), Ok(wanted)) = (numbers(found), numbers(wanted)) else {
                return false;
            };
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 4.0)
        })
        .positions(120)
        .stamped_by(stamp)
        .run()
        .assert();
}
