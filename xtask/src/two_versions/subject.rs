//! What is written by both versions: the values of the golden fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use dj_codec_testkit::golden::Case;
use dj_codecs::api::{Column, Context, Registry, Result, Store as _, TypeSpec, Value};
use dj_codecs::file::{Attachment, ObjectRef};
use dj_codecs::photon::Movie;
use dj_codecs::store::FileStore;

use super::lab::Lab;

/// A value as it is given to an encoder.
pub(super) enum Input {
    /// A value that has a notation.
    Value(Value),
    /// A file or folder of this machine.
    File(PathBuf),
    /// A path in the store, where it is already.
    InStore(PathBuf),
}

/// The value of a fixture.
pub(super) struct Subject {
    pub(super) codec: String,
    pub(super) spec: String,
    pub(super) input: Input,
}

impl Subject {
    /// Takes the value out of a fixture, into the folder and the store of a lab where it is files.
    pub(super) fn of(case: &Case, registry: &Registry, lab: &Lab) -> Result<Self> {
        let column = Column::resolve(&case.type_spec, registry)?;
        let cx = Context::with_stores(case.stores());
        let value = column.decode(case.stored.clone(), &cx)?;
        let input = if let Some(attached) = value.downcast::<Attachment>() {
            // Some fixtures have names that lead elsewhere.
            let path = lab.folder().join("attached.bin");
            attached.save_as(&path)?;
            Input::File(path)
        } else if let Some(object) = value.downcast::<ObjectRef>() {
            match case.codec.as_str() {
                "filepath" => {
                    copy(case, object.path(), lab)?;
                    Input::InStore(object.path().into())
                }
                _ => Input::File(object.download_into(lab.folder())?),
            }
        } else if let Some(movie) = value.downcast::<Movie>() {
            // What a movie decodes to is stabilised; what is stored are its counts.
            let counts = movie.counts().and_then(|counts| counts.read());
            // Those of an old movie of float32 are not exact, and any counts do.
            let counts = counts.or_else(|_| movie.algebraic_counts().read())?;
            Input::Value(counts.into())
        } else {
            Input::Value(value.load()?)
        };
        let spec: TypeSpec = case.type_spec.parse()?;
        let place = if column.store().is_some() { "@main" } else { "" };
        Ok(Self {
            codec: case.codec.clone(),
            spec: format!("<{}{place}>", spec.name()),
            input,
        })
    }
}

/// Copies what is at a path of the fixture's store into that of the lab.
fn copy(case: &Case, path: &str, lab: &Lab) -> Result<()> {
    let from = case.stores().open(None)?.store;
    let to = FileStore::open(lab.store_folder())?;
    let mut paths: Vec<String> = from.list(path)?.into_iter().map(|object| object.path).collect();
    if from.head(path)?.is_some() {
        paths.push(path.to_owned());
    }
    paths.iter().try_for_each(|path| to.put(path, from.get(path)?))
}

/// The folders of all fixtures: `{codec}/{format version}/{case}`.
pub(super) fn folders(root: &Path) -> std::result::Result<Vec<PathBuf>, String> {
    let mut level = vec![root.to_owned()];
    for _ in 0..3 {
        let below = level
            .iter()
            .map(|folder| subfolders(folder))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        level = below.concat();
    }
    level.sort();
    Ok(level)
}

fn subfolders(folder: &Path) -> std::result::Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}
