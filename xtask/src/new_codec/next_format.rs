//! What a crate does about changes of its format: one without a new version is found, and the 2.0 of its guide leaves all that was
//! written readable.

use super::fresh::Fresh;
use crate::{Outcome, workspace};

const LOCK: &[&str] = &["test", "--quiet", "--test", "format_lock"];
const GOLDEN: &[&str] = &["test", "--quiet", "--test", "golden"];
const GUIDE: &str = "NEW-FORMAT.md";
const UNRELEASED: &str = "## [Unreleased]";

pub(super) fn check(made: &Fresh) -> Outcome {
    a_change_without_a_version_is_found(made)?;
    the_guide_adds_a_format(made)?;
    an_edited_fixture_is_found(made)?;
    println!(
        "{}: a changed encoder is found; the 2.0 of its guide works, and 1.0 decodes; a changed fixture is found",
        made.name()
    );
    Ok(())
}

fn a_change_without_a_version_is_found(made: &Fresh) -> Outcome {
    let format = made.read("src/format.rs")?;
    let changed = format.replacen("number.to_le_bytes()", "number.to_be_bytes()", 1);
    if changed == format {
        return Err(format!("{}: the encoder is not where it was", made.name()));
    }
    made.write("src/format.rs", &changed)?;
    made.bad("cargo", LOCK, "give it a new format version")?;
    made.write("src/format.rs", &format)
}

fn the_guide_adds_a_format(made: &Fresh) -> Outcome {
    made.good("git", &["apply", GUIDE])?;
    made.cargo(&["fmt", "--check"])?;
    // What is still to be done is said by what fails.
    made.bad("cargo", LOCK, "DJ_LOCK_ADD=1")?;
    made.bad("cargo", GOLDEN, "cargo run --example record")?;
    let guide = made.read(GUIDE)?;
    let commands = commands(&guide);
    if commands.is_empty() {
        return Err(format!("{}: {GUIDE} has no commands", made.name()));
    }
    for line in commands {
        let mut command = made.command("bash", &["-c", line])?;
        workspace::read(&mut command).map_err(|error| format!("{}: {line}: {error}", made.name()))?;
    }
    made.cargo(&["clippy", "--quiet", "--all-targets", "--", "--deny", "warnings"])?;

    // The format before is held as it was, by fixtures and lock, and the new one by its own.
    let changed = made.good(
        "git",
        &["status", "--porcelain", "--untracked-files=all", "fixtures"],
    )?;
    let new = format!("?? fixtures/{}/2.0/", made.name());
    let added = changed.lines().filter(|line| line.starts_with(&new)).count();
    let others = changed.lines().filter(|line| !line.starts_with(&new));
    if added == 0 || others.ne([" M fixtures/checksums.txt"]) {
        return Err(format!(
            "{}: the fixtures did not only grow: {changed}",
            made.name()
        ));
    }
    let lock = made.good("git", &["diff", "--unified=0", "tests/lock.json"])?;
    if lock
        .lines()
        .any(|line| line.starts_with('-') && line.contains("\": \""))
    {
        return Err(format!("{}: what was locked did not stay: {lock}", made.name()));
    }
    made.commit("a format 2.0")?;
    made.good("bash", &[".github/append-only.sh"]).map(drop)
}

/// The commands in the guide.
fn commands(guide: &str) -> Vec<&str> {
    let block = guide.split("```sh\n").nth(1).unwrap_or_default();
    let lines = block.split("```").next().unwrap_or_default().lines();
    lines
        .map(|line| line.split(" #").next().unwrap_or(line))
        .collect()
}

/// Even where the list was made anew with it.
fn an_edited_fixture_is_found(made: &Fresh) -> Outcome {
    let case = format!(
        "fixtures/{0}/1.0/by-dj-{1}-codecs-0.1.0-none/case.json",
        made.name(),
        made.name().replace('_', "-")
    );
    // Until there is a release, fixtures may be made anew.
    let changes = made.read("CHANGELOG.md")?;
    let released = changes.replacen(UNRELEASED, &format!("{UNRELEASED}\n\n## [0.2.0] - 2026-11-22"), 1);
    made.write("CHANGELOG.md", &released)?;
    made.commit("0.2.0")?;
    made.good("bash", &[".github/append-only.sh"])?;
    let text = made.read(&case)?;
    made.write(&case, &text.replace(" 0.1.0", " 0.1.1"))?;
    made.bad("cargo", GOLDEN, "append-only")?;
    made.remove("fixtures/checksums.txt")?;
    made.cargo(&["run", "--quiet", "--example", "record"])?;
    made.cargo(GOLDEN)?;
    made.commit("a fixture is another, and listed as it is now")?;
    made.bad("bash", &[".github/append-only.sh"], &case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_a_guide_are_run_without_their_remarks() {
        let guide = "# A guide\n\n```diff\n+ not this\n```\n\n```sh\nA=1 cargo test    # locks\ncargo run\n```\n\nrest\n";
        assert_eq!(commands(guide), ["A=1 cargo test   ", "cargo run"]);
        assert!(commands("no commands").is_empty());
    }
}
