//! A codec crate from the template of `dj-codec new`, and whether such a crate is what it should be.

mod fresh;
mod generate;
mod next_format;
mod recorded;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Outcome, workspace};

use fresh::Fresh;

/// The shortest name, and the longest that is taken: lines are as `cargo fmt` would have them whatever the name.
const NAMES_OF_ANY_LENGTH: [&str; 2] = ["x", "a_name_that_has_32_characters_ab"];

/// `dj-codec new`, for a crate that takes ours from this checkout.
pub(crate) fn make(arguments: &[&str]) -> Outcome {
    let here = std::env::current_dir().map_err(|error| format!("the working folder: {error}"))?;
    workspace::watch(&mut command(&here, arguments))
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let root = workspace::root();
    let mut command = workspace::cargo_in(folder);
    command
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "dj-codec-cli",
            "--manifest-path",
        ])
        .arg(root.join("Cargo.toml"))
        .args(["--", "new"])
        .args(arguments)
        .arg("--patch")
        .arg(root);
    command
}

/// Makes a crate of either kind in a fresh folder, and does all with it that its author would.
pub(crate) fn check() -> Outcome {
    let folder = fresh::Folder::new()?;
    for (name, options) in [("demo", &[][..]), ("demo_store", &["--store"][..])] {
        let began = Instant::now();
        let made = Fresh::make(&folder, name, name, options)?;
        println!("{name}: new, {:.1} s", began.elapsed().as_secs_f64());
        made.step("fmt", &["fmt", "--check"])?;
        made.step("test", &["test", "--quiet"])?;
        made.commit("as it was made")?;
        made.step("package", &["package", "--quiet"])?;
        println!(
            "{name}: made, tested and packaged in {} s",
            began.elapsed().as_secs()
        );
        made.step(
            "clippy",
            &["clippy", "--quiet", "--all-targets", "--", "--deny", "warnings"],
        )?;
        made.step("doc", &["doc", "--quiet", "--no-deps"])?;
        made.packs_what_users_need()?;
        recorded::check(&made)?;
        next_format::check(&made)?;
        generate::check(&folder, name, options)?;
    }
    for name in NAMES_OF_ANY_LENGTH {
        for options in [&[][..], &["--store"][..]] {
            let place = format!("{name}{}", options.concat());
            Fresh::make(&folder, &place, name, options)?.cargo(&["fmt", "--check"])?;
        }
    }
    println!("names of 1 and of 32 characters: formatted");
    Ok(())
}
