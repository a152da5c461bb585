//! A report with something of everything, for tests of what is made of it.

use serde_json::json;

use super::report::*;
use crate::fault::{Fault, FaultKind, KeyShown};
use crate::tier::Tier;

fn format(version: Option<&str>, status: Option<&'static str>, values: u64, bytes: u64) -> FormatReport {
    FormatReport {
        version: version.map(Into::into),
        status,
        advice: (status == Some("deprecated")).then(|| "migrate to 2.0".into()),
        values,
        bytes,
    }
}

fn column(name: &str, declared: &str, status: ColumnStatus) -> ColumnReport {
    ColumnReport {
        column: name.into(),
        declared: declared.into(),
        sql_type: "jsonb".into(),
        status,
        values: 320,
        nulls: 4,
        table_bytes: 52_000,
        formats: Vec::new(),
        stores: Vec::new(),
        missing_objects: 0,
        faults: Vec::new(),
        notes: Vec::new(),
        timeline: Vec::new(),
    }
}

pub(super) fn report() -> AuditReport {
    let mut movie = column("movie", "<zarr@main>", ColumnStatus::Known);
    movie.formats = vec![
        format(Some("1.0"), Some("deprecated"), 20, 5 << 20),
        format(Some("2.0"), Some("current"), 299, 3 << 30),
        format(None, None, 1, 0),
    ];
    movie.stores = vec![StoreReport {
        store: "main".into(),
        values: 320,
        objects: 4_321,
        bytes: (3 << 30) + (5 << 20),
    }];
    movie.missing_objects = 3;
    let place = ("lab", "__scan<b>", "movie");
    let key = KeyShown::new([
        (
            "subject".to_owned(),
            json!("<script>alert('m&1')</script>\u{1b}[2J"),
        ),
        ("scan".to_owned(), json!(3)),
    ]);
    let what = "_schema/x.zarr: there is no such object".into();
    let mut sample = Fault::new(place, key, FaultKind::MissingObject, what);
    sample.advice = Some("bring it back".into());
    movie.faults = vec![FaultReport {
        kind: FaultKind::MissingObject,
        values: 3,
        samples: vec![sample],
    }];
    movie.timeline = vec![
        MonthReport {
            month: "2023-12".into(),
            version: Some("1.0".into()),
            values: 20,
        },
        MonthReport {
            month: "2024-01".into(),
            version: Some("2.0".into()),
            values: 299,
        },
    ];
    let mut note = column("note", "<blob>", ColumnStatus::Known);
    note.formats = vec![format(Some("1"), Some("legacy"), 320, 52_000)];
    let mut opaque = column("spikes", "<spike_train@>", ColumnStatus::Opaque);
    opaque.formats = vec![format(None, None, 320, 9_000_000)];
    let mut old = column("raw", "longblob", ColumnStatus::Old);
    old.notes = vec!["none of the values is packed: they are plain bytes".into()];
    let table = |name: &str, columns| TableReport {
        table: name.into(),
        tier: Tier::of(name),
        rows: 324,
        columns,
    };
    let mut report = AuditReport {
        database: "postgres://ann@db/lab".into(),
        server: "PostgreSQL 15.18".into(),
        schema: "lab".into(),
        read_only: true,
        seconds: 2.0,
        rows: 0,
        tables_without_codecs: 1,
        tables: vec![
            table("__scan<b>", vec![movie, note]),
            table("session", vec![opaque, old]),
        ],
        missing_codecs: Vec::new(),
        faults: 0,
        sound: true,
    };
    report.sum_up();
    report
}
