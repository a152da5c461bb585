//! A crate with all mutants in it, and its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value as Json;

use super::instrument::{Instrumented, Place};
use super::list::Mutant;
use crate::scratch::Scratch;
use crate::workspace;

/// What is put into each crate: whether a mutant is switched on, and, where that is asked for, a note that its place was reached.
const SWITCH: &str = r#"
#[doc(hidden)]
pub(crate) fn mutant(number: u32) -> bool {
    use std::io::Write as _;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    static ON: LazyLock<u32> = LazyLock::new(|| {
        std::env::var("XTASK_MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(0)
    });
    static REACHED: LazyLock<Option<std::fs::File>> = LazyLock::new(|| {
        let path = std::env::var_os("XTASK_MUTANTS_REACHED")?;
        std::fs::OpenOptions::new().create(true).append(true).open(path).ok()
    });
    static SEEN: [AtomicBool; 8192] = [const { AtomicBool::new(false) }; 8192];
    if let Some(mut file) = REACHED.as_ref() {
        if SEEN.get(number as usize).is_some_and(|seen| !seen.swap(true, Relaxed)) {
            let _ = file.write_all(format!("{number}\n").as_bytes());
        }
    }
    *ON == number
}
"#;

/// Which mutants can be tried.
pub(super) struct Viable {
    /// Those that are in the copy, behind their switches.
    pub(super) switched: BTreeSet<u32>,
    /// Those that do not compile.
    pub(super) refused: BTreeSet<u32>,
}

/// A program of tests.
pub(super) struct Program {
    pub(super) path: PathBuf,
    /// The folder of its package.
    pub(super) folder: PathBuf,
}

/// Puts the mutants of a package into its copy, those that compile.
pub(super) fn mutate(scratch: &Scratch, package: &str, mutants: &[&Mutant]) -> Result<Viable, String> {
    let library = format!("crates/{package}/src/lib.rs");
    let mut files: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::from([(library.as_str(), Vec::new())]);
    for mutant in mutants {
        files.entry(mutant.file.as_str()).or_default().push(mutant);
    }
    let sources: BTreeMap<&str, String> = files
        .keys()
        .map(|file| Ok((*file, scratch.read(file)?)))
        .collect::<Result<_, String>>()?;
    let mut refused: BTreeSet<u32> = BTreeSet::new();
    loop {
        let mut places: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
        for (file, source) in &sources {
            let of_file = files.get(file).into_iter().flatten().copied();
            let viable: Vec<&Mutant> = of_file.filter(|mutant| !refused.contains(&mutant.id)).collect();
            let (front, end) = if *file == library {
                (QUIET, SWITCH)
            } else {
                ("", "")
            };
            let mut written = Instrumented::starting_with(front);
            written
                .add(source, &viable)
                .map_err(|error| format!("{file}: {error}"))?;
            scratch.write(file, &(written.text + end))?;
            places.insert(file, written.places);
        }
        let wrong = wrong(scratch, package, &places)?;
        if wrong.is_empty() {
            let switched = places.values().flatten().map(|place| place.mutant).collect();
            return Ok(Viable { switched, refused });
        }
        refused.extend(wrong);
    }
}

/// The mutants that the compiler refuses.
fn wrong(
    scratch: &Scratch,
    package: &str,
    places: &BTreeMap<&str, Vec<Place>>,
) -> Result<BTreeSet<u32>, String> {
    let check = [
        "check",
        "--package",
        package,
        "--all-features",
        "--message-format=json",
    ];
    let output = output(scratch, &check)?;
    let errors: Vec<Json> = messages(&output, "compiler-message")
        .filter_map(|mut message| Some(message.get_mut("message")?.take()))
        .filter(|message| message.get("level") == Some(&Json::from("error")))
        .collect();
    let wrong: BTreeSet<u32> = errors.iter().filter_map(|error| blamed(error, places)).collect();
    if wrong.is_empty() && !errors.is_empty() {
        let texts = errors.iter().filter_map(|error| error.get("rendered")?.as_str());
        let texts: Vec<&str> = texts.collect();
        return Err(format!(
            "{package} with mutants does not compile:\n{}",
            texts.join("\n")
        ));
    }
    Ok(wrong)
}

/// The mutant that an error of the compiler stands in, the innermost one.
fn blamed(error: &Json, places: &BTreeMap<&str, Vec<Place>>) -> Option<u32> {
    error.get("spans")?.as_array()?.iter().find_map(|span| {
        let offset = |key: &str| usize::try_from(span.get(key)?.as_u64()?).ok();
        let (start, end) = (offset("byte_start")?, offset("byte_end")?);
        let of_file = places.get(span.get("file_name")?.as_str()?)?.iter();
        let holding = of_file.filter(|place| place.range.start <= start && end <= place.range.end);
        holding
            .min_by_key(|place| place.range.len())
            .map(|place| place.mutant)
    })
}

/// Builds the tests of a package.
pub(super) fn tests(scratch: &Scratch, package: &str) -> Result<Vec<Program>, String> {
    let build = [
        "test",
        "--no-run",
        "--package",
        package,
        "--all-features",
        "--lib",
        "--tests",
    ];
    let output = output(scratch, &[&build[..], &["--message-format=json"]].concat())?;
    let program = |artifact: Json| {
        artifact.pointer("/profile/test")?.as_bool()?.then_some(())?;
        let manifest = Path::new(artifact.get("manifest_path")?.as_str()?);
        Some(Program {
            path: artifact.get("executable")?.as_str()?.into(),
            folder: manifest.parent()?.to_owned(),
        })
    };
    let programs: Vec<Program> = messages(&output, "compiler-artifact")
        .filter_map(program)
        .collect();
    match programs.is_empty() {
        true => Err(format!("the tests of {package} were not built")),
        false => Ok(programs),
    }
}

/// What cargo says as JSON, whether or not it succeeds.
fn output(scratch: &Scratch, arguments: &[&str]) -> Result<String, String> {
    let output = workspace::run(scratch.cargo(arguments).stderr(Stdio::inherit()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What mutants look like is nobody's concern.
const QUIET: &str = "#![allow(warnings, arithmetic_overflow, unconditional_panic, overflowing_literals)]\n";

fn messages<'a>(output: &'a str, reason: &'a str) -> impl Iterator<Item = Json> + 'a {
    output
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok())
        .filter(move |message| message.get("reason").and_then(Json::as_str) == Some(reason))
}
