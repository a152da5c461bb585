//! The notation of every value of DataJoint's reference blobs, and what is no notation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]
#![forbid(unsafe_code)]

use dj_codec_api::array::Order;
use dj_codec_api::value::{CharArray, RecordArray, SparseMatrix, StructArray};
use dj_codec_api::{
    Array, BigInt, Bytes, DType, ErrorKind, Field, Json, Kind, Lazy, Limits, Result, StructType, Value,
    notation,
};
use serde_json::json;

fn read(text: &str) -> Result<Value> {
    notation::from_str(text, &Limits::default())
}

fn print(value: &Value) -> String {
    notation::to_string(value).unwrap()
}

#[test]
fn every_reference_value_is_printed_as_it_was_read() {
    let mut count = 0;
    for line in include_str!("data/notation/blob-values.jsonl").lines() {
        let value = read(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(print(&value), line);
        let json: Json = serde_json::from_str(line).unwrap();
        assert_eq!(notation::to_json(&value).unwrap(), json);
        // A JSON value may have lost the order of a dict.
        let again = notation::from_json(&json, &Limits::default()).unwrap();
        assert_eq!(notation::to_json(&again).unwrap(), json);
        count += 1;
    }
    assert_eq!(count, 225);
}

#[test]
fn ints_are_plain_while_every_program_reads_them() {
    for (value, text) in [
        (Value::Int((1 << 53) - 1), "9007199254740991"),
        (Value::Int(-((1 << 53) - 1)), "-9007199254740991"),
        (Value::Int(1 << 53), r#"{"$int":"9007199254740992"}"#),
        (Value::Int(i64::MIN), r#"{"$int":"-9223372036854775808"}"#),
        (
            Value::int(BigInt::from(u64::MAX) * 16),
            r#"{"$int":"295147905179352825840"}"#,
        ),
    ] {
        assert_eq!(print(&value), text);
        assert_eq!(read(text).unwrap(), value);
    }
    assert_eq!(read("18446744073709551615").unwrap(), Value::from(u64::MAX));
    let error = read("[1, 18446744073709551616]").unwrap_err();
    assert_eq!(error.advice(), Some(r#"write it as {"$int": "..."}"#));
    // A number that was made with the wrong variant is printed like the right one.
    assert_eq!(print(&Value::BigInt(Box::new(BigInt::from(5)))), "5");
}

#[test]
fn dicts_keep_order_keys_and_what_looks_like_notation() {
    let text = |key: &str| Value::from(key);
    let plain = Value::Dict(vec![(text("z"), Value::Int(1)), (text("a"), Value::Null)]);
    assert_eq!(print(&plain), r#"{"z":1,"a":null}"#);
    assert_eq!(read(r#"{"z": 1, "a": null}"#).unwrap(), plain);
    for (key, printed) in [
        (text("$array"), r#"{"$dict":[["$array",1]]}"#),
        (Value::Int(1), r#"{"$dict":[[1,1]]}"#),
        (Value::Tuple(vec![]), r#"{"$dict":[[{"$tuple":[]},1]]}"#),
    ] {
        let dict = Value::Dict(vec![(key, Value::Int(1))]);
        assert_eq!(print(&dict), printed);
        assert_eq!(read(printed).unwrap(), dict);
    }
    let twice = Value::Dict(vec![(text("a"), Value::Int(1)), (text("a"), Value::Int(2))]);
    assert_eq!(print(&twice), r#"{"$dict":[["a",1],["a",2]]}"#);
    assert_eq!(read(&print(&twice)).unwrap(), twice);
    // Values of columns of type json follow the same rules.
    assert_eq!(
        print(&Value::from(json!({"$x": 1.0}))),
        r#"{"$dict":[["$x",1.0]]}"#
    );
    assert_eq!(
        print(&Value::from(json!([u64::MAX, 1e-7]))),
        r#"[{"$int":"18446744073709551615"},1e-07]"#
    );
}

#[test]
fn arrays_are_little_endian_and_in_c_order() {
    let base = Array::new(
        ">i2".parse().unwrap(),
        &[2, 2],
        Order::Fortran,
        Bytes::from_static(&[0, 1, 0, 2, 0, 3, 0, 4]),
    )
    .unwrap();
    assert_eq!(
        print(&base.clone().into()),
        r#"{"$array":{"dtype":"<i2","shape":[2,2],"data":"AQADAAIABAA="}}"#
    );
    assert_eq!(read(&print(&base.clone().into())).unwrap(), base.into());
    let texts = Array::new(
        ">U2".parse().unwrap(),
        &[2],
        Order::C,
        Bytes::from_static(b"\0\0\0a\0\0\0b\0\x01\xf6\0\0\0\0\0"),
    )
    .unwrap();
    assert_eq!(
        print(&texts.clone().into()),
        r#"{"$array":{"dtype":"<U2","shape":[2],"items":["ab","😀"]}}"#
    );
    assert_eq!(read(&print(&texts.clone().into())).unwrap(), texts.clone().into());
    assert_eq!(
        read(r#"{"$array":{"dtype":">U2","shape":[2],"items":["ab","😀"]}}"#).unwrap(),
        texts.into()
    );
    // An element of a fixed width is padded.
    let bytes = Array::new(
        "|S3".parse().unwrap(),
        &[2],
        Order::C,
        Bytes::from_static(b"ab\0c\0\0"),
    )
    .unwrap();
    assert_eq!(
        print(&bytes.into()),
        r#"{"$array":{"dtype":"|S3","shape":[2],"data":"YWIAYwAA"}}"#
    );
    // The keys come in any order.
    assert_eq!(
        read(r#"{"$array": {"data": "AQA=", "shape": [], "dtype": "<i2"}}"#).unwrap(),
        Array::scalar(1_i16).into()
    );
}

#[test]
fn a_structured_array_is_printed_field_by_field() {
    let inner = StructType::new(vec![Field::new("b", ">u2".parse().unwrap(), 1)], 4).unwrap();
    let mut block = Field::new("block", "|u1".parse().unwrap(), 1);
    block.shape = vec![2];
    let fields = vec![block, Field::new("sub", DType::new(Kind::Struct(inner)), 4)];
    let dtype = DType::new(Kind::Struct(StructType::new(fields, 8).unwrap()));
    let data = Bytes::from_static(&[9, 1, 2, 9, 9, 0, 7, 9, 9, 3, 4, 9, 9, 0, 8, 9]);
    let array = Array::new(dtype, &[2], Order::C, data).unwrap();
    let text = concat!(
        r#"{"$record":{"shape":[2],"fields":[["block",{"$array":{"dtype":"|u1","shape":[2,2],"data":"AQIDBA=="}}],"#,
        r#"["sub",{"$record":{"shape":[2],"fields":[["b",{"$array":{"dtype":"<u2","shape":[2],"data":"BwAIAA=="}}]]}}]]}}"#,
    );
    assert_eq!(print(&array.clone().into()), text);
    let Value::Record(record) = read(text).unwrap() else {
        panic!()
    };
    assert_eq!(record.shape, [2]);
    assert_eq!(print(&Value::Record(record)), text);
    // A reversed view shows its own order.
    let reversed = Array::with_strides(array.dtype().clone(), &[2], &[-8], 8, array.data().clone()).unwrap();
    assert!(print(&reversed.into()).contains(r#""shape":[2,2],"data":"AwQBAg==""#));
}

#[test]
fn matlab_text_is_printed_as_python_reads_it() {
    let chars = |shape: &[usize], text: &str| {
        Value::from(CharArray::new(shape.to_vec(), text.encode_utf16().collect()).unwrap())
    };
    for (value, text) in [
        (
            chars(&[1, 3], "aéb"),
            r#"{"dtype":"<U3","shape":[1],"items":["aéb"]}"#,
        ),
        (chars(&[2], "hi"), r#"{"dtype":"<U2","shape":[1],"items":["hi"]}"#),
        (
            chars(&[1, 2], "𝄞"),
            r#"{"dtype":"<U1","shape":[1],"items":["𝄞"]}"#,
        ),
        (chars(&[], "q"), r#"{"dtype":"<U1","shape":[],"items":["q"]}"#),
        (chars(&[1, 0], ""), r#"{"dtype":"<U1","shape":[1],"items":[""]}"#),
        (chars(&[0], ""), r#"{"dtype":"<U1","shape":[1],"items":[""]}"#),
        (chars(&[0, 0], ""), r#"{"dtype":"<U1","shape":[0,0],"items":[]}"#),
        (
            chars(&[2, 2], "ab\0d"),
            r#"{"dtype":"<U1","shape":[2,2],"items":["a","b","","d"]}"#,
        ),
        (
            chars(&[2, 1], "ab"),
            r#"{"dtype":"<U1","shape":[2,1],"items":["a","b"]}"#,
        ),
    ] {
        assert_eq!(print(&value), format!(r#"{{"$array":{text}}}"#));
        assert_eq!(print(&read(&print(&value)).unwrap()), print(&value));
    }
    let half = Value::from(CharArray {
        shape: vec![1, 1],
        units: vec![0xd834],
    });
    assert_eq!(
        notation::to_string(&half).unwrap_err().kind(),
        &ErrorKind::InvalidValue
    );
}

#[test]
fn structs_and_sparse_matrices() {
    let empty = Value::from(StructArray::new(vec![1, 2], vec![], vec![]).unwrap());
    assert_eq!(
        print(&empty),
        r#"{"$struct":{"shape":[1,2],"fields":[],"items":[[],[]]}}"#
    );
    assert_eq!(read(&print(&empty)).unwrap(), empty);
    let sparse = SparseMatrix {
        shape: [3, 2],
        indptr: vec![0, 1, 2],
        indices: vec![0, 2],
        data: Array::from_vec(vec![1.0, 2.0], &[2]).unwrap(),
    };
    let text = r#"{"$sparse":{"dtype":"<f8","shape":[3,2],"indptr":[0,1,2],"indices":[0,2],"data":"AAAAAAAA8D8AAAAAAAAAQA=="}}"#;
    assert_eq!(print(&sparse.clone().into()), text);
    assert_eq!(read(text).unwrap(), sparse.into());
    assert!(read(&text.replace("[0,2],", "[0,3],")).is_err());
}

#[test]
fn files_and_folders() {
    let file = r#"{"$file":{"name":"note.txt","size":5,"sha256":"2cf2"}}"#;
    assert_eq!(print(&read(file).unwrap()), file);
    let folder = read(r#"{"$folder":{"files":[["b",1,"x"],["a/é",2,"y"],["a/z",3,"z"]]}}"#).unwrap();
    // Their order is not part of the value.
    assert_eq!(read(&print(&folder)).unwrap(), folder);
    assert_eq!(
        print(&folder),
        r#"{"$folder":{"files":[["a/z",3,"z"],["a/é",2,"y"],["b",1,"x"]]}}"#
    );
}

#[test]
fn dates_lose_their_zone_as_in_datajoint() {
    for zone in ["", "+02:00", "-11:30", "+00:00:01.5"] {
        let text = format!(r#"{{"$datetime":"2020-06-01T12:00:00.5{zone}"}}"#);
        assert_eq!(
            print(&read(&text).unwrap()),
            r#"{"$datetime":"2020-06-01T12:00:00.500000"}"#
        );
    }
    assert_eq!(
        print(&read(r#"{"$time":"12:00:00+02:00"}"#).unwrap()),
        r#"{"$time":"12:00:00"}"#
    );
    assert!(read(r#"{"$time":"12:00:00+zone"}"#).is_err());
    assert!(read(r#"{"$date":"2020-06-01+02:00"}"#).is_err());
}

#[derive(Debug)]
struct Stored(Result<i64, &'static str>);

impl Lazy for Stored {
    fn type_name(&self) -> &'static str {
        "a stored number"
    }

    fn load(&self) -> Result<Value> {
        self.0
            .map(Value::Int)
            .map_err(|message| dj_codec_api::Error::new(ErrorKind::NotFound, message))
    }
}

#[test]
fn a_lazy_value_is_loaded_and_its_error_kept() {
    assert_eq!(print(&Value::List(vec![Value::lazy(Stored(Ok(7)))])), "[7]");
    let error = notation::to_string(&Value::List(vec![Value::lazy(Stored(Err("gone")))])).unwrap_err();
    assert_eq!((error.kind(), error.message()), (&ErrorKind::NotFound, "gone"));
    let path = Value::Path("/tmp/x".into());
    assert_eq!(
        notation::to_string(&path).unwrap_err().kind(),
        &ErrorKind::InvalidValue
    );
}

#[test]
fn what_is_no_notation_is_refused_with_its_place() {
    for text in [
        "",
        "{",
        "[1,]",
        "nul",
        "1 2",
        "NaN",
        "'a'",
        r#"{"a": 1, "a": 2}"#,
        r#"{"$nope": 1}"#,
        r#"{"$tuple": [], "b": 1}"#,
        r#"{"b": 1, "$tuple": []}"#,
        r#"{"$tuple": 1}"#,
        r#"{"$int": "1.5"}"#,
        r#"{"$int": ""}"#,
        r#"{"$int": "+1"}"#,
        r#"{"$int": 1}"#,
        r#"{"$float": "1.5"}"#,
        r#"{"$float": "NaN"}"#,
        r#"{"$complex": [1.0]}"#,
        r#"{"$complex": [1.0, "x"]}"#,
        r#"{"$bytes": "a"}"#,
        r#"{"$bytes": "YQ"}"#,
        r#"{"$uuid": "x"}"#,
        r#"{"$decimal": "x"}"#,
        r#"{"$date": "2023-02-29"}"#,
        r#"{"$dict": [[1]]}"#,
        r#"{"$dict": {"a": 1}}"#,
        r#"{"$array": {"dtype": "<i2", "shape": [1]}}"#,
        r#"{"$array": {"dtype": "<i2", "shape": [1], "data": "AQ=="}}"#,
        r#"{"$array": {"dtype": "<i2", "shape": [-1], "data": ""}}"#,
        r#"{"$array": {"dtype": "<i2", "shape": [1.0], "data": "AQA="}}"#,
        r#"{"$array": {"dtype": "<i3", "shape": [1], "data": "AQA="}}"#,
        r#"{"$array": {"dtype": "<i2", "shape": [1], "data": "AQA=", "more": 1}}"#,
        r#"{"$array": {"dtype": "<i2", "dtype": "<i2", "shape": [1], "data": "AQA="}}"#,
        r#"{"$array": {"dtype": "<i2", "shape": [1], "items": [1]}}"#,
        r#"{"$array": {"dtype": "<U2", "shape": [1], "items": ["abc"]}}"#,
        r#"{"$array": {"dtype": "<U2", "shape": [2], "items": ["a"]}}"#,
        r#"{"$array": {"dtype": "<U2", "shape": [1], "items": [1]}}"#,
        r#"{"$array": {"dtype": "|O", "shape": [2], "items": [1]}}"#,
        r#"{"$cell": {"shape": [2], "items": [1]}}"#,
        r#"{"$struct": {"shape": [1], "fields": ["a"], "items": [[]]}}"#,
        r#"{"$struct": {"shape": [4611686018427387904, 4], "fields": [], "items": []}}"#,
        r#"{"$record": {"shape": [2], "fields": [["a", {"$array": {"dtype": "<i2", "shape": [1], "data": "AQA="}}]]}}"#,
        r#"{"$record": {"shape": [], "fields": [["a", 1]]}}"#,
        r#"{"$folder": {"files": [["a", -1, "x"]]}}"#,
        r#"{"$folder": {"files": [["a", 1, "x"], ["b", 1, "x"], ["a", 2, "y"]]}}"#,
    ] {
        let error = read(text).expect_err(text);
        assert_eq!(error.kind(), &ErrorKind::InvalidValue, "{text}: {error}");
        assert!(error.to_string().contains("line 1"), "{text}: {error}");
    }
    let error = read("[\n 1, {\"$date\": \"2023-02-29\"}]").unwrap_err();
    assert!(error.to_string().starts_with("at line 2 column 2"), "{error}");
}

#[test]
fn every_limit_trips() {
    let trips = |text: &str, limits: Limits, what: &str| {
        let error = notation::from_str(text, &limits).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Limit { what: found, .. } if *found == what),
            "{error}"
        );
    };
    let array = r#"{"$array": {"dtype": "<i2", "shape": [1, 2], "data": "AQACAA=="}}"#;
    notation::from_str(array, &Limits::default().with_array_bytes(4).with_dimensions(2)).unwrap();
    trips(array, Limits::default().with_array_bytes(3), "array bytes");
    trips(array, Limits::default().with_dimensions(1), "dimensions");
    trips("[[[1]]]", Limits::default().with_depth(2), "nesting depth");
    trips("[1, 2, 3]", Limits::default().with_items(3), "items");
    notation::from_str("[[1]]", &Limits::default().with_depth(2).with_items(3)).unwrap();
    let wide =
        r#"{"$array": {"dtype": "<U2147483647", "shape": [9], "items": ["","","","","","","","",""]}}"#;
    trips(wide, Limits::default(), "array bytes");
    for empty in ["|S0", "<U0", "|V0"] {
        let huge =
            format!(r#"{{"$array": {{"dtype": "{empty}", "shape": [4294967296, 4294967296], "data": ""}}}}"#);
        trips(&huge, Limits::default(), "array bytes");
    }
    trips(
        &format!(r#"{{"$int": "{}"}}"#, "9".repeat(2_000_000)),
        Limits::default(),
        "digits of an int",
    );
    trips(&"[".repeat(1_000_000), Limits::default(), "nesting depth");
    let record = RecordArray {
        shape: vec![],
        fields: vec![],
    };
    assert_eq!(print(&record.into()), r#"{"$record":{"shape":[],"fields":[]}}"#);
}

#[test]
fn the_deepest_value_fits_on_a_small_stack() {
    let depth = Limits::default().depth;
    for (open, close) in [
        ("[", "]"),
        (r#"{"$dict":[[1,"#, "]]}"),
        (r#"{"a":"#, "}"),
        (r#"{"$struct":{"shape":[1],"fields":["a"],"items":[["#, "]]}}"),
    ] {
        // Rows and pairs are levels of their own while they are read, and depth is counted then.
        let levels = if open.contains("[[") { depth / 3 } else { depth };
        let text = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        let value = read(&text).unwrap_or_else(|error| panic!("{open}: {error}"));
        assert_eq!(print(&value), text);
    }
    let deeper = (0..=depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    assert!(matches!(
        notation::to_string(&deeper).unwrap_err().kind(),
        ErrorKind::Limit {
            what: "nesting depth",
            ..
        }
    ));
}
