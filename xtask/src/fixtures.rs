//! Golden fixtures are append-only: a list of checksums says what they were when they came, and the history says that the
//! list was not rewritten with them.

mod cases;
mod history;
#[cfg(feature = "codecs")]
mod record;

use std::path::{Path, PathBuf};

use dj_codec_testkit::golden;

use crate::{Outcome, workspace};

pub(crate) use history::Required;

fn folder() -> PathBuf {
    workspace::root().join("fixtures")
}

/// Every file is listed with its sum, every listed file is there, and every file that ever was in the main branch is as it
/// was.
pub(crate) fn check(history: Required) -> Outcome {
    let count = check_list(&folder())?;
    println!("{count} fixture files are as they are listed");
    cases::check(&folder())?;
    history::check(&workspace::root(), history)
}

fn check_list(folder: &Path) -> Result<usize, String> {
    let found = golden::files(folder).map_err(|error| error.report())?;
    if found.is_empty() {
        return Err("there are no fixtures".into());
    }
    let listed = golden::list(folder).map_err(|error| error.report())?;
    let wrong: Vec<String> = golden::compare(&listed.unwrap_or_default(), &found)
        .into_iter()
        .map(|(path, how)| match how {
            golden::Discrepancy::Unlisted => format!("{path} is not listed; run `cargo xtask fixtures seal`"),
            how => format!("{path} {}", how.advice()),
        })
        .collect();
    match wrong.is_empty() {
        true => Ok(found.len()),
        false => Err(wrong.join("\n")),
    }
}

/// Lists files that are new.
pub(crate) fn seal() -> Outcome {
    let new = golden::seal(&folder()).map_err(|error| error.report())?;
    println!("{new} new files listed");
    Ok(())
}

/// Writes the page that lists the cases.
pub(crate) fn cases() -> Outcome {
    cases::write(&folder())
}

/// Records a new fixture. That takes the codecs.
#[cfg(not(feature = "codecs"))]
pub(crate) fn record(arguments: &[&str]) -> Outcome {
    workspace::again("codecs", &[&["fixtures", "record"], arguments].concat())
}

#[cfg(feature = "codecs")]
pub(crate) fn record(arguments: &[&str]) -> Outcome {
    record::run(&folder(), arguments)
}

#[cfg(test)]
mod tests;
