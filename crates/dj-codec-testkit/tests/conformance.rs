//! A codec without defects passes every check, and each defect is found by the check that is there for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "notes/codec.rs"]
mod codec;

use codec::{Defect, Note};
use dj_codec_testkit::conformance::{Check, Conformance, Integrity, Report};
use dj_codec_testkit::memory::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn conformance(defect: Defect) -> Conformance {
    Conformance::of(Note(defect))
        .samples(["", "e", "some more text, été"])
        .integrity(Integrity::Digest)
}

fn failed(report: &Report) -> Vec<Check> {
    report.failed().map(|outcome| outcome.check).collect()
}

#[test]
fn a_codec_without_defects_passes_every_check() {
    let report = conformance(Defect::None).run();
    assert!(report.passed(), "{report}");
    report.assert();
    // No check was left out: each one has tried something.
    let made: Vec<Check> = report
        .outcomes
        .iter()
        .filter(|outcome| outcome.tried > 0)
        .map(|outcome| outcome.check)
        .collect();
    assert_eq!(made, Check::ALL);
}

/// Each defect, and the checks that find it; the first one is there for it.
const FOUND: &[(Defect, &[Check])] = &[
    (Defect::OtherName, &[Check::Declaration]),
    (Defect::ModeNotDeclared, &[Check::Declaration]),
    (Defect::DropsLetters, &[Check::RoundTrip]),
    (Defect::TakesNumbersForText, &[Check::OtherValues]),
    (Defect::PanicsOnSets, &[Check::OtherValues]),
    (Defect::RefusesTooLate, &[Check::OtherValues]),
    (Defect::WritesBeforeItLoads, &[Check::OtherValues]),
    (Defect::RefusesItsOwnHandles, &[Check::Again, Check::Migration]),
    (
        Defect::IgnoresTheVersionAskedFor,
        &[Check::Formats, Check::Migration],
    ),
    (
        Defect::OverwritesAnIndexOfAll,
        &[Check::Writes, Check::References, Check::FailedEncode],
    ),
    (Defect::WritesToTheDefaultStore, &[Check::Writes]),
    (Defect::AnnouncesNothing, &[Check::Writes]),
    (Defect::WritesWhatIsForbidden, &[Check::Writes]),
    (Defect::ForgetsItsStore, &[Check::RoundTrip]),
    (Defect::NamesTheStoreAsDeclared, &[Check::WrongStore]),
    (Defect::LeavesTheBodyBehind, &[Check::FailedEncode]),
    (Defect::LeavesWhatWasNotAnswered, &[Check::FailedEncode]),
    (
        Defect::TakesFailedWritesForDone,
        &[Check::Crash, Check::FailedEncode],
    ),
    (Defect::TriesElsewhere, &[Check::FailedEncode]),
    (Defect::WritesInTheBackground, &[Check::Crash]),
    (Defect::TellsTheNewestVersion, &[Check::Migration, Check::Formats]),
    (Defect::ReadsAnyMajor, &[Check::UnknownMajor]),
    (Defect::RefusesNewerMinors, &[Check::NewerMinor]),
    (Defect::DoesNotWarn, &[Check::Deprecation, Check::NewerMinor]),
    (Defect::KeepsNoKeys, &[Check::Migration]),
    (Defect::SlicesWithoutLooking, &[Check::Damage]),
    (Defect::TrustsDigests, &[Check::Damage]),
    (
        Defect::TrustsLengths,
        &[Check::TrailingBytes, Check::Damage, Check::FailedRead],
    ),
    (Defect::AllocatesWhatIsClaimed, &[Check::Damage, Check::Limits]),
    (Defect::UnwrapsTheSize, &[Check::BadRecords]),
    (Defect::ReservesTheSize, &[Check::BadRecords]),
    (
        Defect::RefusesUnknownKeys,
        &[Check::UnknownKeys, Check::Migration],
    ),
    (Defect::WantsAnObject, &[Check::RecordAsText]),
    (Defect::UsesTheColumnsStore, &[Check::WrongStore]),
    (
        Defect::TakesAbsentForEmpty,
        &[Check::MissingObject, Check::WrongStore],
    ),
    (
        Defect::TakesAnyErrorForEmpty,
        &[Check::FailedRead, Check::MissingObject],
    ),
    (Defect::TakesDenialForAbsence, &[Check::FailedRead]),
    (Defect::GoesByTheList, &[Check::FailedRead]),
    (Defect::GuessesTheFormat, &[Check::FailedRead]),
    (Defect::CallsUnsafePathsCorrupt, &[Check::UnsafePath]),
    (Defect::CallsOtherUnsafePathsCorrupt, &[Check::UnsafePath]),
    (Defect::LooksAtNoLimit, &[Check::Limits]),
    (Defect::CallsLimitsCorrupt, &[Check::Limits]),
    (Defect::NotesEachAccess, &[Check::ReadOnly]),
    (Defect::NamesOnlyTheBody, &[Check::References]),
    (Defect::NamesWhatIsNotThere, &[Check::References]),
    (Defect::NamesTheWholeRow, &[Check::References]),
    (Defect::PanicsOnReferences, &[Check::References]),
];

#[test]
fn each_defect_is_found() {
    for &(defect, checks) in FOUND {
        let report = conformance(defect).run();
        let failed = failed(&report);
        for check in checks {
            assert!(
                failed.contains(check),
                "{defect:?} was not found by {check:?}: {report}"
            );
        }
        let text = report.to_string();
        assert!(
            text.contains(checks[0].title()) && text.contains(checks[0].advice()),
            "{text}"
        );
        for outcome in report.failed() {
            assert!(!outcome.failures.is_empty() && outcome.failures.len() <= 3);
            assert!(outcome.failures.iter().all(|failure| !failure.what.is_empty()));
        }
    }
}

/// That NULL stays NULL is Column's doing, which no codec can spoil; the check holds Column to it.
#[test]
fn every_check_has_a_defect_that_it_finds() {
    for check in Check::ALL.iter().filter(|check| **check != Check::Null) {
        let there_for = FOUND.iter().any(|(_, checks)| checks[0] == *check);
        assert!(there_for, "{check:?}");
    }
}

#[test]
fn a_panic_is_reported_and_not_passed_on() {
    let report = conformance(Defect::PanicsOnSets).run();
    let text = report.to_string();
    assert!(text.contains("a set!"), "{text}");
}

#[test]
fn a_promise_less_than_a_digest_is_held_to_less() {
    let report = conformance(Defect::TrustsDigests)
        .integrity(Integrity::Length)
        .run();
    assert!(report.passed(), "{report}");
    let report = conformance(Defect::TrustsLengths)
        .integrity(Integrity::None)
        .run();
    assert!(!failed(&report).contains(&Check::Damage), "{report}");
}

#[test]
fn what_is_left_out_is_left_out_with_its_reason() {
    let report = conformance(Defect::LooksAtNoLimit)
        .without(Check::Limits, "texts are short")
        .run();
    assert!(report.passed(), "{report}");
    let limits = report
        .outcomes
        .iter()
        .find(|outcome| outcome.check == Check::Limits)
        .unwrap();
    assert_eq!(
        (limits.tried, limits.skipped.as_deref()),
        (0, Some("texts are short"))
    );
}

#[test]
fn without_values_nothing_has_passed() {
    let report = Conformance::of(Note(Defect::None)).run();
    assert_eq!(failed(&report), [Check::RoundTrip]);
    assert!(report.to_string().contains("samples()"));
}

#[test]
fn where_the_version_is_has_to_be_known() {
    let report = conformance(Defect::None)
        .stamped_by(|written, _| Ok(written))
        .run();
    assert_eq!(failed(&report), [Check::UnknownMajor, Check::NewerMinor]);
    assert!(report.to_string().contains("changed nothing"));
}

#[cfg(feature = "proptest")]
#[test]
fn a_generated_value_that_fails_is_made_small() {
    use dj_codec_api::Value;
    use proptest::prelude::*;

    let texts = "[a-z]{0,40}".prop_map(Value::Str);
    let report = Conformance::of(Note(Defect::DropsLetters))
        .values(texts.clone())
        .run();
    let outcome = report
        .failed()
        .find(|outcome| outcome.check == Check::RoundTrip)
        .unwrap();
    assert_eq!(outcome.failures[0].value, "\"e\"");
    assert!(outcome.failures[0].what.contains("expected \"e\", found \"\""));
    let seed = report.seed.unwrap();
    assert!(report.to_string().contains(&format!("PROPTEST_RNG_SEED={seed}")));

    let report = Conformance::of(Note(Defect::None))
        .values(texts)
        .integrity(Integrity::Digest)
        .run();
    assert!(report.passed(), "{report}");
    let round_trips = report
        .outcomes
        .iter()
        .find(|outcome| outcome.check == Check::RoundTrip)
        .unwrap();
    assert!(round_trips.tried >= 256, "{}", round_trips.tried);
}
