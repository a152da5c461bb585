//! What `--file` means to a codec: a file as it is, its bytes, or a path in the store.

use std::path::{Component, Path};

use dj_codecs::api::{Column, Context, OpenStore, Value};

use crate::failure::{Failure, Outcome};
use crate::source;

/// The value that `--file` gives a column.
pub(super) fn value(path: &Path, column: &Column, cx: &Context) -> Outcome<Value> {
    let codec = column.chain().first().map_or("", |codec| codec.name());
    match codec {
        // These take bytes, wherever they come from.
        "hash" => Ok(Value::Bytes(source::bytes(path, cx.limits())?)),
        "filepath" => in_store(path, column, cx),
        "blob" | "npy" | "photon" | "zarr" => Err(Failure::usage(format!(
            "--file {}: <{codec}> takes no files; give an array with --npy, another value with --json",
            path.display()
        ))),
        _ if path.exists() => Ok(Value::Path(path.to_owned())),
        _ => Err(Failure::usage(format!(
            "there is no file or folder {}",
            path.display()
        ))),
    }
}

/// The path in the store. Who completes paths with the tab key gives those of this machine: one that leads into the store's
/// folder is turned into a path in the store.
fn in_store(path: &Path, column: &Column, cx: &Context) -> Outcome<Value> {
    let store = match column.store().filter(|name| !name.is_empty()) {
        Some(name) => cx.stores().open(Some(name)),
        None => cx.stores().open_filepath_default(),
    }
    .map_err(|error| Failure::while_encoding(&error))?;
    if let Some(within) = within(path, &store) {
        return Ok(Value::Str(within));
    }
    if path.is_absolute() {
        return Err(Failure::usage(format!(
            "{}: this is not in the store {:?}; <filepath@> refers to what is in a store already, by its path there",
            path.display(),
            store.name
        )));
    }
    Ok(Value::Path(path.to_owned()))
}

/// The path in the store of a path of this machine, where that leads into the store's folder and is no path in the store as it
/// stands.
fn within(path: &Path, store: &OpenStore) -> Option<String> {
    // Any name tells where the store's folder is.
    let folder = store.store.local_path("x")?.parent()?.canonicalize().ok()?;
    let stands = !path.is_absolute() && folder.join(path).exists();
    if stands {
        return None;
    }
    let canonical = path.canonicalize().ok()?;
    let parts = canonical.strip_prefix(&folder).ok()?.components();
    let names: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    names
        .filter(|names| !names.is_empty())
        .map(|names| names.join("/"))
}
