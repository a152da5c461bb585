#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod audit;
mod bulk;
mod catalog;
mod comment;
mod database;
mod failure;
mod fault;
mod heading;
mod key;
mod location;
mod migrate;
mod packed;
mod progress;
mod raw;
mod rows;
mod tier;
mod updates;
mod verify;
mod writable;
mod written;

pub use audit::{
    AuditOptions, AuditReport, ColumnReport, ColumnStatus, FaultReport, FormatReport, MissingCodec,
    MonthReport, StoreReport, TableReport, audit,
};
pub use bulk::{
    FetchOptions, Fetched, FetchedRow, InsertFailed, InsertOptions, NewRow, fetch_many, insert_many,
};
pub use comment::{Declared, parse_comment};
pub use database::{ConnectOptions, Database};
pub use fault::{Fault, FaultKind, KeyShown, Recovery};
pub use heading::{Attribute, Storage, Table};
pub use key::Key;
pub use location::Backend;
pub use migrate::{
    Begun, Conversion, LeftRow, MigratedColumn, Migration, MigrationOptions, MigrationPlan,
    MigrationProgress, MigrationReport, Migrator, OnMigration, PlannedFormat, Replacement, RollbackReport,
    RowMigrated, SupersededObject, WhySuperseded, migrate, superseded,
};
pub use progress::{OnProgress, Progress};
pub use rows::{Extent, Field, Row, RowQuery, Rows};
pub use tier::Tier;
pub use verify::{OnFault, Unchecked, VerifiedTable, VerifyLevel, VerifyOptions, VerifyReport, verify};
pub use writable::{Bind, Transaction, Writable};
