//! Every golden fixture decodes, and is written again byte for byte.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{
    Array, Bytes, Context, Json, Limits, Order, Record, Registry, Store, StoreMap, Stored, Value,
};
use dj_codec_testkit::MemoryStore;
use dj_codec_testkit::golden::Case;
use dj_npy_codecs::{Header, NpyCodec, NpySource, decode_npy, load_npy, map_npy, read_npy};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/npy")
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(Arc::new(NpyCodec)).unwrap();
    registry
}

/// Every case but those that do not decode, with the bytes of its file.
fn cases() -> Vec<(Case, Bytes)> {
    let mut cases = Vec::new();
    for version in ["1.0", "2.0", "3.0"] {
        for entry in std::fs::read_dir(fixtures().join(version)).unwrap() {
            let case = Case::read(&entry.unwrap().path()).unwrap();
            if !case.expects_error() {
                let path = record(&case).path().unwrap().to_owned();
                let file = case
                    .stores()
                    .open(Some("main"))
                    .unwrap()
                    .store
                    .get(&path)
                    .unwrap();
                cases.push((case, file));
            }
        }
    }
    assert!(cases.len() >= 75, "{}", cases.len());
    cases
}

fn record(case: &Case) -> Record {
    let Stored::Json(json) = case.stored.clone() else {
        panic!("{}: no record", case.id)
    };
    Record::from_json(json).unwrap()
}

fn bytes_of(mut source: NpySource) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut source, &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, source.file_size());
    bytes
}

#[test]
fn golden_fixtures_decode() {
    dj_codec_testkit::assert_golden(fixtures(), &registry());
}

#[test]
fn files_are_written_again_byte_for_byte() {
    for (case, file) in cases() {
        let array = decode_npy(&file, &Limits::default()).unwrap();
        let header = Header::parse(&file, &Limits::default()).unwrap();
        assert_eq!(header.version().format_version(), case.format_version);
        assert!(
            bytes_of(NpySource::with_version(&array, header.version()).unwrap()) == file,
            "{}",
            case.id
        );
        if !case.writer.contains("write_array") {
            assert!(
                bytes_of(NpySource::new(&array).unwrap()) == file,
                "{}: another version",
                case.id
            );
        }
    }
}

#[test]
fn records_are_written_as_datajoint_writes_them() {
    for (case, file) in cases() {
        let array = decode_npy(&file, &Limits::default()).unwrap();
        let store = Arc::new(MemoryStore::new());
        let cx = Context::new(StoreMap::new().with("main", store.clone()))
            .with_field("lab", "session", "trace")
            .with_key("session", 3_i64)
            .with_column_store(Some("main"));
        let cx = match case.format_version.to_string().as_str() {
            "1.0" => cx,
            _ => cx.with_format_version(case.format_version),
        };
        let new = NpyCodec::write(&array, &cx).unwrap();
        let old = record(&case);
        // That fields are aligned is not in the file, and so not in what was read from it.
        let dtype = old
            .get("dtype")
            .and_then(Json::as_str)
            .unwrap()
            .replace(", 'aligned': True", "");
        assert_eq!(
            new.get("dtype").and_then(Json::as_str),
            Some(dtype.as_str()),
            "{}",
            case.id
        );
        assert_eq!(new.get("shape"), old.get("shape"), "{}", case.id);
        assert!(store.get(new.path().unwrap()).unwrap() == file, "{}", case.id);
    }
}

#[test]
fn every_way_of_reading_gives_the_same_array() {
    for (case, file) in cases() {
        let limits = Limits::default();
        let array = decode_npy(&file, &limits).unwrap();
        assert_eq!(read_npy(file.as_ref(), &limits).unwrap(), array, "{}", case.id);
        let record = record(&case);
        let folder = case.stores().open(None).unwrap().store;
        let path = folder.local_path(record.path().unwrap()).unwrap();
        assert_eq!(load_npy(&path, &limits).unwrap(), array, "{}", case.id);
        assert_eq!(map_npy(&path, &limits).unwrap(), array, "{}", case.id);

        let remote = MemoryStore::new();
        remote.put(record.path().unwrap(), file.clone()).unwrap();
        let remote: Arc<dyn Store> = Arc::new(remote);
        for store in [folder, remote] {
            let stores = StoreMap::new()
                .with("main", store.clone())
                .with("alt", store.clone());
            let lazy = NpyCodec::open(record.clone(), &Context::new(stores)).unwrap();
            assert_eq!(lazy.load().unwrap(), array, "{}", case.id);
            assert_eq!(
                lazy.mmap().is_ok(),
                store.local_path("x").is_some(),
                "{}",
                case.id
            );
            let shape: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
            assert_eq!(lazy.shape(), Some(shape.as_slice()), "{}", case.id);
            let Some(&rows) = shape.first() else {
                assert!(lazy.rows(0..0).is_err());
                continue;
            };
            for start in 0..=rows {
                for end in start..=rows {
                    let part = lazy.rows(start..end).unwrap();
                    assert_eq!(
                        part,
                        array.rows(start as usize..end as usize).unwrap(),
                        "{} {start}..{end}",
                        case.id
                    );
                }
            }
            assert!(lazy.rows(0..rows + 1).is_err());
        }
    }
}

/// Arrays that NumPy 2.4.6 saved because their headers are odd: titles, padding, nesting, escapes, widths of zero, strides.
#[test]
fn odd_headers_are_numpys_to_the_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/saved");
    let manifest: Vec<Json> =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest.len() >= 28);
    for entry in manifest {
        let name = entry["file"].as_str().unwrap();
        let file = Bytes::from(std::fs::read(folder.join(name)).unwrap());
        let array = decode_npy(&file, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(bytes_of(NpySource::new(&array).unwrap()) == file, "{name}");
        let shape: Vec<Json> = array.shape().iter().map(|&length| length.into()).collect();
        assert_eq!(entry["shape"], Json::from(shape), "{name}");
        // The lazy handle takes the record's dtype, whose layout must be the file's.
        let record = Record::new()
            .with("path", name)
            .with("dtype", entry["dtype"].as_str().unwrap())
            .with("shape", entry["shape"].clone());
        let store = MemoryStore::new();
        store.put(name, file).unwrap();
        let cx = Context::new(StoreMap::new().with("main", Arc::new(store)).with_default("main"));
        let lazy = NpyCodec::open(record, &cx).unwrap();
        assert_eq!(lazy.dtype(), Some(array.dtype()), "{name}");
        assert_eq!(lazy.load().unwrap(), array, "{name}");
        let said = entry["dtype"].as_str().unwrap();
        if !said.contains("'aligned'") && !said.starts_with("(numpy.record") {
            assert_eq!(array.dtype().to_string(), said, "{name}");
        }
    }
}

/// An array in any arrangement is written in C order, unless it stands in Fortran order.
#[test]
fn strides_are_straightened_while_writing() {
    let base = Array::from_vec((0..24_u16).collect(), &[2, 3, 4]).unwrap();
    let transposed = Array::with_strides(
        base.dtype().clone(),
        &[3, 2, 4],
        &[8, 24, 2],
        0,
        base.data().clone(),
    )
    .unwrap();
    let file = Bytes::from(bytes_of(NpySource::new(&transposed).unwrap()));
    let read = decode_npy(&file, &Limits::default()).unwrap();
    assert!(read.is_contiguous(Order::C));
    assert_eq!(read, transposed);
    let fortran = base.to_order(Order::Fortran);
    let file = Bytes::from(bytes_of(NpySource::new(&fortran).unwrap()));
    assert_eq!(&file[128..], fortran.data());
    assert_eq!(
        Value::from(decode_npy(&file, &Limits::default()).unwrap()),
        Value::from(base)
    );
}

/// More than one block of copied elements, of several outer indices.
#[test]
fn large_strided_arrays_are_written_in_blocks() {
    let (a, b, c) = (2, 3, 400_000);
    let base = Array::from_vec((0..a * b * c * 2).map(|at| at as u32).collect(), &[a, b, c * 2]).unwrap();
    let step = (c * 2 * 4) as isize;
    for (shape, strides) in [
        ([a, b, c], [step * b as isize, step, 8]),
        ([c, a, b], [8, step * b as isize, step]),
        ([b, c, a], [step, 8, step * b as isize]),
    ] {
        let view =
            Array::with_strides(base.dtype().clone(), &shape, &strides, 0, base.data().clone()).unwrap();
        let file = bytes_of(NpySource::new(&view).unwrap());
        assert!(file[128..] == view.to_bytes(Order::C), "{shape:?}");
    }
}
