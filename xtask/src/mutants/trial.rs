//! Runs tests, each in a process of its own, with a mutant or without.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::build::Program;

/// A test that is quick enough to be run for each mutant that it reaches.
pub(super) struct Test<'a> {
    program: &'a Program,
    name: String,
    took: Duration,
    reaches: BTreeSet<u32>,
}

/// How a test ended.
enum Ended {
    Passed,
    Failed,
    TooLong,
}

/// The tests of a program, those that take longer apart: what each takes, and which mutants it reaches.
pub(super) fn tests<'a>(
    program: &'a Program,
    scratch: &Path,
    longest: Duration,
) -> Result<(Vec<Test<'a>>, Vec<String>), String> {
    let output = Command::new(&program.path)
        .args(["--list", "--format", "terse"])
        .current_dir(&program.folder)
        .output()
        .map_err(|error| format!("{}: {error}", program.path.display()))?;
    let (mut quick, mut slow) = (Vec::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some(name) = line.strip_suffix(": test") else {
            continue;
        };
        let _ = fs::remove_file(scratch);
        let reached = scratch.to_string_lossy();
        let start = Instant::now();
        let ended = run(program, name, ("XTASK_MUTANTS_REACHED", &reached), longest)?;
        match ended {
            Ended::TooLong => slow.push(name.to_owned()),
            Ended::Failed => return Err(format!("{name} fails without a mutant")),
            Ended::Passed => quick.push(Test {
                program,
                name: name.to_owned(),
                took: start.elapsed(),
                reaches: fs::read_to_string(scratch)
                    .unwrap_or_default()
                    .lines()
                    .filter_map(|id| id.parse().ok())
                    .collect(),
            }),
        }
    }
    Ok((quick, slow))
}

/// Whether a test fails with a mutant; the quickest are tried first.
pub(super) fn is_caught(tests: &[Test<'_>], mutant: u32) -> Result<bool, String> {
    let mut reaching: Vec<&Test<'_>> = tests
        .iter()
        .filter(|test| test.reaches.contains(&mutant))
        .collect();
    reaching.sort_by_key(|test| test.took);
    for test in reaching {
        // Ample, for a machine has other work too; a loop without an end is caught all the same.
        let longest = test.took * 10 + Duration::from_secs(4);
        let variable = ("XTASK_MUTANT", &*mutant.to_string());
        if !matches!(run(test.program, &test.name, variable, longest)?, Ended::Passed) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn run(program: &Program, test: &str, variable: (&str, &str), longest: Duration) -> Result<Ended, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", program.path.display());
    let mut child = limited(&program.path)
        .args(["--exact", test, "--test-threads", "1"])
        .env(variable.0, variable.1)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("PROPTEST_FAILURE_PERSISTENCE", "off")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .current_dir(&program.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(if status.success() {
                Ended::Passed
            } else {
                Ended::Failed
            });
        }
        if start.elapsed() > longest {
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            return Ok(Ended::TooLong);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A program that may not take all of the memory, as some mutants would.
fn limited(path: &Path) -> Command {
    if cfg!(unix) {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v 8000000; exec \"$0\" \"$@\""])
            .arg(path);
        command
    } else {
        Command::new(path)
    }
}
