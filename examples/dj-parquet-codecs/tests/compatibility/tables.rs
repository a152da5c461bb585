//! Tables that several tests use.

use dj_parquet_codecs::{Cells, Table};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(crate) fn none() -> Table {
    Table::new()
}

/// A column of each kind, with and without missing cells.
pub(crate) fn every_kind() -> Table {
    let table = Table::new()
        .with_column("int", vec![1, i64::MIN, i64::MAX])
        .and_then(|table| table.with_column("int or none", vec![Some(7), None, Some(-7)]))
        .and_then(|table| table.with_column("float", vec![0.5, -0.0, f64::NAN]))
        .and_then(|table| table.with_column("float or none", vec![None, Some(f64::INFINITY), Some(0.1)]))
        .and_then(|table| table.with_column("flag", vec![true, false, true]))
        .and_then(|table| table.with_column("flag or none", vec![Some(false), None, None]))
        .and_then(|table| table.with_column("text", vec!["left", "", "rechts é 😀"]))
        .and_then(|table| table.with_column("text or none", vec![None, Some("a"), Some("a")]))
        .and_then(|table| table.with_column("missing", Cells::Missing(3)));
    table.unwrap()
}

/// Columns, and no rows.
pub(crate) fn no_rows() -> Table {
    let table = Table::new().with_column("int", Vec::<i64>::new()).unwrap();
    table.with_column("text", Vec::<String>::new()).unwrap()
}

/// Any table of a few columns and rows.
pub(crate) fn any_table() -> impl Strategy<Value = Table> {
    (0..20_usize)
        .prop_flat_map(|rows| vec(any_cells(rows), 0..5))
        .prop_map(|columns| {
            let named = columns.into_iter().enumerate();
            named.fold(Table::new(), |table, (at, cells)| {
                table.with_column(&format!("column {at}"), cells).unwrap()
            })
        })
}

fn any_cells(rows: usize) -> impl Strategy<Value = Cells> {
    prop_oneof![
        vec(any::<i64>(), rows).prop_map(Cells::from),
        vec(option::of(any::<i64>()), rows).prop_map(Cells::from),
        vec(option::of(any::<f64>()), rows).prop_map(Cells::from),
        vec(option::of(any::<bool>()), rows).prop_map(Cells::from),
        vec(option::of("[a-c é]{0,5}"), rows).prop_map(Cells::from),
        Just(Cells::Missing(rows)),
    ]
}
