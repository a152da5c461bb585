//! The crates that are published, in the order in which that can be done.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::workspace;

/// A crate of the workspace that goes to a registry.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The crates of the workspace that whoever uses this one compiles too. Those for its tests are not among them.
    pub(crate) needs: Vec<Need>,
}

/// One crate's dependency on another of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) name: String,
    /// As it stands in Cargo.toml, without the caret.
    pub(crate) range: String,
}

/// All of them, each after those that it needs.
pub(crate) fn crates() -> Result<Vec<Published>, String> {
    let published = workspace::packages()?
        .iter()
        .filter(|package| !workspace::is_private(package))
        .map(read)
        .collect();
    in_order(published)
}

/// The tag of the last release of a crate, where the history has one.
pub(crate) fn last_release(name: &str) -> Result<Option<String>, String> {
    let tags = workspace::read(
        Command::new("git")
            .args(["tag", "--sort=-version:refname", "--list", &format!("{name}-v*")])
            .current_dir(workspace::root()),
    )?;
    Ok(tags.lines().next().map(str::to_owned))
}

fn read(package: &Value) -> Published {
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let dependencies = package.get("dependencies").and_then(Value::as_array);
    let mut needs: Vec<Need> = dependencies
        .into_iter()
        .flatten()
        .filter(|dependency| text(dependency, "kind") != "dev" && !text(dependency, "path").is_empty())
        .map(|dependency| Need {
            name: text(dependency, "name"),
            range: text(dependency, "req").trim_start_matches('^').to_owned(),
        })
        .collect();
    needs.sort_by(|a, b| a.name.cmp(&b.name));
    Published {
        name: text(package, "name"),
        version: text(package, "version"),
        needs,
    }
}

fn in_order(mut waiting: Vec<Published>) -> Result<Vec<Published>, String> {
    let mut done: Vec<Published> = Vec::new();
    let mut names = BTreeSet::new();
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|published| published.needs.iter().all(|need| names.contains(&need.name)));
        if ready.is_empty() {
            let names: Vec<_> = rest.into_iter().map(|published| published.name).collect();
            return Err(format!(
                "{} cannot be published in any order: they need each other, or a crate that is not published",
                names.join(", ")
            ));
        }
        names.extend(ready.iter().map(|published| published.name.clone()));
        done.extend(ready);
        waiting = rest;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(name: &str, needs: &[&str]) -> Published {
        Published {
            name: name.into(),
            version: "0.1.0".into(),
            needs: needs
                .iter()
                .map(|name| Need {
                    name: (*name).into(),
                    range: "0.1".into(),
                })
                .collect(),
        }
    }

    #[test]
    fn each_comes_after_what_it_needs() {
        let crates = in_order(vec![
            published("facade", &["codec", "api"]),
            published("codec", &["api"]),
            published("api", &[]),
        ]);
        let names: Vec<_> = crates
            .unwrap()
            .into_iter()
            .map(|published| published.name)
            .collect();
        assert_eq!(names, ["api", "codec", "facade"]);
    }

    #[test]
    fn a_circle_has_no_order() {
        let error = in_order(vec![
            published("a", &["b"]),
            published("b", &["a"]),
            published("c", &[]),
        ]);
        assert_eq!(
            error.unwrap_err(),
            "a, b cannot be published in any order: they need each other, or a crate that is not published"
        );
    }
}
