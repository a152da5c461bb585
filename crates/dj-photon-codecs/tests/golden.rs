//! Every golden fixture decodes to what it was written from, as counts and as stabilised values.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{
    Array, Context, ErrorKind, FormatVersion, Json, Limits, Record, Registry, StoreMap, Value, notation,
};
use dj_codec_testkit::golden::Case;
use dj_codec_testkit::{MemoryStore, assert_golden};
use dj_photon_codecs::{Movie, PhotonCodec};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/photon")
}

#[test]
fn every_fixture_decodes() {
    let mut registry = Registry::new();
    registry.register(Arc::new(PhotonCodec::default())).unwrap();
    assert_golden(fixtures(), &registry);
}

/// The cases of a format that decode, each with the counts that it was written from.
fn cases(version: &str) -> Vec<(Case, Array)> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(fixtures().join(version)).unwrap() {
        let case = Case::read(&entry.unwrap().path()).unwrap();
        if case.expects_error() {
            continue;
        }
        let text = std::fs::read(case.folder.join("case.json")).unwrap();
        let document: Json = serde_json::from_slice(&text).unwrap();
        let original = array(&document["original"]);
        cases.push((case, original));
    }
    assert!(cases.len() > 5, "{version}");
    cases
}

fn array(notation: &Json) -> Array {
    notation::from_json(notation, &Limits::default())
        .and_then(Value::into_array)
        .unwrap()
}

fn open(case: &Case) -> Movie {
    let record = Record::from_json(case.stored.to_json()).unwrap();
    let cx = Context::with_stores(case.stores()).with_column_store(Some("main"));
    PhotonCodec::default().open(record, &cx).unwrap()
}

fn is_float(array: &Array) -> bool {
    array.dtype().to_string().starts_with("float")
}

#[test]
fn the_counts_of_format_1_0_are_exact() {
    for (case, original) in cases("1.0") {
        let movie = open(&case);
        if !is_float(&original) {
            assert_eq!(movie.counts().unwrap().read().unwrap(), original, "{}", case.id);
            continue;
        }
        let error = movie.counts().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unsupported);
        assert!(error.to_string().contains("algebraic_counts"), "{error}");
        let close = movie.algebraic_counts().read().unwrap();
        let close: Vec<f64> = match close.to_vec::<f32>() {
            Ok(close) => close.into_iter().map(f64::from).collect(),
            Err(_) => close.to_vec().unwrap(),
        };
        for (close, original) in close.iter().zip(original.to_vec::<f32>().unwrap()) {
            assert!((close - f64::from(original)).abs() < 1e-5 * (1.0 + f64::from(original)));
        }
    }
}

#[test]
fn the_counts_of_format_2_0_are_those_that_were_written() {
    let mut quantized = 0;
    for (case, original) in cases("2.0") {
        let movie = open(&case);
        let counts = movie.counts().unwrap().read().unwrap();
        assert_eq!(movie.format_version().to_string(), "2.0");
        let Some(quantization) = movie.quantization() else {
            assert_eq!(counts, original, "{}", case.id);
            continue;
        };
        quantized += 1;
        assert_eq!(counts.dtype(), original.dtype());
        let mut lost = 0.0_f64;
        for (found, wanted) in numbers(&counts).iter().zip(numbers(&original)) {
            lost = lost.max((found - wanted).abs());
        }
        assert!(lost <= quantization.max_error, "{}: {lost}", case.id);
        assert!(
            lost > 0.0 || case.id.contains("dark"),
            "{}: nothing was quantised",
            case.id
        );
    }
    assert_eq!(quantized, 4);
}

fn numbers(array: &Array) -> Vec<f64> {
    match array.to_vec::<u16>() {
        Ok(numbers) => numbers.into_iter().map(f64::from).collect(),
        Err(_) => array
            .to_vec::<i16>()
            .unwrap()
            .into_iter()
            .map(f64::from)
            .collect(),
    }
}

/// A context with a store in memory.
fn context(store: &Arc<MemoryStore>) -> Context {
    Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
        .with_field("imaging", "movie", "photons")
        .with_key("rec", 1_i64)
}

/// What Python stored of the counts is, bit for bit, what format 2.0 gives for the same counts.
#[test]
fn format_2_0_is_stabilised_to_the_bits_of_1_0() {
    for (case, original) in cases("1.0") {
        // That one was transformed from what had been made float64 before.
        if case.id.contains("float32-as-float64") {
            continue;
        }
        let store = Arc::new(MemoryStore::new());
        let codec = PhotonCodec::default();
        let record = codec.write(&original, &context(&store)).unwrap();
        assert_eq!(record.record().get("transform"), Some(&Json::from("none")));
        let movie = codec.open(record, &context(&store)).unwrap();
        assert_eq!(
            movie.stabilized().read().unwrap(),
            array(&case.expected),
            "{}",
            case.id
        );
        assert_eq!(movie.counts().unwrap().read().unwrap(), original);
        let dtype = movie.stabilized_dtype().to_string();
        assert_eq!(dtype, if is_float(&original) { "float32" } else { "float64" });
    }
}

/// Format 1.0 as we write it: documents byte for byte as zarr 2.18 wrote them, the same record, the same values.
#[test]
fn format_1_0_is_written_as_python_does() {
    for (case, original) in cases("1.0") {
        if ["float32-as-float64", "no-version", "record-3.0"]
            .iter()
            .any(|other| case.id.contains(other))
        {
            continue;
        }
        let store = Arc::new(MemoryStore::new());
        let cx = context(&store).with_format_version(FormatVersion::new(1, 0));
        let codec = PhotonCodec::default();
        let record = codec.write(&original, &cx).unwrap();
        let path = record.path().to_owned();

        let theirs = Record::from_json(case.stored.to_json()).unwrap();
        let tree = case.folder.join("store").join(theirs.path().unwrap());
        let names: Vec<String> = std::fs::read_dir(&tree)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let snapshot = store.snapshot();
        assert_eq!(snapshot.len(), names.len(), "{}", case.id);
        for name in names {
            let ours = &snapshot[&format!("{path}/{name}")];
            if name.starts_with('.') {
                let theirs = std::fs::read(tree.join(&name)).unwrap();
                assert_eq!(
                    String::from_utf8_lossy(ours),
                    String::from_utf8_lossy(&theirs),
                    "{} {name}",
                    case.id
                );
            }
        }
        let mut stated = record.record().clone().into_json();
        let mut said = theirs.into_json();
        for json in [&mut stated, &mut said] {
            json.as_object_mut().unwrap().remove("path");
        }
        assert_eq!(stated, said, "{}", case.id);
        let movie = codec.open(record, &cx).unwrap();
        assert_eq!(movie.array().zarr_format(), 2);
        assert_eq!(
            movie.stabilized().read().unwrap(),
            array(&case.expected),
            "{}",
            case.id
        );
    }
}

#[test]
fn a_newer_minor_is_a_warning() {
    let case = Case::read(&fixtures().join("1.7/by-dj-photon-codecs-1bd48e2-no-attrs-record-1.7")).unwrap();
    let log = Arc::new(dj_codec_api::WarningLog::default());
    let cx = Context::with_stores(case.stores()).with_warnings(log.clone());
    let record = Record::from_json(case.stored.to_json()).unwrap();
    let movie = PhotonCodec::default().open(record, &cx).unwrap();
    assert_eq!(movie.format_version().to_string(), "1.7");
    let warnings = log.take();
    assert!(
        warnings.len() == 1 && warnings[0].message.contains("1.7"),
        "{warnings:?}"
    );
}

#[test]
fn versions_that_are_not_known_say_what_to_do() {
    for name in ["version-3.0", "attrs-3-record-1.0"] {
        let case = Case::read(&fixtures().join(format!("1.0/by-dj-photon-codecs-0.1.0-{name}"))).unwrap();
        let cx = Context::with_stores(case.stores());
        let record = Record::from_json(case.stored.to_json()).unwrap();
        let error = PhotonCodec::default().open(record, &cx).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("3.0") && text.contains("upgrade dj-photon-codecs"),
            "{text}"
        );
    }
}
