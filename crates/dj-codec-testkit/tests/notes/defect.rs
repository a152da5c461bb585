//! What a codec may do wrong.

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    None,
    // Of the declaration.
    OtherName,
    ModeNotDeclared,
    // Of encoding.
    DropsLetters,
    TakesNumbersForText,
    PanicsOnSets,
    RefusesTooLate,
    WritesBeforeItLoads,
    RefusesItsOwnHandles,
    IgnoresTheVersionAskedFor,
    OverwritesAnIndexOfAll,
    WritesToTheDefaultStore,
    AnnouncesNothing,
    WritesWhatIsForbidden,
    ForgetsItsStore,
    NamesTheStoreAsDeclared,
    LeavesTheBodyBehind,
    LeavesWhatWasNotAnswered,
    TakesFailedWritesForDone,
    TriesElsewhere,
    WritesInTheBackground,
    // Of telling and reading versions.
    TellsTheNewestVersion,
    ReadsAnyMajor,
    RefusesNewerMinors,
    DoesNotWarn,
    KeepsNoKeys,
    // Of decoding.
    SlicesWithoutLooking,
    TrustsDigests,
    TrustsLengths,
    AllocatesWhatIsClaimed,
    UnwrapsTheSize,
    ReservesTheSize,
    RefusesUnknownKeys,
    WantsAnObject,
    UsesTheColumnsStore,
    TakesAbsentForEmpty,
    TakesAnyErrorForEmpty,
    TakesDenialForAbsence,
    GoesByTheList,
    CallsUnsafePathsCorrupt,
    CallsOtherUnsafePathsCorrupt,
    LooksAtNoLimit,
    CallsLimitsCorrupt,
    NotesEachAccess,
    // Of references.
    NamesOnlyTheBody,
    NamesWhatIsNotThere,
    NamesTheWholeRow,
    PanicsOnReferences,
}
