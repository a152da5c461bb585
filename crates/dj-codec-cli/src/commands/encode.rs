//! `dj-codec encode`: one value into its stored form.

#[cfg(feature = "zarr")]
mod attribute;
mod files;
#[cfg(feature = "photon")]
mod photon;
#[cfg(feature = "zarr")]
mod zarr;

use dj_codecs::api::{Column, Context, Registry, Stored, Value, notation};

#[cfg(feature = "photon")]
pub(crate) use photon::PhotonArgs;
#[cfg(feature = "zarr")]
pub(crate) use zarr::ZarrArgs;

use crate::args::{EncodeArgs, PlaceArgs};
use crate::failure::{Failure, Outcome};
use crate::key;
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;
use crate::source;

pub(crate) fn run(args: &EncodeArgs, session: &Session, output: &mut Output) -> Outcome {
    let registry = session.registry().clone();
    #[cfg(feature = "zarr")]
    let registry = args.zarr.configure(&args.spec, registry)?;
    let resolve = |registry: &Registry| {
        Column::resolve(&args.spec, registry).map_err(|error| Failure::while_resolving(&error))
    };
    let column = resolve(&registry)?;
    #[cfg(feature = "photon")]
    args.photon.check(&args.spec)?;
    let cx = match column.store() {
        None => session.context_without_stores(),
        Some(_) => session.context_for_writing()?,
    };
    let mut cx = in_place(cx, &args.place)?;
    if let Some(version) = args.format_version {
        refuse_unknown_version(&column, version)?;
        cx = cx.with_format_version(version);
    }
    let mut progress = Progress::new();
    progress.say("reading the value");
    let value = match &args.file {
        Some(path) => files::value(path, &column, &cx)?,
        None => value(args, session)?,
    };
    #[cfg(feature = "photon")]
    let column = match args.photon.configure(&value, registry, &mut progress, output)? {
        Some(registry) => resolve(&registry)?,
        None => column,
    };
    progress.say("encoding");
    let stored = column
        .encode(value, &cx)
        .map_err(|error| Failure::while_encoding(&error))?;
    progress.clear();
    let printed = output.line(&stored.to_line()).and_then(|()| output.finish());
    // Who does not see the record cannot find the value again: that must not pass silently, not even when the reader has gone.
    printed.map_err(|failure| lost(&failure, &stored))
}

/// Adds the column and the key of the arguments to a context.
fn in_place(cx: Context, place: &PlaceArgs) -> Outcome<Context> {
    let (schema, table, field) = (
        cx.schema().to_owned(),
        cx.table().to_owned(),
        cx.field().to_owned(),
    );
    let mut cx = cx.with_field(
        place.schema.as_deref().unwrap_or(&schema),
        place.table.as_deref().unwrap_or(&table),
        place.field.as_deref().unwrap_or(&field),
    );
    for (name, value) in key::parse(&place.key, &place.key_type)? {
        cx = cx.with_key(&name, value);
    }
    Ok(cx)
}

fn value(args: &EncodeArgs, session: &Session) -> Outcome<Value> {
    let limits = session.limits();
    if let Some(path) = &args.npy {
        return Ok(source::array(path, limits)?.into());
    }
    if let Some(path) = &args.json {
        let bytes = source::bytes(path, limits)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            Failure::wanting(format!("{}: this is not UTF-8 text: {error}", source::name(path)))
        })?;
        // The error says where in the text; this says which text.
        return notation::from_str(text, limits)
            .map_err(|error| Failure::wanting(format!("{}: {}", source::name(path), error.report())));
    }
    Err(Failure::usage("one of --npy, --json and --file is needed"))
}

/// A version that the codec does not write is a slip in the arguments; it is met before anything is read.
fn refuse_unknown_version(column: &Column, version: dj_codecs::api::FormatVersion) -> Outcome {
    let outermost = column.chain().first();
    let formats = outermost.map_or_else(Vec::new, |codec| codec.info().reads);
    if formats.is_empty() || formats.iter().any(|format| format.version == version) {
        return Ok(());
    }
    let known: Vec<_> = formats.iter().map(|format| format.version.to_string()).collect();
    Err(Failure::usage(format!(
        "--format-version {version}: {} has no such format; it has {}",
        column.spec(),
        known.join(", ")
    )))
}

fn lost(failure: &Failure, stored: &Stored) -> Failure {
    let reason = match failure {
        Failure::ReaderGone => "the reader of standard output has gone".to_owned(),
        other => other.to_string(),
    };
    match stored {
        Stored::Json(record) => Failure::wanting(format!(
            "the value is stored, but its record could not be printed: {reason}; it is {record}"
        )),
        _ => Failure::wanting(reason),
    }
}
