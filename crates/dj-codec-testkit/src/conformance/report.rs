//! How the checks came out.

use std::fmt;

use super::Check;

/// How a codec fared, check by check.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The codec.
    pub codec: String,
    /// Each check in each mode.
    pub outcomes: Vec<Outcome>,
    /// Whether the memory that damaged values take was counted: where the test's allocator is
    /// [`CountingAllocator`](crate::memory::CountingAllocator).
    pub memory_counted: bool,
    /// The seed of the generated values; `PROPTEST_RNG_SEED` set to it makes the same ones.
    pub seed: Option<u64>,
}

/// How one check came out in one mode.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The check.
    pub check: Check,
    /// The type spec that was checked.
    pub type_spec: String,
    /// How many things were tried.
    pub tried: usize,
    /// How many of them failed.
    pub failed: usize,
    /// What failed: the first few.
    pub failures: Vec<Failure>,
    /// Why nothing was tried, where it was not.
    pub skipped: Option<String>,
}

/// Something that a codec should do otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failure {
    /// The value, in the notation, cut where it is long; empty where none is to blame.
    pub value: String,
    /// What was done, and what came of it.
    pub what: String,
}

impl Report {
    /// Whether every check that was made has passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The outcomes of the checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.failed > 0)
    }

    /// Panics with the report unless every check has passed: the last line of a test.
    ///
    /// # Panics
    /// Where a check failed.
    #[expect(clippy::panic, reason = "a test's assertion")]
    pub fn assert(&self) {
        if !self.passed() {
            panic!("{self}");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failed().count();
        let made = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.skipped.is_none())
            .count();
        writeln!(f, "<{}>: {failed} of {made} checks failed", self.codec)?;
        for outcome in self.failed() {
            writeln!(
                f,
                "\n{} in {} ({:?}): {} of {} failed",
                outcome.check, outcome.type_spec, outcome.check, outcome.failed, outcome.tried
            )?;
            for failure in &outcome.failures {
                match failure.value.as_str() {
                    "" => writeln!(f, "  {}", failure.what)?,
                    value => writeln!(f, "  {}\n    with {value}", failure.what)?,
                }
            }
            writeln!(f, "  what to do: {}", outcome.check.advice())?;
        }
        for outcome in &self.outcomes {
            if let Some(reason) = &outcome.skipped {
                writeln!(
                    f,
                    "not checked in {}: {}: {reason}",
                    outcome.type_spec, outcome.check
                )?;
            }
        }
        if !self.memory_counted {
            writeln!(
                f,
                "not counted: memory, for the test's allocator is no CountingAllocator"
            )?;
        }
        if failed > 0
            && let Some(seed) = self.seed
        {
            writeln!(f, "\nthe same values again: PROPTEST_RNG_SEED={seed}")?;
        }
        Ok(())
    }
}

/// Collects what one check finds.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) tried: usize,
    pub(super) failed: usize,
    pub(super) failures: Vec<Failure>,
    pub(super) skipped: Option<String>,
}

impl Tally {
    /// How many failures of one check are told; the rest is counted.
    const TOLD: usize = 3;

    /// Something is tried.
    pub(super) fn attempt(&mut self) {
        self.tried += 1;
    }

    /// What was tried failed.
    pub(super) fn fail(&mut self, value: impl Into<String>, what: impl Into<String>) {
        self.failed += 1;
        if self.failures.len() < Self::TOLD {
            self.failures.push(Failure {
                value: value.into(),
                what: what.into(),
            });
        }
    }

    /// Something is tried, and failed unless this holds.
    pub(super) fn expect(&mut self, holds: bool, value: &str, what: impl FnOnce() -> String) {
        self.attempt();
        if !holds {
            self.fail(value, what());
        }
    }

    /// There is nothing to try.
    pub(super) fn skip(&mut self, why: impl Into<String>) {
        self.skipped.get_or_insert(why.into());
    }
}
