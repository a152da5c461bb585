//! Damaged and hostile files: an error in words, no panic, no memory that the file's own size does not account for.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{
    Array, Bytes, Context, Error, ErrorKind, Json, Limits, Record, Result, Store, StoreMap, Value, notation,
};
use dj_codec_testkit::MemoryStore;
use dj_codec_testkit::memory::{CountingAllocator, peak_of_thread};
use dj_npy_codecs::{Header, NpyCodec, NpySource, decode_npy, load_npy, map_npy, read_npy};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn malformed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed")
}

/// The file through the codec, in a store that is no folder.
fn through_codec(file: &Bytes, record: Record) -> Result<Array> {
    let store = MemoryStore::new();
    store.put("a.npy", file.clone()).unwrap();
    let cx = Context::new(StoreMap::new().with("main", Arc::new(store)).with_default("main"));
    NpyCodec::open(record, &cx)?.load()
}

#[test]
fn damaged_files_are_refused_however_they_are_read() {
    let manifest: Json =
        serde_json::from_slice(&std::fs::read(malformed().join("manifest.json")).unwrap()).unwrap();
    let cases = manifest["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 19);
    let limits = Limits::default();
    for case in cases {
        let name = case["file"].as_str().unwrap();
        let path = malformed().join(name);
        let file = Bytes::from(std::fs::read(&path).unwrap());
        let record = Record::new().with("path", "a.npy");
        let sized = record
            .clone()
            .with("dtype", "int32")
            .with("shape", vec![2_u64, 3]);
        let outcomes = [
            decode_npy(&file, &limits),
            read_npy(file.as_ref(), &limits),
            load_npy(&path, &limits),
            map_npy(&path, &limits),
            through_codec(&file, record),
            through_codec(&file, sized),
        ];
        for (way, outcome) in outcomes.into_iter().enumerate() {
            if case["python_accepts"] == Json::Bool(true) {
                let expected = notation::from_json(&case["python"]["returns"], &limits).unwrap();
                assert_eq!(Value::from(outcome.unwrap()), expected, "{name}, way {way}");
            } else {
                let error = outcome
                    .map(|array| panic!("{name}, way {way}: {array:?}"))
                    .unwrap_err();
                assert!(
                    !matches!(error.kind(), ErrorKind::Store),
                    "{name}, way {way}: {error}"
                );
            }
        }
    }
}

#[test]
fn damage_is_told_with_figures() {
    let error = |name: &str| load_npy(malformed().join(name), &Limits::default()).unwrap_err();
    for (name, message) in [
        ("cut-empty.npy", "the file is empty"),
        (
            "cut-magic.npy",
            "the first bytes should take 8 bytes, there are 4",
        ),
        (
            "cut-header-length.npy",
            "the length of the header should take 2 bytes, there are 1",
        ),
        ("cut-header.npy", "the header should take 118 bytes, there are 70"),
        ("cut-data.npy", "its data should take 24 bytes, there are 19"),
        ("no-data.npy", "its data should take 24 bytes, there are 0"),
        ("bad-magic.npy", "this is no .npy file: it begins with the bytes"),
        ("object.npy", "Python objects"),
        ("shape-float.npy", "a float stands in a shape"),
        ("header-expression.npy", "a Python literal was expected"),
        ("header-key-missing.npy", "the key \"fortran_order\" is missing"),
        ("descr-unknown.npy", "\"<q9\" is not a dtype"),
    ] {
        let error = error(name);
        assert!(error.message().contains(message), "{name}: {error}");
        assert!(error.place().unwrap().ends_with(name));
    }
    assert!(matches!(
        error("bad-version.npy").kind(),
        ErrorKind::UnsupportedFormat { .. }
    ));
    assert!(matches!(
        error("shape-overflow.npy").kind(),
        ErrorKind::Limit {
            what: "array bytes",
            ..
        }
    ));
    assert_eq!(error("not-there.npy").kind(), &ErrorKind::NotFound);
    assert_eq!(
        load_npy(malformed(), &Limits::default()).unwrap_err().kind(),
        &ErrorKind::Corrupt
    );
}

fn samples() -> Vec<Bytes> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/saved");
    let names = [
        "titles",
        "padded",
        "every-scalar",
        "odd-names",
        "fortran-4d",
        "deep",
        "zero-width-raw",
        "sixty-four-dimensions",
    ];
    names
        .iter()
        .map(|name| {
            std::fs::read(fixtures.join(format!("{name}.npy")))
                .unwrap()
                .into()
        })
        .collect()
}

#[test]
fn every_prefix_of_a_file_is_an_error() {
    for file in samples() {
        let whole = decode_npy(&file, &Limits::default()).unwrap();
        let end = Header::parse(&file, &Limits::default()).unwrap().data_start() + whole.nbytes();
        for length in 0..end {
            let part = file.slice(..length);
            let error = decode_npy(&part, &Limits::default()).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Corrupt);
            assert_eq!(
                read_npy(part.as_ref(), &Limits::default())
                    .unwrap_err()
                    .to_string(),
                error.to_string()
            );
            let record = Record::new().with("path", "a.npy");
            assert_eq!(
                through_codec(&part, record).unwrap_err().message(),
                error.message()
            );
        }
    }
}

/// Reads a file every way, and what it holds as a reader of it would.
fn read_all(file: &Bytes) {
    let limits = Limits::default().with_array_bytes(1 << 20).with_items(1 << 16);
    let look = |outcome: Result<Array>| match outcome {
        Ok(array) => drop(array.to_little_endian()),
        Err(error) => assert!(!error.to_string().is_empty()),
    };
    look(decode_npy(file, &limits));
    look(read_npy(file.as_ref(), &limits));
    let store = MemoryStore::new();
    store.put("a.npy", file.clone()).unwrap();
    let cx =
        Context::new(StoreMap::new().with("main", Arc::new(store)).with_default("main")).with_limits(limits);
    let lazy = NpyCodec::open(Record::new().with("path", "a.npy"), &cx).unwrap();
    look(lazy.load());
    look(lazy.rows(0..1));
}

#[test]
fn no_flip_of_a_header_byte_panics_or_takes_memory() {
    for file in samples() {
        let end = Header::parse(&file, &Limits::default()).unwrap().data_start();
        for at in 0..end {
            for bit in 0..8 {
                let mut flipped = file.to_vec();
                flipped[at] ^= 1 << bit;
                let flipped = Bytes::from(flipped);
                let ((), most) = peak_of_thread(|| read_all(&flipped));
                assert!(most < 8 << 20, "byte {at}, bit {bit}: {most} bytes");
            }
        }
    }
}

fn with_header(text: &str) -> Bytes {
    let mut file = b"\x93NUMPY\x02\x00".to_vec();
    file.extend((text.len() as u32).to_le_bytes());
    file.extend(text.as_bytes());
    file.into()
}

#[test]
fn absurd_claims_cost_nothing() {
    let shaped = |descr: &str, shape: &str| {
        with_header(&format!(
            "{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"
        ))
    };
    let files = [
        shaped("'<f8'", "(8000000000,)"),
        shaped("'<f8'", "(1000000000000000,)"),
        shaped("'<f8'", "(9223372036854775807, 9223372036854775807)"),
        shaped("'|V0'", "(9223372036854775807,)"),
        shaped("'|V2147483647'", "(2147483647,)"),
        shaped("[('a', '|V2147483647', (2147483647, 2147483647))]", "(1,)"),
        shaped("'<U2147483647'", "(2147483647,)"),
        shaped("'<i4'", &format!("({})", "0,".repeat(1000))),
        shaped(&"[".repeat(100_000), "()"),
        shaped(&format!("{}'i1'{}", "[('a', ".repeat(90), ")]".repeat(90)), "()"),
        with_header(&"{".repeat(10_000)),
        with_header(&"-".repeat(10_000)),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff".as_slice().into(),
        b"\x93NUMPY\x03\x00\xff\xff\xff\x00".as_slice().into(),
    ];
    for file in files {
        let (outcome, most) = peak_of_thread(|| {
            [
                decode_npy(&file, &Limits::default()),
                read_npy(file.as_ref(), &Limits::default()),
            ]
        });
        for outcome in outcome {
            let error: Error = outcome.unwrap_err();
            assert!(error.to_string().len() < 600, "{error}");
        }
        // A stream of unknown length gets one block in advance.
        assert!(most < (16 << 20) + 200 * file.len(), "{most} bytes");
    }
}

#[test]
fn every_limit_is_kept() {
    let array = Array::from_vec(vec![0_u16; 600], &[20, 30]).unwrap();
    let mut file = Vec::new();
    std::io::Read::read_to_end(&mut NpySource::new(&array).unwrap(), &mut file).unwrap();
    let file = Bytes::from(file);
    let limit = |limits: Limits| match read_npy(file.as_ref(), &limits).unwrap_err().kind() {
        ErrorKind::Limit { what, .. } => *what,
        other => panic!("{other:?}"),
    };
    let limits = Limits::default();
    assert_eq!(limit(limits.clone().with_array_bytes(1199)), "array bytes");
    assert_eq!(limit(limits.clone().with_metadata_bytes(117)), "metadata bytes");
    assert_eq!(limit(limits.clone().with_dimensions(1)), "dimensions");
    assert_eq!(limit(limits.clone().with_depth(1)), "nesting depth");
    assert_eq!(limit(limits.clone().with_items(5)), "items");
    let exact = limits
        .with_array_bytes(1200)
        .with_metadata_bytes(118)
        .with_dimensions(2)
        .with_depth(2)
        .with_items(9);
    assert_eq!(read_npy(file.as_ref(), &exact).unwrap(), array);
}
