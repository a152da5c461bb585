#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use dj_codec_api::layout::{content_hash, hash_path};
use dj_codec_api::{
    Bytes, CodecInfo, Context, Error, ErrorKind, FormatStatus, FormatVersion, Mode, NewObject, OpenStore,
    Reader, Record, Result, TypeSpec, Value, VersionDispatch,
};

pub use dj_codec_api::{self as api, Codec};

/// The codec `<hash@>`: bytes at a path made from their own hash.
#[derive(Debug, Clone, Copy, Default)]
pub struct HashCodec;

/// What decodes a format. A new one is a new variant, and every `match` on it has to decide.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// The bytes as they are.
    Plain,
}

/// There has been one format, whose records say no version.
const FORMATS: VersionDispatch<Layout> = VersionDispatch {
    codec: "hash",
    crate_name: env!("CARGO_PKG_NAME"),
    writes: FormatVersion::new(1, 0),
    assumed: FormatVersion::new(1, 0),
    readers: &[Reader {
        version: FormatVersion::new(1, 0),
        status: FormatStatus::Current,
        read: Layout::Plain,
    }],
};

impl HashCodec {
    /// Stores bytes in the column's store, and gives the record for the column.
    ///
    /// # Errors
    /// Where the store cannot be written, or holds something else at the path already.
    pub fn write(&self, bytes: &Bytes, cx: &Context) -> Result<Record> {
        let OpenStore { name, layout, store } = cx.open_column_store()?;
        let hash = content_hash(bytes);
        let path = hash_path(&hash, cx.schema(), &layout)?;
        cx.announce(&NewObject::shared(&name, &path))?;
        if !store.put_if_absent(&path, bytes.clone())? {
            let present = store.head(&path)?.map(|object| object.size);
            // The size is cheap to ask for; only the digest tells a torn object of the same size.
            if present != Some(bytes.len() as u64) || content_hash(&store.get(&path)?) != hash {
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!(
                        "there is an object already, and it is not what its name says: its hash is not {hash}"
                    ),
                )
                .at(path)
                .advise(
                    "find out what damaged it; remove it, and every value with this path can be stored again",
                ));
            }
        }
        Ok(Record::new()
            .with("hash", hash)
            .with("path", path)
            .with("schema", cx.schema())
            .with("store", name)
            .with("size", bytes.len()))
    }

    /// Reads the bytes of a record, and verifies them.
    ///
    /// # Errors
    /// Where they are not there, or are not what was stored.
    pub fn read(&self, record: &Record, cx: &Context) -> Result<Bytes> {
        match layout(record, cx)? {
            Layout::Plain => read_plain(record, cx),
        }
    }

    /// Reads the first bytes of a record's object. Its size is compared with the record; the hash needs all of it, and is
    /// not.
    ///
    /// # Errors
    /// Where the object is not there, or has another size than the record says.
    pub fn read_front(&self, record: &Record, length: u64, cx: &Context) -> Result<Bytes> {
        match layout(record, cx)? {
            Layout::Plain => {}
        }
        let path = record.path()?;
        if record.text("hash")?.is_none() {
            return Err(Error::corrupt("the stored record has no hash").at(path));
        }
        let store = cx.open_record_store(record)?.store;
        let found = store
            .head(path)?
            .ok_or_else(|| Error::not_found("there is no such object").at(path))?
            .size;
        match record.number("size")? {
            Some(size) if size != found => Err(damaged(
                path,
                &format!("it has {found} bytes, the record says {size}"),
            )),
            _ => store.get_range(path, 0..length.min(found)),
        }
    }
}

/// How the bytes of a record are kept, by the version that it says.
fn layout(record: &Record, cx: &Context) -> Result<&'static Layout> {
    FORMATS.reader(FORMATS.version_of([record.get("codec_version")])?, cx)
}

fn read_plain(record: &Record, cx: &Context) -> Result<Bytes> {
    let path = record.path()?;
    let hash = record
        .text("hash")?
        .ok_or_else(|| Error::corrupt("the stored record has no hash").at(path))?;
    let store = cx.open_record_store(record)?.store;
    let size = record.number("size")?;
    let claimed = match size {
        Some(size) => size,
        None => store.head(path)?.map_or(0, |object| object.size),
    };
    cx.limits().check_array_bytes(claimed)?;
    let bytes = store.get(path)?;
    let found = bytes.len() as u64;
    if size.is_some_and(|size| size != found) {
        return Err(damaged(
            path,
            &format!("it has {found} bytes, the record says {}", size.unwrap_or(0)),
        ));
    }
    let actual = content_hash(&bytes);
    if actual != hash {
        return Err(damaged(
            path,
            &format!("its hash is {actual}, the record says {hash}"),
        ));
    }
    Ok(bytes)
}

fn no_bytes(value: &Value) -> Error {
    Error::invalid_value(format!("bytes were expected, this is {}", value.type_name()))
}

fn damaged(path: &str, how: &str) -> Error {
    Error::corrupt(format!("the object is not what was stored: {how}"))
        .at(path)
        .advise("bring it back from a backup of the store")
}

impl Codec for HashCodec {
    fn name(&self) -> &str {
        "hash"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("hash", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_modes(&[Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
            .with_datajoint(">=2.0, <2.4")
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        match mode {
            Mode::Store => Ok(TypeSpec::core("json")),
            Mode::Table => Err(Error::invalid_spec("requires @ (in-store storage only)")
                .advise("declare the column as <hash@>, or as <hash@STORE>")),
        }
    }

    fn validate(&self, value: &Value) -> Result<()> {
        match value {
            Value::Bytes(_) => Ok(()),
            other => Err(no_bytes(other)),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        FORMATS.version_to_write(cx)?;
        match value {
            Value::Bytes(bytes) => self.write(&bytes, cx).map(Value::from),
            other => Err(no_bytes(&other)),
        }
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let record = Record::from_value(stored)?;
        self.read(&record, cx).map(Value::Bytes)
    }

    fn decode_front(&self, stored: Value, length: u64, cx: &Context) -> Result<Value> {
        let record = Record::from_value(stored)?;
        self.read_front(&record, length, cx).map(Value::Bytes)
    }

    fn record_keys(&self) -> &'static [&'static str] {
        &["hash", "path", "schema", "store", "size", "codec_version"]
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        FORMATS.version_in(stored).map(Some)
    }
}

dj_codec_api::submit_codec!(HashCodec);
