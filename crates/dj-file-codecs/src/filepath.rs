//! The codec `<filepath@>`.

use std::path::Path;
use std::time::SystemTime;

use dj_codec_api::layout::check_filepath;
use dj_codec_api::{
    CheckLevel, Codec, CodecInfo, Context, Error, FormatVersion, Mode, OpenStore, Record, Result, TypeSpec,
    Value, VersionDispatch,
};

use crate::object_ref::ObjectRef;
use crate::stored_file::Origin;
use crate::timestamp;
use crate::version::{Layout, formats};

const NAME: &str = "filepath";
const FORMATS: VersionDispatch<Layout> = formats(NAME);

/// `<filepath@>`: a file or folder that is in a store already, and stays its owner's.
///
/// It takes the path in the store ([`Value::Str`], or a [`Value::Path`] as Python takes one) and decodes to an
/// [`ObjectRef`]. The sections that DataJoint manages are refused, however they are spelled.
#[derive(Debug, Clone, Copy, Default)]
pub struct FilepathCodec {
    timestamp: Option<SystemTime>,
}

impl FilepathCodec {
    /// The codec as Python has it.
    #[must_use]
    pub const fn new() -> Self {
        Self { timestamp: None }
    }

    /// Writes this time into records, and not that of the clock.
    #[must_use]
    pub const fn with_timestamp(mut self, time: SystemTime) -> Self {
        self.timestamp = Some(time);
        self
    }

    /// Refers to a file or folder of the column's store, which for `<filepath@>` is `filepath_default`, and gives the record
    /// for the column. `path` is relative to the store's location; the record has it without `.`, `..` and empty parts.
    ///
    /// # Errors
    /// [`InvalidValue`](dj_codec_api::ErrorKind::InvalidValue) where the path is in a section that DataJoint manages, or not
    /// in the store's `filepath_prefix`; [`UnsafePath`](dj_codec_api::ErrorKind::UnsafePath) where it leads out of the store;
    /// [`NotFound`](dj_codec_api::ErrorKind::NotFound) where nothing is there.
    pub fn refer(&self, path: &str, cx: &Context) -> Result<Record> {
        FORMATS.version_to_write(cx)?;
        let OpenStore { name, layout, store } = match cx.column_store().filter(|name| !name.is_empty()) {
            Some(name) => cx.stores().open(Some(name))?,
            None => cx.stores().open_filepath_default()?,
        };
        let path = check_filepath(path, &layout).map_err(|error| error.with_codec(NAME))?;
        let origin = Origin {
            store,
            store_name: name,
            codec: NAME,
            cx: cx.clone(),
            binding: false,
        };
        let size = origin
            .store
            .head(&path)
            .map_err(|error| origin.locate(error, &path))?
            .map(|object| object.size);
        let is_dir = size.is_none();
        if is_dir {
            // A file system has empty folders too.
            let folder = origin.store.local_path(&path).is_some_and(|path| path.is_dir())
                || origin
                    .is_folder(&path)
                    .map_err(|error| origin.locate(error, &path))?;
            if !folder {
                let error = Error::not_found("there is no such file or folder in the store")
                    .advise("put it there first; the path is relative to the location of the store");
                return Err(origin.locate(error, &path));
            }
        }
        Ok(Record::new()
            .with("path", path)
            .with("store", origin.store_name)
            .with("size", size)
            .with("is_dir", is_dir)
            .with(
                "timestamp",
                timestamp::iso(self.timestamp.unwrap_or_else(SystemTime::now))?,
            ))
    }

    /// Opens what a column holds, without I/O.
    ///
    /// # Errors
    /// Where the record has no path or one that leads out of the store, its size or another key is not what it should be, its
    /// format is not known, or the store is not configured.
    pub fn open(record: Record, cx: &Context) -> Result<ObjectRef> {
        let open = || match FORMATS.reader(version_of(&record)?, cx)? {
            Layout::V1 => ObjectRef::from_record(record, NAME, false, cx),
        };
        open().map_err(|error| error.with_codec(NAME))
    }
}

fn version_of(record: &Record) -> Result<FormatVersion> {
    FORMATS.version_of([record.get("codec_version")])
}

/// The text of a path, with `/` between its parts.
fn text_of(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        Error::invalid_value("the path is no UTF-8, and cannot be stored").at(path.display().to_string())
    })?;
    Ok(if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.to_owned()
    })
}

fn no_path(value: &Value) -> Error {
    Error::invalid_value(format!(
        "<filepath> takes a path in the store, this is {}",
        value.type_name()
    ))
}

impl Codec for FilepathCodec {
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
        match mode {
            Mode::Store => Ok(TypeSpec::core("json")),
            Mode::Table => Err(Error::invalid_spec("<filepath> requires @ (store only)")
                .advise("declare <filepath@> for the default store of file paths, or <filepath@NAME>")),
        }
    }

    fn validate(&self, value: &Value) -> Result<()> {
        match value {
            Value::Str(_) => Ok(()),
            Value::Path(path) => text_of(path).map(|_| ()),
            other => Err(no_path(other)),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let path = match value {
            Value::Str(path) => path,
            Value::Path(path) => text_of(&path)?,
            other => return Err(no_path(&other)),
        };
        self.refer(&path, cx).map(Value::from)
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        Self::open(Record::from_value(stored)?, cx).map(Value::lazy)
    }

    fn record_keys(&self) -> &'static [&'static str] {
        &["path", "store", "size", "is_dir", "timestamp"]
    }

    fn check(&self, stored: &Value, cx: &Context, level: CheckLevel) -> Result<()> {
        Self::open(Record::from_value(stored.clone())?, cx)?.check(level)
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        version_of(&Record::from_value(stored.clone())?).map(Some)
    }
}

dj_codec_api::submit_codec!(FilepathCodec::new());
