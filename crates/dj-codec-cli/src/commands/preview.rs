//! `dj-codec preview`: an array as a picture.

mod args;
mod contrast;
mod fold;
mod pixel;
mod plan;
mod png;
mod projection;
mod raster;
mod source;
mod terminal;
mod within;

use std::io::IsTerminal as _;

use dj_codecs::api::{Column, Context, Error, Stored, Value};

pub(crate) use args::PreviewArgs;

use args::{Bits, Protocol};
use contrast::{Contrast, Scale};
use pixel::Pixel;
use plan::Plan;
use projection::Picture;

use super::decode;
use crate::failure::{Failure, Outcome};
use crate::inspection::codec_of;
use crate::located;
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;
use crate::source as given;
use crate::summary::bytes_text;
use crate::target::Target;
use crate::view::View;

/// Where the picture goes.
enum Destination {
    File(Target),
    Terminal(Protocol),
}

pub(crate) fn run(args: &PreviewArgs, session: &Session, output: &mut Output) -> Outcome {
    let destination = destination(args)?;
    let (value, view) = value(args, session)?;
    let source = source::of_value(&value, args.at.as_deref(), view)?;
    let plan = Plan::new(args, source.shape())?;
    let contrast = Contrast::new(args, pixel::of(source.dtype())?)?;
    let mut progress = Progress::new();
    progress.say("reading");
    let picture = projection::of(source.as_ref(), &plan, args.max_pixels, &mut progress)?;
    progress.clear();
    let (raster, scale) = contrast.apply(&picture, args.bits.unwrap_or(Bits::Eight));
    let words = format!(
        "{} of {}; {}",
        plan.words,
        source::words(source.as_ref()),
        scale_words(scale, &picture)
    );
    match destination {
        Destination::Terminal(protocol) => {
            output.text(&terminal::escapes(raster, protocol, terminal::room(args.width))?)?;
            output.line(&words)
        }
        Destination::File(target) => {
            let file = png::file(&raster)?;
            let copy = |writer: &mut dyn std::io::Write| match writer.write_all(&file) {
                Ok(()) => Ok(file.len() as u64),
                Err(error) => Err(Error::store("the picture cannot be written").caused_by(error)),
            };
            let size = target.write(output, copy)?;
            match target {
                Target::Stdout => Ok(()),
                Target::File { name, .. } => output.line(&format!(
                    "{name}: {} x {} pixels, {}; {words}",
                    raster.width,
                    raster.height,
                    bytes_text(size)
                )),
            }
        }
    }
}

/// Where the picture goes: looked at before the work begins.
fn destination(args: &PreviewArgs) -> Outcome<Destination> {
    if let Some(path) = &args.out {
        return Ok(Destination::File(Target::new(path, args.force)?));
    }
    if let Some(protocol) = args.terminal {
        return Ok(Destination::Terminal(protocol));
    }
    if !std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "standard output is no terminal that could show a picture; write a file with --out FILE.png, or say with \
             --terminal what the escape sequences are for",
        ));
    }
    let detected = terminal::detect(&|name| std::env::var(name).ok());
    detected.map(Destination::Terminal).ok_or_else(|| {
        Failure::usage(
            "this terminal (TERM=dumb) shows no pictures; write a file with --out FILE.png, or say with --terminal what it \
             understands",
        )
    })
}

/// The decoded value, not yet read where it is lazy.
fn value(args: &PreviewArgs, session: &Session) -> Outcome<(Value, View)> {
    let (stored, spec, cx) = stored(args, session)?;
    let registry = decode::registry(session, args.blob_dims)?;
    let column = Column::resolve(&spec, &registry).map_err(|error| {
        // Only a spec that was given can be wrong use.
        if args.what.as_deref() == Some(&spec) {
            Failure::while_resolving(&error)
        } else {
            Failure::from(error)
        }
    })?;
    let view = View::new(args.view.as_deref(), &column)?;
    decode::refuse_options_of_others(args.blob_dims, &column)?;
    Ok((column.decode(stored, &cx)?, view))
}

/// What the column holds, its type, and the stores that it refers to.
fn stored(args: &PreviewArgs, session: &Session) -> Outcome<(Stored, String, Context)> {
    let input = args.record.is_some() || args.bytes.is_some();
    if let Some(path) = args
        .what
        .as_deref()
        .filter(|what| input && !what.starts_with('<'))
    {
        return Err(Failure::usage(format!(
            "{path}: with --record and --bytes the type of the column is named, such as '<npy@>', and no path"
        )));
    }
    let stored = match (&args.record, &args.bytes, &args.what) {
        (Some(path), _, _) => given::stored(path, session.limits())?,
        (None, Some(path), _) => Stored::Bytes(given::bytes(path, session.limits())?),
        (None, None, Some(what)) if what.starts_with('<') => {
            return Err(Failure::usage(format!(
                "{what} is the type of a column; give what the column holds with --record FILE or --bytes FILE"
            )));
        }
        (None, None, Some(path)) => {
            let (stored, cx) = located::at_path(path, session)?;
            let spec = codec_of(&stored)?;
            return Ok((stored, spec, cx));
        }
        (None, None, None) => return Err(Failure::usage("a path, --record or --bytes is needed")),
    };
    let spec = match &args.what {
        Some(spec) => spec.clone(),
        None => codec_of(&stored)?,
    };
    let cx = match &stored {
        Stored::Bytes(_) => session.context_without_stores(),
        _ => session.context_for_reading()?,
    };
    Ok((stored, spec, cx))
}

/// What became black and white, in words.
fn scale_words(scale: Scale, picture: &Picture) -> String {
    let what = if picture.pixel == Pixel::Complex {
        "magnitudes "
    } else {
        ""
    };
    let mut words = format!(
        "black at {what}{}, white at {}",
        brief(scale.black),
        brief(scale.white)
    );
    let strange = picture.values.iter().filter(|value| value.is_nan()).count();
    if strange > 0 {
        words.push_str(&format!("; {strange} values are not a number, shown black"));
    }
    words
}

/// A number in at most six digits, but whole numbers as they are.
fn brief(value: f64) -> String {
    let rounded = if value.fract() == 0.0 {
        value
    } else {
        format!("{value:.5e}").parse().unwrap_or(value)
    };
    rounded.to_string()
}
