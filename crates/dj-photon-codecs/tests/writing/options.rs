//! How movies are stored.

use std::sync::Arc;

use dj_codec_api::{CheckLevel, Codec as _, Json, Store as _, Value};
use dj_codec_testkit::MemoryStore;
use dj_photon_codecs::{Anscombe, Movie, MovieWriter, PhotonCodec, PhotonOptions, PhotonRecord, Quantize};
use dj_zarr_codecs::VerifyLevel;
use serde_json::json;

use crate::{context, movie};

fn write(options: PhotonOptions, shape: &[usize]) -> (PhotonRecord, Movie, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let codec = PhotonCodec::new(options);
    let record = codec.write(&movie(shape), &cx).unwrap();
    let opened = codec.open(record.clone(), &cx).unwrap();
    (record, opened, store)
}

#[test]
fn the_attributes_and_the_record_say_what_is_stored() {
    let (record, opened, _) = write(PhotonOptions::default(), &[9, 4, 3]);
    let attributes = Json::Object(opened.attributes().clone());
    assert_eq!(
        attributes,
        json!({
            "codec_name": "photon", "codec_version": "2.0", "feature_flags": ["counts"], "compression_level": 5,
            "anscombe_gain": 1.0, "anscombe_offset": 0.0, "anscombe_variance": 0.0, "original_dtype": "uint16",
        })
    );
    let codecs = opened.array().metadata()["codecs"].clone();
    assert_eq!(codecs[1]["configuration"]["cname"], "zstd");
    assert_eq!(codecs[1]["configuration"]["clevel"], 5);
    assert_eq!(codecs[1]["configuration"]["shuffle"], "bitshuffle");
    let stated = record.record();
    assert_eq!(stated.get("shape"), Some(&json!([9, 4, 3])));
    assert_eq!(stated.get("dtype"), Some(&json!("uint16")));
    assert_eq!(stated.get("transform"), Some(&json!("none")));
    assert_eq!(stated.get("codec_version"), Some(&json!("2.0")));
    assert_eq!(stated.get("store"), Some(&json!("main")));
    assert_eq!(record.inventory().unwrap().objects(), 1);
    assert_eq!(stated.iter().count(), 7);
    assert!(
        record
            .path()
            .starts_with("_schema/lab/recording/recording_id=1/movie_")
    );
    assert!(record.path().ends_with(".zarr"));
}

#[test]
fn a_quantised_movie_says_how_much_it_lost() {
    let options = PhotonOptions::default().with_quantize(Quantize::new(10.0, 0.0));
    let (record, opened, store) = write(options, &[9, 4, 3]);
    let codecs = opened.array().metadata()["codecs"].clone();
    assert_eq!(
        codecs[0],
        json!({"name": "anscombe-v1", "configuration":
            {"zero_level": 0, "conversion_gain": 10.0, "encoded_dtype": "uint8", "decoded_dtype": "uint16"}})
    );
    assert_eq!(
        opened.attributes()["feature_flags"],
        json!(["anscombe-v1", "counts"])
    );
    assert_eq!(record.record().get("transform"), Some(&json!("anscombe-v1")));
    let quantization = opened.quantization().unwrap();
    assert_eq!(record.quantization(), Some(quantization));
    assert_eq!(
        (quantization.conversion_gain, quantization.largest_value),
        (10.0, 32_767)
    );
    assert!(quantization.max_error_in_noise < 0.6 && quantization.max_error > 1.0);
    // Stabilised by the noise that it was quantised for.
    assert_eq!(opened.noise(), Anscombe::new(10.0, 0.0, 0.0).unwrap());
    let counts = opened
        .counts()
        .unwrap()
        .frame(3)
        .unwrap()
        .to_vec::<u16>()
        .unwrap();
    let stabilized = opened.stabilized().frame(3).unwrap().to_vec::<f64>().unwrap();
    for (count, stabilized) in counts.iter().zip(stabilized) {
        let wanted = 2.0 / 10.0 * (10.0 * f64::from(*count) + 37.5).sqrt();
        assert!((wanted - stabilized).abs() < 1e-12);
    }
    // Every chunk is there, bit for bit.
    let found = PhotonCodec::default()
        .verify(record.clone(), &context(store.clone()), VerifyLevel::Digest)
        .unwrap();
    assert!(found.is_sound(), "{found:?}");
    let stored = Value::from(record.into_record());
    let check = |level| PhotonCodec::default().check(&stored, &context(store.clone()), level);
    check(CheckLevel::Full).unwrap();
    let chunk = store
        .paths()
        .into_iter()
        .find(|path| path.contains("/c/"))
        .unwrap();
    let mut bytes = store.snapshot()[&chunk].to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    store.put(&chunk, bytes.into()).unwrap();
    check(CheckLevel::Size).unwrap();
    assert!(check(CheckLevel::Full).is_err());
    store.delete(&chunk).unwrap();
    assert!(check(CheckLevel::Presence).is_err());
}

/// A stream makes the same array as a movie that is written whole, but for what only a known length allows.
#[test]
fn a_stream_is_the_movie_that_it_is() {
    for version in ["1.0", "2.0"] {
        for frames_at_a_time in [1, 7, 500] {
            let store = Arc::new(MemoryStore::new());
            let cx = context(store.clone()).with_format_version(version.parse().unwrap());
            let array = movie(&[230, 4, 3]);
            let codec = PhotonCodec::default();
            let whole = codec.write(&array, &cx).unwrap();
            let mut writer = codec.writer(array.dtype(), &[4, 3], &cx).unwrap();
            for first in (0..230).step_by(frames_at_a_time) {
                writer
                    .push(&array.rows(first..(first + frames_at_a_time).min(230)).unwrap())
                    .unwrap();
            }
            assert_eq!(writer.frames(), 230);
            let streamed = writer.finish().unwrap();
            let tree = |path: &str| -> Vec<_> {
                let prefix = format!("{path}/");
                let objects = store.snapshot();
                objects
                    .into_iter()
                    .filter_map(|(key, bytes)| Some((key.strip_prefix(&prefix)?.to_owned(), bytes)))
                    .collect()
            };
            assert_eq!(
                tree(whole.path()),
                tree(streamed.path()),
                "{version}, {frames_at_a_time} at a time"
            );
            assert_eq!(
                whole.record().get("inventory"),
                streamed.record().get("inventory")
            );
        }
    }
}

#[test]
fn a_short_movie_has_short_chunks() {
    for (version, frames, rows) in [("1.0", 30, 30), ("1.0", 130, 100), ("2.0", 30, 30)] {
        let store = Arc::new(MemoryStore::new());
        let cx = context(store).with_format_version(version.parse().unwrap());
        let options = PhotonOptions::default();
        let mut writer = MovieWriter::create(&"uint16".parse().unwrap(), &[4, 3], &options, &cx).unwrap();
        writer.push(&movie(&[frames, 4, 3])).unwrap();
        let record = writer.finish().unwrap();
        let opened = PhotonCodec::default().open(record, &cx).unwrap();
        assert_eq!(opened.chunk_shape(), [rows, 4, 3]);
        assert_eq!(opened.len(), frames as u64);
    }
}

#[test]
fn shards_hold_many_chunks() {
    let options = PhotonOptions::default()
        .with_frames_per_chunk(2)
        .with_frames_per_shard(9);
    let (record, opened, store) = write(options, &[25, 4, 3]);
    assert_eq!(opened.array().shard_shape(), Some(&[10, 4, 3][..]));
    assert_eq!(record.inventory().unwrap().objects(), 3);
    assert_eq!(store.paths().len(), 4);
    assert_eq!(
        opened.attributes()["feature_flags"],
        json!(["counts", "sharding"])
    );
    assert_eq!(opened.counts().unwrap().read().unwrap(), movie(&[25, 4, 3]));
}

/// A movie that is decoded and stored again is its counts, in either format.
#[test]
fn a_stored_movie_is_encoded_as_its_counts() {
    let store = Arc::new(MemoryStore::new());
    let codec = PhotonCodec::default();
    let cx = context(store.clone());
    let first = cx.clone().with_format_version("1.0".parse().unwrap());
    let old = codec.encode(Value::from(movie(&[9, 4, 3])), &first).unwrap();
    let handle = codec.decode(old, &cx).unwrap();
    let new = codec.encode(handle, &cx).unwrap();
    let again = codec.decode(new.clone(), &cx).unwrap();
    assert_eq!(
        codec.format_version(&new, &cx).unwrap().unwrap().to_string(),
        "2.0"
    );
    let again = again.downcast::<Movie>().unwrap();
    assert_eq!(again.counts().unwrap().read().unwrap(), movie(&[9, 4, 3]));
}
