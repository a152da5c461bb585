//! The stated minimum of Rust is one for all crates, and it is enough.

use std::process::Command;

use serde_json::Value;

use crate::{Outcome, workspace};

pub(crate) fn check() -> Outcome {
    let stated = stated(&workspace::packages()?)?;
    let running = workspace::read(
        Command::new("rustc")
            .arg("--version")
            .current_dir(workspace::root()),
    )?;
    let mut check = match is_of(&running, &stated) {
        true => workspace::cargo_in(&workspace::root()),
        // Whoever runs this task under another compiler has rustup to choose it with.
        false => {
            let mut rustup = Command::new("rustup");
            rustup
                .args(["run", &stated, "cargo"])
                .current_dir(workspace::root());
            rustup
        }
    };
    workspace::watch(check.args(["check", "--quiet", "--workspace", "--all-features", "--locked"])).map_err(
        |error| {
            format!("{error}; is the toolchain there? `rustup toolchain install {stated} --profile minimal`")
        },
    )?;
    println!("all crates build with Rust {stated}");
    Ok(())
}

/// The version that all crates state.
fn stated(packages: &[Value]) -> Result<String, String> {
    let mut versions: Vec<&str> = packages
        .iter()
        .map(|package| {
            package
                .get("rust_version")
                .and_then(Value::as_str)
                .unwrap_or("none")
        })
        .collect();
    versions.sort_unstable();
    versions.dedup();
    match versions.as_slice() {
        ["none"] | [] => Err("no rust-version is stated".into()),
        [one] => Ok((*one).to_owned()),
        several => Err(format!(
            "the crates state different minimums of Rust: {}",
            several.join(", ")
        )),
    }
}

/// Whether `rustc --version` tells of a patch release of a version of two components.
fn is_of(printed: &str, version: &str) -> bool {
    let running = printed.split_whitespace().nth(1).unwrap_or_default();
    running
        .strip_prefix(version)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_crates_state_one_minimum() {
        let package = |version: &str| json!({ "rust_version": version });
        assert_eq!(stated(&[package("1.95"), package("1.95")]), Ok("1.95".to_owned()));
        assert_eq!(
            stated(&[package("1.95"), json!({}), package("1.94")]).unwrap_err(),
            "the crates state different minimums of Rust: 1.94, 1.95, none"
        );
        assert!(stated(&[json!({})]).is_err());
    }

    #[test]
    fn compilers_are_told_apart() {
        assert!(is_of("rustc 1.95.0 (59807616e 2026-04-14)", "1.95"));
        assert!(!is_of("rustc 1.97.0-nightly (e50aa6fba 2026-05-19)", "1.95"));
        assert!(!is_of("rustc 1.950.0", "1.95"));
    }
}
