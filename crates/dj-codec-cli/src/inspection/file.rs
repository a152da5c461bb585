//! Attached files, stored files and folders, and bytes by their hash.

use dj_codecs::api::{Bytes, Column, Context, Error, Json, Record, Result, Stored, Value};
use dj_codecs::file::{Attachment, ObjectRef};
use serde_json::json;

use super::Inspection;

/// How much of a value in `<hash@>` is read for what it says of itself. Names of files end before that.
const FRONT: u64 = 64 << 10;

/// Adds what is known of a file in the table.
pub(super) fn add_attachment(file: &Attachment, found: &mut Inspection) {
    found.add("type", "file");
    found.add("name", file.name());
    found.add("size", file.size());
}

/// Adds what the record says of a file or folder, and the manifest of a folder.
pub(super) fn add_object(object: &ObjectRef, found: &mut Inspection) -> Result<()> {
    found.add("type", if object.is_dir() { "folder" } else { "file" });
    found.add("name", object.name());
    if let Some(size) = object.size() {
        found.add("size", size);
    }
    for (key, text) in [
        ("ext", object.ext()),
        ("hash", object.hash()),
        ("timestamp", object.timestamp()),
    ] {
        if let Some(text) = text {
            found.add(key, text);
        }
    }
    if !object.is_dir() {
        return Ok(());
    }
    if let Some(count) = object.item_count() {
        found.add("item_count", count);
    }
    let manifest = object.manifest()?.map_or(Json::Null, |manifest| {
        let bytes = manifest
            .files
            .iter()
            .fold(0_u64, |sum, file| sum.saturating_add(file.size));
        json!({"files": manifest.files.len(), "bytes": bytes, "created": manifest.created})
    });
    found.add("manifest", manifest);
    Ok(())
}

/// Adds what the record of `<hash@>` says, whether the column has it alone or behind another codec.
pub(super) fn add_hashed(record: &Record, found: &mut Inspection) -> Result<()> {
    for key in ["hash", "schema"] {
        if let Some(text) = record.text(key)? {
            found.add(key, text);
        }
    }
    if let Some(size) = record.number("size")? {
        found.add("size", size);
    }
    Ok(())
}

/// The first bytes of what a codec keeps by way of others, such as of a `<blob@>` in `<hash@>`; `None` where it keeps it itself.
pub(super) fn front(column: &Column, stored: &Stored, cx: &Context) -> Result<Option<Bytes>> {
    let Some((_, inner)) = column
        .chain()
        .split_first()
        .filter(|(_, inner)| !inner.is_empty())
    else {
        return Ok(None);
    };
    let cx = cx.clone().with_column_store(column.store());
    let mut value = match stored {
        Stored::Json(json) => Value::Json(Box::new(json.clone())),
        Stored::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Stored::Null => Value::Null,
    };
    for codec in inner.iter().rev() {
        value = codec
            .decode_front(value, FRONT, &cx)
            .map_err(|error| error.with_codec(codec.name()))?;
    }
    match value {
        Value::Bytes(bytes) => Ok(Some(bytes)),
        _ => Ok(None),
    }
}

/// Adds the name of a file in `<hash@>`, of which these are the first bytes of so many.
pub(super) fn add_front(front: &Bytes, size: Option<u64>, found: &mut Inspection) -> Result<()> {
    let end = front
        .iter()
        .position(|&byte| byte == 0)
        .ok_or_else(|| Error::corrupt("an attachment is a name, a NUL and the contents; there is no NUL"))?;
    found.add("type", "file");
    found.add(
        "name",
        String::from_utf8_lossy(front.get(..end).unwrap_or_default()).into_owned(),
    );
    if let Some(size) = size {
        found.add("file_size", size.saturating_sub(end as u64 + 1));
    }
    Ok(())
}
