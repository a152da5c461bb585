//! Runs the commands of the documentation that build something, which tests leave out, and all others with them.

use crate::{Outcome, workspace};

pub(crate) fn run(pages: &[&str]) -> Outcome {
    let root = workspace::root();
    workspace::watch(workspace::cargo_in(&root).args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "docs-check",
        "--bins",
    ]))?;
    let built = workspace::target_folder()?.join("debug");
    let mut check = std::process::Command::new(built.join("docs-check"));
    check
        .arg(built.join("documented-dj-codec"))
        .arg("slow")
        .args(pages)
        .current_dir(&root);
    workspace::watch(&mut check)
}
