//! One database, with the configuration that both sides read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codecs::api::{Column, Context, Json, Record, Registry, Stored, Value, WarningLog};
use dj_codecs::store::{Config, ConfiguredStores, Environment};
use serde_json::json;

use crate::case::Case;
use crate::failed::{Failed, Outcome, ensure};
use crate::ground::Ground;
use crate::key;
use crate::movie::Movie;
use crate::named::Named;
use crate::peer::Peer;
use crate::plan::{self, Backend, Table, TableColumn};
use crate::program::Program;

/// The schema that Python declares.
pub(crate) const SCHEMA: &str = "interop";

/// One database, its Python, and our side.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) backend: Backend,
    pub(crate) folder: PathBuf,
    pub(crate) peer: Peer,
    pub(crate) program: Program,
    pub(crate) cases: Vec<Case>,
    pub(crate) values: Vec<Named>,
    pub(crate) movies: Vec<Movie>,
    tables: Vec<Table>,
    stores: Arc<ConfiguredStores>,
    registry: Registry,
}

/// The stores that DataJoint finds from a folder.
pub(crate) fn stores_of(folder: &Path) -> Outcome<ConfiguredStores> {
    let environment = Environment::new(folder);
    let config = Config::discover(&environment)?;
    ensure(config.warnings().is_empty(), || {
        format!("the configuration has warnings: {:?}", config.warnings())
    })?;
    Ok(ConfiguredStores::new(config, environment))
}

impl Workspace {
    /// Makes the folder, starts Python in it and declares the tables.
    pub(crate) fn make(ground: &Ground, backend: Backend, program: PathBuf) -> Outcome<Self> {
        let folder = ground.make_workspace(backend)?;
        let peer = Peer::start(ground.peer(), &folder)?;
        let mut tables = plan::tables(backend)?;
        let definitions: serde_json::Map<String, Json> = tables
            .iter()
            .map(|table| (table.class.clone(), table.definition.as_str().into()))
            .collect();
        let told = peer.ask("declare", json!({"schema": SCHEMA, "tables": definitions}))?;
        for table in &mut tables {
            let declared = told
                .get("tables")
                .and_then(|all| all.get(&table.class))
                .ok_or("a table was not declared")?;
            let name = declared.get("table").and_then(Json::as_str);
            name.ok_or("declare named no table")?.clone_into(&mut table.name);
            let fields = declared
                .get("primary_key")
                .and_then(Json::as_array)
                .into_iter()
                .flatten();
            table.primary_key = fields.filter_map(Json::as_str).map(str::to_owned).collect();
        }
        let cases = Case::all(&peer, &folder.join("npy"))?;
        let values = Named::all(&peer)?;
        let movies = Movie::all(&peer, &folder.join("movies"))?;
        Ok(Self {
            backend,
            stores: Arc::new(stores_of(&folder)?),
            program: Program::new(program, &folder),
            folder,
            peer,
            cases,
            values,
            movies,
            tables,
            registry: dj_codecs::default_registry(),
        })
    }

    /// Drops the schema and ends Python.
    pub(crate) fn close(self) -> Outcome {
        self.peer.ask("drop", json!({}))?;
        self.peer.close()
    }

    /// The name of a scenario, with the database's.
    pub(crate) fn scenario(&self, name: impl std::fmt::Display) -> String {
        format!("{} {name}", self.backend.name())
    }

    /// The table that has a row for each array.
    pub(crate) fn arrays(&self) -> Outcome<&Table> {
        self.table("Arrays")
    }

    /// A table by the name of its class.
    pub(crate) fn table(&self, class: &str) -> Outcome<&Table> {
        self.tables
            .iter()
            .find(|table| table.class == class)
            .ok_or_else(|| format!("scenario.json has no table {class}").into())
    }

    /// The tables of objects whose keys are tried.
    pub(crate) fn keyed_objects(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| table.objects)
    }

    /// The tables of arrays whose keys are tried.
    pub(crate) fn keyed(&self) -> impl Iterator<Item = &Table> {
        self.tables
            .iter()
            .filter(|table| !table.keys.is_empty() && !table.objects)
    }

    /// An array by its name.
    pub(crate) fn case(&self, name: &str) -> Outcome<&Case> {
        self.cases
            .iter()
            .find(|case| case.name == name)
            .ok_or_else(|| format!("arrays.py has no {name}").into())
    }

    /// A movie by its name.
    pub(crate) fn movie(&self, name: &str) -> Outcome<&Movie> {
        self.movies
            .iter()
            .find(|movie| movie.name() == name)
            .ok_or_else(|| format!("movies.py has no {name}").into())
    }

    /// A value of `values.py` by its name.
    pub(crate) fn value(&self, name: &str) -> Outcome<&Named> {
        self.values
            .iter()
            .find(|value| value.name == name)
            .ok_or_else(|| format!("values.py has no {name}").into())
    }

    /// The stores.
    pub(crate) fn stores(&self) -> &Arc<ConfiguredStores> {
        &self.stores
    }

    /// The codecs.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A context that only reads.
    pub(crate) fn reading(&self) -> Context {
        Context::with_stores(Arc::clone(&self.stores) as _)
    }

    /// The context of one value of a row.
    pub(crate) fn at(&self, table: &Table, key: &Json, field: &str) -> Outcome<Context> {
        let mut cx = self.reading().with_field(SCHEMA, &table.name, field);
        for name in &table.primary_key {
            let told = key
                .get(name)
                .ok_or_else(|| format!("the key {key} has no {name}"))?;
            cx = cx.with_key(name, key::value(told)?);
        }
        Ok(cx)
    }

    /// Decodes what a column holds as an application does.
    pub(crate) fn decode(&self, spec: &str, record: Json) -> Outcome<Value> {
        let log = Arc::new(WarningLog::default());
        let cx = self.reading().with_warnings(Arc::clone(&log) as _);
        let value = Column::resolve(spec, &self.registry)?.decode(Stored::from_json(record)?, &cx)?;
        let warnings = log.take();
        ensure(warnings.is_empty(), || format!("decoding warns: {warnings:?}"))?;
        Ok(value)
    }

    /// Encodes a value as an application does, and gives what the column is to hold.
    pub(crate) fn encode(&self, spec: &str, value: impl Into<Value>, cx: &Context) -> Outcome<Json> {
        let stored = Column::resolve(spec, &self.registry)?.encode(value.into(), cx)?;
        Ok(stored.to_json())
    }

    /// Puts what a column holds into a new row by SQL alone; the other columns are NULL.
    pub(crate) fn put(&self, table: &Table, key: &Json, field: &str, record: &Json) -> Outcome {
        let fields: serde_json::Map<String, Json> = table
            .columns
            .iter()
            .map(|column| {
                (
                    column.name.clone(),
                    if column.name == field {
                        record.clone()
                    } else {
                        Json::Null
                    },
                )
            })
            .collect();
        self.put_row(table, key, &fields.into())
    }

    /// Puts records into a new row by SQL alone.
    pub(crate) fn put_row(&self, table: &Table, key: &Json, fields: &Json) -> Outcome {
        self.peer
            .ask(
                "put_raw",
                json!({"table": table.class, "key": key, "fields": fields}),
            )
            .map(drop)
    }

    /// Whether we read what a column of Python's holds as this array.
    pub(crate) fn decodes_to(&self, column: &TableColumn, record: Json, case: &Case) -> Outcome {
        let value = self.decode(&column.spec, record)?;
        let handle = match &value {
            Value::Lazy(handle) => Arc::clone(handle),
            other => return Err(format!("it decodes to {}, not to a lazy handle", other.type_name()).into()),
        };
        let shape: Vec<u64> = case.array.shape().iter().map(|&length| length as u64).collect();
        ensure(handle.shape() == Some(&shape), || {
            format!("the handle says shape {:?}", handle.shape())
        })?;
        let dtype = handle.dtype().ok_or("the handle says no dtype")?;
        ensure(
            dtype.to_little_endian() == case.array.dtype().to_little_endian(),
            || format!("the handle says dtype {dtype}"),
        )?;
        case.check(&value.into_array()?, column.is_zarr())
    }
}

/// The path of a record.
pub(crate) fn path_of(record: &Json) -> Outcome<String> {
    Ok(Record::from_json(record.clone())?.path()?.to_owned())
}

/// Fails unless two paths are the same but for the random token.
pub(crate) fn same_place(field: &str, ours: &str, theirs: &str) -> Outcome {
    let parts = |path: &str| -> Outcome<(String, usize, String)> {
        let odd = || Failed::from(format!("the path {path:?} has no {field}_TOKEN at its end"));
        let (folder, name) = path.rsplit_once('/').ok_or_else(odd)?;
        let rest = name
            .strip_prefix(field)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or_else(odd)?;
        let (token, extension) = rest.split_once('.').unwrap_or((rest, ""));
        Ok((folder.to_owned(), token.len(), extension.to_owned()))
    };
    ensure(parts(ours)? == parts(theirs)?, || {
        format!("our path is {ours:?}, Python's is {theirs:?}")
    })?;
    ensure(ours != theirs, || {
        format!("both sides chose the token of {ours:?}")
    })
}
