//! `<npy@>` in stores: what is asked of them, what is left in them, what goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::single_range_in_vec_init,
    reason = "helpers of tests fail as tests do"
)]

#[path = "store/handles.rs"]
mod handles;
#[path = "store/rows.rs"]
mod rows;
#[path = "store/watched.rs"]
mod watched;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dj_codec_api::value::ObjectArray;
use dj_codec_api::{
    Array, CheckLevel, Codec, Column, Context, ErrorKind, FormatVersion, Json, Mode, Order, Record, Registry,
    Store, StoreLayout, StoreMap, Stored, Value, WarningKind, WarningLog,
};
use dj_codec_store::FileStore;
use dj_npy_codecs::{NpyCodec, NpyRef, save_npy};
use watched::{Watched, movie, stored, watched};

#[test]
fn the_default_store_has_its_name_in_the_record() {
    let (store, cx) = watched();
    let mut registry = Registry::new();
    registry.register(Arc::new(NpyCodec)).unwrap();
    let column = Column::resolve("<npy@>", &registry).unwrap();
    let Stored::Json(json) = column.encode(movie(Order::C).into(), &cx).unwrap() else {
        panic!()
    };
    let path = json["path"].as_str().unwrap();
    assert!(
        path.starts_with("_schema/lab/session/session_id=1/trace_") && path.ends_with(".npy"),
        "{path}"
    );
    let expected =
        serde_json::json!({"path": path, "store": "main", "dtype": "uint32", "shape": [100, 20, 3]});
    assert_eq!(json, expected);
    assert_eq!(store.inner.paths(), [path]);
    let value = column.decode(Stored::Json(json.clone()), &cx).unwrap();
    let lazy = value.downcast::<NpyRef>().unwrap();
    assert_eq!((lazy.path(), lazy.store_name()), (path, "main"));
    assert_eq!(lazy.shape(), Some(&[100, 20, 3][..]));
    assert_eq!(value.load().unwrap(), movie(Order::C).into());
    assert_eq!(
        column.format_version(Stored::Json(json.clone()), &cx).unwrap(),
        Some(FormatVersion::new(1, 0))
    );
    let references = column.referenced_paths(&Stored::Json(json.clone()));
    assert_eq!(
        (references[0].path.as_str(), references[0].store.as_deref()),
        (path, Some("main"))
    );
    // A lazy array is a value to store like any other.
    let again = column
        .encode(column.decode(Stored::Json(json.clone()), &cx).unwrap(), &cx)
        .unwrap();
    assert_ne!(again.to_json()["path"], *path);
    assert_eq!(store.inner.paths().len(), 2);
}

#[test]
fn checks_see_what_is_cut_off_without_reading_the_data() {
    let (store, lazy) = stored(&movie(Order::Fortran));
    let cx = watched_context(&store);
    let record = Value::from(lazy.record().clone());
    let check = |level| {
        NpyCodec
            .check(&record, &cx, level)
            .map_err(|error| error.kind().clone())
    };
    for level in [CheckLevel::Presence, CheckLevel::Size, CheckLevel::Full] {
        assert_eq!(check(level), Ok(()), "{level:?}");
    }
    let whole = store.inner.get(lazy.path()).unwrap();
    store
        .inner
        .put(lazy.path(), whole.slice(..whole.len() - 1))
        .unwrap();
    store.reads();
    assert_eq!(check(CheckLevel::Presence), Ok(()));
    assert_eq!(check(CheckLevel::Size), Err(ErrorKind::Corrupt));
    let read: u64 = store.reads().iter().map(|range| range.end - range.start).sum();
    assert!(read < 300, "{read} bytes of {} were read", whole.len());
    store.inner.delete(lazy.path()).unwrap();
    assert_eq!(check(CheckLevel::Presence), Err(ErrorKind::NotFound));
}

fn watched_context(store: &Arc<Watched>) -> Context {
    Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
}

#[test]
fn the_codec_is_found_where_the_crate_is_linked() {
    let registry = Registry::linked().unwrap();
    let info = registry.get("npy").unwrap().info();
    assert_eq!(
        (info.crate_name.as_ref(), info.modes),
        ("dj-npy-codecs", vec![Mode::Store])
    );
    let reads: Vec<String> = info
        .reads
        .iter()
        .map(|format| format.version.to_string())
        .collect();
    assert_eq!(
        (info.writes.unwrap().to_string().as_str(), reads),
        ("1.0", vec!["1.0".into(), "2.0".into(), "3.0".into()])
    );
    assert_eq!(
        Column::resolve("<npy>", &registry).unwrap_err().kind(),
        &ErrorKind::InvalidSpec
    );
}

#[test]
fn taken_paths_are_left_alone() {
    let (store, cx) = watched();
    store.taken.store(3, Ordering::Relaxed);
    let record = NpyCodec::write(&movie(Order::C), &cx).unwrap();
    let objects = store.inner.snapshot();
    assert_eq!(objects.len(), 4);
    for (path, contents) in objects {
        assert_eq!(path == record.path().unwrap(), contents != "somebody else's");
    }
    store.taken.store(1000, Ordering::Relaxed);
    let error = NpyCodec::write(&movie(Order::C), &cx).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::AlreadyExists);
    assert!(
        store
            .inner
            .snapshot()
            .values()
            .filter(|contents| *contents != "somebody else's")
            .count()
            == 1
    );
}

#[test]
fn a_file_that_is_not_what_the_record_says_is_an_error() {
    let (store, cx) = watched();
    let record = NpyCodec::write(&movie(Order::C), &cx).unwrap();
    let open = |key: &str, value: Json| NpyCodec::open(record.clone().with(key, value), &cx).unwrap();
    for (key, value) in [
        ("shape", serde_json::json!([100, 20])),
        ("shape", serde_json::json!([100, 20, 4])),
        ("shape", serde_json::json!([20, 100, 3])),
        ("shape", serde_json::json!([1_000_000, 1_000, 3])),
        ("dtype", "int32".into()),
        ("dtype", "[('a', '<u4')]".into()),
    ] {
        let lazy = open(key, value.clone());
        for outcome in [lazy.load(), lazy.rows(0..1)] {
            let error = outcome.unwrap_err();
            assert!(
                error.to_string().contains(&format!("the record says {key}")),
                "{key} {value}: {error}"
            );
        }
        assert_eq!(lazy.load_as_found().unwrap(), movie(Order::C));
    }
    // The order of bytes of the machine that wrote it is not in a record.
    assert_eq!(open("dtype", ">u4".into()).load().unwrap(), movie(Order::C));
    // A record without dtype or shape contradicts nothing.
    let bare = Record::new().with("path", record.path().unwrap());
    let lazy = NpyCodec::open(bare, &cx).unwrap();
    assert_eq!((lazy.shape(), lazy.dtype()), (None, None));
    assert_eq!(lazy.load().unwrap(), movie(Order::C));
    assert_eq!(lazy.header().unwrap().shape(), [100, 20, 3]);
    store.reads();
}

#[test]
fn a_dtype_that_is_not_known_is_warned_of() {
    let (_, cx) = watched();
    let log = Arc::new(WarningLog::default());
    let record = NpyCodec::write(&movie(Order::C), &cx)
        .unwrap()
        .with("dtype", "bfloat16");
    let cx = cx.with_warnings(log.clone());
    assert_eq!(
        NpyCodec::open(record, &cx).unwrap().load().unwrap(),
        movie(Order::C)
    );
    let warnings = log.take();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].kind, WarningKind::Contradiction);
    assert!(warnings[0].message.contains("\"bfloat16\""));
}

#[test]
fn records_that_make_no_sense_are_refused_without_io() {
    let (store, cx) = watched();
    let decode = |json: Json| NpyCodec.decode(Value::from(json), &cx);
    for (json, kind) in [
        (
            serde_json::json!({"path": "../../etc/passwd"}),
            ErrorKind::UnsafePath,
        ),
        (serde_json::json!({"path": "/etc/passwd"}), ErrorKind::UnsafePath),
        (
            serde_json::json!({"path": "a/..\\..\\b.npy"}),
            ErrorKind::UnsafePath,
        ),
        (serde_json::json!({"store": "main"}), ErrorKind::Corrupt),
        (serde_json::json!({"path": 5}), ErrorKind::Corrupt),
        (
            serde_json::json!({"path": "a", "store": "elsewhere"}),
            ErrorKind::Config,
        ),
        (
            serde_json::json!({"path": "a", "shape": [1, -2]}),
            ErrorKind::Corrupt,
        ),
        (
            serde_json::json!({"path": "a", "shape": "wide"}),
            ErrorKind::Corrupt,
        ),
        (serde_json::json!({"path": "a", "dtype": 7}), ErrorKind::Corrupt),
        (
            serde_json::json!({"path": "a", "dtype": "object"}),
            ErrorKind::Unsupported,
        ),
        (serde_json::json!([1]), ErrorKind::Corrupt),
    ] {
        let error = decode(json.clone()).unwrap_err();
        assert_eq!(error.kind(), &kind, "{json}: {error}");
    }
    for shape in [
        serde_json::json!([u64::MAX, u64::MAX]),
        serde_json::json!(vec![1; 65]),
    ] {
        let error = decode(serde_json::json!({"path": "a", "dtype": "int8", "shape": shape})).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
    }
    assert_eq!(store.reads(), []);
}

#[test]
fn missing_and_cut_files_say_which_and_how_much() {
    let (store, lazy) = stored(&movie(Order::C));
    let file = store.inner.get(lazy.path()).unwrap();
    store.inner.put(lazy.path(), file.slice(..5_000)).unwrap();
    let place = format!("main:{}", lazy.path());
    for error in [lazy.load().unwrap_err(), lazy.rows(50..60).unwrap_err()] {
        assert_eq!(error.kind(), &ErrorKind::Corrupt);
        assert_eq!(
            error.message(),
            "the file is cut short: its data should take 24000 bytes, there are 4872"
        );
        assert_eq!(
            (error.codec(), error.place()),
            (Some("npy"), Some(place.as_str()))
        );
    }
    // Rows that are there can still be saved.
    assert_eq!(lazy.rows(0..20).unwrap(), movie(Order::C).rows(0..20).unwrap());
    store.inner.delete(lazy.path()).unwrap();
    for error in [lazy.load().unwrap_err(), lazy.rows(0..1).unwrap_err()] {
        assert_eq!(error.kind(), &ErrorKind::NotFound, "{error}");
    }
}

#[test]
fn what_is_no_array_is_refused_in_words() {
    let (store, cx) = watched();
    let objects = ObjectArray::new(vec![1], vec![Value::Null]).unwrap();
    for (value, message) in [
        (Value::List(vec![]), "<npy> requires an array, this is a list"),
        (Value::from(objects), "<npy> does not support object dtype arrays"),
    ] {
        let error = NpyCodec.encode(value, &cx).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (&ErrorKind::InvalidValue, message)
        );
    }
    assert!(store.inner.paths().is_empty());
    let error = NpyCodec.dtype(Mode::Table).unwrap_err();
    assert_eq!(error.message(), "<npy> requires @ (store only)");
}

#[test]
fn the_version_that_is_asked_for_is_written() {
    let (_, cx) = watched();
    for version in ["1.0", "2.0", "3.0"] {
        let asked = cx.clone().with_format_version(version.parse().unwrap());
        let record = NpyCodec::write(&movie(Order::C), &asked).unwrap();
        assert_eq!(
            NpyCodec
                .format_version(&record.clone().into(), &cx)
                .unwrap()
                .unwrap()
                .to_string(),
            version
        );
        assert_eq!(
            NpyCodec::open(record, &cx).unwrap().load().unwrap(),
            movie(Order::C)
        );
    }
    let error = NpyCodec::write(
        &movie(Order::C),
        &cx.with_format_version(FormatVersion::new(4, 0)),
    )
    .unwrap_err();
    assert!(error.to_string().contains("4.0"), "{error}");
}

#[test]
fn a_header_that_numpy_refuses_is_warned_of() {
    let (_, cx) = watched();
    let log = Arc::new(WarningLog::default());
    let cx = cx.with_warnings(log.clone());
    let fields: Vec<String> = (0..900).map(|at| format!("('field_{at}', 'u1')")).collect();
    let header = format!(
        "{{'descr': [{}], 'fortran_order': False, 'shape': (1,)}}",
        fields.join(", ")
    );
    let mut file = b"\x93NUMPY\x02\x00".to_vec();
    file.extend((header.len() as u32).to_le_bytes());
    file.extend(header.bytes().chain([0; 900]));
    let array = dj_npy_codecs::decode_npy(&file.into(), cx.limits()).unwrap();
    let record = NpyCodec::write(&array, &cx).unwrap();
    let warnings = log.take();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].kind, WarningKind::Portability);
    assert_eq!(NpyCodec::open(record, &cx).unwrap().load().unwrap(), array);
}

#[test]
fn folders_are_written_loaded_and_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let mut layout = StoreLayout::default();
    layout.schema_prefix = "data".into();
    layout.token_length = 12;
    let store = Arc::new(FileStore::create(folder.path()).unwrap());
    let cx = Context::new(StoreMap::new().with_layout("alt", store.clone(), layout))
        .with_field("lab", "session", "trace")
        .with_column_store(Some("alt"));
    for order in [Order::C, Order::Fortran] {
        // Large enough for pages of its own.
        let array = Array::from_vec((0..1_500_000_u32).collect(), &[1000, 1500])
            .unwrap()
            .to_order(order);
        let record = NpyCodec::write(&array, &cx).unwrap();
        let on_disk = folder.path().join(record.path().unwrap());
        let other = folder.path().join("other.npy");
        assert_eq!(save_npy(&other, &array).unwrap(), 128 + 6_000_000);
        assert!(std::fs::read(&on_disk).unwrap() == std::fs::read(&other).unwrap());
        let lazy = NpyCodec::open(record, &cx).unwrap();
        assert_eq!(lazy.load().unwrap(), array);
        assert_eq!(lazy.rows(100..103).unwrap(), array.rows(100..103).unwrap());
        let mapped = lazy.mmap().unwrap();
        assert_eq!(mapped, array);
        // A deleted file stays readable while it is mapped.
        std::fs::remove_file(on_disk).unwrap();
        assert_eq!(mapped, array);
        assert_eq!(lazy.load().unwrap_err().kind(), &ErrorKind::NotFound);
    }
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().contains("partial")),
        "{names:?}"
    );
}
