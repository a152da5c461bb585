//! Which of the views of a movie is meant.

use dj_codecs::api::{Column, Result, Value};

use crate::failure::{Failure, Outcome};

/// A view of a movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Values whose noise has the variance 1: what Python's fetch gives.
    Stabilized,
    /// The counts as they were recorded.
    Counts,
}

impl View {
    /// The view that `--view` names; the stabilised one where it names none, and for values of other codecs, which have no views.
    pub(crate) fn new(asked: Option<&str>, column: &Column) -> Outcome<Self> {
        let Some(asked) = asked else {
            return Ok(Self::Stabilized);
        };
        match column.chain().first() {
            Some(codec) if codec.name() == "photon" => {}
            Some(codec) => {
                return Err(Failure::usage(format!(
                    "--view: the codec <{}> has no views; those of <photon@> are stabilized and counts",
                    codec.name()
                )));
            }
            None => {
                return Err(Failure::usage(format!(
                    "--view: the type {} has no views",
                    column.spec()
                )));
            }
        }
        match asked {
            "stabilized" => Ok(Self::Stabilized),
            "counts" => Ok(Self::Counts),
            _ => Err(Failure::usage(format!(
                "--view {asked}: <photon@> has the views stabilized and counts"
            ))),
        }
    }

    /// Reads all of a value.
    pub(crate) fn load(self, value: Value) -> Result<Value> {
        #[cfg(feature = "photon")]
        if self == Self::Counts
            && let Some(movie) = value.downcast::<dj_codecs::photon::Movie>()
        {
            return movie.counts()?.read().map(Value::from);
        }
        value.load()
    }

    /// The view in words, as `--view` takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stabilized => "stabilized",
            Self::Counts => "counts",
        }
    }
}
