//! What is known by its path alone: a file or a folder of this machine, or of the default store.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use dj_codecs::api::{Context, Error, Json, Limits, Record, Store, StoreLayout, StoreMap, Stored};
use dj_codecs::file::Manifest;
use dj_codecs::store::FileStore;

use crate::failure::{Failure, Outcome};
use crate::output;
use crate::session::Session;

/// The record that an object would have whose path is all that is known, and the stores that it is in: a path of this machine
/// where there is one, else a path in the default store.
pub(crate) fn at_path(path: &str, session: &Session) -> Outcome<(Stored, Context)> {
    if fs::symlink_metadata(path).is_ok() {
        return local(Path::new(path), session);
    }
    let in_store = session
        .context_for_reading()
        .and_then(|cx| Ok((cx.stores().open(None)?, cx)));
    let missing = |why: String| Failure::usage(format!("there is no file or folder {path} here, and {why}"));
    let (store, cx) = in_store.map_err(|failure| missing(failure.to_string()))?;
    let path = path.trim_end_matches('/');
    let record = match store.store.head(path) {
        Ok(Some(object)) => record_of_file(path, object.size, Some(&store.layout)),
        Ok(None) => record_of_folder(path, &store.store, session.limits()),
        Err(error) => Err(error),
    };
    let record =
        record.map_err(|error| missing(format!("in the store {:?}: {}", store.name, error.report())))?;
    Ok((record, cx))
}

fn local(path: &Path, session: &Session) -> Outcome<(Stored, Context)> {
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("{} cannot be read: {error}", path.display()));
    let path = path.canonicalize().map_err(unreadable)?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(Failure::usage(format!(
            "{} has no name that a store could have",
            path.display()
        )));
    };
    let store: Arc<dyn Store> = Arc::new(FileStore::open(folder)?);
    let record = if path.is_dir() {
        record_of_folder(name, &store, session.limits())
    } else {
        path.metadata()
            .map_err(|error| Error::store("the file cannot be read").caused_by(error))
            .and_then(|file| record_of_file(name, file.len(), None))
    };
    let stores = StoreMap::new().with("(local)", store).with_default("(local)");
    let cx = Context::new(stores)
        .with_limits(session.limits().clone())
        .with_warnings(output::warnings());
    Ok((record.map_err(|error| error.at(path.display().to_string()))?, cx))
}

/// The record of a file. Only in a store it is known to be one that a codec keeps, and which.
fn record_of_file(path: &str, size: u64, layout: Option<&StoreLayout>) -> Result<Stored, Error> {
    let last = path.rsplit('/').next().unwrap_or(path);
    if matches!(last, "zarr.json" | ".zarray" | ".zattrs") {
        return Err(
            Error::unsupported("this file describes a Zarr array").advise("inspect the folder that it is in")
        );
    }
    let record = Record::new().with("path", path);
    if last.ends_with(".npy") {
        return Ok(stored(record));
    }
    let record = record.with("size", size);
    if is_hash(last) {
        return Ok(stored(record.with("hash", last)));
    }
    let Some(layout) = layout else {
        return Err(
            Error::unsupported("this is neither a .npy file nor a Zarr folder")
                .advise("values of other codecs are known by their records; use --record"),
        );
    };
    let managed = path
        .strip_prefix(layout.schema_prefix.as_str())
        .is_some_and(|rest| rest.starts_with('/'));
    let codec = if managed { "object" } else { "filepath" };
    Ok(stored(record.with("is_dir", false).with("codec_name", codec)))
}

/// The record of a folder, by the files that it holds or that lie beside it.
fn record_of_folder(path: &str, store: &Arc<dyn Store>, limits: &Limits) -> Result<Stored, Error> {
    let record = Record::new().with("path", path);
    for metadata in ["zarr.json", ".zarray"] {
        if store.head(&format!("{path}/{metadata}"))?.is_some() {
            // Whatever the folder is called, its record is one of an array.
            return Ok(stored(
                record.with("codec_name", array_codec(path, store, limits)),
            ));
        }
    }
    if store.head(&Manifest::path_of(path))?.is_some() {
        return Ok(stored(record.with("is_dir", true).with("codec_name", "object")));
    }
    Err(Error::not_found("there is no array there, and no stored folder").advise(
        "a Zarr array is a folder with zarr.json or .zarray in it, a stored folder has a .manifest.json beside it; values of \
         other codecs are known by their records; use --record",
    ))
}

/// The codec that a Zarr array says it was written by, where it is one of arrays; else Zarr, which reads any.
fn array_codec(path: &str, store: &Arc<dyn Store>, limits: &Limits) -> &'static str {
    let document = |name: &str| -> Option<Json> {
        let path = format!("{path}/{name}");
        let size = store.head(&path).ok()??.size;
        limits.check_metadata_bytes(size).ok()?;
        serde_json::from_slice(&store.get(&path).ok()?).ok()
    };
    // What cannot be read is told when the array is.
    let attributes = match document("zarr.json") {
        Some(metadata) => metadata.get("attributes").cloned(),
        None => document(".zattrs"),
    };
    let named = attributes
        .as_ref()
        .and_then(|attributes| attributes.get("codec_name")?.as_str());
    if cfg!(feature = "photon") && named == Some("photon") {
        "photon"
    } else {
        "zarr"
    }
}

/// Whether a name is that of an object of `<hash@>`: an MD5 in base32.
fn is_hash(name: &str) -> bool {
    name.len() == 26 && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

fn stored(record: Record) -> Stored {
    Stored::Json(record.into_json())
}
