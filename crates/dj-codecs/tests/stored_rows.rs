//! A whole schema that Python's DataJoint wrote, decoded from nothing but its rows and the folders of its stores.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dj_codecs::api::{Column, Context, Json, Limits, Stored, Value, WarningLog, notation};
use dj_codecs::store::{Config, ConfiguredStores, Environment};

/// The values that are there to be decoded, by codec and case: NULL, a value, damaged.
const VALUES: [(&str, [usize; 3]); 7] = [
    ("attach", [3, 5, 0]),
    ("blob", [6, 20, 2]),
    ("filepath", [2, 5, 0]),
    ("hash", [4, 4, 1]),
    ("npy", [3, 29, 2]),
    ("object", [1, 12, 0]),
    ("zarr", [1, 16, 0]),
];

fn data() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/store"))
}

fn rows() -> Json {
    serde_json::from_slice(&std::fs::read(data().join("rows.json")).unwrap()).unwrap()
}

/// A context with the stores of the configuration that Python wrote with.
fn context(rows: &Json) -> Context {
    let mut stores = rows["stores"].clone();
    for (_, store) in stores.as_object_mut().unwrap() {
        if let Some(location) = store.get_mut("location") {
            *location = data().join(location.as_str().unwrap()).to_str().unwrap().into();
        }
    }
    let config = Config::from_json(&serde_json::json!({ "stores": stores })).unwrap();
    Context::with_stores(Arc::new(ConfiguredStores::new(config, Environment::new(data()))))
}

/// Decodes one value; gives which of NULL, a value and damaged it is, or how it is not what Python read.
fn check(spec: &str, stored: &Json, expected: &Json, cx: &Context) -> Result<usize, String> {
    let registry = dj_codecs::default_registry();
    let column = Column::resolve(spec, &registry).map_err(|error| error.report())?;
    let stored = Stored::from_json(stored.clone()).unwrap();
    let log = Arc::new(WarningLog::default());
    let cx = cx.clone().with_warnings(Arc::clone(&log) as _);
    let decoded = column.decode(stored.clone(), &cx).and_then(Value::load);
    if expected.get("error").is_some() {
        return match decoded {
            Ok(value) => Err(format!("decodes to {value:?}, and is damaged")),
            Err(error) if error.place().is_none() => {
                Err(format!("the error does not say which object: {error}"))
            }
            Err(_) => Ok(2),
        };
    }
    let found = decoded.map_err(|error| error.report())?;
    let limits = Limits::default();
    let read = notation::from_json(&notation::to_json(&found).unwrap(), &limits).unwrap();
    if read != notation::from_json(expected, &limits).unwrap() {
        return Err(format!(
            "{expected} was expected, this is {}",
            notation::to_string(&found).unwrap()
        ));
    }
    let warnings = log.take();
    if !warnings.is_empty() {
        return Err(format!("decoding warns: {warnings:?}"));
    }
    if matches!(found, Value::Null) {
        return Ok(0);
    }
    column
        .format_version(stored.clone(), &cx)
        .map_err(|error| error.report())?;
    // What it needs is in the column's store, and the path of the record is part of it.
    let references = column.referenced_paths(&stored);
    let path = match &stored {
        Stored::Json(record) => record.get("path").and_then(Json::as_str),
        _ => None,
    };
    let known = references.first().map(|reference| reference.path.as_str()) == path;
    if !known
        || references
            .iter()
            .any(|reference| reference.store.as_deref() != column.store())
    {
        return Err(format!(
            "needs the objects {references:?} of the store {:?}",
            column.store()
        ));
    }
    Ok(1)
}

#[test]
fn every_row_that_python_stored_decodes_to_what_python_fetched() {
    let rows = rows();
    let (cx, registry) = (context(&rows), dj_codecs::default_registry());
    let (mut counts, mut failures) = (BTreeMap::<String, [usize; 3]>::new(), Vec::new());
    let mut decoded_rows = 0;
    for table in rows["tables"].as_array().unwrap() {
        for row in table["rows"].as_array().unwrap() {
            decoded_rows += 1;
            for column in table["columns"].as_array().unwrap() {
                let name = column["name"].as_str().unwrap();
                // Keys are of core types; those of a foreign key have no type of their own.
                let Some(spec) = column["type"].as_str().filter(|spec| spec.starts_with('<')) else {
                    continue;
                };
                let codec = spec.trim_matches(['<', '>']).split('@').next().unwrap();
                // A build with fewer features decodes what it has.
                if registry.get(codec).is_err() {
                    continue;
                }
                match check(spec, &row["stored"][name], &row["expected"][name], &cx) {
                    Ok(case) => counts.entry(codec.to_owned()).or_default()[case] += 1,
                    Err(how) => failures.push(format!(
                        "{} {spec} {name} {}: {how}",
                        table["name"], row["stored"]
                    )),
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} values:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert_eq!(decoded_rows, 65);
    for (codec, wanted) in VALUES {
        if registry.get(codec).is_ok() {
            assert_eq!(counts.get(codec), Some(&wanted), "{codec}: NULL, values, damaged");
        }
    }
}
