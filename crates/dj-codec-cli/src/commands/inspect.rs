//! `dj-codec inspect`: what a stored value is, without decoding its data.

use dj_codecs::api::{Column, Context, Registry, Stored};

use crate::args::InspectArgs;
use crate::failure::{Failure, Outcome};
use crate::inspection::{Inspection, codec_of};
use crate::located;
use crate::output::Output;
use crate::session::Session;
use crate::source;

pub(crate) fn run(args: &InspectArgs, session: &Session, output: &mut Output) -> Outcome {
    let (stored, cx) = match (&args.path, &args.record) {
        (Some(path), _) => located::at_path(path, session)?,
        (None, Some(record)) => match source::stored(record, session.limits())? {
            stored @ Stored::Bytes(_) => (stored, session.context_without_stores()),
            stored => (stored, session.context_for_reading()?),
        },
        (None, None) => return Err(Failure::usage("a path or --record is needed")),
    };
    let spec = match &args.spec {
        Some(spec) => spec.clone(),
        None => codec_of(&stored)?,
    };
    let inspection = inspect(&spec, args.spec.is_some(), &stored, session.registry(), &cx)?;
    if args.json {
        output.json(&inspection.to_json())
    } else {
        output.text(&inspection.to_rows().to_string())
    }
}

fn inspect(
    spec: &str,
    asked: bool,
    stored: &Stored,
    registry: &Registry,
    cx: &Context,
) -> Outcome<Inspection> {
    // Only a spec that was given can be wrong use.
    let column = Column::resolve(spec, registry).map_err(|error| {
        if asked {
            Failure::while_resolving(&error)
        } else {
            Failure::from(error)
        }
    })?;
    Ok(Inspection::of(&column, stored, cx)?)
}
