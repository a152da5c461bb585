//! One line a scenario, and how many checks passed.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::failed::{Failed, Outcome};

/// Counts of all scenarios; the databases' threads share it.
#[derive(Debug, Default)]
pub(crate) struct Report(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
}

/// The checks of one scenario.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    count: usize,
    failures: Vec<String>,
}

impl Checks {
    /// Makes one check.
    pub(crate) fn check(&mut self, label: impl std::fmt::Display, check: impl FnOnce() -> Outcome) {
        self.count += 1;
        if let Err(failed) = check() {
            self.failures.push(format!("{label}: {failed}"));
        }
    }
}

impl Report {
    /// Makes the checks of a scenario and prints its line. Where `DJ_INTEROP_ONLY` is set, those without that text in their name
    /// are left out.
    pub(crate) fn scenario(&self, name: &str, checks: impl FnOnce(&mut Checks)) {
        if !is_wanted(name) {
            return;
        }
        let begun = Instant::now();
        let mut made = Checks::default();
        checks(&mut made);
        if made.count == 0 {
            made.check("checks", || Err("there was nothing to check".into()));
        }
        let state = if made.failures.is_empty() { "ok  " } else { "FAIL" };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.passed += made.count - made.failures.len();
        counts.failed += made.failures.len();
        println!(
            "{state} {name}: {} in {:.1} s",
            made.count,
            begun.elapsed().as_secs_f64()
        );
        for failure in made.failures {
            println!("       {failure}");
        }
    }

    /// Says that what scenarios stand on broke, whichever of them were asked for.
    pub(crate) fn broken(&self, name: &str, failed: &Failed) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.failed += 1;
        println!("FAIL {name}: {failed}");
    }

    /// Prints the closing line.
    pub(crate) fn close(&self) -> ExitCode {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        println!("{} passed, {} failed", counts.passed, counts.failed);
        if counts.failed == 0 && counts.passed > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Whether a scenario is to be made: where `DJ_INTEROP_ONLY` is set, it has that in its name.
pub(crate) fn is_wanted(name: &str) -> bool {
    std::env::var("DJ_INTEROP_ONLY").is_ok_and(|only| name.contains(&only))
        || std::env::var_os("DJ_INTEROP_ONLY").is_none()
}
