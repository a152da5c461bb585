//! A stored array as a handle among values, and what stores may do to its reading.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::single_range_in_vec_init,
    reason = "a test asserts by panicking"
)]

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex};

use dj_codec_api::{
    Array, Bytes, Codec, Context, DType, ErrorKind, Lazy, ObjectMeta, Order, Result, Store, StoreMap, Value,
};
use dj_codec_testkit::{Fault, FaultyStore, MemoryStore, OperationKind};
use dj_npy_codecs::{NpyCodec, NpyRef};

fn context(store: impl Store + 'static) -> Context {
    Context::new(StoreMap::new().with("main", Arc::new(store)).with_default("main"))
        .with_field("lab", "session", "trace")
        .with_key("session_id", 1_i64)
        .with_column_store(Some(""))
}

fn movie(order: Order) -> Array {
    let numbers = Array::from_vec((0..6_000_u32).collect(), &[100, 20, 3]).unwrap();
    numbers.to_order(order)
}

fn stored(array: &Array, cx: &Context) -> NpyRef {
    NpyCodec::open(NpyCodec::write(array, cx).unwrap(), cx).unwrap()
}

#[test]
fn a_handle_says_what_it_is_and_reads_rows_where_they_stand_together() {
    let cx = context(MemoryStore::new());
    let lazy = stored(&movie(Order::C), &cx);
    let Value::Lazy(handle) = Value::lazy(stored(&movie(Order::C), &cx)) else {
        panic!()
    };
    assert_eq!(handle.type_name(), "a stored NumPy array");
    assert_eq!(handle.shape(), Some(&[100, 20, 3][..]));
    assert_eq!(handle.dtype(), Some(&"uint32".parse().unwrap()));
    let rows = handle.load_rows(7..9).unwrap().unwrap();
    assert_eq!(rows, movie(Order::C).rows(7..9).unwrap());

    assert!(Lazy::load_rows(&stored(&movie(Order::Fortran), &cx), 7..9).is_none());
    assert!(Lazy::load_rows(&stored(&Array::scalar(5_u8), &cx), 0..1).is_none());
    let gone = NpyCodec::open(lazy.record().clone().with("path", "gone.npy"), &cx).unwrap();
    let error = Lazy::load_rows(&gone, 0..1).unwrap().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotFound);
}

/// A handle that is an array where it says a shape or a dtype.
#[derive(Debug)]
struct Handle(Option<Vec<u64>>, Option<DType>);

impl Lazy for Handle {
    fn type_name(&self) -> &'static str {
        "a handle"
    }

    fn load(&self) -> Result<Value> {
        Ok(Value::from(Array::scalar(1_u8)))
    }

    fn shape(&self) -> Option<&[u64]> {
        self.0.as_deref()
    }

    fn dtype(&self) -> Option<&DType> {
        self.1.as_ref()
    }
}

#[test]
fn handles_of_arrays_can_be_stored_and_others_cannot() {
    let validate = |shape: Option<Vec<u64>>, dtype| NpyCodec.validate(&Value::lazy(Handle(shape, dtype)));
    assert!(validate(Some(vec![]), None).is_ok());
    assert!(validate(None, Some("u1".parse().unwrap())).is_ok());
    let error = validate(None, None).unwrap_err();
    assert_eq!(error.message(), "<npy> requires an array, this is a handle");
}

#[test]
fn a_store_that_fails_is_not_asked_again_and_its_own_error_is_told() {
    let store = Arc::new(FaultyStore::new(MemoryStore::new()));
    let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
        .with_field("lab", "session", "trace")
        .with_column_store(Some(""));
    let lazy = stored(&movie(Order::C), &cx);
    store.inject(Fault::error(ErrorKind::PermissionDenied).from(0));
    let writes = store.operations().len();
    let error = NpyCodec::write(&movie(Order::C), &cx).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::PermissionDenied);
    let tried: Vec<OperationKind> = store.operations()[writes..]
        .iter()
        .map(|asked| asked.kind)
        .collect();
    let written = tried
        .iter()
        .filter(|kind| kind.writes() && **kind != OperationKind::Delete);
    assert_eq!(written.count(), 1, "{tried:?}");

    // The file is whole; that a range of it could not be read has another reason.
    store.recover();
    store.inject(
        Fault::error(ErrorKind::Store)
            .on(OperationKind::GetRanges)
            .from(0),
    );
    assert_eq!(lazy.load().unwrap_err().kind(), &ErrorKind::Store);

    // So it is where the header was read before.
    store.recover();
    lazy.header().unwrap();
    store.inject(Fault::error(ErrorKind::Store).on(OperationKind::GetRanges));
    assert_eq!(lazy.rows(7..9).unwrap_err().kind(), &ErrorKind::Store);
}

/// What becomes of the ranges that a store gives.
type Change = fn(&mut Vec<Bytes>);

/// A store that gives other ranges than it is asked for, where it is told to, and notes what it is asked for.
#[derive(Debug, Default)]
struct Ranged {
    inner: MemoryStore,
    asked: Mutex<Vec<Vec<Range<u64>>>>,
    change: Mutex<Option<Change>>,
}

impl Store for Ranged {
    fn get(&self, path: &str) -> Result<Bytes> {
        self.inner.get(path)
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.asked.lock().unwrap().push(ranges.to_vec());
        let mut parts = self.inner.get_ranges(path, ranges)?;
        if let Some(change) = *self.change.lock().unwrap() {
            change(&mut parts);
        }
        Ok(parts)
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        self.inner.put(path, data)
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        self.inner.put_if_absent(path, data)
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        self.inner.put_stream(path, source, if_absent)
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        self.inner.head(path)
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        self.inner.visit(prefix, each)
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.inner.delete(path)
    }
}

/// The store and an array in it, whose header was read.
fn ranged(array: &Array) -> (Arc<Ranged>, NpyRef) {
    let store = Arc::new(Ranged::default());
    let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
        .with_field("lab", "session", "trace")
        .with_column_store(Some(""));
    let lazy = stored(array, &cx);
    lazy.header().unwrap();
    store.asked.lock().unwrap().clear();
    (store, lazy)
}

#[test]
fn ranges_that_nobody_asked_for_are_refused() {
    let (store, lazy) = ranged(&movie(Order::C));
    let changes: [Change; 3] = [
        |parts| parts.clear(),
        |parts| parts.push(Bytes::new()),
        |parts| parts[0] = parts[0].slice(1..),
    ];
    for change in changes {
        *store.change.lock().unwrap() = Some(change);
        let error = lazy.rows(3..5).unwrap_err();
        assert_eq!(
            error.message(),
            "the store returned other ranges than it was asked for"
        );
    }
}

/// An array in Fortran order.
fn columns(dtype: &str, rows: usize, count: usize) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let length = rows * count * dtype.size();
    let block: Vec<u8> = (0..251).collect();
    let mut bytes = block.repeat(length.div_ceil(251));
    bytes.truncate(length);
    Array::new(dtype, &[rows, count], Order::Fortran, bytes.into()).unwrap()
}

#[test]
fn columns_are_fetched_together_where_little_is_between_their_pieces() {
    // 65,536 bytes between pieces are fetched with them, one more is not.
    for (rows, together) in [(65_538, true), (65_539, false)] {
        let array = columns("|u1", rows, 3);
        let (store, lazy) = ranged(&array);
        assert_eq!(lazy.rows(0..2).unwrap(), array.rows(0..2).unwrap());
        let asked = store.asked.lock().unwrap().concat();
        let column = rows as u64;
        let piece = |at: u64| 128 + at * column..128 + at * column + 2;
        if together {
            assert_eq!(asked, [piece(0).start..piece(2).end]);
        } else {
            assert_eq!(asked, [piece(0), piece(1), piece(2)]);
        }
    }
}

#[test]
fn no_more_than_a_batch_is_fetched_at_once() {
    // Columns that are near: 256 of them are a batch.
    let array = columns("|u1", 1 << 16, 300);
    let (store, lazy) = ranged(&array);
    assert_eq!(lazy.rows(5..6).unwrap(), array.rows(5..6).unwrap());
    let span = |first: u64, last: u64| 128 + (first << 16) + 5..128 + (last << 16) + 6;
    let asked = store.asked.lock().unwrap().concat();
    assert_eq!(asked, [span(0, 255), span(256, 299)]);

    // Columns of 10 MiB, of which the pieces of two are more than a batch.
    let array = columns("|V4096", 2560, 3);
    let (store, lazy) = ranged(&array);
    assert_eq!(lazy.rows(0..2304).unwrap(), array.rows(0..2304).unwrap());
    let asked = std::mem::take(&mut *store.asked.lock().unwrap());
    assert_eq!(asked.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
}
