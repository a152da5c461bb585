//! A codec that does everything right, unless it is told to do one thing wrong.

#[path = "defect.rs"]
mod defect;
#[path = "handle.rs"]
mod handle;

use std::sync::Arc;
use std::time::{Duration, Instant};

use dj_codec_api::layout::{content_hash, generate_token};
use dj_codec_api::{
    Bytes, Codec, CodecInfo, Context, Error, ErrorKind, FormatStatus, FormatVersion, Mode, Reader, Record,
    Reference, Result, Store, TypeSpec, Value, VersionDispatch,
};

use handle::NoteRef;

pub(crate) use defect::Defect;

use Defect as D;

/// `<note@>`: a text as two objects below one folder, its length in `index` and its bytes in `body`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note(pub(crate) Defect);

/// The keys of a record.
const KEYS: [&str; 6] = ["path", "body", "store", "size", "digest", "codec_version"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// 1.0: no digest.
    Plain,
    /// 2.0: a digest of index and body in the record.
    Digested,
}

const FORMATS: VersionDispatch<Layout> = VersionDispatch {
    codec: "note",
    crate_name: "dj-note-codecs",
    writes: FormatVersion::new(2, 0),
    assumed: FormatVersion::new(1, 0),
    readers: &[
        Reader {
            version: FormatVersion::new(1, 0),
            status: FormatStatus::Deprecated {
                since: "0.2.0",
                removed_in: "1.0.0",
                advice: "migrate",
            },
            read: Layout::Plain,
        },
        Reader {
            version: FormatVersion::new(2, 0),
            status: FormatStatus::Current,
            read: Layout::Digested,
        },
    ],
};

impl Note {
    fn is(self, defect: Defect) -> bool {
        self.0 == defect
    }

    fn version(self, record: &Record) -> Result<FormatVersion> {
        FORMATS.version_of([record.get("codec_version")])
    }

    fn layout(self, version: FormatVersion, cx: &Context) -> Result<Layout> {
        if self.is(D::ReadsAnyMajor) && version.major() > 2 {
            return Ok(Layout::Digested);
        }
        if self.is(D::RefusesNewerMinors) && version.minor() > 0 {
            return Err(Error::unsupported("too new"));
        }
        if self.is(D::DoesNotWarn) {
            return FORMATS
                .reader(version, &Context::new(dj_codec_api::StoreMap::new()))
                .copied();
        }
        FORMATS.reader(version, cx).copied()
    }

    fn write(self, text: &str, layout: Layout, cx: &Context) -> Result<Record> {
        let store = cx.open_column_store()?;
        let path = match cx.new_object_path(&store, Some(".note")) {
            _ if self.is(D::AnnouncesNothing) => format!("_schema/lab/{}.note", generate_token(8)?),
            Err(_) if self.is(D::WritesWhatIsForbidden) => "_schema/lab/forbidden.note".into(),
            path => path?,
        };
        let text = if self.is(D::DropsLetters) {
            text.replace('e', "")
        } else {
            text.to_owned()
        };
        let index = Bytes::copy_from_slice(&(text.len() as u64).to_le_bytes());
        let body = Bytes::from(text);
        let (index_path, body_path) = (format!("{path}/index"), format!("{path}/body"));
        let begun = Instant::now();
        match self.put(&*store.store, &body_path, body.clone(), &[]) {
            Err(_) if self.is(D::TriesElsewhere) => {
                return Self(D::None).write(&String::from_utf8_lossy(&body), layout, cx);
            }
            done => done?,
        }
        if self.is(D::WritesInTheBackground) && begun.elapsed() >= Duration::from_millis(4) {
            // Who would wait for a store that is as slow as this?
            let (store, index) = (Arc::clone(&store.store), index.clone());
            std::thread::spawn(move || store.put(&index_path, index));
        } else {
            self.put(&*store.store, &index_path, index.clone(), &[&body_path])?;
        }
        if self.is(D::OverwritesAnIndexOfAll) {
            store.store.put("_schema/lab/all-notes", path.clone().into())?;
        }
        if self.is(D::WritesToTheDefaultStore) {
            cx.stores().open(None)?.store.put(&path, "a note".into())?;
        }
        let name = match cx.column_store() {
            Some(declared) if self.is(D::NamesTheStoreAsDeclared) => declared.to_owned(),
            _ => store.name,
        };
        let record = Record::new()
            .with("path", path)
            .with("body", body_path)
            .with("size", body.len());
        let record = if self.is(D::ForgetsItsStore) {
            record
        } else {
            record.with("store", name)
        };
        Ok(match layout {
            Layout::Plain => record,
            Layout::Digested => record
                .with("digest", content_hash(&[&index[..], &body].concat()))
                .with("codec_version", "2.0"),
        })
    }

    /// Puts an object; where that fails, removes it and those before it.
    fn put(self, store: &dyn Store, path: &str, data: Bytes, before: &[&str]) -> Result<()> {
        let outcome = match store.put_if_absent(path, data) {
            Ok(true) => return Ok(()),
            Ok(false) => Err(Error::new(ErrorKind::AlreadyExists, "there is a note already").at(path)),
            Err(error) => Err(error),
        };
        if self.is(D::TakesFailedWritesForDone) {
            return Ok(());
        }
        let taken = matches!(&outcome, Err(error) if error.kind() == &ErrorKind::AlreadyExists);
        if !taken && !self.is(D::LeavesWhatWasNotAnswered) && !self.is(D::TriesElsewhere) {
            let _ = store.delete(path);
        }
        if !self.is(D::LeavesTheBodyBehind) {
            for path in before {
                let _ = store.delete(path);
            }
        }
        outcome
    }

    fn open(self, record: Record, cx: &Context) -> Result<NoteRef> {
        let layout = self.layout(self.version(&record)?, cx)?;
        let stranger = record.iter().find(|(key, _)| !KEYS.contains(key));
        if let (true, Some((key, _))) = (self.is(D::RefusesUnknownKeys), stranger) {
            return Err(Error::corrupt(format!("the key {key:?} is not known")));
        }
        if self.is(D::UnwrapsTheSize) {
            let _ = record.get("size").unwrap().as_u64().unwrap();
        }
        let path = record.path()?.to_owned();
        if self.is(D::CallsUnsafePathsCorrupt) && path.contains("..") {
            return Err(Error::corrupt("no such path"));
        }
        let body = record.text("body")?.unwrap_or_default().to_owned();
        if self.is(D::CallsOtherUnsafePathsCorrupt) && body.contains("..") {
            return Err(Error::corrupt("no such body"));
        }
        for path in [&path, &body] {
            dj_codec_api::layout::check_path(path)?;
        }
        let store = if self.is(D::UsesTheColumnsStore) {
            cx.open_column_store()?
        } else {
            cx.open_record_store(&record)?
        };
        Ok(NoteRef {
            note: self,
            layout,
            record,
            path,
            body,
            store: store.store,
            cx: cx.clone(),
        })
    }
}

impl Codec for Note {
    fn name(&self) -> &str {
        "note"
    }

    fn info(&self) -> CodecInfo {
        let name = if self.is(D::OtherName) { "notes" } else { "note" };
        CodecInfo::new(name, "dj-note-codecs", "0.2.0")
            .with_modes(&[Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        match mode {
            Mode::Store => Ok(TypeSpec::core("json")),
            Mode::Table if self.is(D::ModeNotDeclared) => Ok(TypeSpec::core("json")),
            Mode::Table => Err(Error::invalid_spec("<note> requires @")),
        }
    }

    fn validate(&self, value: &Value) -> Result<()> {
        match value {
            Value::Str(_) => Ok(()),
            Value::Int(_) if self.is(D::TakesNumbersForText) => Ok(()),
            Value::Lazy(_) if self.is(D::WritesBeforeItLoads) => Ok(()),
            Value::Lazy(_) if value.downcast::<NoteRef>().is_some() && !self.is(D::RefusesItsOwnHandles) => {
                Ok(())
            }
            Value::Set(_) if self.is(D::PanicsOnSets) => panic!("a set!"),
            Value::Set(_) if self.is(D::RefusesTooLate) => Ok(()),
            other => Err(Error::invalid_value(format!(
                "text was expected, this is {}",
                other.type_name()
            ))),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        self.validate(&value)?;
        let asked = FORMATS.version_to_write(cx)?;
        let version = if self.is(D::IgnoresTheVersionAskedFor) {
            FORMATS.writes
        } else {
            asked
        };
        let layout = if version.major() == 1 {
            Layout::Plain
        } else {
            Layout::Digested
        };
        if self.is(D::RefusesTooLate) && matches!(value, Value::Set(_)) {
            self.write("a set", layout, cx)?;
            return Err(Error::invalid_value("text was expected"));
        }
        if self.is(D::WritesBeforeItLoads) && value.downcast::<NoteRef>().is_none() {
            self.write("to be continued", layout, cx)?;
        }
        match value.load()? {
            Value::Str(text) => self.write(&text, layout, cx).map(Value::from),
            Value::Int(number) if self.is(D::TakesNumbersForText) => {
                self.write(&number.to_string(), layout, cx).map(Value::from)
            }
            other => Err(Error::invalid_value(format!(
                "text was expected, this is {}",
                other.type_name()
            ))),
        }
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        if self.is(D::WantsAnObject) && !matches!(&stored, Value::Json(json) if json.is_object()) {
            return Err(Error::corrupt("no object"));
        }
        self.open(Record::from_value(stored)?, cx).map(Value::lazy)
    }

    fn referenced_paths(&self, stored: &Value) -> Vec<Reference> {
        let Ok(record) = Record::from_value(stored.clone()) else {
            return Vec::new();
        };
        let (Ok(path), Ok(store)) = (record.path(), record.store()) else {
            return Vec::new();
        };
        let reference = |path: String| Reference::new(path, store);
        match self.0 {
            D::NamesOnlyTheBody => vec![reference(format!("{path}/body"))],
            D::NamesWhatIsNotThere => {
                vec![reference(path.into()), reference(format!("{path}.manifest.json"))]
            }
            D::NamesTheWholeRow => vec![reference(path.rsplit_once('/').unwrap().0.into())],
            D::PanicsOnReferences => panic!("no references!"),
            _ => vec![reference(path.into())],
        }
    }

    fn record_keys(&self) -> &'static [&'static str] {
        if self.is(D::KeepsNoKeys) {
            return &[
                "path",
                "body",
                "store",
                "size",
                "digest",
                "codec_version",
                "noted by the lab",
            ];
        }
        &KEYS
    }

    fn format_version(&self, stored: &Value, cx: &Context) -> Result<Option<FormatVersion>> {
        if self.is(D::TellsTheNewestVersion) {
            return Ok(Some(FORMATS.writes));
        }
        let record = Record::from_value(stored.clone())?;
        if self.is(D::GuessesTheFormat) {
            let store = cx.open_record_store(&record)?.store;
            if store.head(record.text("body")?.unwrap_or_default()).is_err() {
                return Ok(Some(FORMATS.assumed));
            }
        }
        self.version(&record).map(Some)
    }
}
