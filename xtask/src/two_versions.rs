//! What an earlier version of the program wrote is read today, and what is written today an earlier version reads, as far as it
//! knows the format: every value of the golden fixtures, in every format that the writer has, in stores that are folders.

#[cfg(feature = "codecs")]
mod compare;
#[cfg(feature = "codecs")]
mod earlier;
#[cfg(feature = "codecs")]
mod lab;
mod revision;
#[cfg(feature = "codecs")]
mod subject;
#[cfg(feature = "codecs")]
mod tally;
#[cfg(feature = "codecs")]
mod today;

use std::path::PathBuf;

use crate::Outcome;
use revision::Revision;

const USAGE: &str = "\
cargo xtask two-versions [--against REV] [--always]
cargo xtask two-versions --program PATH

  --against REV  the earlier version: a commit, a tag, a branch. Without: the newest release, else the commit before this one
  --always       compares although nothing differs that the program is built of
  --program PATH a program dj-codec of an earlier version that is built already";

pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (against, always) = match arguments {
        [] => (None, false),
        ["--always"] => (None, true),
        ["--against", revision] => (Some(*revision), false),
        ["--against", revision, "--always"] | ["--always", "--against", revision] => (Some(*revision), true),
        ["--program", path] => return compare_with(&Source::Program(path.into())),
        _ => return Err(format!("usage:\n{USAGE}")),
    };
    let revision = Revision::find(against)?;
    println!("the earlier version is {revision}");
    let changed = revision.changes()?;
    match changed.as_slice() {
        [] if !always => {
            println!(
                "skipped: nothing that dj-codec is built of differs from it, so that both would be one program; --always compares them \
                 all the same"
            );
            return Ok(());
        }
        [] => println!("nothing differs that dj-codec is built of"),
        [first, rest @ ..] => println!(
            "{first} and {} more files differ that dj-codec is built of",
            rest.len()
        ),
    }
    compare_with(&Source::Revision(revision))
}

/// Where the earlier program comes from.
enum Source {
    Program(PathBuf),
    Revision(Revision),
}

#[cfg(feature = "codecs")]
fn compare_with(source: &Source) -> Outcome {
    compare::run(source)
}

/// What encodes and decodes is not part of this program unless it is asked for, for it takes long to build.
#[cfg(not(feature = "codecs"))]
fn compare_with(source: &Source) -> Outcome {
    let (option, value) = match source {
        Source::Program(path) => ("--program", path.to_string_lossy()),
        Source::Revision(revision) => ("--against", revision.commit().into()),
    };
    let mut arguments = vec!["two-versions", option, &value];
    // That something differs has been looked at.
    arguments.extend(matches!(source, Source::Revision(_)).then_some("--always"));
    crate::workspace::again("codecs", &arguments)
}
