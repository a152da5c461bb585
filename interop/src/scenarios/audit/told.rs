//! What the program says in JSON.

use std::collections::{BTreeMap, BTreeSet};

use dj_codecs::api::Json;

use crate::failed::{Outcome, ensure};

/// Faults: table, field, key and kind of each.
pub(super) type Faults = BTreeSet<(String, String, String, String)>;

/// The entries of an array; none where there is no such array.
pub(super) fn list<'a>(of: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    of.get(key).and_then(Json::as_array).into_iter().flatten()
}

/// A text; empty where there is none.
pub(super) fn text<'a>(of: &'a Json, key: &str) -> &'a str {
    of.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// The columns of the report of an audit.
fn columns(told: &Json) -> impl Iterator<Item = &Json> {
    list(told, "tables").flat_map(|table| list(table, "columns"))
}

/// How many values of a codec have a format.
pub(super) fn old_values(told: &Json, codec: &str, version: &str) -> u64 {
    columns(told)
        .filter(|column| text(column, "type").starts_with(codec))
        .flat_map(|column| list(column, "formats"))
        .filter(|format| text(format, "version") == version)
        .filter_map(|format| format.get("values")?.as_u64())
        .sum()
}

/// A fault, without its words.
pub(super) fn signature(fault: &Json) -> (String, String, String, String) {
    // Sorted by name, whatever the order of the objects.
    let key: BTreeMap<&String, String> = fault
        .get("key")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name, value.to_string()))
        .collect();
    let [table, field, kind] = ["table", "field", "kind"].map(|key| text(fault, key).to_owned());
    (table, field, format!("{key:?}"), kind)
}

/// The faults of a report, of either command.
pub(super) fn faults(told: &Json) -> Faults {
    if told.get("missing_codecs").is_none() {
        return list(told, "faults").map(signature).collect();
    }
    let kinds = columns(told).flat_map(|column| list(column, "faults"));
    kinds
        .flat_map(|kind| list(kind, "samples"))
        .map(signature)
        .collect()
}

/// Whether just those faults are found that were planted.
pub(super) fn compare(found: &Faults, planted: &Faults) -> Outcome {
    let missed: Vec<_> = planted.difference(found).collect();
    let extra: Vec<_> = found.difference(planted).collect();
    ensure(
        missed.is_empty() && extra.is_empty() && !planted.is_empty(),
        || {
            format!(
                "of {} faults these are missed: {missed:?}; these were not planted: {extra:?}",
                planted.len()
            )
        },
    )
}
