//! What the new codec, its crate and its types are called.

use dj_codecs::api::Registry;

use crate::failure::{Failure, Outcome};

/// Type specs stand in the comments of columns, and crates.io takes names of 64 characters.
const LONGEST: usize = 32;

/// DataJoint's own codecs, and those of the packages that it maintains.
const TAKEN: [&str; 8] = [
    "attach", "blob", "filepath", "hash", "npy", "object", "photon", "zarr",
];

/// The names of a new codec.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// In type specs: `spike_train`.
    pub(super) codec: String,
    /// The crate: `dj-spike-train-codecs`.
    pub(super) crate_name: String,
}

impl Names {
    /// Takes the name of the codec, or that of its crate, with `_` or `-`.
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let name = text.replace('-', "_");
        let codec = name
            .strip_prefix("dj_")
            .and_then(|rest| rest.strip_suffix("_codecs"))
            .unwrap_or(&name)
            .to_owned();
        Registry::check_name(&codec).map_err(|error| Failure::misuse(&error))?;
        if codec.split('_').any(str::is_empty) {
            return Err(Failure::usage(format!(
                "{text:?} has a _ or - too many, and no crate could be named for it; leave it out"
            )));
        }
        if codec.len() > LONGEST {
            return Err(Failure::usage(format!(
                "{text:?} has {} characters; a codec's name stands in every column's type, take one of at most {LONGEST}",
                codec.len()
            )));
        }
        if TAKEN.contains(&codec.as_str()) {
            return Err(Failure::usage(format!(
                "<{codec}> is DataJoint's, of the crate {}; take another name, for a registry holds each name once",
                Registry::crate_for(&codec)
            )));
        }
        let crate_name = Registry::crate_for(&codec);
        Ok(Self { codec, crate_name })
    }

    /// The crate as Rust code names it: `dj_spike_train_codecs`.
    pub(super) fn module(&self) -> String {
        self.crate_name.replace('-', "_")
    }
}

/// `spike_train` as the beginning of a type's name: `SpikeTrain`.
pub(super) fn pascal_case(name: &str) -> String {
    name.split('_').flat_map(capitalised).collect()
}

fn capitalised(word: &str) -> impl Iterator<Item = char> {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_codecs_and_crates_come_to_the_same() {
        for text in [
            "spike_train",
            "spike-train",
            "dj-spike-train-codecs",
            "dj_spike_train_codecs",
        ] {
            let names = Names::parse(text).unwrap();
            assert_eq!(names.codec, "spike_train");
            assert_eq!(names.crate_name, "dj-spike-train-codecs");
            assert_eq!(names.module(), "dj_spike_train_codecs");
        }
        assert_eq!(pascal_case("spike_train_2d"), "SpikeTrain2d");
    }

    #[test]
    fn what_is_wrong_with_a_name_is_said() {
        for (text, said) in [
            ("", "cannot be the name of a codec"),
            ("Spikes", "lower-case letters"),
            ("2photon", "beginning with a letter"),
            ("spike train", "cannot be the name of a codec"),
            ("../spikes", "cannot be the name of a codec"),
            ("spike__train", "a _ or - too many"),
            ("spikes_", "a _ or - too many"),
            ("dj--codecs", "cannot be the name of a codec"),
            ("a_name_of_more_than_thirty_two_letters", "at most 32"),
            ("zarr", "dj-zarr-codecs"),
            ("dj-blob-codecs", "<blob> is DataJoint's"),
        ] {
            let failure = Names::parse(text).unwrap_err();
            assert_eq!(failure.status(), 2, "{text}");
            assert!(failure.to_string().contains(said), "{text}: {failure}");
        }
    }

    #[test]
    fn every_codec_of_this_build_is_taken() {
        for codec in dj_codecs::default_registry().list() {
            assert!(TAKEN.contains(&codec.name.as_ref()), "{}", codec.name);
        }
    }
}
