//! `dj-codec decode`: one stored value into what it means.

mod array;
mod files;

use std::sync::Arc;

use dj_codecs::api::{Column, Context, Registry, Stored, Value, notation};
use dj_codecs::blob::{BlobCodec, Dims, UnpackOptions};
use dj_codecs::npy::write_npy;

use crate::args::{BlobDims, DecodeArgs};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;
use crate::source;
use crate::summary::{self, Rows, bytes_text, shape_text};
use crate::target::Target;
use crate::view::View;

pub(crate) fn run(args: &DecodeArgs, session: &Session, output: &mut Output) -> Outcome {
    let registry = registry(session, args.blob_dims)?;
    let column = Column::resolve(&args.spec, &registry).map_err(|error| Failure::while_resolving(&error))?;
    let view = View::new(args.view.as_deref(), &column)?;
    refuse_options_of_others(args.blob_dims, &column)?;
    // A file has a name of its own, so that where it goes is known only when it is decoded.
    let target = match &args.out {
        Some(path) if !files::expected(&column) => Some(Target::new(path, args.force)?),
        _ => None,
    };
    let stored = stored(args, session)?;
    let cx = match column.store() {
        None => session.context_without_stores(),
        Some(_) => session.context_for_reading()?,
    };
    let mut progress = Progress::new();
    progress.say("decoding");
    let value = column.decode(stored.clone(), &cx)?;
    if let Some(path) = &args.out
        && let Some(file) = files::of(&value)
    {
        return files::write(&file, path, args.force, &mut progress, output);
    }
    if let Some(target) = &target
        && let Some((size, what)) = array::write(&value, view, target, &mut progress, output)?
    {
        return said(target, size, &what, output);
    }
    if args.out.is_none() && !args.json {
        return summarize(&column, stored, value, view, &cx, &mut progress, output);
    }
    let value = view.load(value)?;
    progress.clear();
    if let Some(path) = &args.out {
        let target = match target {
            Some(target) => target,
            None => Target::new(path, args.force)?,
        };
        return write(&value, &target, output);
    }
    output.fill(|writer| notation::to_writer(&value, writer))?;
    output.text("\n")
}

/// Prints the value in a few lines for people.
fn summarize(
    column: &Column,
    stored: Stored,
    value: Value,
    view: View,
    cx: &Context,
    progress: &mut Progress,
    output: &mut Output,
) -> Outcome {
    let mut rows = Rows::default();
    describe(column, stored, cx, &mut rows)?;
    if is_movie(&value) {
        rows.add("view", view.name());
    }
    if let Some(source) = array::source(&value, view)? {
        summary::of_source(source.as_ref(), &mut rows, progress)?;
    } else {
        summary::of_value(&view.load(value)?, &mut rows);
    }
    progress.clear();
    output.text(&rows.to_string())
}

fn is_movie(value: &Value) -> bool {
    #[cfg(feature = "photon")]
    return value.downcast::<dj_codecs::photon::Movie>().is_some();
    #[cfg(not(feature = "photon"))]
    {
        let _ = value;
        false
    }
}

/// The codecs, set to what the options ask for.
pub(super) fn registry(session: &Session, blob_dims: Option<BlobDims>) -> Outcome<Registry> {
    let mut registry = session.registry().clone();
    if let Some(dims) = blob_dims {
        let options = UnpackOptions::new().with_dims(match dims {
            BlobDims::Auto => Dims::Auto,
            BlobDims::Bits32 => Dims::Bits32,
            BlobDims::Bits64 => Dims::Bits64,
        });
        registry.replace(Arc::new(BlobCodec::new().with_unpack(options)))?;
    }
    Ok(registry)
}

fn stored(args: &DecodeArgs, session: &Session) -> Outcome<Stored> {
    match (&args.stored.record, &args.stored.bytes) {
        (Some(path), _) => source::stored(path, session.limits()),
        (None, Some(path)) => Ok(Stored::Bytes(source::bytes(path, session.limits())?)),
        (None, None) => Err(Failure::usage("one of --record and --bytes is needed")),
    }
}

/// Refuses what only other codecs have, rather than ignore it.
pub(super) fn refuse_options_of_others(blob_dims: Option<BlobDims>, column: &Column) -> Outcome {
    let codec = match column.chain().first() {
        Some(codec) => format!("the codec <{}>", codec.name()),
        None => format!("the type {}", column.spec()),
    };
    let blob = column.chain().first().is_some_and(|codec| codec.name() == "blob");
    if blob_dims.is_some() && !blob {
        return Err(Failure::usage(format!(
            "--blob-dims: {codec} has no such option; it is for blobs"
        )));
    }
    Ok(())
}

/// What is known of the stored value beside the value itself.
fn describe(column: &Column, stored: Stored, cx: &Context, rows: &mut Rows) -> Outcome {
    rows.add("spec", column.spec());
    let references = column.referenced_paths(&stored);
    if let Some(version) = column.format_version(stored, cx)? {
        rows.add("format", version.to_string());
    }
    for reference in references {
        rows.add("path", reference.path);
        rows.add("store", reference.store.as_deref().unwrap_or("(default)"));
    }
    Ok(())
}

fn write(value: &Value, target: &Target, output: &mut Output) -> Outcome {
    let (size, what) = match value {
        Value::Array(array) => {
            let size = target.write(output, |writer| write_npy(writer, array))?;
            (size, format!("{} {}", array.dtype(), shape_text(array.shape())))
        }
        Value::Bytes(bytes) => {
            let copy = |writer: &mut dyn std::io::Write| {
                writer
                    .write_all(bytes)
                    .map(|()| bytes.len() as u64)
                    .map_err(|error| {
                        dj_codecs::api::Error::store("the bytes cannot be written").caused_by(error)
                    })
            };
            (target.write(output, copy)?, "bytes".to_owned())
        }
        other => {
            return Err(Failure::usage(format!(
                "--out takes arrays, bytes, files and folders, and this is {}; use --json, which prints any value",
                other.type_name()
            )));
        }
    };
    said(target, size, &what, output)
}

/// Says what was written, where that does not mix with it.
fn said(target: &Target, size: u64, what: &str, output: &mut Output) -> Outcome {
    match target {
        Target::Stdout => Ok(()),
        Target::File { name, .. } => output.line(&format!("{name}: {what}, {}", bytes_text(size))),
    }
}
