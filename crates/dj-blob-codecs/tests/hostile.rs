//! Damaged and hostile blobs: an error in words or a value, no panic, no memory that the blob's own size does not account for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::{Path, PathBuf};

use dj_blob_codecs::api::{ErrorKind, Limits};
use dj_blob_codecs::{Compression, Dims, PackOptions, UnpackOptions, Value, pack, unpack};
use dj_codec_testkit::memory::{CountingAllocator, peak_of_thread};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn blobs_below(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            blobs_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "bin") {
            found.push((path.clone(), std::fs::read(path).unwrap()));
        }
    }
}

/// Every blob that there is, with where it is.
fn blobs() -> Vec<(PathBuf, Vec<u8>)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    blobs_below(&here.join("../../fixtures/blob"), &mut found);
    blobs_below(&here.join("tests/data/malformed"), &mut found);
    assert!(found.len() >= 224 + 47, "{}", found.len());
    found
}

/// Limits that small blobs never meet.
fn small() -> Limits {
    Limits::default()
        .with_array_bytes(1 << 20)
        .with_decompressed_bytes(1 << 20)
        .with_items(100_000)
}

/// Reads a blob every way; a value is small enough to have come from it.
fn read(blob: &[u8], what: &dyn Fn() -> String) {
    // `Auto` tries both widths, but for dj0, which is never narrow by itself.
    let ways: &[Dims] = if blob.starts_with(b"mYm") {
        &[Dims::Auto]
    } else {
        &[Dims::Auto, Dims::Bits32]
    };
    read_as(blob, ways, what);
}

fn read_as(blob: &[u8], ways: &[Dims], what: &dyn Fn() -> String) {
    for &dims in ways {
        let options = UnpackOptions::new()
            .with_dims(dims)
            .with_limits(small())
            .with_unwrap(dims == Dims::Auto);
        let blob = bytes::Bytes::copy_from_slice(blob);
        let (result, held) = peak_of_thread(|| options.unpack(blob.clone()));
        // A value takes at most 40 bytes for each 9 on the wire, and may be built in two copies; what is decompressed has its
        // limit; the rest is an inflater's window and tables, and the words of errors.
        assert!(held <= 24 * blob.len() + (3 << 20), "{}: {held} bytes", what());
        if let Err(error) = result {
            assert!(error.message().len() > 5, "{}: {error}", what());
        }
    }
}

#[test]
fn every_prefix_is_an_error_or_a_value() {
    for (path, blob) in blobs() {
        // Long ones are cut at every place near their ends, and at many between.
        let step = (blob.len() / 600).max(1);
        let cuts = (0..blob.len()).filter(|at| *at < 300 || at + 40 > blob.len() || at % step == 0);
        for at in cuts {
            read(&blob[..at], &|| format!("{} cut at {at}", path.display()));
        }
    }
}

#[test]
fn every_changed_byte_is_an_error_or_a_value() {
    let blobs: Vec<_> = blobs().into_iter().filter(|(_, blob)| blob.len() < 300).collect();
    let changes = |range: std::ops::Range<usize>| {
        for (path, blob) in &blobs[range] {
            let mut changed = blob.clone();
            for at in 0..blob.len() {
                for byte in 0..=255 {
                    changed[at] = byte;
                    read_as(&changed, &[Dims::Auto], &|| {
                        format!("{} with {byte} at {at}", path.display())
                    });
                }
                changed[at] = blob[at];
            }
        }
    };
    let half = blobs.len() / 2;
    std::thread::scope(|scope| {
        scope.spawn(|| changes(0..half));
        changes(half..blobs.len());
    });
}

/// A list in a list, `depth` times.
fn nested_lists(depth: usize) -> Vec<u8> {
    // Each list has its code, its count and the length of what is in it.
    let mut blob = b"dj0\0".to_vec();
    for level in (0..depth).rev() {
        blob.push(2);
        blob.extend(1_u64.to_le_bytes());
        blob.extend((9 + 17 * level as u64).to_le_bytes());
    }
    blob.push(2);
    blob.extend(0_u64.to_le_bytes());
    blob
}

/// The same of cells, structs, objects and dicts, which take more of the stack.
fn nested(depth: usize, open: &dyn Fn(u64) -> Vec<u8>) -> Vec<u8> {
    let empty = [&[2][..], &0_u64.to_le_bytes()].concat();
    let fixed = open(0).len() as u64;
    let mut blob = b"dj0\0".to_vec();
    for level in (0..depth as u64).rev() {
        blob.extend(open(9 + fixed * level));
    }
    blob.extend(empty);
    blob
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The bytes before a value of this length.
type Opening = Box<dyn Fn(u64) -> Vec<u8>>;

/// What begins a value that holds one of the given length, one for each kind of container.
fn openings() -> Vec<(&'static str, Opening)> {
    let one_cell = |code: &[u8]| [code, &words(&[2, 1, 1])].concat();
    vec![
        (
            "tuple",
            Box::new(|length| [&[1][..], &words(&[1, length])].concat()),
        ),
        (
            "dict",
            Box::new(|length| [&[4][..], &words(&[1, 1]), &[0xff], &words(&[length])].concat()),
        ),
        (
            "cell",
            Box::new(move |length| [one_cell(b"C"), words(&[length])].concat()),
        ),
        (
            "struct",
            Box::new(move |length| [one_cell(b"S"), vec![1, 0, 0, 0, b'a', 0], words(&[length])].concat()),
        ),
        (
            "objects",
            Box::new(move |length| [one_cell(b"A"), vec![5, 0, 0, 0, 0, 0, 0, 0], words(&[length])].concat()),
        ),
        // A field of a structured array has no length before it.
        ("record", Box::new(|_| b"F\x01\0\0\0a\0".to_vec())),
    ]
}

#[test]
fn deep_nesting_is_refused_and_the_limit_fits_on_a_small_stack() {
    // The stack of a thread as Rust makes it, and tests are built without optimisation.
    let work = || {
        let deepest = Limits::default().depth;
        let mut all = vec![(
            "list",
            nested_lists(deepest),
            nested_lists(deepest + 1),
            nested_lists(100_000),
        )];
        for (name, open) in openings() {
            all.push((
                name,
                nested(deepest, &*open),
                nested(deepest + 1, &*open),
                nested(100_000, &*open),
            ));
        }
        for (name, fits, over, absurd) in all {
            for blob in [over, absurd] {
                let error = unpack(blob).unwrap_err();
                assert!(
                    matches!(
                        error.kind(),
                        ErrorKind::Limit {
                            what: "nesting depth",
                            ..
                        }
                    ),
                    "{name}: {error}"
                );
            }
            match unpack(fits.clone()) {
                Ok(value) => assert_eq!(
                    PackOptions::new()
                        .with_compression(Compression::None)
                        .pack(&value)
                        .unwrap(),
                    fits,
                    "{name}"
                ),
                // The innermost list is no column.
                Err(error) => assert!(
                    name == "record" && error.kind() == &ErrorKind::Corrupt,
                    "{name}: {error}"
                ),
            }
        }
    };
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn wrappers_of_wrappers_are_refused() {
    let mut blob = b"dj0\0".repeat(100_000);
    blob.extend(b"mYm\0A");
    let error = unpack(blob.clone()).unwrap_err();
    assert!(error.message().contains("wrapped"), "{error}");
    let error = UnpackOptions::new().with_unwrap(true).unpack(blob).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Limit {
                what: "nesting depth",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn sizes_that_lie_take_no_memory() {
    let lies = [
        1 << 31,
        1 << 32,
        1 << 40,
        1 << 61,
        1 << 62,
        1 << 63,
        u64::MAX / 9,
        u64::MAX - 7,
        u64::MAX,
    ];
    for (path, blob) in blobs().into_iter().filter(|(_, blob)| blob.len() < 1500) {
        for lie in lies {
            for at in 4..blob.len().saturating_sub(8).min(200) {
                let mut changed = blob.clone();
                changed[at..at + 8].copy_from_slice(&lie.to_le_bytes());
                read(&changed, &|| format!("{} with {lie:#x} at {at}", path.display()));
            }
        }
    }
}

#[test]
fn each_limit_is_tripped() {
    let list = pack(&Value::List(vec![Value::Null; 10])).unwrap();
    let deep = pack(&Value::List(vec![Value::List(vec![Value::Null])])).unwrap();
    let zeros = dj_blob_codecs::api::Array::from_vec(vec![0_u8; 5000], &[5000]).unwrap();
    let array = pack(&zeros.clone().into()).unwrap();
    let flat = dj_blob_codecs::api::Array::from_vec(vec![0_u8], &[1, 1, 1, 1]).unwrap();
    let flat = pack(&flat.into()).unwrap();
    let cases = [
        ("items", &list, Limits::default().with_items(10)),
        ("nesting depth", &deep, Limits::default().with_depth(1)),
        (
            "decompressed bytes",
            &array,
            Limits::default().with_decompressed_bytes(5000),
        ),
        ("array bytes", &array, Limits::default().with_array_bytes(4999)),
        ("dimensions", &flat, Limits::default().with_dimensions(3)),
    ];
    for (limit, blob, limits) in cases {
        assert!(unpack(blob.clone()).is_ok(), "{limit}");
        let error = UnpackOptions::new()
            .with_limits(limits)
            .unpack(blob.clone())
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Limit { what, .. } if *what == limit),
            "{limit}: {error}"
        );
    }
    let nested = Value::List(vec![Value::List(Vec::new())]);
    let error = PackOptions::new()
        .with_limits(Limits::default().with_depth(0))
        .pack(&nested)
        .unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Limit {
                what: "nesting depth",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn bombs_are_defused() {
    // 48 MiB of zeros in 49 kB, and a length that says so.
    let zeros = dj_blob_codecs::api::Array::from_vec(vec![0_u8; 48 << 20], &[48 << 20]).unwrap();
    let bomb = pack(&zeros.into()).unwrap();
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let (result, held) = peak_of_thread(|| UnpackOptions::new().with_limits(small()).unpack(bomb.clone()));
    assert!(matches!(
        result.unwrap_err().kind(),
        ErrorKind::Limit {
            what: "decompressed bytes",
            ..
        }
    ));
    assert!(held < 1 << 16, "{held}");
    assert!(unpack(bomb).is_ok());
}
