//! The codec crates in `examples/`, a workspace of its own: what continuous integration asks of ours is asked of them, too.

use crate::{Outcome, workspace};

/// What is done with them, in this order: what takes longest comes last.
const STEPS: [(&str, &[&str]); 4] = [
    ("fmt", &["--all", "--check"]),
    (
        "clippy",
        &[
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ],
    ),
    ("doc", &["--workspace", "--no-deps", "--locked"]),
    ("test", &["--workspace", "--locked"]),
];

/// Third-party crates are built in our target folder, so that none is built twice that has the same version and features here
/// and there.
pub(crate) fn check() -> Outcome {
    let (folder, target) = (workspace::root().join("examples"), workspace::target_folder()?);
    for (step, arguments) in STEPS {
        println!("cargo {step}");
        let mut command = workspace::cargo_in(&folder);
        command
            .arg(step)
            .args(arguments)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTDOCFLAGS", "--deny warnings");
        workspace::watch(&mut command)?;
    }
    Ok(())
}
