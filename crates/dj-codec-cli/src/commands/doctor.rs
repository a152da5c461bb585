//! `dj-codec doctor`: whether each configured store works, and what is wrong where one does not.

mod meaning;
mod probe;
mod report;

use dj_codecs::api::Stores as _;
use dj_codecs::store::Config;

use crate::args::DoctorArgs;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::session::{Session, StoresOrigin};

use report::{Report, StoreReport};

pub(crate) fn run(args: &DoctorArgs, session: &Session, output: &mut Output) -> Outcome {
    // Makes the folder where this is the embedded default, as its first use would.
    session.context_for_writing()?;
    let stores = session.stores();
    let config = stores.config();
    let mut report = Report {
        origin: match session.origin() {
            StoresOrigin::StoreRoot(_) => "--store-root".into(),
            StoresOrigin::EmbeddedDefault(_) => {
                "no configuration was found; this is the embedded default".into()
            }
            StoresOrigin::Configuration => match config.file() {
                Some(file) => file.display().to_string(),
                None => "environment variables or secrets".into(),
            },
        },
        secrets: config.secrets_folder().map(|folder| folder.display().to_string()),
        default: config.default_name().map(str::to_owned),
        filepath_default: config.filepath_default_name().map(str::to_owned),
        problems: problems(config),
        stores: Vec::new(),
    };
    let mut progress = Progress::new();
    for name in stores.names() {
        progress.say(&format!("trying the store {name:?}"));
        report.stores.push(examine(session, &name));
    }
    progress.clear();
    if args.json {
        output.json(&report.to_json())?;
    } else {
        output.text(&report.to_string())?;
    }
    if report.is_good() {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}

/// What is wrong with the configuration as a whole. Its other warnings went to standard error.
fn problems(config: &Config) -> Vec<String> {
    let names = config.names();
    if names.is_empty() {
        return vec!["no store is configured; add one to the configuration, or use --store-root".into()];
    }
    let mut problems = Vec::new();
    let defaults = [
        ("default", config.default_name(), "<codec@>"),
        ("filepath_default", config.filepath_default_name(), "<filepath@>"),
    ];
    for (key, name, meant) in defaults {
        if let Some(name) = name
            && !names.iter().any(|known| known == name)
        {
            problems.push(format!(
                "stores.{key}, which {meant} means, is {name:?}, and there is no store of that name"
            ));
        }
    }
    problems
}

fn examine(session: &Session, name: &str) -> StoreReport {
    let stores = session.stores();
    let mut report = StoreReport::new(name);
    match stores.describe(Some(name)) {
        Ok(summary) => {
            report.protocol = Some(summary.protocol.to_string());
            report.url = Some(summary.url);
            report.origin = summary.origin.map(|origin| origin.to_string());
            report.credentials = Some(summary.credentials.to_string());
        }
        Err(error) => {
            report.error = Some(error.report());
            return report;
        }
    }
    if let Ok(spec) = stores.config().store_spec(Some(name)) {
        report.settings = spec
            .settings()
            .keys()
            .map(|key| {
                (
                    key.clone(),
                    stores.config().setting_origin(name, key).map(ToString::to_string),
                )
            })
            .collect();
    }
    match stores.open(Some(name)) {
        Ok(store) => report.steps = probe::run(&store),
        Err(error) => report.error = Some(meaning::explained(&error)),
    }
    report
}
