//! Arrays of any type, shape and arrangement go there and back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::sync::Arc;

use dj_codec_api::{
    Array, Bytes, Context, DType, Field, Kind, Limits, Order, Record, StoreMap, StructType, TimeBase,
    TimeUnit,
};
use dj_codec_testkit::MemoryStore;
use dj_npy_codecs::{Header, NpyCodec, NpyVersion, decode_npy, write_npy};
use proptest::prelude::*;

fn simple() -> impl Strategy<Value = DType> {
    let numeric = prop::sample::select(vec![
        "|b1", "|i1", "|u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<f2", ">f2", "<f4", ">f8", "<f16",
        "<c8", ">c16", ">c32",
    ])
    .prop_map(|text| text.parse().unwrap());
    let wide = (0_usize..6, 0..4).prop_map(|(width, kind)| {
        let text = ["|S", "|V", "<U", ">U"][kind as usize];
        format!("{text}{width}").parse().unwrap()
    });
    let time = (
        any::<bool>(),
        1_u32..100,
        prop::sample::select(vec![TimeBase::Day, TimeBase::Microsecond, TimeBase::Generic]),
    )
        .prop_map(|(date, count, base)| {
            // The generic unit is not counted.
            let unit = TimeUnit {
                base,
                count: if base == TimeBase::Generic { 1 } else { count },
            };
            DType::new(if date {
                Kind::DateTime64(unit)
            } else {
                Kind::TimeDelta64(unit)
            })
        });
    prop_oneof![4 => numeric, 2 => wide, 1 => time]
}

fn record(inner: impl Strategy<Value = DType>) -> impl Strategy<Value = DType> {
    let field = (
        inner,
        prop::collection::vec(0_usize..3, 0..3),
        0_usize..4,
        prop::option::of(".{0,3}"),
    );
    (
        prop::collection::vec(field, 0..5),
        prop::collection::hash_set(".{1,4}", 5),
        0_usize..5,
    )
        .prop_map(|(fields, names, tail)| {
            let mut end = 0;
            let mut made = Vec::new();
            for ((dtype, shape, gap, title), name) in fields.into_iter().zip(names) {
                let mut field = Field::new(name, dtype, end + gap);
                field.shape = shape;
                field.title = title;
                end = field.offset + field.size().unwrap();
                made.push(field);
            }
            DType::new(Kind::Struct(StructType::new(made, end + tail).unwrap()))
        })
}

fn dtype() -> impl Strategy<Value = DType> {
    prop_oneof![3 => simple(), 1 => record(simple()), 1 => record(prop_oneof![simple(), record(simple())])]
}

/// An array whose axes are permuted, strided, reversed or broadcast.
fn array() -> impl Strategy<Value = Array> {
    let axis = (0_usize..5, prop::sample::select(vec![1_isize, 1, 2, -1, -3, 0]));
    (
        dtype(),
        prop::collection::vec(axis, 0..5),
        any::<u64>(),
        any::<u8>(),
    )
        .prop_map(|(dtype, axes, turn, seed)| {
            let mut order: Vec<usize> = (0..axes.len()).collect();
            order.rotate_left(if axes.is_empty() {
                0
            } else {
                turn as usize % axes.len()
            });
            if turn % 3 == 0 {
                order.reverse();
            }
            let mut strides = vec![0_isize; axes.len()];
            let (mut step, mut start) = (dtype.size() as isize, 0_isize);
            for &at in order.iter().rev() {
                let (length, times) = axes[at];
                strides[at] = step * times;
                let reach = strides[at].abs() * (length.max(1) as isize - 1);
                if times < 0 {
                    start += reach;
                }
                step += step * times.abs() * length.max(1) as isize;
            }
            let shape: Vec<usize> = axes.iter().map(|(length, _)| *length).collect();
            let bytes: Vec<u8> = (0..step + start)
                .map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed))
                .collect();
            Array::with_strides(dtype, &shape, &strides, start as usize, bytes.into()).unwrap()
        })
}

fn same(a: &Array, b: &Array) -> bool {
    a.dtype() == b.dtype() && a.shape() == b.shape() && a.to_bytes(Order::C) == b.to_bytes(Order::C)
}

proptest! {
    #[test]
    fn arrays_round_trip(array in array()) {
        let mut file = Vec::new();
        let length = write_npy(&mut file, &array).unwrap();
        prop_assert_eq!(length, file.len() as u64);
        let file = Bytes::from(file);
        let header = Header::parse(&file, &Limits::default()).unwrap();
        prop_assert_eq!(header.data_start() % 64, 0);
        let read = decode_npy(&file, &Limits::default()).unwrap();
        prop_assert!(same(&read, &array), "{:?} {:?}", read, array);
        for version in [NpyVersion::V2, NpyVersion::V3] {
            if let Ok(header) = header.clone().with_version(version) {
                prop_assert_eq!(Header::parse(&header.to_bytes().unwrap(), &Limits::default()).unwrap(), header);
            }
        }
    }

    #[test]
    fn values_in_a_store_round_trip(array in array(), cut in any::<(u64, u64)>()) {
        let store = Arc::new(MemoryStore::new());
        let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
            .with_field("lab", "session", "trace")
            .with_column_store(Some(""));
        let record = NpyCodec::write(&array, &cx).unwrap();
        prop_assert_eq!(record.store().unwrap(), Some("main"));
        let lazy = NpyCodec::open(record, &cx).unwrap();
        prop_assert!(same(&lazy.load().unwrap(), &array));
        if let Some(&rows) = array.shape().first() {
            let (a, b) = (cut.0 % (rows as u64 + 1), cut.1 % (rows as u64 + 1));
            let range = a.min(b)..a.max(b);
            let part = lazy.rows(range.clone()).unwrap();
            prop_assert!(same(&part, &array.rows(range.start as usize..range.end as usize).unwrap()));
        }
    }

    #[test]
    fn no_text_as_a_header_panics(text in "[\\[\\](){}'\",:0-9a-zA-Z<>|\\\\ -]{0,200}", version in 1_u8..4) {
        let mut file = vec![0x93, b'N', b'U', b'M', b'P', b'Y', version, 0];
        let length = (text.len() as u32).to_le_bytes();
        file.extend(&length[..if version == 1 { 2 } else { 4 }]);
        file.extend(text.as_bytes());
        let _ = decode_npy(&file.into(), &Limits::default());
    }

    #[test]
    fn no_dtype_of_a_record_panics(text in "[\\[\\](){}'\",:0-9a-zA-Z<>|\\\\ -]{0,60}") {
        let cx = Context::new(StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main"));
        let record = Record::new().with("path", "a").with("dtype", text).with("shape", vec![1_u64]);
        let _ = NpyCodec::open(record, &cx);
    }
}
