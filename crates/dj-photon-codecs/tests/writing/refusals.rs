//! What is no movie, and what no movie takes.

use std::sync::Arc;

use dj_codec_api::{Array, Codec as _, ErrorKind, FormatVersion, Mode, Value};
use dj_codec_testkit::MemoryStore;
use dj_photon_codecs::{MovieWriter, PhotonCodec, PhotonOptions, Quantize};

use crate::{context, movie};

/// What the Python codec refuses, and NaN and infinities, which it lets pass.
#[test]
fn values_that_are_no_movies_are_refused_and_nothing_is_written() {
    let store = Arc::new(MemoryStore::new());
    let codec = PhotonCodec::default();
    let array = |value: Array| Value::from(value);
    let objects = dj_codec_api::value::ObjectArray::new(vec![1, 1, 1], vec![Value::Null]).unwrap();
    for (value, text) in [
        (
            array(Array::from_vec(vec![0_u8; 12], &[3, 4]).unwrap()),
            "3 dimensions or more",
        ),
        (
            array(Array::from_vec(vec![1_i16, -1], &[1, 1, 2]).unwrap()),
            "frame 0 has -1 at [0, 1]",
        ),
        (
            array(Array::from_vec(vec![1.0, f64::NAN], &[2, 1, 1]).unwrap()),
            "frame 1 has NaN",
        ),
        (
            array(Array::from_vec(vec![f32::INFINITY], &[1, 1, 1]).unwrap()),
            "frame 0 has inf",
        ),
        (
            array(Array::from_vec(vec![[0.0_f32; 2]], &[1, 1, 1]).unwrap()),
            "complex64",
        ),
        (
            Value::Objects(Box::new(objects)),
            "does not support object dtype arrays",
        ),
        (Value::List(vec![]), "requires an array, this is a list"),
    ] {
        let error = codec.validate(&value).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidValue);
        assert!(
            error.to_string().starts_with("<photon>") && error.to_string().contains(text),
            "{error}"
        );
        for version in ["1.0", "2.0"] {
            let cx = context(store.clone()).with_format_version(version.parse().unwrap());
            let error = codec.encode(value.clone(), &cx).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }
    assert!(store.paths().is_empty());
    assert!(
        codec
            .dtype(Mode::Table)
            .unwrap_err()
            .to_string()
            .contains("<photon@>")
    );
}

#[test]
fn a_refused_frame_is_named_and_the_movie_goes_on() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let mut writer =
        MovieWriter::create(&"int16".parse().unwrap(), &[2, 3], &PhotonOptions::default(), &cx).unwrap();
    let good = Array::from_vec(vec![7_i16; 18], &[3, 2, 3]).unwrap();
    writer.push(&good).unwrap();
    let mut bad = vec![7_i16; 18];
    bad[2 * 6 + 4] = -3;
    for (frames, text) in [
        (
            Array::from_vec(bad, &[3, 2, 3]).unwrap(),
            "frame 5 has -3 at [1, 1]",
        ),
        (
            Array::from_vec(vec![7.0_f32; 6], &[2, 3]).unwrap(),
            "frame 3 has elements of float32",
        ),
        (
            Array::from_vec(vec![7_u16; 6], &[2, 3]).unwrap(),
            "frame 3 has elements of uint16",
        ),
        (
            Array::from_vec(vec![7_i16; 6], &[3, 2]).unwrap(),
            "frame 3 was expected in the shape [2, 3]",
        ),
    ] {
        let error = writer.push(&frames).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(writer.frames(), 3, "nothing of a refused push is taken");
    }
    writer
        .push(&good.rows(0..1).unwrap().reshape(&[2, 3]).unwrap())
        .unwrap();
    let record = writer.finish().unwrap();
    let movie = PhotonCodec::default().open(record, &cx).unwrap();
    assert_eq!(
        movie.counts().unwrap().read().unwrap().to_vec::<i16>().unwrap(),
        [7; 24]
    );
}

#[test]
fn what_no_code_stands_for_is_refused_by_frame() {
    let store = Arc::new(MemoryStore::new());
    let options = PhotonOptions::default().with_quantize(Quantize::new(10.0, 0.0));
    let cx = context(store.clone());
    let mut counts = vec![100_u16; 4 * 6];
    counts[3 * 6 + 2] = 40_000;
    let beyond = Array::from_vec(counts, &[4, 2, 3]).unwrap();
    let error = PhotonCodec::new(options.clone()).write(&beyond, &cx).unwrap_err();
    assert!(
        error.to_string().contains("frame 3 has 40000 at [0, 2]"),
        "{error}"
    );

    let mut writer = MovieWriter::create(&"uint16".parse().unwrap(), &[2, 3], &options, &cx).unwrap();
    writer.push(&movie(&[5, 2, 3])).unwrap();
    let error = writer.push(&beyond).unwrap_err();
    assert!(error.to_string().contains("frame 8 has 40000"), "{error}");
    drop(writer);
    assert!(store.paths().is_empty());

    let floats = Array::from_vec(vec![1.0_f32; 6], &[1, 2, 3]).unwrap();
    let error = PhotonCodec::new(options).write(&floats, &cx).unwrap_err();
    assert!(error.to_string().contains("float32"), "{error}");
}

#[test]
fn choices_that_cannot_be_had_are_refused() {
    let store = Arc::new(MemoryStore::new());
    let first = context(store.clone()).with_format_version(FormatVersion::new(1, 0));
    let plain = PhotonOptions::default;
    for (options, text) in [
        (plain().with_quantize(Quantize::new(10.0, 0.0)), "quantised"),
        (plain().with_compression_level(9), "level"),
        (plain().with_frames_per_chunk(9), "chunk"),
        (
            plain().with_noise(dj_photon_codecs::Anscombe::new(2.0, 0.0, 0.0).unwrap()),
            "noise",
        ),
    ] {
        let error = PhotonCodec::new(options)
            .write(&movie(&[2, 2, 2]), &first)
            .unwrap_err();
        assert!(
            error.to_string().contains(text) && error.to_string().contains("2.0"),
            "{error}"
        );
    }
    let second = context(store.clone());
    for (options, text) in [
        // Gains and levels of which the table would be wrong.
        (plain().with_quantize(Quantize::new(1.0, 0.0)), "quantised"),
        (plain().with_quantize(Quantize::new(10.0, -50.0)), "quantised"),
        (plain().with_quantize(Quantize::new(-1.0, 0.0)), "quantised"),
        (plain().with_quantize(Quantize::new(f64::NAN, 0.0)), "quantised"),
        (plain().with_compression_level(10), "level"),
        (plain().with_attribute("anscombe_gain", 3), "\"anscombe_gain\""),
        (plain().with_attribute("codec_version", "9"), "\"codec_version\""),
    ] {
        let error = PhotonCodec::new(options)
            .write(&movie(&[2, 2, 2]), &second)
            .unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    let unknown = context(store.clone()).with_format_version(FormatVersion::new(3, 0));
    let error = PhotonCodec::default()
        .write(&movie(&[2, 2, 2]), &unknown)
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }),
        "{error}"
    );
    assert!(store.paths().is_empty());
}
