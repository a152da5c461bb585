//! Records the golden fixtures of this crate's own writer: those that are there already are never touched.
//!
//! `cargo run --example record-parquet`, then look at what came, and commit it.

use std::sync::Arc;

use dj_codec_api::{ErrorKind, Registry, Result};
use dj_codec_testkit::golden::{Recorder, seal};
use dj_parquet_codecs::{ParquetCodec, Table};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn tables() -> Result<Vec<(&'static str, Table)>> {
    let trials = Table::new()
        .with_column("trial", vec![1, 2, 3, 4])?
        .with_column("reaction", vec![Some(0.31), None, Some(0.27), Some(1e-7)])?
        .with_column("correct", vec![true, false, true, true])?
        .with_column("choice", vec![Some("left"), None, Some("right"), Some("links é")])?
        .with_column("count", vec![Some(1), None, Some(i64::MIN), Some(i64::MAX)])?;
    // More than a page, and a dictionary that is used again and again.
    let many = Table::new()
        .with_column("sample", (0..10_000_i64).map(|row| row * 30).collect::<Vec<_>>())?
        .with_column(
            "state",
            (0..10_000)
                .map(|row| if row / 7 % 3 == 0 { "run" } else { "rest" })
                .collect::<Vec<_>>(),
        )?;
    Ok(vec![
        ("trials", trials),
        ("many-rows", many),
        ("none", Table::new()),
    ])
}

fn main() -> Result<()> {
    let mut registry = Registry::new();
    registry.register(Arc::new(ParquetCodec))?;
    let recorder = Recorder::new(&registry, FIXTURES);
    for (name, table) in tables()? {
        match recorder.value(
            "<parquet@main>",
            &format!("by-dj-parquet-codecs-0.1.0-{name}"),
            table.into(),
            None,
        ) {
            Ok(case) => println!("{}", case.id),
            Err(error) if error.kind() == &ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    println!("{} new files listed", seal(FIXTURES.as_ref())?);
    Ok(())
}
