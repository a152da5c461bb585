//! Chains of codecs resolve as Python DataJoint resolves them, and values go through them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]
#![forbid(unsafe_code)]

use std::sync::Arc;

use dj_codec_api::{
    Codec, CodecInfo, Column, Context, Error, ErrorKind, FormatVersion, Json, Mode, Registry, Result,
    StoreMap, Stored, TypeSpec, Value,
};
use serde_json::json;

/// A codec with DataJoint's chaining rules and no formats: it wraps what it is given in its own name.
#[derive(Debug)]
struct Wrap {
    name: &'static str,
    table: Option<&'static str>,
    store: Option<&'static str>,
}

impl Codec for Wrap {
    fn name(&self) -> &str {
        self.name
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new(self.name, format!("crate-of-{}", self.name), "1.2.3")
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        let inner = if mode == Mode::Table {
            self.table
        } else {
            self.store
        };
        inner
            .ok_or_else(|| Error::invalid_spec("requires @ (store only)"))?
            .parse()
    }

    fn validate(&self, value: &Value) -> Result<()> {
        if *value == Value::from("refused") {
            Err(Error::invalid_value("not this one"))
        } else {
            Ok(())
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let text = match value {
            Value::Str(text) => text,
            Value::Json(json) => json.as_str().unwrap_or_default().to_owned(),
            other => return Err(Error::invalid_value(other.type_name())),
        };
        Ok(Value::from(json!(format!(
            "{}({text})@{}",
            self.name,
            cx.column_store().unwrap_or("-")
        ))))
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let Value::Json(json) = &stored else {
            return Err(Error::corrupt(stored.type_name()));
        };
        let text = json.as_str().unwrap_or_default();
        let suffix = format!(")@{}", cx.column_store().unwrap_or("-"));
        text.strip_prefix(&format!("{}(", self.name))
            .and_then(|rest| rest.strip_suffix(&suffix))
            .map(|inner| Value::from(json!(inner)))
            .ok_or_else(|| Error::corrupt(text))
    }
}

fn registry(codecs: &[(&'static str, Option<&'static str>, Option<&'static str>)]) -> Registry {
    let mut registry = Registry::new();
    for &(name, table, store) in codecs {
        registry.register(Arc::new(Wrap { name, table, store })).unwrap();
    }
    registry
}

/// The chains of DataJoint 2.3.5 and its two plug-in packages.
fn datajoint() -> Registry {
    registry(&[
        ("blob", Some("bytes"), Some("<hash>")),
        ("attach", Some("bytes"), Some("<hash>")),
        ("hash", None, Some("json")),
        ("npy", None, Some("json")),
        ("object", None, Some("json")),
        ("filepath", None, Some("json")),
        ("zarr", None, Some("json")),
        ("photon", None, Some("json")),
    ])
}

fn cases(name: &str) -> Vec<Json> {
    let path = format!("{}/tests/data/paths/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let table: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    table["cases"].as_array().unwrap().clone()
}

#[test]
fn every_chain_resolves_as_in_python() {
    let registry = datajoint();
    let cases = cases("resolve_dtype");
    assert!(cases.len() >= 38);
    for case in cases {
        let spec = case["in"].as_str().unwrap();
        let column = Column::resolve_in(spec, case.get("store_name").and_then(Json::as_str), &registry);
        match case.get("out") {
            Some(out) => {
                let column = column.unwrap_or_else(|error| panic!("{spec}: {error}"));
                let chain: Vec<_> = column.chain().iter().map(|codec| codec.name()).collect();
                assert_eq!(
                    json!({"storage": column.storage(), "chain": chain, "store": column.store()}),
                    *out,
                    "{spec}"
                );
            }
            None => {
                let error = column.expect_err(spec);
                assert!(
                    matches!(error.kind(), ErrorKind::InvalidSpec | ErrorKind::UnknownCodec),
                    "{spec}: {error}"
                );
            }
        }
    }
}

#[test]
fn every_reference_is_found_as_in_python() {
    let registry = datajoint();
    for case in cases("referenced_paths") {
        let codec = registry.get(case["codec"].as_str().unwrap()).unwrap();
        let found = codec.referenced_paths(&Value::from(case["stored"].clone()));
        let found: Vec<_> = found.iter().map(|one| json!([one.path, one.store])).collect();
        // Python hands out a path of None where a record has null for it; there is nothing to keep then.
        let wanted: Vec<_> = case["out"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| !one[0].is_null())
            .cloned()
            .collect();
        assert_eq!(found, wanted, "{case}");
    }
}

#[test]
fn values_go_through_the_chain_and_back() {
    let registry = registry(&[
        ("outer", None, Some("<middle>")),
        ("middle", None, Some("<inner@cold>")),
        ("inner", None, Some("json")),
    ]);
    let column = Column::resolve("<outer@main>", &registry).unwrap();
    let cx = Context::new(StoreMap::new());
    let stored = column.encode(Value::from("v"), &cx).unwrap();
    assert_eq!(
        stored,
        Stored::Json(json!("inner(middle(outer(v)@cold)@cold)@cold"))
    );
    assert_eq!(column.decode(stored, &cx).unwrap(), Value::from(json!("v")));
}

#[test]
fn null_passes_untouched() {
    let column = Column::resolve("<npy@main>", &datajoint()).unwrap();
    let cx = Context::new(StoreMap::new());
    assert_eq!(column.encode(Value::Null, &cx).unwrap(), Stored::Null);
    assert_eq!(column.decode(Stored::Null, &cx).unwrap(), Value::Null);
    assert_eq!(column.format_version(Stored::Null, &cx).unwrap(), None);
    assert_eq!(column.referenced_paths(&Stored::Null), []);
}

#[test]
fn a_chain_that_loops_names_its_members() {
    let registry = registry(&[
        ("a", Some("<b>"), None),
        ("b", Some("<a>"), None),
        ("me", Some("<me>"), None),
    ]);
    let error = Column::resolve("<a>", &registry).unwrap_err();
    assert!(error.to_string().contains("a -> b -> a"), "{error}");
    assert_eq!(error.kind(), &ErrorKind::InvalidSpec);
    assert!(Column::resolve("<me>", &registry).is_err());
}

#[test]
fn errors_name_codec_and_column() {
    let column = Column::resolve("<npy@main>", &datajoint()).unwrap();
    let cx = Context::new(StoreMap::new()).with_field("lab", "session", "trace");
    let error = column.encode(Value::from("refused"), &cx).unwrap_err();
    assert_eq!(error.to_string(), "<npy> at lab.session.trace: not this one");
    let error = Column::resolve("<nope@main>", &datajoint()).unwrap_err();
    assert!(error.to_string().contains("dj-nope-codecs"), "{error}");
    let error = Column::resolve("<npy>", &datajoint()).unwrap_err();
    assert_eq!(error.to_string(), "<npy> at <npy>: requires @ (store only)");
}

#[test]
fn a_json_column_takes_text_and_bytes_columns_refuse_it() {
    let registry = datajoint();
    let cx = Context::new(StoreMap::new());
    let column = Column::resolve("json", &registry).unwrap();
    let text = Stored::Bytes(br#"{"a": 1}"#.to_vec().into());
    assert_eq!(column.decode(text, &cx).unwrap(), Value::from(json!({"a": 1})));
    let bytes = Column::resolve("bytes", &registry).unwrap();
    let error = bytes
        .decode(Stored::Json(json!("array([1, 2])")), &cx)
        .unwrap_err();
    assert!(error.to_string().contains("holds a text"), "{error}");
}

#[test]
fn a_name_is_registered_once_unless_replaced() {
    let mut registry = datajoint();
    let again = || {
        Arc::new(Wrap {
            name: "npy",
            table: None,
            store: Some("json"),
        })
    };
    let error = registry.register(again()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::DuplicateCodec);
    assert!(error.to_string().contains("crate-of-npy 1.2.3"), "{error}");
    assert!(registry.replace(again()).unwrap().is_some());
    let odd = Arc::new(Wrap {
        name: "Odd name",
        table: None,
        store: None,
    });
    assert_eq!(
        registry.register(odd).unwrap_err().kind(),
        &ErrorKind::InvalidSpec
    );
    let error = registry.require(&["npy", "spikes", "zarr", "waves"]).unwrap_err();
    assert!(error.to_string().contains("<spikes>, <waves>"), "{error}");
    assert!(registry.require(&["npy", "blob"]).is_ok());
}

#[derive(Debug)]
struct Linked;

impl Codec for Linked {
    fn name(&self) -> &str {
        "linked"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("linked", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    }

    fn dtype(&self, _: Mode) -> Result<TypeSpec> {
        "bytes".parse()
    }

    fn encode(&self, value: Value, _: &Context) -> Result<Value> {
        Ok(value)
    }

    fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
        Ok(stored)
    }
}

dj_codec_api::submit_codec!(Linked);

#[test]
fn linked_codecs_are_collected() {
    let registry = Registry::linked().unwrap();
    assert_eq!(registry.get("linked").unwrap().name(), "linked");
}

/// Wraps text in brackets of its name with the version that it is asked for, and takes no part of that for the whole.
#[derive(Debug)]
struct Bracket {
    name: &'static str,
    inner: &'static str,
}

impl Bracket {
    fn text(value: Value) -> Result<String> {
        match value {
            Value::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Value::Str(text) => Ok(text),
            other => Err(Error::corrupt(other.type_name())),
        }
    }
}

impl Codec for Bracket {
    fn name(&self) -> &str {
        self.name
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new(self.name, "crate", "1.2.3")
    }

    fn dtype(&self, _: Mode) -> Result<TypeSpec> {
        self.inner.parse()
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let version = cx
            .format_version()
            .map_or("-".into(), |version| version.to_string());
        let text = format!("{}{version}[{}]", self.name, Self::text(value)?);
        Ok(Value::Bytes(text.into()))
    }

    fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
        let text = Self::text(stored)?;
        let whole = text.strip_suffix(']').and_then(|text| text.split_once('['));
        let (_, inner) = whole.ok_or_else(|| Error::corrupt("cut short"))?;
        Ok(Value::from(inner))
    }

    fn decode_front(&self, stored: Value, length: u64, cx: &Context) -> Result<Value> {
        let mut text = Self::text(self.decode(stored, cx)?)?;
        text.truncate(length as usize);
        Ok(Value::from(text))
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        let text = Self::text(stored.clone())?;
        let version = text.strip_prefix(self.name).and_then(|text| text.split_once('['));
        version.map(|(version, _)| version.parse()).transpose()
    }
}

#[test]
fn a_format_is_asked_of_and_told_by_the_outermost_codec_alone() {
    let mut registry = Registry::new();
    for (name, inner) in [("outer", "<middle>"), ("middle", "<inner>"), ("inner", "bytes")] {
        registry.register(Arc::new(Bracket { name, inner })).unwrap();
    }
    let column = Column::resolve("<outer>", &registry).unwrap();
    let cx = Context::new(StoreMap::new()).with_format_version(FormatVersion::new(7, 1));
    let stored = column.encode("v".into(), &cx).unwrap();
    assert_eq!(stored, Stored::Bytes("inner-[middle-[outer7.1[v]]]".into()));
    // Much longer than what is read to tell the format.
    let stored = column.encode("v".repeat(100_000).into(), &cx).unwrap();
    assert_eq!(
        column.format_version(stored, &cx).unwrap(),
        Some(FormatVersion::new(7, 1))
    );
}
