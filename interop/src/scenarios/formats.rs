//! The data formats of `<zarr@>` as Python's codec sees them.

use dj_codecs::api::{FormatVersion, Json};
use serde_json::json;

use crate::failed::{Outcome, ensure, same};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::Workspace;

/// The first `case_id` of these rows.
const FIRST: usize = 300_000;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.arrays()?;
    let mut number = FIRST;
    for version in [FormatVersion::new(1, 0), FormatVersion::new(2, 0)] {
        report.scenario(
            &ws.scenario(format!(
                "<zarr@> {version}: records and attributes, fetched by Python"
            )),
            |checks| {
                for column in table.columns.iter().filter(|column| column.is_zarr()) {
                    for case in ["float32-big-endian", "movie", "scalar-int16", "empty-inside"] {
                        number += 1;
                        let key = json!({"case_id": number});
                        checks.check(format!("{} {case}", column.spec), || {
                            written(ws, table, column, &key, case, version)
                        });
                    }
                }
            },
        );
    }
    Ok(())
}

fn written(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    key: &Json,
    case: &str,
    version: FormatVersion,
) -> Outcome {
    let case = ws.case(case)?;
    let cx = ws.at(table, key, &column.name)?.with_format_version(version);
    let record = ws.encode(&column.spec, case.read()?, &cx)?;
    let keys: Vec<&str> = record
        .as_object()
        .ok_or("the record is no object")?
        .keys()
        .map(String::as_str)
        .collect();
    let first = version == FormatVersion::new(1, 0);
    if first {
        // Exactly what dj-zarr-codecs 0.1.0 writes; the dtype is the given one, with its byte order.
        same(
            "the record's keys",
            &sorted(keys),
            &sorted(vec!["path", "store", "shape", "dtype", "provenance"]),
        )?;
        same(
            "the record's dtype",
            record.get("dtype").unwrap_or(&Json::Null),
            &case.dtype.as_str().into(),
        )?;
    } else {
        same(
            "the record's keys",
            &sorted(keys),
            &sorted(vec![
                "path",
                "store",
                "shape",
                "dtype",
                "codec_version",
                "inventory",
            ]),
        )?;
        same(
            "codec_version",
            record.get("codec_version").unwrap_or(&Json::Null),
            &"2.0".into(),
        )?;
    }
    ws.put(table, key, &column.name, &record)?;
    let told = ws
        .peer
        .fetch_equal(&table.class, key, &column.name, &case.file, true)?;
    same(
        "the class of what Python fetches",
        told.get("class").unwrap_or(&Json::Null),
        &"Array".into(),
    )?;
    let attributes = told.get("attributes").cloned().unwrap_or_default();
    if first {
        same("the attributes", &attributes, &json!({}))?;
    } else {
        same(
            "the attribute codec_version",
            attributes.get("codec_version").unwrap_or(&Json::Null),
            &"2.0".into(),
        )?;
        same(
            "the attribute codec_name",
            attributes.get("codec_name").unwrap_or(&Json::Null),
            &"zarr".into(),
        )?;
        let flags = attributes
            .get("feature_flags")
            .and_then(Json::as_array)
            .ok_or("there are no feature_flags")?;
        ensure(flags.iter().map(Json::as_str).is_sorted(), || {
            format!("feature_flags are not sorted: {flags:?}")
        })?;
    }
    let column_version = dj_codecs::api::Column::resolve(&column.spec, ws.registry())?
        .format_version(dj_codecs::api::Stored::from_json(record.clone())?, &ws.reading())?;
    same("the format that we tell", &column_version, &Some(version))?;
    ws.decodes_to(column, record, case)
}

fn sorted(mut keys: Vec<&str>) -> Vec<&str> {
    keys.sort_unstable();
    keys
}
