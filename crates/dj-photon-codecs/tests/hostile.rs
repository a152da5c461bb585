//! Damaged movies: an error that names what is wrong, never a panic, never wrong counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/movies.rs"]
mod movies;

use std::sync::Arc;

use dj_codec_api::{Array, Context, ErrorKind, Json, Record, Store as _, StoreMap};
use dj_codec_testkit::MemoryStore;
use dj_photon_codecs::{Movie, PhotonCodec, PhotonOptions, Quantize};
use serde_json::json;

struct Lab {
    store: Arc<MemoryStore>,
    cx: Context,
    record: Record,
    array: Array,
}

impl Lab {
    fn new(version: &str, options: PhotonOptions) -> Self {
        let store = Arc::new(MemoryStore::new());
        let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
            .with_field("lab", "recording", "movie")
            .with_key("id", 1_i64)
            .with_format_version(version.parse().unwrap());
        let counts = movies::counts(30 * 12, 10, 5)
            .into_iter()
            .map(|count| count as u16 * 10);
        let array = Array::from_vec(counts.collect(), &[30, 4, 3]).unwrap();
        let record = PhotonCodec::new(options)
            .write(&array, &cx)
            .unwrap()
            .into_record();
        Self {
            store,
            cx,
            record,
            array,
        }
    }

    fn open(&self) -> dj_codec_api::Result<Movie> {
        PhotonCodec::default().open(self.record.clone(), &self.cx)
    }

    fn path(&self, key: &str) -> String {
        format!("{}/{key}", self.record.path().unwrap())
    }

    /// Changes a JSON document of the array.
    fn change(&self, key: &str, change: impl FnOnce(&mut Json)) {
        let path = self.path(key);
        let mut json = serde_json::from_slice(&self.store.get(&path).unwrap()).unwrap();
        change(&mut json);
        self.store
            .put(&path, serde_json::to_vec(&json).unwrap().into())
            .unwrap();
    }
}

fn labs() -> Vec<Lab> {
    let plain = PhotonOptions::default;
    let quantized = plain()
        .with_quantize(Quantize::new(10.0, 0.0))
        .with_frames_per_chunk(8);
    vec![
        Lab::new("1.0", plain()),
        Lab::new("2.0", plain().with_frames_per_chunk(8)),
        Lab::new("2.0", quantized),
    ]
}

#[test]
fn attributes_that_make_no_sense_are_refused() {
    for lab in labs() {
        let (key, pointer) = if lab.store.head(&lab.path("zarr.json")).unwrap().is_some() {
            ("zarr.json", "/attributes")
        } else {
            (".zattrs", "")
        };
        let good = lab.store.get(&lab.path(key)).unwrap();
        for (attribute, value, text) in [
            ("codec_version", json!("4.0"), "upgrade dj-photon-codecs"),
            ("codec_version", json!("new"), "version"),
            ("codec_version", json!([]), "version"),
            ("codec_name", json!("zarr"), "<zarr@>"),
            ("anscombe_gain", json!(0), "gain"),
            ("anscombe_gain", json!("1"), "anscombe_gain"),
            ("anscombe_variance", json!(-1.0), "variance"),
            ("original_dtype", json!("photons"), "original_dtype"),
            ("original_dtype", json!(7), "original_dtype"),
        ] {
            lab.change(key, |json| {
                json.pointer_mut(pointer).unwrap()[attribute] = value.clone();
            });
            let error = lab.open().unwrap_err();
            assert!(
                error.report().contains(text),
                "{attribute} {value}: {}",
                error.report()
            );
            assert!(error.to_string().starts_with("<photon>"), "{error}");
            lab.store.put(&lab.path(key), good.clone()).unwrap();
        }
        assert!(lab.open().is_ok());
    }
}

#[test]
fn an_array_without_the_marks_of_2_0_is_not_taken_for_counts() {
    for lab in labs().drain(1..) {
        lab.change("zarr.json", |json| {
            json["attributes"]["feature_flags"] = json!(["wavelets"]);
        });
        let error = lab.open().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Corrupt);
        assert!(error.to_string().contains("\"counts\""), "{error}");
        // Nor one of counts for stabilised values.
        lab.change("zarr.json", |json| json["attributes"] = json!({}));
        let cx = lab.cx.clone();
        let bare = lab.record.clone().with("codec_version", Json::Null);
        let error = PhotonCodec::default().open(bare, &cx).unwrap_err();
        assert!(
            error.to_string().contains("format 1.0 holds stabilised values"),
            "{error}"
        );
    }
}

#[test]
fn records_that_lead_elsewhere_are_refused() {
    for lab in labs() {
        for (key, value, kind) in [
            ("path", json!("../x.zarr"), ErrorKind::UnsafePath),
            ("path", json!("/etc"), ErrorKind::UnsafePath),
            ("path", json!("_schema/gone.zarr"), ErrorKind::NotFound),
            ("path", Json::Null, ErrorKind::Corrupt),
            ("shape", json!([30, 3, 4]), ErrorKind::Corrupt),
            ("shape", json!("wide"), ErrorKind::Corrupt),
            ("inventory", json!(5), ErrorKind::Corrupt),
        ] {
            let record = lab.record.clone().with(key, value.clone());
            let error = PhotonCodec::default().open(record, &lab.cx).unwrap_err();
            assert_eq!(error.kind(), &kind, "{key} {value}: {error}");
            assert!(error.to_string().starts_with("<photon>"), "{error}");
        }
    }
}

/// In format 2.0 every byte of a chunk is under a checksum, and every chunk in the inventory.
#[test]
fn damaged_and_lost_chunks_are_noticed() {
    for lab in labs().drain(1..) {
        let chunk = lab.path("c/2/0/0");
        let good = lab.store.get(&chunk).unwrap();
        let mut random = movies::random(1);
        for _ in 0..200 {
            let mut bad = good.to_vec();
            let at = random() as usize % bad.len();
            bad[at] ^= 1 << (random() % 8);
            lab.store.put(&chunk, bad.into()).unwrap();
            let movie = lab.open().unwrap();
            assert!(movie.frame(0).is_ok(), "another chunk is not touched");
            for error in [
                movie.counts().unwrap().read().unwrap_err(),
                movie.stabilized().frame(20).unwrap_err(),
                movie.stabilized().mean(0..30).unwrap_err(),
            ] {
                assert!(error.to_string().contains("[2, 0, 0]"), "{error}");
                assert!(error.to_string().starts_with("<photon>"), "{error}");
            }
        }
        lab.store.delete(&chunk).unwrap();
        let error = lab.open().unwrap().stabilized().read().unwrap_err();
        assert!(error.to_string().contains("was written"), "{error}");
        lab.store.put(&chunk, good).unwrap();
        assert!(lab.open().unwrap().stabilized().read().is_ok());
    }
}

/// Format 1.0 has no checksums: what is read of a damaged chunk is an error or a value, and a count that is given is proved.
#[test]
fn damage_in_format_1_0_never_becomes_another_count() {
    let lab = Lab::new("1.0", PhotonOptions::default());
    let chunk = lab.path("0.0.0");
    let good = lab.store.get(&chunk).unwrap();
    let mut random = movies::random(2);
    let mut refused = 0;
    for _ in 0..300 {
        let mut bad = good.to_vec();
        let at = random() as usize % bad.len();
        bad[at] ^= 1 << (random() % 8);
        lab.store.put(&chunk, bad.into()).unwrap();
        let movie = lab.open().unwrap();
        let _ = movie.stabilized().read();
        match movie.counts().unwrap().read() {
            Err(_) => refused += 1,
            // A bit of the header that nobody reads.
            Ok(counts) => assert_eq!(counts, lab.array),
        }
    }
    assert!(refused > 250, "{refused}");
    // A chunk that is not there would be zeros, which no count becomes.
    lab.store.delete(&chunk).unwrap();
    let error = lab.open().unwrap().counts().unwrap().read().unwrap_err();
    assert!(error.to_string().contains("[0, 0, 0]"), "{error}");
}

#[test]
fn parameters_of_the_code_that_are_changed_are_noticed() {
    let lab = labs().pop().unwrap();
    let good = lab.store.get(&lab.path("zarr.json")).unwrap();
    for (key, value) in [
        ("conversion_gain", json!(-1.0)),
        ("conversion_gain", json!(1e-300)),
        ("conversion_gain", json!(null)),
        ("zero_level", json!(1e300)),
        ("zero_level", json!("0")),
        ("encoded_dtype", json!("complex64")),
        ("encoded_dtype", json!("uint16")),
        ("encoded_dtype", json!("float64")),
    ] {
        lab.change("zarr.json", |json| {
            json["codecs"][0]["configuration"][key] = value.clone();
        });
        let read = lab.open().and_then(|movie| movie.counts()?.read());
        assert!(read.is_err(), "{key} {value}");
        lab.store.put(&lab.path("zarr.json"), good.clone()).unwrap();
    }
    // A codec in the wrong place.
    lab.change("zarr.json", |json| {
        let codecs = json["codecs"].as_array_mut().unwrap();
        codecs.swap(0, 1);
    });
    assert!(lab.open().is_err());
}
