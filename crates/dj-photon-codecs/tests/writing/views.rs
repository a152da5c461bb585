//! What a movie gives: frames, regions, projections.

use std::sync::Arc;

use dj_codec_api::{Array, Codec as _, ErrorKind, Lazy as _, Limits, Value};
use dj_codec_testkit::MemoryStore;
use dj_photon_codecs::{Movie, PhotonCodec, PhotonOptions, Quantize};

use crate::{context, movie};

fn formats() -> Vec<(&'static str, PhotonOptions)> {
    let quantized = PhotonOptions::default().with_quantize(Quantize::new(10.0, 0.0));
    vec![
        ("1.0", PhotonOptions::default()),
        ("2.0", PhotonOptions::default().with_frames_per_chunk(3)),
        ("2.0", quantized.with_frames_per_chunk(4)),
    ]
}

fn opened(version: &str, options: PhotonOptions, array: &Array) -> Movie {
    let cx = context(Arc::new(MemoryStore::new())).with_format_version(version.parse().unwrap());
    let codec = PhotonCodec::new(options);
    let record = codec.write(array, &cx).unwrap();
    codec.open(record, &cx).unwrap()
}

/// Cuts a region out of an array by hand.
fn cut(array: &Array, region: &[std::ops::Range<u64>]) -> Vec<f64> {
    let shape = array.shape();
    let numbers: Vec<f64> = match array.to_vec::<u16>() {
        Ok(counts) => counts.into_iter().map(f64::from).collect(),
        Err(_) => array.to_vec().unwrap(),
    };
    let mut found = Vec::new();
    for t in region[0].clone() {
        for y in region[1].clone() {
            for x in region[2].clone() {
                found.push(numbers[(t as usize * shape[1] + y as usize) * shape[2] + x as usize]);
            }
        }
    }
    found
}

#[test]
fn frames_and_regions_are_parts_of_the_whole() {
    let array = movie(&[11, 6, 5]);
    for (version, options) in formats() {
        let opened = opened(version, options, &array);
        for view in [
            opened.counts().unwrap(),
            opened.stabilized(),
            opened.algebraic_counts(),
        ] {
            let whole = view.read().unwrap();
            assert_eq!(whole.dtype(), view.dtype());
            assert_eq!(
                view.frame(7).unwrap(),
                whole.rows(7..8).unwrap().reshape(&[6, 5]).unwrap()
            );
            assert_eq!(view.frames(2..9).unwrap(), whole.rows(2..9).unwrap());
            for region in [
                [0..11, 2..5, 1..4],
                [3..4, 0..6, 4..5],
                [5..8, 5..6, 0..5],
                [4..4, 0..6, 0..5],
            ] {
                let part = view.region(&region).unwrap();
                let wanted = cut(&whole, &region);
                assert_eq!(
                    cut(
                        &part,
                        &[
                            0..part.shape()[0] as u64,
                            0..part.shape()[1] as u64,
                            0..part.shape()[2] as u64
                        ]
                    ),
                    wanted
                );
            }
            assert_eq!(
                view.blocks().flatten().collect::<Vec<_>>(),
                (0..11).collect::<Vec<_>>()
            );
            assert!(view.frame(11).unwrap_err().to_string().contains("no frame 11"));
            assert!(view.frame(u64::MAX).is_err());
            assert_eq!(
                view.region(&[0..12, 0..6]).unwrap_err().kind(),
                &ErrorKind::InvalidValue
            );
        }
        let mut out = vec![0.0; 2 * 30];
        opened.stabilized().region_into(&[3..5, 0..6], &mut out).unwrap();
        assert_eq!(out, opened.frames(3..5).unwrap().to_vec::<f64>().unwrap());
        assert!(
            opened
                .stabilized()
                .region_into::<f32>(&[3..5, 0..6], &mut [0.0; 60])
                .is_err()
        );
        assert!(
            opened
                .stabilized()
                .region_into::<f64>(&[3..5, 0..6], &mut [0.0; 59])
                .is_err()
        );
    }
}

#[test]
fn projections_are_those_of_the_frames() {
    let array = movie(&[11, 6, 5]);
    for (version, options) in formats() {
        let opened = opened(version, options, &array);
        for view in [opened.counts().unwrap(), opened.stabilized()] {
            let whole = view.read().unwrap();
            let pixels = cut(&whole, &[2..9, 0..6, 0..5]);
            let (mean, max) = (view.mean(2..9).unwrap(), view.max(2..9).unwrap());
            assert_eq!((mean.shape(), max.shape()), (&[6, 5][..], &[6, 5][..]));
            let (mean, max) = (mean.to_vec::<f64>().unwrap(), max.to_vec::<f64>().unwrap());
            for pixel in 0..30 {
                let values: Vec<f64> = (0..7).map(|frame| pixels[frame * 30 + pixel]).collect();
                let wanted = values.iter().sum::<f64>() / 7.0;
                assert!((mean[pixel] - wanted).abs() < 1e-9 * wanted);
                assert_eq!(max[pixel], values.iter().copied().fold(f64::MIN, f64::max));
            }
            assert!(view.mean(3..12).is_err());
            assert!(view.mean(3..3).unwrap().to_vec::<f64>().unwrap()[0].is_nan());
        }
    }
    let wide = Array::from_vec(vec![1_u64 << 40, 3, 5, 7], &[2, 1, 2]).unwrap();
    let opened = opened("2.0", PhotonOptions::default(), &wide);
    let mean = opened.counts().unwrap().mean(0..2).unwrap();
    assert_eq!(
        mean.to_vec::<f64>().unwrap(),
        [((1_u64 << 40) + 5) as f64 / 2.0, 5.0]
    );
}

#[test]
fn a_handle_loads_as_the_stabilised_array() {
    for (version, options) in formats() {
        let opened = opened(version, options, &movie(&[5, 4, 3]));
        let value = Value::lazy(opened.clone());
        let handle = value.downcast::<Movie>().unwrap();
        assert_eq!(handle.type_name(), "a photon movie");
        let lazy: &dyn dj_codec_api::Lazy = handle;
        assert_eq!(lazy.shape(), Some(&[5, 4, 3][..]));
        assert_eq!(lazy.dtype().unwrap().to_string(), "float64");
        assert_eq!(value.into_array().unwrap(), opened.stabilized().read().unwrap());
    }
}

#[test]
fn counts_that_were_none_are_an_error() {
    // Half counts, said to have been whole.
    let array = Array::from_vec(vec![1.0_f64, 2.0, 2.5, 3.0], &[1, 2, 2]).unwrap();
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone()).with_format_version("1.0".parse().unwrap());
    let codec = PhotonCodec::default();
    let record = codec.write(&array, &cx).unwrap();
    let path = format!("{}/.zattrs", record.path());
    let attributes = String::from_utf8(store.snapshot()[&path].to_vec()).unwrap();
    let changed = attributes.replace("\"float64\"", "\"uint16\"");
    assert_ne!(attributes, changed);
    dj_codec_api::Store::put(store.as_ref(), &path, changed.into()).unwrap();
    let opened = codec.open(record, &cx).unwrap();
    let error = opened.counts().unwrap().read().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
    assert!(error.to_string().contains("not a transformed count"), "{error}");
    let close = opened.algebraic_counts().read().unwrap().to_vec::<f64>().unwrap();
    assert!(
        close
            .iter()
            .zip([1.0, 2.0, 2.5, 3.0])
            .all(|(found, wanted)| (found - wanted).abs() < 1e-12)
    );
}

#[test]
fn limits_are_obeyed() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store);
    let codec = PhotonCodec::default();
    let record = codec.encode(Value::from(movie(&[100, 6, 5])), &cx).unwrap();
    // Enough for the counts, not for the floats.
    let narrow = cx.with_limits(Limits::default().with_array_bytes(10_000));
    let opened = codec.decode(record, &narrow).unwrap();
    let opened = opened.downcast::<Movie>().unwrap();
    assert!(opened.counts().unwrap().read().is_ok());
    let error = opened.stabilized().read().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
}
