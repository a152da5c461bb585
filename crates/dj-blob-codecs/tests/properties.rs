//! Values of any kind, through blobs and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_blob_codecs::api::value::{
    CellArray, CharArray, Date, DateTime, ObjectArray, RecordArray, SparseMatrix, StructArray, Time,
};
use dj_blob_codecs::api::{
    Array, BigInt, ByteOrder, DType, ErrorKind, Kind, Order, TimeBase, TimeUnit, Uuid,
};
use dj_blob_codecs::{Compression, Dims, PackOptions, UnpackOptions, Value, pack, unpack};
use proptest::collection::vec;
use proptest::prelude::*;

fn shape() -> impl Strategy<Value = Vec<usize>> {
    vec(0..5_usize, 0..4)
}

fn kind() -> impl Strategy<Value = Kind> {
    let date = |base| Kind::DateTime64(TimeUnit { base, count: 1 });
    prop::sample::select(vec![
        Kind::Int8,
        Kind::Int16,
        Kind::Int32,
        Kind::Int64,
        Kind::UInt8,
        Kind::UInt16,
        Kind::UInt32,
        Kind::UInt64,
        Kind::Float32,
        Kind::Float64,
        Kind::Complex64,
        Kind::Complex128,
        date(TimeBase::Year),
        date(TimeBase::Microsecond),
        date(TimeBase::Attosecond),
    ])
}

/// Arrays of any arrangement: either byte order, either order of elements.
fn array_of(shape: Vec<usize>) -> impl Strategy<Value = Array> {
    (kind(), any::<bool>(), any::<bool>()).prop_flat_map(move |(kind, big, fortran)| {
        let dtype = DType::with_order(kind, if big { ByteOrder::Big } else { ByteOrder::Little });
        let order = if fortran { Order::Fortran } else { Order::C };
        let shape = shape.clone();
        let count: usize = shape.iter().product();
        vec(any::<u8>(), count * dtype.size())
            .prop_map(move |bytes| Array::new(dtype.clone(), &shape, order, bytes.into()).unwrap())
    })
}

fn array() -> impl Strategy<Value = Array> {
    shape().prop_flat_map(array_of)
}

fn date() -> impl Strategy<Value = Date> {
    (1..=9999_u16, 1..=12_u8, 1..=28_u8).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn time() -> impl Strategy<Value = Time> {
    (0..24_u8, 0..60_u8, 0..60_u8, 0..1_000_000_u32)
        .prop_map(|(h, m, s, micro)| Time::new(h, m, s, micro).unwrap())
}

fn chars() -> impl Strategy<Value = Value> {
    shape().prop_flat_map(|shape| {
        let count: usize = shape.iter().product();
        vec(any::<u16>(), count).prop_map(move |units| CharArray::new(shape.clone(), units).unwrap().into())
    })
}

fn sparse() -> impl Strategy<Value = Value> {
    (1..6_u64, vec(vec(any::<bool>(), 5), 0..5), any::<bool>()).prop_map(|(rows, columns, complex)| {
        let (mut indptr, mut indices) = (vec![0], Vec::new());
        for column in &columns {
            indices.extend((0..rows).filter(|&row| column[row as usize % 5]));
            indptr.push(indices.len() as u64);
        }
        let count = indices.len();
        let data = if complex {
            Array::from_vec((0..count).map(|at| [at as f64, -1.0]).collect(), &[count])
        } else {
            Array::from_vec((0..count).map(|at| at as f64).collect(), &[count])
        };
        SparseMatrix {
            shape: [rows, columns.len() as u64],
            indptr,
            indices,
            data: data.unwrap(),
        }
        .into()
    })
}

/// What Python alone has.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-300..300_i64).prop_map(Value::Int),
        vec(any::<u8>(), 0..40).prop_map(|bytes| Value::int(BigInt::from_signed_bytes_le(&bytes))),
        any::<f64>().prop_map(Value::Float),
        any::<(f64, f64)>().prop_map(|(real, imaginary)| Value::Complex(real, imaginary)),
        any::<String>().prop_map(Value::Str),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Value::Bytes(bytes.into())),
        any::<u128>().prop_map(|bits| Value::Uuid(Uuid::from_u128(bits))),
        "-?[0-9]{1,9}(\\.[0-9]{1,9})?(E[+-][0-9]{1,3})?".prop_map(Value::Decimal),
        date().prop_map(Value::Date),
        time().prop_map(Value::Time),
        (date(), time()).prop_map(|(date, time)| Value::DateTime(DateTime { date, time })),
    ]
}

/// What MATLAB has: no dates in its arrays, and two dimensions at least.
fn matlab() -> impl Strategy<Value = Value> {
    let shape = vec(0..4_usize, 2..4);
    let leaf = prop_oneof![
        shape
            .prop_flat_map(array_of)
            .prop_filter("no dates", |array| !matches!(
                array.dtype().kind(),
                Kind::DateTime64(_)
            ))
            .prop_map(Value::from),
        chars().prop_filter(
            "has dimensions",
            |chars| matches!(chars, Value::Chars(chars) if !chars.shape.is_empty())
        ),
        sparse(),
    ];
    leaf.prop_recursive(3, 20, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 6).prop_map(|items| CellArray::new(vec![3, 2], items).unwrap().into()),
            vec(inner, 4).prop_map(|items| StructArray::new(
                vec![1, 2],
                vec!["a".into(), "é b".into()],
                items
            )
            .unwrap()
            .into()),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 2 => array().prop_map(Value::from), 1 => chars(), 1 => sparse()];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let list = vec(inner.clone(), 0..6);
        prop_oneof![
            list.clone().prop_map(Value::List),
            list.clone().prop_map(Value::Tuple),
            list.prop_map(Value::Set),
            vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::Dict),
            vec(inner.clone(), 6).prop_map(|items| ObjectArray::new(vec![1, 2, 3], items).unwrap().into()),
            vec(inner.clone(), 6).prop_map(|items| CellArray::new(vec![2, 3], items).unwrap().into()),
            vec(inner.clone(), 4).prop_map(|items| StructArray::new(
                vec![2, 1],
                vec!["x".into(), "y".into()],
                items
            )
            .unwrap()
            .into()),
            (array_of(vec![2]), array_of(vec![2, 3]), vec(inner, 2)).prop_map(|(plain, sub, items)| {
                let objects = ObjectArray::new(vec![2], items).unwrap();
                let fields = vec![
                    ("a".into(), plain.into()),
                    ("b é".into(), sub.into()),
                    ("c".into(), objects.into()),
                ];
                RecordArray {
                    shape: vec![2],
                    fields,
                }
                .into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_comes_back(value in value()) {
        let blob = PackOptions::new().with_compression(Compression::None).pack(&value).unwrap();
        let back = unpack(blob.clone()).unwrap();
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(PackOptions::new().with_compression(Compression::None).pack(&back).unwrap(), blob.clone());
        let small = pack(&value).unwrap();
        prop_assert!(small.len() <= blob.len());
        prop_assert_eq!(unpack(small).unwrap(), value);
    }

    #[test]
    fn what_matlab_has_is_written_for_matlab(value in matlab()) {
        let blob = PackOptions::new().for_matlab(true).with_compression(Compression::None).pack(&value).unwrap();
        prop_assert!(blob.starts_with(b"mYm\0"));
        prop_assert_eq!(UnpackOptions::new().with_dims(Dims::Bits64).unpack(blob).unwrap(), value);
    }

    #[test]
    fn what_matlab_has_not_is_refused_for_matlab(value in scalar()) {
        let in_cell = CellArray::new(vec![1, 1], vec![value]).unwrap().into();
        let error = PackOptions::new().for_matlab(true).pack(&in_cell).unwrap_err();
        prop_assert_eq!(error.kind(), &ErrorKind::InvalidValue);
    }

    #[test]
    fn damage_is_an_error_or_another_value(value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut blob = pack(&value).unwrap().to_vec();
        let at = at.index(blob.len());
        blob[at] = byte;
        let _ = unpack(blob.clone());
        blob.truncate(at);
        let _ = unpack(blob);
    }

    #[test]
    fn no_bytes_panic(magic in prop::sample::select(vec!["mYm", "dj0", "ZL123"]), bytes in vec(any::<u8>(), 0..200)) {
        let blob = [magic.as_bytes(), &[0], &bytes].concat();
        let _ = unpack(blob);
    }
}

#[test]
fn arrays_in_a_blob_are_views_of_it() {
    let array = Array::from_vec((0..600_u16).collect(), &[20, 30])
        .unwrap()
        .to_order(Order::Fortran);
    let blob = PackOptions::new()
        .with_compression(Compression::None)
        .pack(&array.clone().into())
        .unwrap();
    let Value::Array(back) = unpack(blob.clone()).unwrap() else {
        panic!("no array")
    };
    assert_eq!(*back, array);
    assert_eq!(back.strides(), array.strides());
    let (inside, whole) = (back.data().as_ptr() as usize, blob.as_ptr() as usize);
    assert_eq!(inside - whole, blob.len() - array.nbytes());
}

#[test]
fn narrow_dimensions_are_found_by_themselves() {
    let mut blob = b"mYm\0A".to_vec();
    blob.extend([2_u32, 2, 3, 9, 0].iter().flat_map(|word| word.to_le_bytes()));
    blob.extend([1, 2, 3, 4, 5, 6]);
    let data = bytes::Bytes::from_static(&[1, 2, 3, 4, 5, 6]);
    let wanted: Value = Array::new(DType::new(Kind::UInt8), &[2, 3], Order::Fortran, data)
        .unwrap()
        .into();
    assert_eq!(unpack(blob.clone()).unwrap(), wanted);
    assert!(UnpackOptions::new().with_dims(Dims::Bits64).unpack(blob).is_err());
}

#[test]
fn a_blob_that_reads_two_ways_is_an_error() {
    // Eight structs without fields; or, narrow, no structs with eight fields whose names are empty.
    let mut blob = b"mYm\0S".to_vec();
    blob.extend([1_u64, 8].iter().flat_map(|word| word.to_le_bytes()));
    blob.extend(0_u32.to_le_bytes());
    let told = |dims| UnpackOptions::new().with_dims(dims).unpack(blob.clone()).unwrap();
    assert_eq!(
        told(Dims::Bits64),
        StructArray::new(vec![8], Vec::new(), Vec::new()).unwrap().into()
    );
    assert_eq!(
        told(Dims::Bits32),
        StructArray::new(vec![0], vec![String::new(); 8], Vec::new())
            .unwrap()
            .into()
    );
    let error = unpack(blob.clone()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
    assert!(error.to_string().contains("with_dims"), "{error}");
}

#[test]
fn what_a_blob_is_takes_only_its_front() {
    let limits = dj_blob_codecs::api::Limits::default();
    let large = Value::from(Array::from_vec(vec![7_u8; 5000], &[5000]).unwrap());
    let plain = PackOptions::new()
        .with_compression(Compression::None)
        .pack(&large)
        .unwrap();
    let small = pack(&large).unwrap();
    let front = small.slice(..small.len() - 10);
    for (blob, compressed) in [(&plain, false), (&small, true), (&front, true)] {
        let info = dj_blob_codecs::inspect(blob, &limits).unwrap();
        assert_eq!(
            (info.protocol, info.compressed),
            (dj_blob_codecs::Protocol::Mym, compressed)
        );
        assert_eq!(info.size, plain.len() as u64);
    }
    assert!(unpack(front).is_err());
    assert!(dj_blob_codecs::inspect(&small.slice(..15), &limits).is_err());
    assert!(dj_blob_codecs::inspect(&small, &limits.with_decompressed_bytes(4999)).is_err());
}

#[test]
fn what_is_no_blob_says_what_it_is() {
    let error = unpack("[[1.0, 2.5], [3.0, 4.0]]").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("begin with \"[[1.0, 2.5], [3.0, 4.0]]\""),
        "{error}"
    );
    assert!(error.advice().unwrap().contains("text"), "{error}");
    let error = unpack(vec![0x93, b'N', b'U']).unwrap_err();
    assert!(error.to_string().contains("\\x93NU"), "{error}");
    let array = Value::from(Array::from_vec(vec![1.5], &[1]).unwrap());
    let wrapped = [&b"dj0\0"[..], &pack(&array).unwrap()].concat();
    let error = unpack(wrapped.clone()).unwrap_err();
    assert!(error.message().contains("dj0 around mYm"), "{error}");
    assert_eq!(
        UnpackOptions::new().with_unwrap(true).unpack(wrapped).unwrap(),
        array
    );
}
