//! The fixtures and the lock of a new crate are what its codec writes: recorded anew, they are the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dj_codec_testkit::golden;
use serde_json::Value as Json;

use super::fresh::Fresh;
use crate::Outcome;

pub(super) fn check(made: &Fresh) -> Outcome {
    let lock = made.read("tests/lock.json")?;
    let fixtures = fixtures(&made.root().join("fixtures"))?;
    for path in [
        &format!("fixtures/{}", made.name()),
        "fixtures/checksums.txt",
        "tests/lock.json",
    ] {
        made.remove(path)?;
    }
    made.cargo(&["run", "--quiet", "--example", "record"])?;
    let mut command = made.command("cargo", &["test", "--quiet", "--test", "format_lock"])?;
    crate::workspace::read(command.env("DJ_LOCK_ADD", "1"))?;

    if made.read("tests/lock.json")? != lock {
        return Err(format!(
            "{}: the template's lock is not of what its codec writes",
            made.name()
        ));
    }
    if self::fixtures(&made.root().join("fixtures"))? != fixtures {
        return Err(format!(
            "{}: the template's fixtures are not what its codec writes",
            made.name()
        ));
    }
    // Back to those that it was made with, which are committed.
    made.good("git", &["clean", "--force", "--quiet", "-d", "fixtures"])?;
    made.good("git", &["checkout", "--quiet", "--", "."]).map(drop)
}

/// What is in each file, without the random tokens in the names of objects. How a document is laid out is not the codec's.
fn fixtures(root: &Path) -> Result<BTreeMap<String, Json>, String> {
    let listed = golden::files(root).map_err(|error| error.report())?;
    let read = |path: String| {
        let failed = |error: &dyn std::fmt::Display| format!("{path}: {error}");
        let bytes = fs::read(root.join(&path)).map_err(|error| failed(&error))?;
        let content = match path.ends_with(".json") {
            true => {
                let text = without_tokens(&String::from_utf8_lossy(&bytes));
                serde_json::from_str(&text).map_err(|error| failed(&error))?
            }
            false => Json::from(bytes),
        };
        Ok((without_tokens(&path), content))
    };
    listed.into_keys().map(read).collect()
}

/// `value_AbCdEfGh.bin` is the name of an object with its token.
fn without_tokens(text: &str) -> String {
    let mut parts = text.split("/value_");
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without.push_str("/value_");
        without.push_str(part.split_once('.').map_or(part, |(_, ending)| ending));
    }
    without
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tokens_of_objects_are_left_out() {
        for (text, without) in [
            ("a/store/x=1/value_-oG7thhN.bin", "a/store/x=1/value_bin"),
            (
                "\"p/value_A.bin\", \"q/value_B.bin\"",
                "\"p/value_bin\", \"q/value_bin\"",
            ),
            ("value_of_this/case.json", "value_of_this/case.json"),
        ] {
            assert_eq!(without_tokens(text), without);
        }
    }
}
