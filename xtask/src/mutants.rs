//! Mutation testing: each small change of the code that `cargo mutants` knows of makes some test fail.
//!
//! `cargo mutants` itself builds the crate anew for each change, which takes hours. Here all changes are built at once, each behind
//! a switch, and each is tried with the tests that reach it.

mod build;
mod instrument;
mod list;
mod trial;
mod unswitched;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::scratch::Scratch;
use crate::{Outcome, workspace};
use build::{Program, Viable};
use list::Mutant;
use trial::Test;

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

/// What became of mutants.
#[derive(Default)]
struct Counts {
    caught: usize,
    excused: usize,
    missed: usize,
    not_viable: usize,
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
            let mutants = list::mutants(&root, files)?;
            missed.extend(try_all(package, &mutants.iter().collect::<Vec<_>>())?);
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
fn try_all(package: &str, mutants: &[&Mutant]) -> Result<Vec<String>, String> {
    let start = Instant::now();
    let scratch = Scratch::new()?;
    let Viable { switched, refused } = build::mutate(&scratch, package, mutants)?;
    let programs = build::tests(&scratch, package)?;
    let tests = tests(&programs)?;
    println!(
        "{package}: {} mutants built with {} tests in {}s",
        switched.len(),
        tests.len(),
        start.elapsed().as_secs()
    );
    let mut caught: BTreeSet<&str> = BTreeSet::new();
    for mutant in mutants.iter().filter(|mutant| switched.contains(&mutant.id)) {
        if trial::caught_by(&tests, mutant.id)?.is_some() {
            caught.insert(&mutant.name);
        }
    }

    let neither = |mutant: &&Mutant| !switched.contains(&mutant.id) && !refused.contains(&mutant.id);
    let others: Vec<&Mutant> = mutants.iter().copied().filter(neither).collect();
    for file in mutants
        .iter()
        .map(|mutant| mutant.file.as_str())
        .collect::<BTreeSet<_>>()
    {
        scratch.restore(file)?;
    }
    scratch.restore(&format!("crates/{package}/src/lib.rs"))?;
    let ended = unswitched::run(&scratch, package, &others)?;

    let mut by_file: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut missed = Vec::new();
    for mutant in mutants {
        let counts = by_file.entry(&mutant.file).or_default();
        let name = mutant.name.as_str();
        if refused.contains(&mutant.id) || ended.not_viable.contains(name) {
            counts.not_viable += 1;
        } else if caught.contains(name) || ended.caught.contains(name) {
            counts.caught += 1;
        } else if mutant.excused {
            counts.excused += 1;
        } else {
            counts.missed += 1;
            missed.push(mutant.name.clone());
        }
    }
    tell(package, &by_file, start);
    Ok(missed)
}

/// The tests of these programs, but for those that take long.
fn tests(programs: &[Program]) -> Result<Vec<Test<'_>>, String> {
    let reached = std::env::temp_dir().join(format!("mutants-reached-{}", std::process::id()));
    let mut tests = Vec::new();
    for program in programs {
        let (quick, slow) = trial::tests(program, &reached, LONGEST)?;
        tests.extend(quick);
        for name in slow {
            println!("left out, for it takes over {}s: {name}", LONGEST.as_secs());
        }
    }
    let _ = std::fs::remove_file(reached);
    Ok(tests)
}

fn tell(package: &str, by_file: &BTreeMap<&str, Counts>, start: Instant) {
    let mut all = Counts::default();
    println!("caught excused missed not-viable");
    for (file, counts) in by_file {
        let Counts {
            caught,
            excused,
            missed,
            not_viable,
        } = counts;
        println!("{caught:6} {excused:7} {missed:6} {not_viable:10} {file}");
        all.caught += caught;
        all.excused += excused;
        all.missed += missed;
        all.not_viable += not_viable;
    }
    let viable = all.caught + all.excused + all.missed;
    println!(
        "{package}: {} of {viable} viable mutants are caught, {:.1}%; {} have a reason in .cargo/mutants.toml, {} have none; {} are not viable \
         ({}s)",
        all.caught,
        100.0 * all.caught as f64 / viable.max(1) as f64,
        all.excused,
        all.missed,
        all.not_viable,
        start.elapsed().as_secs()
    );
}
