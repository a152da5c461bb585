//! The movies of `movies.py`.

use std::path::Path;

use serde_json::json;

use crate::case::Case;
use crate::failed::{Outcome, same};
use crate::peer::Peer;

/// A movie of photon counts.
#[derive(Debug, Clone)]
pub(crate) struct Movie {
    /// The counts.
    pub(crate) counts: Case,
    /// What NumPy makes of them by the Anscombe transform.
    pub(crate) stabilized: Case,
}

impl Movie {
    /// Has Python write all of them below a folder.
    pub(crate) fn all(peer: &Peer, folder: &Path) -> Outcome<Vec<Self>> {
        std::fs::create_dir(folder)?;
        let told = peer.ask("movies", json!({"folder": folder}))?;
        let (counts, stabilized) = (Case::listed(&told, "counts")?, Case::listed(&told, "stabilized")?);
        same(
            "the number of stabilised movies",
            &stabilized.len(),
            &counts.len(),
        )?;
        let pairs = counts.into_iter().zip(stabilized);
        Ok(pairs
            .map(|(counts, stabilized)| Self { counts, stabilized })
            .collect())
    }

    /// What it is there for.
    pub(crate) fn name(&self) -> &str {
        &self.counts.name
    }

    /// Whether its counts are whole numbers.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.counts.kind.as_str(), "b" | "i" | "u")
    }

    /// Whether no other counts have the same transforms in double precision.
    pub(crate) fn is_told_by_its_transform(&self) -> bool {
        self.is_whole() && !self.name().starts_with("largest-")
    }

    /// Whether dj-photon-codecs stores what format 1.0 says: it keeps half precision, which the format has not.
    pub(crate) fn is_of_the_format(&self) -> bool {
        self.stabilized.dtype != "float16"
    }
}
