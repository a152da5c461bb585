//! One call that checks any codec: that values come back, and that nothing else happens whatever goes wrong.
//!
//! ```
//! # use dj_codec_api::{Codec, CodecInfo, Context, Error, Mode, Result, TypeSpec, Value};
//! # #[derive(Debug)]
//! # struct BackwardsCodec;
//! # impl Codec for BackwardsCodec {
//! #     fn name(&self) -> &str { "backwards" }
//! #     fn info(&self) -> CodecInfo {
//! #         CodecInfo::new("backwards", "dj-backwards-codecs", "0.1.0").with_modes(&[Mode::Table])
//! #     }
//! #     fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
//! #         match mode {
//! #             Mode::Table => Ok(TypeSpec::core("bytes")),
//! #             Mode::Store => Err(Error::invalid_spec("in the table only")),
//! #         }
//! #     }
//! #     fn encode(&self, value: Value, _: &Context) -> Result<Value> {
//! #         match value {
//! #             Value::Str(text) => Ok(Value::Bytes(text.chars().rev().collect::<String>().into())),
//! #             other => Err(Error::invalid_value(format!("text was expected, this is {}", other.type_name()))),
//! #         }
//! #     }
//! #     fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
//! #         let Value::Bytes(bytes) = stored else { return Err(Error::corrupt("no bytes")) };
//! #         cx.limits().check_array_bytes(bytes.len() as u64)?;
//! #         match std::str::from_utf8(&bytes) {
//! #             Ok(text) => Ok(Value::Str(text.chars().rev().collect())),
//! #             Err(error) => Err(Error::corrupt("no text").caused_by(error)),
//! #         }
//! #     }
//! # }
//! use dj_codec_testkit::conformance::{Conformance, Integrity};
//!
//! // In tests/conformance.rs of the crate:
//! Conformance::of(BackwardsCodec)
//!     .samples(["", "a", "some longer text"])
//!     // Text without length or digest: what is cut short is another text.
//!     .integrity(Integrity::None)
//!     .run()
//!     .assert();
//! ```
//!
//! With the feature `proptest`, [`Conformance::values`] takes a strategy. Each [`Check`] says what to do where it fails;
//! panics of the codec are caught and reported. Nothing is written but to stores in memory.
//!
//! A check that cannot be made for want of something fails and says what is wanted; one that has no sense for a codec is left
//! out on purpose, with the reason, by [`Conformance::without`]. How much memory damaged values take is counted where the test has
//! [`CountingAllocator`](crate::memory::CountingAllocator) as its allocator; the report says whether.

mod check;
mod damage;
mod declaration;
mod lab;
mod limits;
mod reading;
mod records;
mod references;
mod report;
mod round_trips;
mod versions;
mod writing;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dj_codec_api::{Bytes, Codec, Column, FormatVersion, Mode, Registry, Result, Value};

pub use check::Check;
pub use lab::Written;
pub use report::{Failure, Outcome, Report};

use lab::{Lab, Trouble, guarded};
use report::Tally;

use crate::memory::is_counting;

/// How much of a change in stored bytes a codec promises to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Integrity {
    /// Nothing: any bytes are some value.
    None,
    /// What is cut short, lengthened or gone.
    Length,
    /// Any change: there is a digest of everything.
    Digest,
}

/// How a stored value is made to claim another format version.
enum Stamp {
    Written(Box<dyn Fn(Written, FormatVersion) -> Result<Written>>),
    Value(Box<dyn Fn(Value, FormatVersion) -> Result<Value>>),
}

type Expecting = dyn Fn(&Value) -> Result<Value>;
type Same = dyn Fn(&Value, &Value) -> bool;

/// The checks of one codec; see the [module](self).
pub struct Conformance {
    codec: Arc<dyn Codec>,
    companions: Vec<Arc<dyn Codec>>,
    modes: Option<Vec<Mode>>,
    samples: Vec<Value>,
    #[cfg(feature = "proptest")]
    strategy: Option<proptest::strategy::BoxedStrategy<Value>>,
    objects: BTreeMap<String, Bytes>,
    /// In the table, in a store.
    integrity: (Integrity, Integrity),
    content_addressed: bool,
    positions: usize,
    stamp: Option<Stamp>,
    expecting: Option<Box<Expecting>>,
    same: Option<Box<Same>>,
    without: BTreeMap<Check, String>,
}

impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance")
            .field("codec", &self.codec)
            .field("without", &self.without)
            .finish_non_exhaustive()
    }
}

impl Conformance {
    /// The checks of this codec.
    pub fn of(codec: impl Codec + 'static) -> Self {
        Self {
            codec: Arc::new(codec),
            companions: Vec::new(),
            modes: None,
            samples: Vec::new(),
            #[cfg(feature = "proptest")]
            strategy: None,
            objects: BTreeMap::new(),
            integrity: (Integrity::Length, Integrity::Length),
            content_addressed: false,
            positions: 400,
            stamp: None,
            expecting: None,
            same: None,
            without: BTreeMap::new(),
        }
    }

    /// A codec that this one chains to: `<blob>`, and for the values of that in a store `<hash>`.
    #[must_use]
    pub fn chained_to(mut self, codec: impl Codec + 'static) -> Self {
        self.companions.push(Arc::new(codec));
        self
    }

    /// Checks only these modes, rather than all that the codec's info names.
    #[must_use]
    pub fn modes(mut self, modes: &[Mode]) -> Self {
        self.modes = Some(modes.to_vec());
        self
    }

    /// Values to check with: each kind that the codec holds, empty ones and those at its limits. Some should be small, for
    /// each byte of what they become is changed in turn.
    #[must_use]
    pub fn samples<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.samples.extend(values.into_iter().map(Into::into));
        self
    }

    /// Generated values to check with. How many is `PROPTEST_CASES`, 256 where that is not set; a value that does not come back
    /// is reported as small as it can be made. The first few of them are used in the other checks, too.
    #[cfg(feature = "proptest")]
    #[must_use]
    pub fn values(mut self, strategy: impl proptest::strategy::Strategy<Value = Value> + 'static) -> Self {
        self.strategy = Some(proptest::strategy::Strategy::boxed(strategy));
        self
    }

    /// An object that is in the store beforehand: for codecs that refer to what is there.
    #[must_use]
    pub fn with_object(mut self, path: &str, data: impl Into<Bytes>) -> Self {
        self.objects.insert(path.into(), data.into());
        self
    }

    /// What changes the codec promises to notice, in the table and in a store. [`Integrity::Length`] where it is not said.
    #[must_use]
    pub fn integrity(mut self, integrity: Integrity) -> Self {
        self.integrity = (integrity, integrity);
        self
    }

    /// The same for one mode: a codec that chains to `<hash>` in a store notices more there.
    #[must_use]
    pub fn integrity_in(mut self, mode: Mode, integrity: Integrity) -> Self {
        match mode {
            Mode::Table => self.integrity.0 = integrity,
            Mode::Store => self.integrity.1 = integrity,
        }
        self
    }

    /// Objects are stored at the hash of their contents, as by `<hash>`: one that was written before its answer was lost stays,
    /// for somebody else may have it too.
    #[must_use]
    pub fn content_addressed(mut self) -> Self {
        self.content_addressed = true;
        self
    }

    /// How many positions of each object and of the column's bytes are damaged: all of a small one; of a larger one its
    /// beginning, its end, and some between. Every bit is flipped of what has half as many bytes. 400 where it is not said.
    #[must_use]
    pub fn positions(mut self, positions: usize) -> Self {
        self.positions = positions;
        self
    }

    /// Says how a stored value is made to claim another format version, for the checks of unknown and newer ones. Without,
    /// the `codec_version` of the record is set.
    #[must_use]
    pub fn stamped_by(mut self, stamp: impl Fn(Written, FormatVersion) -> Result<Written> + 'static) -> Self {
        self.stamp = Some(Stamp::Written(Box::new(stamp)));
        self
    }

    /// The same for a codec whose version stands in what it hands to the next of its chain, be that a core type, `<blob>` or
    /// `<hash>`: takes what this codec's own encode gave, which the rest of the chain then stores as it stores any value.
    #[must_use]
    pub fn stamped_value_by(
        mut self,
        stamp: impl Fn(Value, FormatVersion) -> Result<Value> + 'static,
    ) -> Self {
        self.stamp = Some(Stamp::Value(Box::new(stamp)));
        self
    }

    /// Says what a value decodes to, where that is not the value itself: the digest of a file, a float for an int.
    #[must_use]
    pub fn expecting(mut self, expecting: impl Fn(&Value) -> Result<Value> + 'static) -> Self {
        self.expecting = Some(Box::new(expecting));
        self
    }

    /// Says when a decoded value is what was expected: for a codec that loses something within bounds. Takes the value that
    /// was found, loaded, and the one that was expected.
    #[must_use]
    pub fn same_when(mut self, same: impl Fn(&Value, &Value) -> bool + 'static) -> Self {
        self.same = Some(Box::new(same));
        self
    }

    /// Leaves a check out that has no sense for this codec, for this reason.
    #[must_use]
    pub fn without(mut self, check: Check, reason: &str) -> Self {
        self.without.insert(check, reason.into());
        self
    }

    /// Makes all checks. [`Report::assert`] makes a test of it.
    #[must_use]
    pub fn run(&self) -> Report {
        let mut report = Report {
            codec: self.codec.name().to_owned(),
            outcomes: Vec::new(),
            memory_counted: is_counting(),
            seed: None,
        };
        let mut tally = Tally::default();
        declaration::declaration(self, &mut tally);
        self.conclude(&mut report, Check::Declaration, "", tally);

        let modes = self.modes.clone().unwrap_or_else(|| self.codec.info().modes);
        for mode in modes {
            self.run_mode(mode, &mut report);
        }
        report
    }

    fn run_mode(&self, mode: Mode, report: &mut Report) {
        let spec = self.type_spec(mode);
        let mut tally = Tally::default();
        let column = match self.resolve(&spec) {
            Ok(column) => column,
            Err(trouble) => {
                tally.attempt();
                tally.fail(
                    "",
                    format!(
                        "{spec} does not resolve: {trouble}; name the codecs that it needs with chained_to()"
                    ),
                );
                self.conclude(report, Check::Declaration, &spec, tally);
                return;
            }
        };
        let mut lab = Lab {
            config: self,
            mode,
            column,
            samples: Vec::new(),
        };
        report.seed = report.seed.or(round_trips::round_trips(&mut lab, &mut tally));
        self.conclude(report, Check::RoundTrip, &spec, tally);
        for &check in Check::ALL {
            let made: fn(&Lab<'_>, &mut Tally) = match check {
                Check::Declaration | Check::RoundTrip => continue,
                Check::Null => declaration::null,
                Check::Again => round_trips::again,
                Check::OtherValues => declaration::other_values,
                Check::Formats => versions::formats,
                Check::UnknownMajor => versions::unknown_major,
                Check::NewerMinor => versions::newer_minor,
                Check::Deprecation => versions::deprecation,
                Check::Migration => versions::migration,
                Check::Damage => damage::damage,
                Check::TrailingBytes => damage::trailing_bytes,
                Check::BadRecords => records::bad_records,
                Check::UnknownKeys => records::unknown_keys,
                Check::RecordAsText => records::record_as_text,
                Check::WrongStore => references::wrong_store,
                Check::MissingObject => references::missing_object,
                Check::UnsafePath => references::unsafe_path,
                Check::References => references::references,
                Check::Limits => limits::limits,
                Check::Writes => writing::writes,
                Check::FailedEncode => writing::failed_encode,
                Check::Crash => writing::crash,
                Check::FailedRead => reading::failed_read,
                Check::ReadOnly => reading::read_only,
            };
            let mut tally = Tally::default();
            if !self.without.contains_key(&check) {
                made(&lab, &mut tally);
            }
            self.conclude(report, check, &spec, tally);
        }
    }

    fn type_spec(&self, mode: Mode) -> String {
        match mode {
            Mode::Table => format!("<{}>", self.codec.name()),
            Mode::Store => format!("<{}@main>", self.codec.name()),
        }
    }

    fn resolve(&self, spec: &str) -> Result<Column, Trouble> {
        guarded(|| Column::resolve(spec, &self.registry()?))
    }

    fn registry(&self) -> Result<Registry> {
        let mut registry = Registry::new();
        registry.register(Arc::clone(&self.codec))?;
        for companion in &self.companions {
            registry.register(Arc::clone(companion))?;
        }
        Ok(registry)
    }

    fn conclude(&self, report: &mut Report, check: Check, spec: &str, mut tally: Tally) {
        if let Some(reason) = self.without.get(&check) {
            tally = Tally::default();
            tally.skip(reason.as_str());
        }
        report.outcomes.push(Outcome {
            check,
            type_spec: spec.to_owned(),
            tried: tally.tried,
            failed: tally.failed,
            failures: tally.failures,
            skipped: tally.skipped.filter(|_| tally.tried == 0),
        });
    }
}
