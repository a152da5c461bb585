//! The earlier version: its tree, its program, and what that knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use dj_codecs::api::{FormatVersion, Json, Stored, Value};
use serde_json::Value as Document;

use super::lab::{self, Lab, PLACE};
use super::revision::{Revision, git};
use super::subject::{Input, Subject};
use crate::workspace;

/// The features of the program that bring codecs. Databases and clouds take long to build, and no format is in them.
const FEATURES: [&str; 2] = ["photon", "zarr"];

/// The program `dj-codec` of the earlier version.
pub(super) struct Earlier {
    program: PathBuf,
    formats: BTreeMap<String, Vec<FormatVersion>>,
}

/// What came of running it.
pub(super) enum Answer<T> {
    Good(T),
    /// It said no, in these words.
    Refused(String),
}

impl Earlier {
    /// The program at a path.
    pub(super) fn at(program: &Path) -> Result<Self, String> {
        let program =
            std::path::absolute(program).map_err(|error| format!("{}: {error}", program.display()))?;
        let mut earlier = Self {
            program,
            formats: BTreeMap::new(),
        };
        earlier.formats = earlier.list()?;
        Ok(earlier)
    }

    /// Builds it, in a tree of its own below the target folder. Both stay there, so that the next time takes less.
    pub(super) fn build(revision: &Revision, folder: &Path) -> Result<Self, String> {
        let (tree, target) = (folder.join("tree"), folder.join("target"));
        let at = tree.to_string_lossy();
        if tree.join(".git").exists() {
            git(&[
                "-C",
                &at,
                "checkout",
                "--quiet",
                "--detach",
                "--force",
                revision.commit(),
            ])?;
        } else {
            // One whose folder somebody removed is in git's list still.
            git(&["worktree", "prune"])?;
            git(&["worktree", "add", "--quiet", "--detach", &at, revision.commit()])?;
        }
        let features = known_features(&tree)?;
        let build = [
            "build",
            "--quiet",
            "--locked",
            "--package",
            "dj-codec-cli",
            "--no-default-features",
            "--features",
            &features,
        ];
        workspace::watch(
            workspace::cargo_in(&tree)
                .args(build)
                .env("CARGO_TARGET_DIR", &target),
        )?;
        let name = format!("dj-codec{}", std::env::consts::EXE_SUFFIX);
        Self::at(&target.join("debug").join(name))
    }

    /// The codecs that it has, and the formats of each.
    fn list(&self) -> Result<BTreeMap<String, Vec<FormatVersion>>, String> {
        let text = workspace::read(Command::new(&self.program).args(["list", "--json"]))?;
        let listed: Document =
            serde_json::from_str(&text).map_err(|error| format!("dj-codec list: {error}"))?;
        let codec = |codec: &Document| -> Option<(String, Vec<FormatVersion>)> {
            let formats = codec.get("reads")?.as_array()?.iter();
            let versions = formats.map(|format| format.get("version")?.as_str()?.parse().ok());
            Some((
                codec.get("name")?.as_str()?.to_owned(),
                versions.collect::<Option<_>>()?,
            ))
        };
        let codecs = listed
            .as_array()
            .map(|codecs| codecs.iter().map(codec).collect::<Option<_>>());
        codecs
            .flatten()
            .ok_or_else(|| format!("dj-codec list --json printed something else: {text}"))
    }

    /// The formats that it reads and writes of a codec; `None` where it has no such codec.
    pub(super) fn formats(&self, codec: &str) -> Option<&[FormatVersion]> {
        self.formats.get(codec).map(Vec::as_slice)
    }

    /// Has it write a value.
    pub(super) fn encode(
        &self,
        subject: &Subject,
        version: FormatVersion,
        lab: &Lab,
    ) -> Result<Answer<Stored>, String> {
        let version = version.to_string();
        let mut arguments = vec!["encode", &subject.spec, "--format-version", &version];
        let [schema, table, field, key] = PLACE;
        let key = format!("{key}=1");
        arguments.extend([
            "--schema", schema, "--table", table, "--field", field, "--key", &key,
        ]);
        let file = match &subject.input {
            Input::Value(value) => {
                arguments.push("--json");
                lab.write("value.json", &lab::to_text(value)?)?
            }
            Input::File(path) | Input::InStore(path) => {
                arguments.push("--file");
                path.clone()
            }
        };
        let file = file.to_string_lossy();
        arguments.push(&file);
        match self.run(&arguments, lab)? {
            Answer::Good(text) => lab::stored(&text).map(Answer::Good),
            Answer::Refused(words) => Ok(Answer::Refused(words)),
        }
    }

    /// Has it read a stored value.
    pub(super) fn decode(&self, spec: &str, stored: &Stored, lab: &Lab) -> Result<Answer<Value>, String> {
        let record = lab.write("record.json", &stored.to_line())?;
        match self.run(
            &["decode", spec, "--json", "--record", &record.to_string_lossy()],
            lab,
        )? {
            Answer::Good(text) => lab::from_text(&text).map(Answer::Good),
            Answer::Refused(words) => Ok(Answer::Refused(words)),
        }
    }

    fn run(&self, arguments: &[&str], lab: &Lab) -> Result<Answer<String>, String> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .arg("--store-root")
            .arg(lab.store_folder())
            .current_dir(lab.folder());
        let output = workspace::run(&mut command)?;
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => String::from_utf8(output.stdout)
                .map(Answer::Good)
                .map_err(|error| error.to_string()),
            Some(1 | 2) => Ok(Answer::Refused(words)),
            _ => Err(format!(
                "the earlier dj-codec {} broke off: {words}",
                arguments.join(" ")
            )),
        }
    }
}

/// Those of our features that the program of this tree has, too.
fn known_features(tree: &Path) -> Result<String, String> {
    let metadata = workspace::metadata(tree)?;
    let packages = metadata.get("packages").and_then(Json::as_array);
    let cli = packages
        .and_then(|packages| {
            packages
                .iter()
                .find(|package| package.get("name").is_some_and(|name| name == "dj-codec-cli"))
        })
        .ok_or("the earlier version has no program dj-codec")?;
    let known = |feature: &&str| {
        cli.get("features")
            .is_some_and(|features| features.get(feature).is_some())
    };
    Ok(FEATURES.into_iter().filter(known).collect::<Vec<_>>().join(","))
}
