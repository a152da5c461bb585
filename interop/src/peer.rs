//! Python's DataJoint, driven by lines of JSON.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use dj_codecs::api::{Json, Limits, Value, notation};
use serde_json::json;

use crate::failed::{Failed, Outcome, ensure};

/// A value that Python fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The value.
    pub(crate) value: Value,
    /// What else was told: `class`, and what a handle says.
    pub(crate) told: Json,
}

/// The value of a notation, which travels as text within JSON.
pub(crate) fn value_of(told: Option<&Json>) -> Outcome<Value> {
    let text = told.and_then(Json::as_str).ok_or("Python told of no value")?;
    Ok(notation::from_str(text, &Limits::default())?)
}

/// A running `peer.py`. Its docstrings say what the operations do, take and give.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    log: PathBuf,
    // Where arrays are saved that Python fetched.
    fetched: PathBuf,
}

impl Peer {
    /// Starts it in a folder with a configuration.
    pub(crate) fn start(command: Command, folder: &Path) -> Outcome<Self> {
        Self::start_as("peer", command, folder)
    }

    /// Starts another program that is driven in the same way; its log has this name.
    pub(crate) fn start_as(name: &str, mut command: Command, folder: &Path) -> Outcome<Self> {
        let log = folder.join(format!("{name}.log"));
        let mut child = command
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let pipes = input.zip(output).ok_or("peer.py has no pipes")?;
        let pipes = RefCell::new((pipes.0, BufReader::new(pipes.1)));
        Ok(Self {
            child,
            pipes,
            log,
            fetched: folder.join(format!("{name}-fetched.npy")),
        })
    }

    /// Asks for an operation.
    pub(crate) fn ask(&self, operation: &str, request: Json) -> Outcome<Json> {
        let mut request = request;
        if let Json::Object(members) = &mut request {
            members.insert("op".into(), operation.into());
        }
        let ended = || Failed::from(format!("the peer ended; {} says why", self.log.display()));
        let (input, output) = &mut *self.pipes.borrow_mut();
        writeln!(input, "{request}").map_err(|_| ended())?;
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            return Err(ended());
        }
        let answer: Json = serde_json::from_str(&line)?;
        match answer.get("ok") {
            Some(Json::Bool(true)) => Ok(answer),
            _ => {
                let error = answer
                    .get("error")
                    .and_then(Json::as_str)
                    .unwrap_or("it does not say why");
                Err(format!("Python cannot {operation}: {error}").into())
            }
        }
    }

    /// What a column of a row holds, read by SQL alone: a record, or `{"$bytes": ...}`.
    pub(crate) fn raw(&self, table: &str, key: &Json, field: &str) -> Outcome<Json> {
        let mut answer = self.ask("raw", json!({"table": table, "key": key, "field": field}))?;
        Ok(answer
            .get_mut("record")
            .map(Json::take)
            .ok_or("raw gave no record")?)
    }

    /// Fetches a value as a Python user does, and compares it with an `.npy` file. Gives what the lazy value said.
    pub(crate) fn fetch_equal(
        &self,
        table: &str,
        key: &Json,
        field: &str,
        file: &Path,
        any_order: bool,
    ) -> Outcome<Json> {
        let request = json!({"table": table, "key": key, "field": field, "out": self.fetched});
        let told = self.ask("fetch1", request)?;
        ensure(told.get("null") == Some(&Json::Bool(false)), || {
            "Python fetches NULL".into()
        })?;
        self.compare(file, any_order)
            .map_err(|failed| failed.during("Python fetches another array"))?;
        Ok(told)
    }

    /// Fetches a value of any kind as a Python user does.
    pub(crate) fn fetch_value(&self, table: &str, key: &Json, field: &str) -> Outcome<Fetched> {
        let told = self.ask("fetch_value", json!({"table": table, "key": key, "field": field}))?;
        let value = value_of(told.get("value"))?;
        Ok(Fetched { value, told })
    }

    /// Inserts a row through DataJoint: a key, and the value of one column in the notation of `peer.py`.
    pub(crate) fn insert(&self, table: &str, key: &Json, field: &str, value: Json) -> Outcome {
        let mut row = key.clone();
        row.as_object_mut()
            .ok_or("a key is no object")?
            .insert(field.into(), value);
        self.ask("insert", json!({"table": table, "row": row})).map(drop)
    }

    /// Whether an operation fails in Python, in these words.
    pub(crate) fn refuses(&self, operation: &str, request: Json, words: &str) -> Outcome {
        match self.ask(operation, request) {
            Ok(_) => Err(format!("Python can {operation} it; it was known to fail with {words:?}").into()),
            Err(failed) => ensure(failed.to_string().contains(words), || {
                format!("it was known to fail with {words:?}; now {failed}")
            }),
        }
    }

    /// Whether Python fetches NULL.
    pub(crate) fn fetches_null(&self, table: &str, key: &Json, field: &str) -> Outcome<bool> {
        let told = self.ask(
            "fetch1",
            json!({"table": table, "key": key, "field": field, "out": self.fetched}),
        )?;
        Ok(told.get("null") == Some(&Json::Bool(true)))
    }

    /// Opens a Zarr array by a library and compares it with an `.npy` file: a path in a store, or a folder.
    pub(crate) fn open_zarr_equal(
        &self,
        library: &str,
        store: Option<&str>,
        path: &str,
        file: &Path,
    ) -> Outcome {
        let request = json!({"library": library, "store": store, "path": path, "out": self.fetched});
        self.ask("open_zarr", request)
            .map_err(|failed| failed.during(library))?;
        self.compare(file, true)
            .map_err(|failed| failed.during(format!("{library} reads another array")))
    }

    /// Whether two `.npy` files are equal for NumPy.
    pub(crate) fn equal(&self, a: &Path, b: &Path, any_order: bool) -> Outcome {
        let told = self.ask("equal", json!({"a": a, "b": b, "any_byte_order": any_order}))?;
        let why = || {
            told.get("why")
                .and_then(Json::as_str)
                .unwrap_or("not equal")
                .to_owned()
        };
        ensure(told.get("equal") == Some(&Json::Bool(true)), why)
    }

    fn compare(&self, file: &Path, any_order: bool) -> Outcome {
        self.equal(file, &self.fetched, any_order)
    }

    /// Ends it.
    pub(crate) fn close(self) -> Outcome {
        let Self { mut child, pipes, .. } = self;
        drop(pipes);
        let status = child.wait()?;
        ensure(status.success(), || format!("peer.py: {status}"))
    }
}
