//! What a stored value is, without its data.

mod blob;
mod file;
mod guess;
mod npy;
#[cfg(feature = "photon")]
mod photon;
#[cfg(feature = "zarr")]
mod zarr;

use std::ops::ControlFlow;

use dj_codecs::api::{
    CodecInfo, Column, Context, Error, FormatStatus, Json, OpenStore, Record, Result, Stored, Value,
};
use serde_json::json;

pub(crate) use guess::codec_of;

use crate::commands::format_document;
use crate::summary::{Rows, bytes_text, shape_text, shortened};

/// What a stored value is: keys and values as `inspect --json` prints them, in the order in which people read them.
#[derive(Debug, Default)]
pub(crate) struct Inspection(Vec<(&'static str, Json)>);

impl Inspection {
    /// Looks at what a column holds. Opens what the record refers to; reads no data.
    pub(crate) fn of(column: &Column, stored: &Stored, cx: &Context) -> Result<Self> {
        let mut found = Self::default();
        let Some(codec) = column.chain().first() else {
            return Err(Error::invalid_spec(format!(
                "{} is no codec; there is nothing to inspect",
                column.spec()
            )));
        };
        found.add("codec", codec.name());
        found.add("spec", column.spec());
        if matches!(stored, Stored::Null) {
            found.add("value", Json::Null);
            return Ok(found);
        }
        found.add_format(&codec.info(), column, stored, cx)?;
        if let (Stored::Bytes(bytes), "blob") = (stored, codec.name()) {
            blob::add(bytes, cx.limits(), &mut found)?;
            return Ok(found);
        }
        let record = match stored {
            Stored::Json(json) => Some(Record::from_json(json.clone())?),
            _ => None,
        };
        if let Some(record) = &record {
            found.add("path", record.path()?);
            found.add("store", cx.open_record_store(record)?.name);
        }
        if column.chain().last().is_some_and(|codec| codec.name() == "hash")
            && let Some(record) = &record
        {
            // To decode it would be to read it.
            found.add_hashed(codec.name(), column, stored, record, cx)?;
        } else {
            let value = column.decode(stored.clone(), cx)?;
            found.add_value(&value)?;
        }
        if let Stored::Bytes(bytes) = stored {
            found.add("stored_bytes", bytes.len() as u64);
        }
        if let Some(record) = &record {
            found.add_objects(record.path()?, &cx.open_record_store(record)?)?;
            found.add_ratio();
        }
        Ok(found)
    }

    /// Adds a fact.
    pub(crate) fn add(&mut self, key: &'static str, value: impl Into<Json>) {
        self.0.push((key, value.into()));
    }

    fn add_format(
        &mut self,
        codec: &CodecInfo,
        column: &Column,
        stored: &Stored,
        cx: &Context,
    ) -> Result<()> {
        let Some(version) = column.format_version(stored.clone(), cx)? else {
            return Ok(());
        };
        let known = codec.format_of(version);
        self.add("format_version", version.to_string());
        self.add(
            "format_status",
            known.map_or(json!({"status": "unknown"}), format_document),
        );
        if let Some(FormatStatus::Deprecated { advice, .. }) = known.map(|format| format.status) {
            self.add("deprecated", advice);
        }
        Ok(())
    }

    /// Adds how many objects the value takes, and how many bytes.
    fn add_objects(&mut self, path: &str, store: &OpenStore) -> Result<()> {
        let path = path.trim_end_matches('/');
        let (objects, bytes) = match store.store.head(path)? {
            Some(object) => (1, object.size),
            None => {
                let (mut objects, mut bytes) = (0_u64, 0_u64);
                store.store.visit(path, &mut |object| {
                    objects += 1;
                    bytes = bytes.saturating_add(object.size);
                    Ok(ControlFlow::Continue(()))
                })?;
                (objects, bytes)
            }
        };
        self.add("objects", objects);
        self.add("stored_bytes", bytes);
        Ok(())
    }

    /// Adds how many times larger the recorded counts of a movie are than what is stored of them.
    fn add_ratio(&mut self) {
        let number = |wanted: &str| {
            let found = self.0.iter().find(|(key, _)| *key == wanted);
            found.and_then(|(_, value)| value.as_f64())
        };
        if let (Some(original), Some(stored)) = (number("original_bytes"), number("stored_bytes"))
            && stored > 0.0
        {
            self.add("ratio", (original / stored * 100.0).round() / 100.0);
        }
    }

    fn add_hashed(
        &mut self,
        codec: &str,
        column: &Column,
        stored: &Stored,
        record: &Record,
        cx: &Context,
    ) -> Result<()> {
        file::add_hashed(record, self)?;
        let size = record.number("size")?;
        match (codec, file::front(column, stored, cx)?) {
            ("blob", Some(front)) => blob::add_front(&front, size, cx.limits(), self),
            ("attach", Some(front)) => file::add_front(&front, size, self),
            _ => Ok(()),
        }
    }

    fn add_value(&mut self, value: &Value) -> Result<()> {
        if let Some(array) = value.downcast::<dj_codecs::npy::NpyRef>() {
            return npy::add(array, self);
        }
        #[cfg(feature = "zarr")]
        if let Some(array) = value.downcast::<dj_codecs::zarr::ZarrArray>() {
            return zarr::add(array, self);
        }
        #[cfg(feature = "photon")]
        if let Some(movie) = value.downcast::<dj_codecs::photon::Movie>() {
            return photon::add(movie, self);
        }
        if let Some(object) = value.downcast::<dj_codecs::file::ObjectRef>() {
            return file::add_object(object, self);
        }
        if let Some(attached) = value.downcast::<dj_codecs::file::Attachment>() {
            file::add_attachment(attached, self);
            return Ok(());
        }
        match value {
            Value::Lazy(handle) => {
                self.add("type", handle.type_name());
                if let Some(shape) = handle.shape() {
                    self.add("shape", shape.to_vec());
                }
                if let Some(dtype) = handle.dtype() {
                    self.add("dtype", dtype.to_string());
                }
            }
            other => self.add("type", other.type_name()),
        }
        Ok(())
    }

    /// The JSON object that `inspect --json` prints.
    pub(crate) fn to_json(&self) -> Json {
        self.0
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// The same for people.
    pub(crate) fn to_rows(&self) -> Rows {
        let mut rows = Rows::default();
        for (key, value) in &self.0 {
            match (*key, value) {
                ("format_status", status) => rows.add("format status", status_text(status)),
                (_, Json::Object(members)) if members.is_empty() => rows.add(label(key), "none"),
                // One line each: attributes are many and long.
                (_, Json::Object(members)) => {
                    for (name, value) in members {
                        rows.add(format!("{} {name}", label(key)), shortened(&text(value)));
                    }
                }
                (_, Json::Array(items)) if items.iter().all(Json::is_u64) => {
                    rows.add(label(key), shape_text(items));
                }
                (_, Json::Array(items)) => {
                    rows.add(label(key), items.iter().map(text).collect::<Vec<_>>().join(", "));
                }
                (_, Json::Number(number)) if key.ends_with("bytes") || key.ends_with("size") => {
                    rows.add(
                        label(key),
                        number.as_u64().map_or_else(|| number.to_string(), bytes_text),
                    );
                }
                (_, value) => rows.add(label(key), text(value)),
            }
        }
        rows
    }
}

/// How a format stands, in words; what to do about it is a line of its own.
fn status_text(status: &Json) -> String {
    let text = |key: &str| status.get(key).and_then(Json::as_str);
    let standing = text("status").unwrap_or_default();
    match (text("since"), text("removed_in")) {
        (Some(since), Some(removed_in)) => format!("{standing} since {since}, to be removed in {removed_in}"),
        _ => standing.to_owned(),
    }
}

fn label(key: &str) -> String {
    key.replace('_', " ")
}

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "none".into(),
        other => other.to_string(),
    }
}
