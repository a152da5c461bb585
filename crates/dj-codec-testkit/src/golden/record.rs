//! Makes new golden fixtures.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{
    Bytes, Column, Context, Error, ErrorKind, FormatVersion, Json, MemoryStore, OpenStore, Registry, Result,
    Store, StoreLayout, StoreMap, Stored, Stores, Value, notation,
};
use serde_json::json;

use super::{Case, check};

/// The folder of a case with its objects.
const STORE: &str = "store";

/// Makes golden fixtures, in a folder of all of them: from a value, which is encoded, or from what a real program stored. A
/// fixture that is there is never touched.
///
/// ```no_run
/// use dj_codec_api::{FormatVersion, Registry, Value};
/// use dj_codec_testkit::golden::Recorder;
///
/// let registry = Registry::linked()?;
/// let recorder = Recorder::new(&registry, "fixtures").by("dj-spike-train-codecs 0.2.0");
/// recorder.value("<spike_train>", "empty", Value::List(vec![]), Some(FormatVersion::new(2, 0)))?;
/// dj_codec_testkit::golden::seal("fixtures".as_ref())?;
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug)]
pub struct Recorder<'a> {
    registry: &'a Registry,
    root: PathBuf,
    writer: Option<String>,
    note: Option<String>,
}

impl<'a> Recorder<'a> {
    /// A recorder into this folder of all fixtures.
    pub fn new(registry: &'a Registry, root: impl Into<PathBuf>) -> Self {
        Self {
            registry,
            root: root.into(),
            writer: None,
            note: None,
        }
    }

    /// Names the program and version that wrote what is recorded. For a value that is encoded here, that is the codec's
    /// crate where nothing else is said.
    #[must_use]
    pub fn by(mut self, writer: &str) -> Self {
        self.writer = Some(writer.to_owned());
        self
    }

    /// Adds what a reader should know.
    #[must_use]
    pub fn with_note(mut self, note: &str) -> Self {
        self.note = Some(note.to_owned());
        self
    }

    /// Encodes a value, in this format version where one is asked for, and records what came of it.
    ///
    /// # Errors
    /// Where it cannot be encoded or decoded, or there is a fixture of that name.
    pub fn value(
        &self,
        type_spec: &str,
        name: &str,
        value: Value,
        version: Option<FormatVersion>,
    ) -> Result<Case> {
        let column = Column::resolve(type_spec, self.registry)?;
        let store = Arc::new(MemoryStore::new());
        let named = column.store().filter(|name| !name.is_empty()).unwrap_or("main");
        let stores = StoreMap::new().with(named, store.clone()).with_default(named);
        let cx = Context::new(stores)
            .with_field("lab", "recording", "value")
            .with_key("recording_id", 1_i64);
        let cx = match version {
            Some(version) => cx.with_format_version(version),
            None => cx,
        };
        let stored = column.encode(value.clone(), &cx)?;
        let codec = column.chain().first().map(|codec| codec.info());
        let own = codec.map(|codec| format!("{} {}", codec.crate_name, codec.crate_version));
        let writer = self.writer.clone().or(own);
        self.record(&column, name, stored, store.snapshot(), writer)
    }

    /// Records a stored value that some program wrote, with the objects in `stores` that it refers to. What it decodes to now is
    /// what it is expected to decode to for ever, so look at that.
    ///
    /// # Errors
    /// Where it does not decode, an object is missing, nobody said who wrote it, or there is a fixture of that name.
    pub fn stored(&self, type_spec: &str, name: &str, stored: Stored, stores: &dyn Stores) -> Result<Case> {
        let column = Column::resolve(type_spec, self.registry)?;
        let mut objects = BTreeMap::new();
        for reference in column.referenced_paths(&stored) {
            // A record that names no store is in the default one, as for `Context::open_record_store`.
            let named = reference.store.as_deref();
            let store = stores
                .open(named)
                .or_else(|error| match (named, column.store()) {
                    (None, Some(column)) if !column.is_empty() => stores.open(Some(column)),
                    _ => Err(error),
                })?
                .store;
            let before = objects.len();
            if store.head(&reference.path)?.is_some() {
                objects.insert(reference.path.clone(), store.get(&reference.path)?);
            }
            for object in store.list(&reference.path)? {
                objects.insert(object.path.clone(), store.get(&object.path)?);
            }
            if objects.len() == before && !reference.optional {
                return Err(
                    Error::not_found("the stored value refers to an object that is not there")
                        .at(reference.path),
                );
            }
        }
        self.record(&column, name, stored, objects, self.writer.clone())
    }

    fn record(
        &self,
        column: &Column,
        name: &str,
        stored: Stored,
        objects: BTreeMap<String, Bytes>,
        writer: Option<String>,
    ) -> Result<Case> {
        let writer = writer.ok_or_else(|| Error::config("nobody said which program wrote the value"))?;
        if name.is_empty()
            || !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            || name.starts_with('.')
        {
            return Err(Error::invalid_value(format!("{name:?} is no name of a case"))
                .advise("use letters, digits, '-', '_' and '.'"));
        }
        let cx = Context::new(Copies(objects.clone()));
        let version = column.format_version(stored.clone(), &cx)?.ok_or_else(|| {
            Error::unsupported("the codec tells no format version, which a fixture is filed under")
        })?;
        let value = column.decode(stored.clone(), &cx)?.load()?;
        let codec = column.chain().first().map_or("", |codec| codec.name()).to_owned();
        let mut json = json!({
            "codec": codec,
            "type_spec": column.spec(),
            "format_version": version.to_string(),
            "writer": writer,
            "stored": stored.to_json(),
        });
        if let Json::Object(members) = &mut json {
            members.extend(
                self.note
                    .as_ref()
                    .map(|note| ("note".to_owned(), Json::from(note.as_str()))),
            );
            if !objects.is_empty() {
                members.insert("store".into(), STORE.into());
            }
        }
        let folder = self.root.join(&codec).join(version.to_string()).join(name);
        write(&folder, &text(&json, &value)?, &objects)?;
        let case = Case::read(&folder)?;
        check(&case, self.registry).map_err(|failure| {
            // What does not hold is no fixture.
            let _ = fs::remove_dir_all(&folder);
            failure.error
        })?;
        Ok(case)
    }
}

/// The text of `case.json`, with what is expected at its end, for that keeps the order of its dicts only as text.
fn text(case: &Json, expected: &Value) -> Result<String> {
    let failed = |error| Error::invalid_value("the case has no JSON").caused_by(error);
    let members = serde_json::to_string_pretty(case).map_err(failed)?;
    let members = members.strip_suffix("\n}").unwrap_or(&members);
    Ok(format!(
        "{members},\n  \"expected\": {}\n}}\n",
        notation::to_string(expected)?
    ))
}

/// Writes a case beside its place, and moves it there: unless there is one.
fn write(folder: &Path, case: &str, objects: &BTreeMap<String, Bytes>) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::store("the fixture cannot be written")
            .at(folder.display().to_string())
            .caused_by(error)
    };
    if folder.symlink_metadata().is_ok() {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            "there is a fixture of this name, and fixtures never change",
        )
        .at(folder.display().to_string())
        .advise("take another name"));
    }
    let above = folder.parent().unwrap_or(folder);
    fs::create_dir_all(above).map_err(failed)?;
    let beside = above.join(format!(".new-{}", std::process::id()));
    let fill = || {
        fs::create_dir(&beside)?;
        fs::write(beside.join("case.json"), case)?;
        for (path, bytes) in objects {
            let file = beside.join(STORE).join(path);
            fs::create_dir_all(file.parent().unwrap_or(&beside))?;
            fs::write(file, bytes)?;
        }
        // An empty folder may be replaced by this, a fixture not.
        fs::rename(&beside, folder)
    };
    fill().map_err(|error| {
        let _ = fs::remove_dir_all(&beside);
        failed(error)
    })
}

/// Objects under whatever name of a store: what the fixture will hold, and nothing else.
#[derive(Debug)]
struct Copies(BTreeMap<String, Bytes>);

impl Stores for Copies {
    fn open(&self, name: Option<&str>) -> Result<OpenStore> {
        let store = MemoryStore::new();
        for (path, bytes) in &self.0 {
            store.put(path, bytes.clone())?;
        }
        Ok(OpenStore {
            name: name.filter(|name| !name.is_empty()).unwrap_or("main").to_owned(),
            layout: StoreLayout::default(),
            store: Arc::new(store),
        })
    }

    fn names(&self) -> Vec<String> {
        vec!["main".into()]
    }
}
