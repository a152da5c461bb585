//! `dj-codec verify-fixtures`: decodes golden fixtures with this build.

use dj_codec_testkit::golden;
use dj_codecs::api::Registry;

use crate::args::VerifyFixturesArgs;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;

pub(crate) fn run(args: &VerifyFixturesArgs, registry: &Registry, output: &mut Output) -> Outcome {
    if !args.folder.is_dir() {
        return Err(Failure::usage(format!(
            "there is no folder {}",
            args.folder.display()
        )));
    }
    let mut progress = Progress::new();
    progress.say("decoding the fixtures");
    let report = golden::run(&args.folder, registry)?;
    progress.clear();
    for (id, outcome) in &report.cases {
        match outcome {
            Ok(()) => output.line(&format!("ok      {id}"))?,
            Err(failure) => output.line(&format!("FAILED  {id}: {}", on_one_line(&failure.to_string())))?,
        }
    }
    let failed = report.failures().count();
    output.line(&format!("{} cases, {failed} failed", report.cases.len()))?;
    // The runner refuses a folder without cases; this keeps a run that checked nothing from passing whatever it does.
    if failed > 0 || report.cases.is_empty() {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}

fn on_one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
