//! The codec `<object@>`.

mod copy;
mod pass;
mod source;
mod staged;

use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use dj_codec_api::layout::content_hash;
use dj_codec_api::{
    CheckLevel, Codec, CodecInfo, Context, Error, ErrorKind, FormatVersion, Json, Mode, OpenStore, Record,
    Reference, Result, TypeSpec, Value, VersionDispatch,
};

use crate::attachment::Attachment;
use crate::digest::Hashing;
use crate::local;
use crate::manifest::Manifest;
use crate::name::split_suffix;
use crate::object_ref::{ObjectRef, last_part};
use crate::timestamp;
use crate::version::{Layout, formats};

pub use staged::StagedFolder;

const NAME: &str = "object";
const FORMATS: VersionDispatch<Layout> = formats(NAME);

/// How often another random token is tried where a path is taken. With the shortest tokens that DataJoint allows, four
/// characters of 64, a second try is needed once in millions.
const TRIES: usize = 16;

/// `<object@>`: a file or a folder in a store, with a record of it in the column.
///
/// It takes what Python takes: [`Value::Bytes`]; a path of a file or folder ([`Value::Path`], or [`Value::Str`]); a
/// [`Value::Tuple`] of an extension and contents (bytes or a path); a record that a staged insert made. It also
/// takes an [`Attachment`] and an [`ObjectRef`], which is copied. It decodes to an [`ObjectRef`].
///
/// Each value has a path of its own with a random token; nothing existing is ever overwritten, and what failed half way is
/// removed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ObjectCodec {
    timestamp: Option<SystemTime>,
    hash: bool,
}

impl ObjectCodec {
    /// The codec as Python has it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            timestamp: None,
            hash: false,
        }
    }

    /// Writes this time into records and manifests, and not that of the clock: for copies that keep it, and for tests.
    #[must_use]
    pub const fn with_timestamp(mut self, time: SystemTime) -> Self {
        self.timestamp = Some(time);
        self
    }

    /// Writes the `hash` of files into their records, in the form that Python's `ObjectRef.verify` compares. Python itself
    /// writes none.
    #[must_use]
    pub const fn with_hash(mut self, hash: bool) -> Self {
        self.hash = hash;
        self
    }

    fn now(&self) -> Result<String> {
        timestamp::iso(self.timestamp.unwrap_or_else(SystemTime::now))
    }

    /// Stores bytes as a file, and gives the record for the column.
    ///
    /// `ext` is kept in the record as it is given; the path gets the dot that it may lack.
    ///
    /// # Errors
    /// Where the store cannot be written, or the names of the column or the extension make no path.
    pub fn write_bytes(&self, bytes: &Bytes, ext: Option<&str>, cx: &Context) -> Result<Record> {
        self.in_fresh_path(ext, cx, &mut |store, path| {
            if !store.store.put_if_absent(path, bytes.clone())? {
                return Err(taken());
            }
            Ok((bytes.len() as u64, self.hash.then(|| content_hash(bytes))))
        })
    }

    /// Stores what a stream holds as a file. It is never in memory as a whole.
    ///
    /// # Errors
    /// As [`write_bytes`](Self::write_bytes), and where the stream cannot be read.
    pub fn write_stream(&self, source: &mut dyn Read, ext: Option<&str>, cx: &Context) -> Result<Record> {
        let mut started = false;
        self.in_fresh_path(ext, cx, &mut |store, path| {
            // A stream that was begun cannot be written to another path.
            if std::mem::replace(&mut started, true) {
                return Err(Error::store(
                    "the path of the object was taken while it was written",
                ));
            }
            let mut source = Hashing::new(&mut *source, self.hash);
            let size = store.store.put_stream(path, &mut source, true)?;
            Ok((size, self.hash.then(|| source.finish())))
        })
    }

    /// Stores a file or a folder of this machine.
    ///
    /// The extension of a file is that of its name, as Python's `Path.suffix`; folders have none. The files of a folder are
    /// streamed, several at a time, and written before its manifest. Links within the folder are stored as
    /// copies of what they lead to; a link that leads out of it, a link to nowhere or round in a circle, a pipe or a device is
    /// an error, as is a name that is not UTF-8. Folders without a file in them are not kept: a store has objects only.
    ///
    /// # Errors
    /// As [`write_stream`](Self::write_stream), and where there is nothing at the path or it cannot be stored. Nothing is left
    /// in the store then.
    pub fn write_path(&self, path: impl AsRef<Path>, cx: &Context) -> Result<Record> {
        let path = path.as_ref();
        let meta = std::fs::metadata(path).map_err(|error| local::unreadable(error, path))?;
        if meta.is_dir() {
            return self.write_folder(path, None, cx);
        }
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Error::invalid_value("the name of the file is no UTF-8, and cannot be stored")
                .at(path.display().to_string())
                .advise("rename the file")
        })?;
        self.write_file(path, Some(split_suffix(name).1), cx)
    }

    fn write_file(&self, path: &Path, ext: Option<&str>, cx: &Context) -> Result<Record> {
        let (mut file, _) = local::open_file(path)?;
        self.write_stream(&mut file, ext, cx)
    }

    /// Stores a folder of this machine as [`write_path`](Self::write_path) does, with an extension such as `.zarr`.
    ///
    /// # Errors
    /// As [`write_path`](Self::write_path).
    pub fn write_folder(&self, folder: impl AsRef<Path>, ext: Option<&str>, cx: &Context) -> Result<Record> {
        let files = source::walk(folder.as_ref(), cx.limits())?;
        let staged = self.stage_folder(ext, cx)?;
        source::upload(&files, &staged)?;
        staged.finish_with_written()
    }

    /// Begins a folder that is filled file by file: what Python calls a staged insert. It is removed again unless it is
    /// [finished](StagedFolder::finish).
    ///
    /// # Errors
    /// As [`write_bytes`](Self::write_bytes).
    pub fn stage_folder(&self, ext: Option<&str>, cx: &Context) -> Result<StagedFolder> {
        StagedFolder::begin(self, ext, cx)
    }

    /// Opens what a column holds, without I/O.
    ///
    /// # Errors
    /// Where the record has no path or one that leads out of the store, its size or another key is not what it should be, its
    /// format is not known, or the store is not configured.
    pub fn open(record: Record, cx: &Context) -> Result<ObjectRef> {
        let open = || match FORMATS.reader(version_of(&record)?, cx)? {
            Layout::V1 => ObjectRef::from_record(record, NAME, true, cx),
        };
        open().map_err(|error| error.with_codec(NAME))
    }

    /// Writes a file to a path that nothing has, and gives its record.
    fn in_fresh_path(&self, ext: Option<&str>, cx: &Context, write: &mut WriteTo<'_>) -> Result<Record> {
        let (store, time) = self.ready(ext, cx)?;
        for _ in 0..TRIES {
            let fresh = cx.new_object_path(&store, ext)?;
            if store.store.head(&fresh)?.is_some() {
                continue;
            }
            match write(&store, &fresh) {
                Ok((size, hash)) => {
                    let totals = Totals {
                        size,
                        item_count: None,
                    };
                    let record = record(fresh, &store.name, ext, &totals, time);
                    return Ok(match hash {
                        Some(hash) => record.with("hash", hash),
                        None => record,
                    });
                }
                Err(error) if error.kind() == &ErrorKind::AlreadyExists => {}
                Err(error) => {
                    // Perhaps it is there and only the answer was lost. The path is ours: nothing had it.
                    let _ = store.store.delete(&fresh);
                    return Err(error.with_codec(NAME).at(fresh));
                }
            }
        }
        Err(taken().with_codec(NAME).at(cx.place()))
    }

    /// Looks at what can be wrong before anything is written, and opens the store.
    fn ready(&self, ext: Option<&str>, cx: &Context) -> Result<(OpenStore, String)> {
        FORMATS.version_to_write(cx)?;
        if let Some(ext) = ext.filter(|ext| ext.contains(['/', '\\'])) {
            return Err(
                Error::invalid_value(format!("the extension {ext:?} has a slash in it")).with_codec(NAME),
            );
        }
        Ok((cx.open_column_store()?, self.now()?))
    }
}

/// Writes to a store and a path in it, and gives the size and, if it is wanted, the hash.
type WriteTo<'a> = dyn FnMut(&OpenStore, &str) -> Result<(u64, Option<String>)> + 'a;

/// What the record says of the size.
struct Totals {
    size: u64,
    item_count: Option<u64>,
}

/// The record, in Python's words.
fn record(path: String, store: &str, ext: Option<&str>, totals: &Totals, timestamp: String) -> Record {
    Record::new()
        .with("path", path)
        .with("store", store)
        .with("size", totals.size)
        .with("ext", ext)
        .with("is_dir", totals.item_count.is_some())
        .with("item_count", totals.item_count)
        .with("timestamp", timestamp)
}

fn taken() -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        "every random path that was tried for the object is taken",
    )
    .advise("raise token_length of the store")
}

fn version_of(record: &Record) -> Result<FormatVersion> {
    FORMATS.version_of([record.get("codec_version")])
}

fn not_storable(value: &Value) -> Error {
    Error::invalid_value(format!(
        "<object> takes bytes or a path, this is {}",
        value.type_name()
    ))
    .advise("give the path of a file or folder, bytes, or a tuple of an extension and either")
}

/// There has to be something at the path.
fn check_source(path: &Path) -> Result<()> {
    std::fs::metadata(path)
        .map(|_| ())
        .map_err(|error| local::unreadable(error, path))
}

/// An extension and contents.
fn extended(items: &[Value]) -> Option<(Option<&str>, &Value)> {
    let (ext, contents) = match items {
        [Value::Null, contents] => (None, contents),
        [Value::Str(ext), contents] => (Some(ext.as_str()), contents),
        _ => return None,
    };
    matches!(contents, Value::Bytes(_) | Value::Path(_)).then_some((ext, contents))
}

impl Codec for ObjectCodec {
    fn name(&self) -> &str {
        NAME
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new(NAME, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_modes(&[Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
            .with_datajoint(">=2.0, <2.4")
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        mode.store_only(NAME)
    }

    fn validate(&self, value: &Value) -> Result<()> {
        match value {
            Value::Bytes(_) => Ok(()),
            Value::Path(path) => check_source(path),
            Value::Str(path) => check_source(Path::new(path)),
            Value::Tuple(items) if extended(items).is_some() => Ok(()),
            Value::Json(_) | Value::Dict(_) => pass::record_of(value).map(|_| ()),
            Value::Lazy(_) if value.downcast::<Attachment>().is_some() => Ok(()),
            Value::Lazy(_) if value.downcast::<ObjectRef>().is_some() => Ok(()),
            other => Err(not_storable(other)),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let record = match &value {
            Value::Bytes(bytes) => self.write_bytes(bytes, None, cx),
            Value::Path(path) => self.write_path(path, cx),
            Value::Str(path) => self.write_path(path, cx),
            Value::Tuple(items) => match extended(items) {
                Some((ext, Value::Bytes(bytes))) => self.write_bytes(bytes, ext, cx),
                Some((ext, Value::Path(path))) if path.is_dir() => self.write_folder(path, ext, cx),
                Some((ext, Value::Path(path))) => self.write_file(path, ext, cx),
                _ => Err(not_storable(&value)),
            },
            Value::Json(_) | Value::Dict(_) => pass::record_of(&value),
            other => {
                if let Some(file) = other.downcast::<Attachment>() {
                    self.write_bytes(file.bytes(), Some(split_suffix(last_part(file.name())).1), cx)
                } else if let Some(stored) = other.downcast::<ObjectRef>() {
                    self.copy(stored, cx)
                } else {
                    Err(not_storable(other))
                }
            }
        };
        record.map(Value::from)
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        Self::open(Record::from_value(stored)?, cx).map(Value::lazy)
    }

    fn referenced_paths(&self, stored: &Value) -> Vec<Reference> {
        let Ok(record) = Record::from_value(stored.clone()) else {
            return Vec::new();
        };
        let (Ok(path), Ok(store)) = (record.path(), record.store()) else {
            return Vec::new();
        };
        let is_dir = record.get("is_dir") == Some(&Json::Bool(true));
        let mut references = Vec::new();
        // Of a folder without files there is only the manifest.
        if !is_dir || record.get("item_count") != Some(&Json::from(0)) {
            references.push(Reference::new(path, store));
        }
        if is_dir {
            // Python writes none for a folder that was staged, and takes one without for whole.
            references.push(Reference::new(Manifest::path_of(path), store).optional());
        }
        references
    }

    fn record_keys(&self) -> &'static [&'static str] {
        &[
            "path",
            "store",
            "size",
            "hash",
            "ext",
            "is_dir",
            "item_count",
            "timestamp",
        ]
    }

    fn check(&self, stored: &Value, cx: &Context, level: CheckLevel) -> Result<()> {
        Self::open(Record::from_value(stored.clone())?, cx)?.check(level)
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        version_of(&Record::from_value(stored.clone())?).map(Some)
    }
}

dj_codec_api::submit_codec!(ObjectCodec::new());
