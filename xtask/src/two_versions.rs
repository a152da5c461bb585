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

use crate::Outcome;
use revision::Revision;

const USAGE: &str = "\
cargo xtask two-versions [--against REV] [--always]

  --against REV  the earlier version: a commit, a tag, a branch. Without: the newest release, else the commit before this one
  --always       compares although nothing differs that the program is built of";

pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (against, always) = match arguments {
        [] => (None, false),
        ["--always"] => (None, true),
        ["--against", revision] => (Some(*revision), false),
        ["--against", revision, "--always"] | ["--always", "--against", revision] => (Some(*revision), true),
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
    compare_with(&revision)
}

#[cfg(feature = "codecs")]
fn compare_with(revision: &Revision) -> Outcome {
    compare::run(revision)
}

/// What encodes and decodes is not part of this program unless it is asked for, for it takes long to build.
#[cfg(not(feature = "codecs"))]
fn compare_with(revision: &Revision) -> Outcome {
    crate::workspace::again(
        "codecs",
        &["two-versions", "--against", revision.commit(), "--always"],
    )
}
