//! What is known by its path alone: a file or a folder of this machine, or of the default store.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use dj_codecs::api::{Context, Error, Record, StoreMap, Stored};
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
        Ok(Some(_)) => record_of_file(path),
        Ok(None) => record_of_folder(path, &|name| {
            Ok(store.store.head(&format!("{path}/{name}"))?.is_some())
        }),
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
    let store = FileStore::open(folder)?;
    let record = if path.is_dir() {
        record_of_folder(name, &|file| Ok(path.join(file).is_file()))
    } else {
        record_of_file(name)
    };
    let stores = StoreMap::new()
        .with("(local)", Arc::new(store))
        .with_default("(local)");
    let cx = Context::new(stores)
        .with_limits(session.limits().clone())
        .with_warnings(output::warnings());
    Ok((record.map_err(|error| error.at(path.display().to_string()))?, cx))
}

fn record_of_file(path: &str) -> Result<Stored, Error> {
    let last = path.rsplit('/').next().unwrap_or(path);
    if matches!(last, "zarr.json" | ".zarray" | ".zattrs") {
        return Err(
            Error::unsupported("this file describes a Zarr array").advise("inspect the folder that it is in")
        );
    }
    if !last.ends_with(".npy") {
        return Err(
            Error::unsupported("this is neither a .npy file nor a Zarr folder")
                .advise("values of other codecs are known by their records; use --record"),
        );
    }
    Ok(bare_record(path))
}

fn record_of_folder(path: &str, has: &dyn Fn(&str) -> Result<bool, Error>) -> Result<Stored, Error> {
    for metadata in ["zarr.json", ".zarray"] {
        if has(metadata)? {
            // Whatever the folder is called, its record is one of Zarr.
            return Ok(Stored::Json(
                Record::new()
                    .with("path", path)
                    .with("codec_name", "zarr")
                    .into_json(),
            ));
        }
    }
    Err(Error::not_found("there is no array there")
        .advise("a Zarr array is a folder with zarr.json or .zarray in it; values of other codecs are known by their records; \
                 use --record"))
}

fn bare_record(path: &str) -> Stored {
    Stored::Json(Record::new().with("path", path).into_json())
}
