//! The databases, the tables and the keys: `scenario.json`.

use std::path::Path;

use dj_codecs::api::Json;

use crate::failed::{Failed, Outcome};

/// A database server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// PostgreSQL.
    PostgreSql,
    /// MySQL.
    MySql,
}

impl Backend {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::PostgreSql, Self::MySql];

    /// Its name in DataJoint's configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
        }
    }
}

/// A table, as Python declares it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The name of its class in Python.
    pub(crate) class: String,
    /// Its name in the database; known when it is declared.
    pub(crate) name: String,
    /// The fields of its primary key, in order; known when it is declared.
    pub(crate) primary_key: Vec<String>,
    /// Its definition.
    pub(crate) definition: String,
    /// The columns beside the key.
    pub(crate) columns: Vec<TableColumn>,
    /// The primary keys that are tried.
    pub(crate) keys: Vec<Json>,
    /// Whether the columns hold objects, and the keys are those of another table.
    pub(crate) objects: bool,
}

/// A column that holds values of a codec.
#[derive(Debug, Clone)]
pub(crate) struct TableColumn {
    /// Its name.
    pub(crate) name: String,
    /// Its type spec.
    pub(crate) spec: String,
}

impl Table {
    /// The columns of a codec.
    pub(crate) fn columns_of(&self, codec: &str) -> impl Iterator<Item = &TableColumn> {
        self.columns.iter().filter(move |column| column.codec() == codec)
    }

    /// A column by its name.
    pub(crate) fn column(&self, name: &str) -> Outcome<&TableColumn> {
        self.columns
            .iter()
            .find(|column| column.name == name)
            .ok_or_else(|| format!("the table {} has no column {name}", self.class).into())
    }
}

impl TableColumn {
    /// The codec that the spec names.
    pub(crate) fn codec(&self) -> &str {
        let name = self.spec.trim_matches(['<', '>']);
        name.split_once('@').map_or(name, |(codec, _)| codec)
    }

    /// Whether it is one of `<zarr@...>`, which keeps no byte order.
    pub(crate) fn is_zarr(&self) -> bool {
        self.spec.starts_with("<zarr@")
    }

    /// The store that the spec names.
    pub(crate) fn store(&self) -> &str {
        self.spec
            .split_once('@')
            .map_or("", |(_, store)| store.trim_end_matches('>'))
    }
}

/// The tables of a database.
pub(crate) fn tables(backend: Backend) -> Outcome<Vec<Table>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenario.json");
    let scenario: Json = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let applies = |one: &Json| {
        one.get("not_on")
            .and_then(|not_on| not_on.get(backend.name()))
            .is_none()
    };
    let wrong = |what: &str| Failed::from(format!("scenario.json: {what}"));
    let declared = scenario
        .get("tables")
        .and_then(Json::as_object)
        .ok_or_else(|| wrong("no tables"))?;
    let mut tables = Vec::new();
    for (class, table) in declared.iter().filter(|(_, table)| applies(table)) {
        let definition = table
            .get("definition")
            .and_then(Json::as_str)
            .ok_or_else(|| wrong("a table has no definition"))?;
        let (_, fields) = definition
            .split_once("---\n")
            .ok_or_else(|| wrong("a table has no columns"))?;
        let columns = fields.lines().filter_map(|line| {
            let (name, spec) = line.split_once("=null : ")?;
            Some(TableColumn {
                name: name.into(),
                spec: spec.into(),
            })
        });
        let keys_of = table.get("keys_of").and_then(Json::as_str);
        let keys = scenario
            .get("keys")
            .and_then(|keys| keys.get(keys_of.unwrap_or(class)))
            .and_then(Json::as_array);
        let keys = keys
            .into_iter()
            .flatten()
            .filter(|key| applies(key))
            .filter_map(|key| key.get("key").cloned());
        tables.push(Table {
            class: class.clone(),
            name: String::new(),
            primary_key: Vec::new(),
            definition: definition.into(),
            columns: columns.collect(),
            keys: keys.collect(),
            objects: keys_of.is_some(),
        });
    }
    Ok(tables)
}
