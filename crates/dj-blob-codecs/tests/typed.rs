//! The program's own types, through blobs and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use dj_blob_codecs::api::value::{CellArray, CharArray, Date, ObjectArray, RecordArray, StructArray};
use dj_blob_codecs::api::{Array, BigInt, Bytes, Element, ErrorKind, Json, Limits, Order, Uuid, notation};
use dj_blob_codecs::{Value, from_slice, from_value, native, to_value, to_vec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Shape {
    Point,
    Circle(f64),
    Line(i32, i32),
    Box { width: u8, height: u8 },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Wrapper(u16);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Everything {
    flag: bool,
    small: i8,
    large: u64,
    huge: i128,
    single: f32,
    double: f64,
    letter: char,
    text: String,
    nothing: Option<u8>,
    something: Option<u8>,
    unit: (),
    wrapped: Wrapper,
    pair: (u8, String),
    list: Vec<i64>,
    set: BTreeSet<i16>,
    by_name: BTreeMap<String, f64>,
    by_number: BTreeMap<i32, Vec<bool>>,
    shapes: Vec<Shape>,
    #[serde(with = "native")]
    id: Uuid,
    #[serde(with = "native")]
    day: Option<Date>,
    #[serde(with = "native")]
    image: Array,
    #[serde(with = "native")]
    unbounded: BigInt,
    #[serde(with = "native")]
    raw: Value,
}

fn everything() -> Everything {
    Everything {
        flag: true,
        small: -5,
        large: u64::MAX,
        huge: i128::MIN,
        single: 0.1,
        double: -0.0,
        letter: 'é',
        text: "spikes\0".into(),
        nothing: None,
        something: Some(0),
        unit: (),
        wrapped: Wrapper(9),
        pair: (1, "one".into()),
        list: vec![i64::MIN, 0, i64::MAX],
        set: [3, 1].into(),
        by_name: [("a".to_owned(), 1.0)].into(),
        by_number: [(-1, vec![true, false])].into(),
        shapes: vec![
            Shape::Point,
            Shape::Circle(0.5),
            Shape::Line(1, -2),
            Shape::Box { width: 3, height: 4 },
        ],
        id: Uuid::from_u128(7),
        day: Some(Date::new(2024, 2, 29).unwrap()),
        image: Array::from_vec(vec![1_u16, 2, 3, 4, 5, 6], &[2, 3]).unwrap(),
        unbounded: BigInt::from(1) << 300,
        raw: Value::Set(vec![Value::Complex(1.0, -1.0)]),
    }
}

fn back<T: DeserializeOwned>(value: impl Into<Value>) -> Result<T, dj_blob_codecs::api::Error> {
    from_value(value.into())
}

#[test]
fn structs_come_back_from_blobs_and_from_json() {
    let value = everything();
    let blob = to_vec(&value).unwrap();
    assert_eq!(from_slice::<Everything>(&blob).unwrap(), value);
    let json = serde_json::to_string(&value).unwrap();
    assert!(
        json.contains("{\"$uuid\":\"00000000-0000-0000-0000-000000000007\"}"),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<Everything>(&json).unwrap(), value);
}

#[test]
fn values_are_what_python_would_have_written() {
    let Value::Dict(entries) = to_value(&everything()).unwrap() else {
        panic!("no dict")
    };
    let field = |name: &str| {
        &entries
            .iter()
            .find(|(key, _)| *key == Value::from(name))
            .unwrap()
            .1
    };
    assert_eq!(field("small"), &Value::Int(-5));
    assert_eq!(field("large"), &Value::int(u64::MAX));
    assert_eq!(field("single"), &Value::Float(f64::from(0.1_f32)));
    assert_eq!(field("nothing"), &Value::Null);
    assert_eq!(field("pair"), &Value::Tuple(vec![Value::Int(1), "one".into()]));
    assert_eq!(field("wrapped"), &Value::Int(9));
    assert_eq!(
        field("by_number"),
        &Value::Dict(vec![(
            Value::Int(-1),
            Value::List(vec![true.into(), false.into()])
        )])
    );
    let circle = Value::Dict(vec![("Circle".into(), Value::Float(0.5))]);
    let Value::List(shapes) = field("shapes") else {
        panic!("no list")
    };
    assert_eq!(shapes[..2], ["Point".into(), circle]);
    assert_eq!(field("id"), &Value::Uuid(Uuid::from_u128(7)));
    assert!(matches!(field("image"), Value::Array(_)));
    assert_eq!(field("raw"), &Value::Set(vec![Value::Complex(1.0, -1.0)]));
}

#[test]
fn arrays_and_matlab_are_read_as_plain_types() {
    let image = Array::from_vec(vec![1_u16, 2, 3, 4, 5, 6], &[2, 3]).unwrap();
    assert_eq!(back::<Vec<Vec<u32>>>(image).unwrap(), [[1, 2, 3], [4, 5, 6]]);
    assert_eq!(
        back::<Vec<f64>>(Array::from_vec(vec![0.5_f32, 2.0], &[2]).unwrap()).unwrap(),
        [0.5, 2.0]
    );
    assert_eq!(
        back::<Vec<(f64, f64)>>(Array::from_vec(vec![[1.0, -1.0]], &[1]).unwrap()).unwrap(),
        [(1.0, -1.0)]
    );
    // Scalars as NumPy and MATLAB have them.
    assert!(back::<bool>(Array::scalar(true)).unwrap());
    assert_eq!(
        back::<u8>(Array::from_vec(vec![7.0], &[1, 1]).unwrap())
            .unwrap_err()
            .kind(),
        &dj_blob_codecs::api::ErrorKind::Corrupt
    );
    assert_eq!(
        back::<f32>(Array::from_vec(vec![7.0], &[1, 1]).unwrap()).unwrap(),
        7.0
    );
    let text = CharArray::new(vec![1, 2], "né".encode_utf16().collect()).unwrap();
    assert_eq!(back::<String>(text).unwrap(), "né");

    #[derive(Deserialize, PartialEq, Debug)]
    struct Cell {
        id: i64,
        kind: String,
    }
    let cell = |id, kind: &str| Cell {
        id,
        kind: kind.into(),
    };
    let fields = vec!["id".to_owned(), "kind".to_owned()];
    let one = StructArray::new(vec![1, 1], fields.clone(), vec![Value::Int(1), "on".into()]).unwrap();
    assert_eq!(back::<Cell>(one).unwrap(), cell(1, "on"));
    let items = vec![Value::Int(1), "on".into(), Value::Int(2), "off".into()];
    let two = StructArray::new(vec![1, 2], fields, items).unwrap();
    assert_eq!(
        back::<Vec<Vec<Cell>>>(two).unwrap(),
        [[cell(1, "on"), cell(2, "off")]]
    );
    let record = RecordArray {
        shape: vec![2],
        fields: vec![
            ("id".into(), Array::from_vec(vec![1_i32, 2], &[2]).unwrap().into()),
            (
                "kind".into(),
                ObjectArray::new(vec![2], vec!["on".into(), "off".into()])
                    .unwrap()
                    .into(),
            ),
        ],
    };
    assert_eq!(
        back::<Vec<Cell>>(record).unwrap(),
        [cell(1, "on"), cell(2, "off")]
    );
}

/// As an array of any of these types the numbers 1, 2, 3 are a list of them.
#[test]
fn arrays_of_every_width_are_lists() {
    fn check<T>()
    where
        T: Element + DeserializeOwned + PartialEq + Debug + From<u8>,
    {
        let numbers = [T::from(1), T::from(2), T::from(3)];
        let array = Array::from_vec(numbers.to_vec(), &[3]).unwrap();
        assert_eq!(back::<Vec<T>>(array).unwrap(), numbers);
    }
    check::<i16>();
    check::<i32>();
    check::<i64>();
    check::<u8>();
    check::<u16>();
    check::<u32>();
    check::<u64>();
    check::<f32>();
    check::<f64>();
    let one = ObjectArray::new(vec![1, 1], vec![Value::Int(5)]).unwrap();
    assert_eq!(back::<i64>(Value::Objects(Box::new(one))).unwrap(), 5);
    let complex = Array::from_vec(vec![[1.0_f32, -2.0]], &[1]).unwrap();
    assert_eq!(back::<Vec<(f64, f64)>>(complex).unwrap(), [(1.0, -2.0)]);
    let small = Array::from_vec(vec![-1_i8, 2], &[2]).unwrap();
    assert_eq!(back::<Vec<i8>>(small).unwrap(), [-1, 2]);
}

#[test]
fn what_is_something_else_is_an_error() {
    assert!(back::<u8>(300_i64).unwrap_err().to_string().contains("300"));
    assert!(back::<i64>(1.5).is_err());
    assert!(back::<String>(Value::Bytes("a".into())).is_ok());
    assert!(back::<Vec<u8>>("text").is_err());
    assert!(back::<(u8, u8)>(Value::List(vec![Value::Int(1)])).is_err());
    assert!(back::<(u8, u8)>(Value::List(vec![Value::Int(1); 3])).is_err());
    assert!(back::<Shape>("Sphere").is_err());
    assert!(back::<Shape>("Circle").is_err());
    let two = vec![
        ("Point".into(), Value::Null),
        ("Circle".into(), Value::Float(1.0)),
    ];
    assert!(back::<Shape>(Value::Dict(two)).is_err());
    assert!(back::<Shape>(Value::Dict(vec![("Point".into(), Value::Int(1))])).is_err());
    assert!(native::Native::from_value(Value::Null).map(|_: Uuid| ()).is_err());
    assert!(from_slice::<i64>(b"no blob").is_err());
}

#[test]
fn json_documents_are_values_and_back() {
    let document: Json = serde_json::json!({"a": [1, 2.5, null, true], "b": {"c": "text"}, "n": u64::MAX});
    let value = to_value(&document).unwrap();
    assert_eq!(from_value::<Json>(value.clone()).unwrap(), document);
    let blob = to_vec(&document).unwrap();
    assert_eq!(dj_blob_codecs::unpack(blob).unwrap(), value);
    // Everything else has the value notation.
    let value = to_value(&everything()).unwrap();
    let text = notation::to_string(&value).unwrap();
    assert_eq!(notation::from_str(&text, &Limits::default()).unwrap(), value);
}

#[test]
fn the_deepest_blob_fits_on_a_small_stack_as_any_type() {
    let work = || {
        let deepest = Limits::default().depth;
        let mut value = Value::List(Vec::new());
        for _ in 0..deepest {
            value = Value::List(vec![value]);
        }
        let blob = dj_blob_codecs::pack(&value).unwrap();
        let document: Json = from_slice(&blob).unwrap();
        assert_eq!(to_value(&document).unwrap(), value);
    };
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[cfg(feature = "ndarray")]
#[test]
fn ndarrays_are_arrays() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Movie {
        #[serde(with = "native")]
        frames: ndarray::Array3<u16>,
    }
    let movie = Movie {
        frames: ndarray::Array3::from_shape_fn((2, 3, 4), |(t, y, x)| (100 * t + 10 * y + x) as u16),
    };
    let blob = to_vec(&movie).unwrap();
    assert_eq!(from_slice::<Movie>(&blob).unwrap(), movie);
    let flat = to_value(&std::collections::BTreeMap::from([("frames", vec![1])])).unwrap();
    assert!(from_value::<Movie>(flat).is_err());
}

#[cfg(feature = "chrono")]
#[test]
fn chrono_dates_are_dates() {
    use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct When {
        #[serde(with = "native")]
        date: NaiveDate,
        #[serde(with = "native")]
        time: NaiveTime,
        #[serde(with = "native")]
        both: NaiveDateTime,
    }
    let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 1).unwrap();
    let when = When {
        date,
        time,
        both: date.and_time(time),
    };
    let value = to_value(&when).unwrap();
    let json = notation::to_json(&value).unwrap();
    assert_eq!(json["both"]["$datetime"], "2024-02-29T23:59:59.000001");
    assert_eq!(from_value::<When>(value).unwrap(), when);
    let leap = NaiveTime::from_hms_micro_opt(23, 59, 59, 1_000_000).unwrap();
    assert!(native::Native::to_value(&leap).is_err());
    let too_fine = NaiveTime::from_hms_nano_opt(1, 2, 3, 1).unwrap();
    assert!(native::Native::to_value(&too_fine).is_err());
    assert!(native::Native::to_value(&NaiveDate::from_ymd_opt(-5, 1, 1).unwrap()).is_err());
}

#[cfg(feature = "time")]
#[test]
fn time_dates_are_dates() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct When {
        #[serde(with = "native")]
        date: time::Date,
        #[serde(with = "native")]
        time: time::Time,
        #[serde(with = "native")]
        both: time::PrimitiveDateTime,
    }
    let date = time::Date::from_calendar_date(2024, time::Month::February, 29).unwrap();
    let time = time::Time::from_hms_micro(23, 59, 59, 1).unwrap();
    let when = When {
        date,
        time,
        both: time::PrimitiveDateTime::new(date, time),
    };
    let value = to_value(&when).unwrap();
    assert_eq!(notation::to_json(&value).unwrap()["date"]["$date"], "2024-02-29");
    assert_eq!(from_value::<When>(value).unwrap(), when);
    assert!(native::Native::to_value(&time::Time::from_hms_nano(0, 0, 0, 1).unwrap()).is_err());
}

#[test]
fn shapes_that_only_claim_elements_make_no_lists() {
    // A zero among them makes the others cost nothing to claim.
    let empty = |dtype: &str, shape: &[usize]| {
        Value::from(Array::new(dtype.parse().unwrap(), shape, Order::C, Bytes::new()).unwrap())
    };
    let cell = |shape: &[usize]| {
        Value::Cell(Box::new(CellArray {
            shape: shape.to_vec(),
            items: vec![],
        }))
    };
    for huge in [
        empty("<f8", &[1 << 60, 0]),
        empty("<f8", &[1 << 40, 1 << 40, 0]),
        empty("<U0", &[1 << 60]),
        cell(&[1 << 60, 0]),
    ] {
        let error = from_value::<serde_json::Value>(huge).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Limit { what: "items", .. }),
            "{error}"
        );
    }
    let lists = |value| from_value::<Vec<Vec<f64>>>(value).unwrap();
    assert_eq!(lists(empty("<f8", &[0, 1 << 60])), Vec::<Vec<f64>>::new());
    assert_eq!(lists(empty("<f8", &[1000, 0])), vec![Vec::<f64>::new(); 1000]);
    assert_eq!(lists(cell(&[2, 0])), vec![Vec::<f64>::new(); 2]);
    assert_eq!(
        from_value::<Vec<String>>(empty("<U0", &[3])).unwrap(),
        ["", "", ""]
    );
}
