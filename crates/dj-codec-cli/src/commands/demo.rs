//! `dj-codec demo`: each codec at work in a folder.

mod samples;

use std::sync::Arc;

use dj_codecs::api::{Codec, Column, Context, Value};

use crate::args::StoreArgs;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::session::{FOLDER_STORE, Session, StoresOrigin};
use crate::summary::{bytes_text, shape_text};

pub(crate) fn run(args: &StoreArgs, output: &mut Output) -> Outcome {
    if args.config.is_some() {
        return Err(Failure::usage(
            "the demo does not write to configured stores; leave out --config, or name a folder with --store-root",
        ));
    }
    let session = Session::embedded(args, samples::registry()?)?;
    let folder = match session.origin() {
        StoresOrigin::StoreRoot(folder) | StoresOrigin::EmbeddedDefault(folder) => {
            folder.display().to_string()
        }
        StoresOrigin::Configuration => FOLDER_STORE.to_owned(),
    };
    let cx = session.context_for_writing()?;
    output.line("DataJoint keeps rows in a database and large values in a store. A codec, named by the column's type,")?;
    output.line(
        "stands between the two. Here the store is a folder, and the record is what the row would hold.",
    )?;
    output.line("")?;
    output.line(&format!("store  {folder}"))?;
    let registry = session.registry();
    for info in registry.list() {
        let codec = registry.get(&info.name)?;
        tour(codec, registry, &cx, output)?;
    }
    output.line("")?;
    output.line(&format!(
        "All values came back equal. They stay in {folder}, which you may look at and delete; nothing else was changed."
    ))
}

fn tour(
    codec: &Arc<dyn Codec>,
    registry: &dj_codecs::api::Registry,
    cx: &Context,
    output: &mut Output,
) -> Outcome {
    let info = codec.info();
    let sample = samples::of(&info, cx)?;
    output.line("")?;
    let formats: Vec<_> = info
        .reads
        .iter()
        .map(|format| format.version.to_string())
        .collect();
    output.line(&format!(
        "{}  from {} {}, reads formats {}",
        sample.spec,
        info.crate_name,
        info.crate_version,
        formats.join(", ")
    ))?;
    let column = Column::resolve(&sample.spec, registry)?;
    let cx = cx
        .clone()
        .with_field("demo", "recording", sample.field)
        .with_key("recording_id", 1);
    output.line(&format!(
        "  value   {}: {}",
        sample.words,
        describe(&sample.value)
    ))?;
    let stored = column.encode(sample.value.clone(), &cx)?;
    output.line(&format!("  record  {}", stored.to_line()))?;
    for reference in column.referenced_paths(&stored) {
        let store = cx.stores().open(reference.store.as_deref())?;
        let objects = match store.store.head(&reference.path)? {
            Some(object) => vec![object],
            None => store.store.list(&reference.path)?,
        };
        let bytes = objects
            .iter()
            .fold(0_u64, |sum, object| sum.saturating_add(object.size));
        let place = store
            .store
            .local_path(&reference.path)
            .map_or(reference.path, |path| path.display().to_string());
        let count = if objects.len() == 1 {
            "1 object".to_owned()
        } else {
            format!("{} objects", objects.len())
        };
        output.line(&format!("  stored  {place}: {count}, {}", bytes_text(bytes)))?;
    }
    let decoded = column.decode(stored.clone(), &cx)?;
    for line in samples::glance(&decoded)? {
        output.line(&format!("  lazy    {line}"))?;
    }
    if !sample.is(&decoded)? {
        return Err(Failure::wanting(format!(
            "{} was encoded, and another value came back from {}; please report this",
            describe(&sample.value),
            stored.to_line()
        )));
    }
    output.line("  decode  all of it: equal to what was encoded")?;
    for line in samples::aside(&info, &sample, registry, &cx)? {
        output.line(&format!("  also    {line}"))?;
    }
    Ok(())
}

fn describe(value: &Value) -> String {
    match value {
        Value::Array(array) => {
            format!(
                "{} {}, {}",
                array.dtype(),
                shape_text(array.shape()),
                bytes_text(array.nbytes() as u64)
            )
        }
        Value::Path(path) => path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        Value::Str(text) => text.clone(),
        other => other.type_name().to_owned(),
    }
}
