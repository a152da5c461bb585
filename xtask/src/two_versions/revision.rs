//! Which version is the earlier one, and what has changed since.

use std::fmt;
use std::process::Command;

use crate::workspace;

/// What the program is built of, without what only tests, documents or looks into databases.
const BUILT_OF: [&str; 13] = [
    "Cargo.lock",
    "Cargo.toml",
    "crates",
    ":!crates/dj-codec-db",
    ":!crates/*/benches",
    ":!crates/*/examples",
    ":!crates/*/template",
    ":!crates/*/tests",
    ":!crates/*/src/tests.rs",
    ":!crates/**/*.md",
    ":!crates/*/LICENSE-*",
    ":!crates/dj-codec-testkit/src/conformance",
    ":!crates/dj-codec-testkit/src/lock",
];

/// A commit of the history.
pub(super) struct Revision {
    commit: String,
    title: String,
}

impl Revision {
    /// The one that is named, else the newest release before here, else the commit before this one.
    pub(super) fn find(named: Option<&str>) -> Result<Self, String> {
        let wanted = match named {
            Some(named) => named.to_owned(),
            None => newest_release()?.unwrap_or_else(|| "HEAD~1".into()),
        };
        let commit = git(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{wanted}^{{commit}}"),
        ])
        .map_err(|_| {
            format!("there is no commit {wanted} here; name one with --against, or fetch more of the history")
        })?;
        let title = git(&["log", "-1", "--format=%h (%s)", &commit])?;
        Ok(Self { commit, title })
    }

    pub(super) fn commit(&self) -> &str {
        &self.commit
    }

    /// The files that differ from here, committed or not, of those that the program is built of.
    pub(super) fn changes(&self) -> Result<Vec<String>, String> {
        let differing = ["diff", "--name-only", &self.commit, "--"];
        let unknown = ["ls-files", "--others", "--exclude-standard", "--"];
        let mut files = lines(&git(&[&differing[..], &BUILT_OF].concat())?);
        files.extend(lines(&git(&[&unknown[..], &BUILT_OF].concat())?));
        Ok(files)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

/// The tag of the newest release in the history of what is here: `dj-codec-cli-v0.2.0`, say.
fn newest_release() -> Result<Option<String>, String> {
    let tags = git(&[
        "tag",
        "--merged",
        "HEAD",
        "--sort=-creatordate",
        "--list",
        "*v[0-9]*",
    ])?;
    Ok(lines(&tags).into_iter().next())
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Runs git in the workspace, and gives what it prints.
pub(super) fn git(arguments: &[&str]) -> Result<String, String> {
    let text = workspace::read(Command::new("git").args(arguments).current_dir(workspace::root()))?;
    Ok(text.trim_end().to_owned())
}
