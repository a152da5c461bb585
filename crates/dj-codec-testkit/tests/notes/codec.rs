//! A codec that does everything right, unless it is told to do one thing wrong.

use std::sync::Arc;

use dj_codec_api::layout::content_hash;
use dj_codec_api::{
    Bytes, Codec, CodecInfo, Context, DType, Error, ErrorKind, FormatStatus, FormatVersion, Lazy, Mode,
    Reader, Record, Reference, Result, Store, TypeSpec, Value, VersionDispatch,
};

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    None,
    // Of the declaration.
    OtherName,
    ModeNotDeclared,
    // Of encoding.
    DropsLetters,
    PanicsOnSets,
    RefusesTooLate,
    RefusesItsOwnHandles,
    IgnoresTheVersionAskedFor,
    OverwritesAnIndexOfAll,
    LeavesTheBodyBehind,
    LeavesWhatWasNotAnswered,
    TakesFailedWritesForDone,
    // Of telling and reading versions.
    TellsTheNewestVersion,
    ReadsAnyMajor,
    RefusesNewerMinors,
    DoesNotWarn,
    KeepsNoKeys,
    // Of decoding.
    SlicesWithoutLooking,
    TrustsDigests,
    TrustsLengths,
    AllocatesWhatIsClaimed,
    UnwrapsTheSize,
    RefusesUnknownKeys,
    WantsAnObject,
    UsesTheColumnsStore,
    TakesAbsentForEmpty,
    TakesAnyErrorForEmpty,
    TakesDenialForAbsence,
    CallsUnsafePathsCorrupt,
    LooksAtNoLimit,
    CallsLimitsCorrupt,
    NotesEachAccess,
    // Of references.
    NamesOnlyTheBody,
    NamesWhatIsNotThere,
}

use Defect as D;

/// `<note@>`: a text as two objects below one folder, its length in `index` and its bytes in `body`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note(pub(crate) Defect);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
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

/// A text that is read when asked.
#[derive(Debug)]
struct NoteRef {
    note: Note,
    layout: Layout,
    record: Record,
    path: String,
    store: Arc<dyn Store>,
    cx: Context,
}

impl Lazy for NoteRef {
    fn type_name(&self) -> &'static str {
        "a note"
    }

    fn load(&self) -> Result<Value> {
        self.text().map(Value::Str)
    }

    fn dtype(&self) -> Option<&DType> {
        None
    }
}

impl NoteRef {
    fn get(&self, name: &str) -> Result<Bytes> {
        match self.store.get(&format!("{}/{name}", self.path)) {
            Err(error)
                if (self.is(D::TakesAbsentForEmpty) && error.kind() == &ErrorKind::NotFound)
                    || self.is(D::TakesAnyErrorForEmpty) =>
            {
                Ok(Bytes::from_static(if name == "index" { &[0; 8] } else { b"" }))
            }
            Err(error)
                if self.is(D::TakesDenialForAbsence) && error.kind() == &ErrorKind::PermissionDenied =>
            {
                Err(Error::not_found("there is no such note").at(&self.path))
            }
            other => other,
        }
    }

    fn is(&self, defect: Defect) -> bool {
        self.note.0 == defect
    }

    fn text(&self) -> Result<String> {
        let index = self.get("index")?;
        let length = if self.is(D::SlicesWithoutLooking) {
            u64::from_le_bytes(index[..8].try_into().unwrap())
        } else {
            let bytes = index.as_ref().try_into();
            u64::from_le_bytes(bytes.map_err(|_| Error::corrupt("the index has not 8 bytes").at(&self.path))?)
        };
        if !self.is(D::LooksAtNoLimit) && !self.is(D::AllocatesWhatIsClaimed) {
            self.cx.limits().check_array_bytes(length).map_err(|error| {
                if self.is(D::CallsLimitsCorrupt) {
                    Error::corrupt("too long")
                } else {
                    error
                }
            })?;
        }
        let mut text = Vec::new();
        if self.is(D::AllocatesWhatIsClaimed) {
            text.reserve_exact(usize::try_from(length.min(1 << 30)).unwrap());
        }
        let body = self.get("body")?;
        if body.len() as u64 != length && !self.is(D::TrustsLengths) && !self.is(D::TakesAbsentForEmpty) {
            return Err(
                Error::corrupt(format!("the body has {} bytes, not {length}", body.len())).at(&self.path),
            );
        }
        if self.layout == Layout::Digested && !self.is(D::TrustsDigests) && !self.is(D::TrustsLengths) {
            let digest = self.record.text("digest")?;
            let empty = self.is(D::TakesAbsentForEmpty) || self.is(D::TakesAnyErrorForEmpty);
            if digest != Some(&content_hash(&[&index[..], &body].concat())) && !(empty && body.is_empty()) {
                return Err(Error::corrupt("the note is not what was stored").at(&self.path));
            }
        }
        if self.is(D::NotesEachAccess) {
            self.store.put(&format!("{}/accessed", self.path), "now".into())?;
        }
        text.extend_from_slice(&body);
        String::from_utf8(text).map_err(|error| {
            Error::corrupt("the note is no text")
                .at(&self.path)
                .caused_by(error)
        })
    }
}

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
        let path = cx.new_object_path(&store, Some(".note"))?;
        let text = if self.is(D::DropsLetters) {
            text.replace('e', "")
        } else {
            text.to_owned()
        };
        let index = Bytes::copy_from_slice(&(text.len() as u64).to_le_bytes());
        let body = Bytes::from(text);
        let (index_path, body_path) = (format!("{path}/index"), format!("{path}/body"));
        self.put(&*store.store, &body_path, body.clone(), &[])?;
        self.put(&*store.store, &index_path, index.clone(), &[&body_path])?;
        if self.is(D::OverwritesAnIndexOfAll) {
            store.store.put("_schema/lab/all-notes", path.clone().into())?;
        }
        let record = Record::new()
            .with("path", path)
            .with("store", store.name)
            .with("size", body.len());
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
        if !taken && !self.is(D::LeavesWhatWasNotAnswered) {
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
        if self.is(D::RefusesUnknownKeys) {
            let known = ["path", "store", "size", "digest", "codec_version"];
            if let Some((key, _)) = record.iter().find(|(key, _)| !known.contains(key)) {
                return Err(Error::corrupt(format!("the key {key:?} is not known")));
            }
        }
        if self.is(D::UnwrapsTheSize) {
            let _ = record.get("size").unwrap().as_u64().unwrap();
        }
        let path = record.path()?.to_owned();
        if self.is(D::CallsUnsafePathsCorrupt) && path.contains("..") {
            return Err(Error::corrupt("no such path"));
        }
        dj_codec_api::layout::check_path(&path)?;
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
        match value.load()? {
            Value::Str(text) => self.write(&text, layout, cx).map(Value::from),
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
            _ => vec![reference(path.into())],
        }
    }

    fn record_keys(&self) -> &'static [&'static str] {
        if self.is(D::KeepsNoKeys) {
            return &[
                "path",
                "store",
                "size",
                "digest",
                "codec_version",
                "noted by the lab",
            ];
        }
        &["path", "store", "size", "digest", "codec_version"]
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        if self.is(D::TellsTheNewestVersion) {
            return Ok(Some(FORMATS.writes));
        }
        self.version(&Record::from_value(stored.clone())?).map(Some)
    }
}
