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
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::scratch::Scratch;
use crate::{Outcome, workspace};
use build::{Program, Viable};
use list::Mutant;
use trial::Test;

/// What is mutated: version dispatch, layout and records, and the crates whose bytes are all their own.
const SCOPES: [(&str, &[&str]); 7] = [
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
    (
        "dj-file-codecs",
        &[
            "crates/dj-file-codecs/src/manifest.rs",
            "crates/dj-file-codecs/src/manifest/*.rs",
            "crates/dj-file-codecs/src/name.rs",
            "crates/dj-file-codecs/src/object_ref.rs",
            "crates/dj-file-codecs/src/timestamp.rs",
            "crates/dj-file-codecs/src/version.rs",
        ],
    ),
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

/// Tries the mutants of all scopes, or of the crates and files that are named.
pub(crate) fn run(only: &[&str]) -> Outcome {
    let mut missed = Vec::new();
    for (package, files) in SCOPES {
        let mut mutants = list::mutants(&workspace::root(), files)?;
        mutants.retain(|mutant| {
            only.is_empty() || only.iter().any(|name| *name == package || *name == mutant.file)
        });
        if !mutants.is_empty() {
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
    let tried: Vec<&Mutant> = mutants
        .iter()
        .copied()
        .filter(|mutant| switched.contains(&mutant.id))
        .collect();
    let caught = caught(&tests, &tried)?;
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

/// The names of those that a test finds, several tried at once.
fn caught<'a>(tests: &[Test<'_>], mutants: &[&'a Mutant]) -> Result<BTreeSet<&'a str>, String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut caught = BTreeSet::new();
        while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
            if trial::is_caught(tests, mutant.id)? {
                caught.insert(mutant.name.as_str());
            }
        }
        Ok::<_, String>(caught)
    };
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut caught = BTreeSet::new();
        for worker in workers {
            caught.extend(worker.join().map_err(|_| "a trial panicked")??);
        }
        Ok(caught)
    })
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
