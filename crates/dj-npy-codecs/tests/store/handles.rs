//! A stored array as a handle among values.

use std::sync::Arc;

use dj_codec_api::{Array, Codec, Context, DType, ErrorKind, Lazy, Order, Result, StoreMap, Value};
use dj_codec_testkit::{Fault, FaultyStore, MemoryStore, OperationKind};
use dj_npy_codecs::{NpyCodec, NpyRef};

use crate::watched::{movie, watched};

fn kept(array: &Array, cx: &Context) -> NpyRef {
    NpyCodec::open(NpyCodec::write(array, cx).unwrap(), cx).unwrap()
}

#[test]
fn a_handle_says_what_it_is_and_reads_rows_where_they_stand_together() {
    let (_, cx) = watched();
    let lazy = kept(&movie(Order::C), &cx);
    let Value::Lazy(handle) = Value::lazy(kept(&movie(Order::C), &cx)) else {
        panic!()
    };
    assert_eq!(handle.type_name(), "a stored NumPy array");
    assert_eq!(handle.shape(), Some(&[100, 20, 3][..]));
    assert_eq!(handle.dtype(), Some(&"uint32".parse().unwrap()));
    let rows = handle.load_rows(7..9).unwrap().unwrap();
    assert_eq!(rows, movie(Order::C).rows(7..9).unwrap());

    assert!(Lazy::load_rows(&kept(&movie(Order::Fortran), &cx), 7..9).is_none());
    assert!(Lazy::load_rows(&kept(&Array::scalar(5_u8), &cx), 0..1).is_none());
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
    let lazy = kept(&movie(Order::C), &cx);
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
