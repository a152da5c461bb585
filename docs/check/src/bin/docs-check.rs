//! Runs the pages' commands with a built `dj-codec`, and tells how many blocks of each kind there are:
//! `docs-check PROGRAM test|slow|live [PAGE ...]`. With `slow` those that build something are run too, with `live` those that need
//! the database that interop makes.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use docs_check::block::When;
use docs_check::page::Page;
use docs_check::session::Session;
use docs_check::{census, tree};

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(faults) => {
            eprintln!("{faults} blocks are not what they say");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("docs-check: {why}");
            ExitCode::from(2)
        }
    }
}

/// Gives how much is wrong.
fn run() -> Result<usize, String> {
    let mut arguments = std::env::args_os().skip(1);
    let program = PathBuf::from(
        arguments
            .next()
            .ok_or("the first argument is the built program dj-codec")?,
    );
    let program = program
        .canonicalize()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let when = match arguments.next().as_deref().and_then(|word| word.to_str()) {
        Some("test") => When::Test,
        Some("slow") => When::Slow,
        Some("live") => When::Live,
        _ => return Err("the second argument is `test`, `slow` or `live`".into()),
    };
    let chosen: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let root = tree::root();
    let pages = tree::pages(&root)?;
    if let Some(unknown) = chosen
        .iter()
        .find(|chosen| pages.iter().all(|page| page.path != **chosen))
    {
        return Err(format!("{}: there is no such page", unknown.display()));
    }
    for (kind, number) in census::count(&pages) {
        println!("{number:4} {kind}");
    }
    let mut faults = census::escaped(&root, &pages);
    let wanted = |page: &&Page| chosen.is_empty() || chosen.contains(&page.path);
    for page in pages
        .iter()
        .filter(wanted)
        .filter(|page| page.has(When::Test) || page.has(when))
    {
        let begun = Instant::now();
        let session = Session::new(&program, &root)?;
        faults.extend(session.run(page, when));
        println!("{}: {:.1} s", page.path.display(), begun.elapsed().as_secs_f64());
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    Ok(faults.len())
}
