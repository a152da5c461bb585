//! Mutation testing: each small change of the code that `cargo mutants` knows of makes some test fail.
//!
//! `cargo mutants` itself builds the crate anew for each change, which takes hours. Here all changes are built at once, each behind
//! a switch, and each is tried with the tests that reach it.

mod build;
mod instrument;
mod list;
mod trial;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::scratch::Scratch;
use crate::{Outcome, workspace};
use build::Viable;
use list::Mutant;

/// What is mutated: version dispatch, layout and records, and the crates whose bytes are all their own.
const SCOPES: [(&str, &[&str]); 6] = [
    (
        "dj-codec-api",
        &[
            "crates/dj-codec-api/src/dispatch.rs",
            "crates/dj-codec-api/src/format_version.rs",
            "crates/dj-codec-api/src/layout/*.rs",
            "crates/dj-codec-api/src/outdated.rs",
            "crates/dj-codec-api/src/record.rs",
            "crates/dj-codec-api/src/type_spec.rs",
        ],
    ),
    ("dj-hash-codecs", &["crates/dj-hash-codecs/src/*.rs"]),
    ("dj-npy-codecs", &["crates/dj-npy-codecs/src/**/*.rs"]),
    ("dj-blob-codecs", &["crates/dj-blob-codecs/src/**/*.rs"]),
    (
        "dj-zarr-codecs",
        &[
            "crates/dj-zarr-codecs/src/record.rs",
            "crates/dj-zarr-codecs/src/version.rs",
        ],
    ),
    (
        "dj-photon-codecs",
        &[
            "crates/dj-photon-codecs/src/record.rs",
            "crates/dj-photon-codecs/src/version.rs",
        ],
    ),
];

/// A test that takes longer is not run for each mutant.
const LONGEST: Duration = Duration::from_secs(15);

#[derive(Default)]
struct Counts {
    caught: usize,
    excused: usize,
    missed: usize,
    not_viable: usize,
    elsewhere: usize,
}

pub(crate) fn run(packages: &[&str]) -> Outcome {
    if let Some(unknown) = packages
        .iter()
        .find(|name| !SCOPES.iter().any(|(package, _)| package == *name))
    {
        return Err(format!(
            "{unknown} is not mutated; there are {:?}",
            SCOPES.map(|(package, _)| package)
        ));
    }
    let root = workspace::root();
    let mut missed = Vec::new();
    for (package, files) in SCOPES {
        if packages.is_empty() || packages.contains(&package) {
            let scratch = Scratch::new()?;
            let mutants = list::mutants(&root, files)?;
            let mutants: Vec<&Mutant> = mutants.iter().collect();
            missed.extend(try_all(&scratch, package, &mutants)?);
        }
    }
    match missed.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "no test finds these changes:\n{}\nwrite one, or say in .cargo/mutants.toml why there is nothing to find",
            missed.join("\n")
        )),
    }
}

/// Tries the mutants of a package; gives the names of those that no test finds and nothing excuses.
fn try_all(scratch: &Scratch, package: &str, mutants: &[&Mutant]) -> Result<Vec<String>, String> {
    let start = Instant::now();
    let Viable { switched, refused } = build::mutate(scratch, package, mutants)?;
    let programs = build::tests(scratch, package)?;
    let scratch = std::env::temp_dir().join(format!("mutants-reached-{}", std::process::id()));
    let mut tests = Vec::new();
    for program in &programs {
        let (quick, slow) = trial::tests(program, &scratch, LONGEST)?;
        tests.extend(quick);
        for name in slow {
            println!(
                "{package}: {name} takes longer than {}s and is left out",
                LONGEST.as_secs()
            );
        }
    }
    println!(
        "{package}: {} mutants, {} tests, built in {}s",
        mutants.len(),
        tests.len(),
        start.elapsed().as_secs()
    );

    let mut by_file: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut missed = Vec::new();
    for mutant in mutants {
        let counts = by_file.entry(&mutant.file).or_default();
        if refused.contains(&mutant.id) {
            counts.not_viable += 1;
            continue;
        }
        if !switched.contains(&mutant.id) {
            println!("not tried: {}", mutant.name);
            counts.elsewhere += 1;
            continue;
        }
        match trial::caught_by(&tests, mutant.id)? {
            Some(_) => counts.caught += 1,
            None if mutant.excused => counts.excused += 1,
            None => {
                counts.missed += 1;
                println!("missed: {}", mutant.name);
                missed.push(mutant.name.clone());
            }
        }
    }
    for (file, counts) in by_file {
        println!("{file}: {} caught, {} missed", counts.caught, counts.missed);
    }
    Ok(missed)
}
