//! What is checked.

use std::fmt;

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident: $title:literal, $advice:literal;)+) => {
        /// One thing that the suite checks. The [advice](Self::advice) says what to do where a codec fails it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[$doc])* $name,)+
        }

        impl Check {
            /// All checks, in the order in which they are made.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What is checked, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }

            /// What to do where it fails.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self {
                    $(Self::$name => $advice,)+
                }
            }
        }
    };
}

checks! {
    /// What the codec says of itself is consistent: its name, modes, chain and formats.
    Declaration: "what the codec says of itself",
        "correct info(), name() or dtype(): they are what `list`, type specs and audits go by";
    /// Every value comes back, those of the strategy too.
    RoundTrip: "values come back",
        "the value is lost or changed: correct encode or decode, refuse the value in validate, or narrow the strategy if it is not the codec's";
    /// NULL is stored as NULL, without a store.
    Null: "NULL stays NULL",
        "NULL never reaches a codec: leave it to Column";
    /// What encode gives, encode takes: a decoded value, a lazy handle too, can be stored again.
    Again: "decoded values can be encoded again",
        "accept in encode what decode gives, lazy handles too: migration and copying rely on it; or leave the check out for a codec that takes files";
    /// Values of any other kind come back or are refused; those that are refused, or cannot be read, leave nothing behind.
    OtherValues: "values of other kinds are stored or refused",
        "look at the value in validate, and refuse what the codec cannot hold before anything is written; what becomes another value on purpose is for expecting()";
    /// Each format version can be asked for, is told by `format_version`, and decodes; an unknown one is refused.
    Formats: "each format version is written and told",
        "use one VersionDispatch for all: version_to_write when encoding, version_of and reader when decoding";
    /// A value of a major version that nobody knows is an error that says what to do.
    UnknownMajor: "an unknown major version is refused",
        "take the reader from VersionDispatch::reader, whose error names the version found, those known, and the crate to upgrade";
    /// A newer minor version decodes, with a warning.
    NewerMinor: "a newer minor version is a warning",
        "take the reader from VersionDispatch::reader, which gives the warning, and ignore keys that are not known";
    /// A deprecated version decodes, with a warning.
    Deprecation: "a deprecated version is a warning",
        "mark the version in VersionDispatch and take the reader from VersionDispatch::reader, which gives the warning";
    /// An older version is handed to the hook of `Context::on_outdated` and can be encoded anew, with the foreign keys of its record.
    Migration: "older versions can be encoded anew",
        "let format_version tell the version, encode take what decode gives, and record_keys list the codec's own keys";
    /// Truncated and changed bytes are an error, as far as the codec promises; never a panic, never memory without bound.
    Damage: "damage is noticed and never a panic",
        "check lengths before slicing and sizes against cx.limits() before allocating; a digest finds what else is changed; say with integrity() what the codec promises";
    /// Bytes after the end are an error or ignored.
    TrailingBytes: "trailing bytes do not change a value",
        "check that the bytes end where the value does";
    /// Records with missing, wrong and absurd members are an error or a value; never a panic, never memory as they claim.
    BadRecords: "bad records are never a panic",
        "read records through Record, whose methods say which key is wrong; take no number of a record on trust";
    /// A record with keys that the codec does not know decodes, and its own keys are known to `record_keys`.
    UnknownKeys: "unknown keys of a record are accepted and kept",
        "ignore keys that are not known, and list in record_keys those that the codec writes, so that the others are kept when it is rewritten";
    /// A record that comes as text, as some databases and clients give it, decodes.
    RecordAsText: "a record may come as text",
        "read records with Record::from_value";
    /// A record that names a store that is not there, or another one, is an error; one of a default store is found when that is another.
    WrongStore: "a wrong store is an error",
        "open the store with Context::open_record_store, and write down the name that Context::open_column_store tells";
    /// An object that is gone is an error.
    MissingObject: "a missing object is an error",
        "take no absent object for an empty one; write down what was written, and compare";
    /// A path that leads out of its store is refused.
    UnsafePath: "paths that lead outside are refused",
        "pass each path of a record through layout::check_path before it is used, or straight to the store";
    /// `referenced_paths` names every object that was written, and nothing else: not what another value of the row has.
    References: "references are complete and true",
        "name in referenced_paths each object or folder that was written: what is not named is lost when data are copied or cleaned up";
    /// A value that is over a limit is an error that says so.
    Limits: "limits are obeyed",
        "check each size with cx.limits() before anything is allocated for it, and pass its error on";
    /// Objects are written below the paths that the record names, in the column's store, announced, and never over one that is there.
    Writes: "only new objects, at paths of their own, are written",
        "take paths from Context::new_object_path, or tell Context::announce of them, and write with put_if_absent";
    /// An encode that fails leaves nothing behind, wherever the store fails.
    FailedEncode: "a failed encode leaves nothing behind",
        "remove what was written when a later step fails, also the object whose answer was lost; for a codec that stores by content say content_addressed()";
    /// After a crash, a value that was acknowledged is whole, older ones are untouched, and the value can be stored again.
    Crash: "what a crash leaves is whole",
        "write what a reader needs before what makes it visible, and return the record last; what is there already was perhaps not finished";
    /// A read that fails is an error, never another value or format; nor is a list that does not show everything yet.
    FailedRead: "a failed read is an error",
        "pass the store's errors on: what may not be read is not absent, what is short is not whole, and what is not listed may be there";
    /// Decoding changes nothing in a store.
    ReadOnly: "decoding never writes",
        "decode only reads: keep caches elsewhere";
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}
