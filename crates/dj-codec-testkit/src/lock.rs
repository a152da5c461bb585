//! Format locks: what a codec writes for fixed inputs, byte for byte, so that a format changes only with a new version.

mod digest;
mod file;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dj_codec_api::layout::TOKEN_ALPHABET;
use dj_codec_api::{
    Codec, Column, Context, Error, FormatVersion, MemoryStore, Mode, Registry, Result, StoreMap, Stored,
    Tokens, Value,
};

use digest::{Ignored, digests};
use file::{Digests, Lock};

/// Set to `1`, inputs that are not in the lock file yet are added to it.
const ADD: &str = "DJ_LOCK_ADD";
/// Set to `1`, digests of payload that changed are replaced.
const PAYLOAD: &str = "DJ_LOCK_PAYLOAD";

/// Holds what a codec writes to what it wrote: for each format version and fixed input, digests of the stored value and
/// of the objects, kept in a file of the crate.
///
/// ```no_run
/// # use dj_codec_api::{Codec, CodecInfo, Context, Mode, Result, TypeSpec, Value};
/// # #[derive(Debug)]
/// # struct SpikeTrainCodec;
/// # impl Codec for SpikeTrainCodec {
/// #     fn name(&self) -> &str { "spike_train" }
/// #     fn info(&self) -> CodecInfo { CodecInfo::new("spike_train", "dj-spike-train-codecs", "0.1.0") }
/// #     fn dtype(&self, _: Mode) -> Result<TypeSpec> { "<blob>".parse() }
/// #     fn encode(&self, value: Value, _: &Context) -> Result<Value> { Ok(value) }
/// #     fn decode(&self, stored: Value, _: &Context) -> Result<Value> { Ok(stored) }
/// # }
/// use dj_codec_testkit::FormatLock;
///
/// // In tests/format_lock.rs of the crate:
/// FormatLock::of(SpikeTrainCodec, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/spike_train.json"))
///     .value("2.0", "empty", Value::List(vec![]))
///     .value("2.0", "two", Value::List(vec![0.5.into(), 0.75.into()]))
///     .value("1.0", "two", Value::List(vec![0.5.into(), 0.75.into()]))
///     .assert();
/// ```
///
/// A change of what is written fails the test, and so does an input that is gone or not locked yet. To lock new inputs, run
/// the test once with `DJ_LOCK_ADD=1` and commit the file; nothing that is locked is ever changed by that.
///
/// Inputs are encoded in a context whose paths are the same each time. What else differs from one time to the next (a clock, the
/// version of the crate) is named with [`ignoring`](Self::ignoring).
pub struct FormatLock {
    codec: Arc<dyn Codec>,
    companions: Vec<Arc<dyn Codec>>,
    mode: Option<Mode>,
    path: PathBuf,
    ignored: Vec<Ignored>,
    payload: Option<Box<IsPayload>>,
    cases: Vec<Case>,
}

type IsPayload = dyn Fn(&str) -> bool;
type Write = dyn Fn(&Context) -> Result<Stored>;

struct Case {
    version: String,
    name: String,
    input: Input,
}

enum Input {
    Value(Value),
    Written(Box<Write>),
}

impl fmt::Debug for FormatLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormatLock")
            .field("codec", &self.codec)
            .field("path", &self.path)
            .field("cases", &self.cases.len())
            .finish_non_exhaustive()
    }
}

/// How a codec's output compares with its lock.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct LockReport {
    /// What is not as it was locked, or not locked.
    pub problems: Vec<String>,
    /// The inputs that were added to the lock file, or whose payload was replaced, because that was asked for.
    pub changed: Vec<String>,
}

impl FormatLock {
    /// The lock of this codec, in this file.
    pub fn of(codec: impl Codec + 'static, path: impl AsRef<Path>) -> Self {
        Self {
            codec: Arc::new(codec),
            companions: Vec::new(),
            mode: None,
            path: path.as_ref().to_owned(),
            ignored: Vec::new(),
            payload: None,
            cases: Vec::new(),
        }
    }

    /// A codec that this one chains to.
    #[must_use]
    pub fn chained_to(mut self, codec: impl Codec + 'static) -> Self {
        self.companions.push(Arc::new(codec));
        self
    }

    /// The mode that [`value`](Self::value) encodes in; the first one of the codec's info where it is not said.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Leaves a member of the record out, by its JSON pointer: one that is not the same each time.
    #[must_use]
    pub fn ignoring(mut self, pointer: &str) -> Self {
        self.ignored.push(Ignored {
            object: None,
            pointer: pointer.to_owned(),
            payload: false,
        });
        self
    }

    /// Leaves a member out of each object that is JSON and whose path ends so.
    #[must_use]
    pub fn ignoring_in(mut self, object: &str, pointer: &str) -> Self {
        self.ignored.push(Ignored {
            object: Some(object.to_owned()),
            pointer: pointer.to_owned(),
            payload: false,
        });
        self
    }

    /// Says which objects, by their paths, hold compressed payload: their bytes may change with a compression library,
    /// and are locked apart from the rest. Run with `DJ_LOCK_PAYLOAD=1`, the test takes what is written now for right, after the
    /// golden fixtures have shown that it decodes.
    #[must_use]
    pub fn payload(mut self, is_payload: impl Fn(&str) -> bool + 'static) -> Self {
        self.payload = Some(Box::new(is_payload));
        self
    }

    /// Says that a member of the record, by its JSON pointer, tells of the payload (its size, a digest), and is locked with that.
    #[must_use]
    pub fn payload_in_record(mut self, pointer: &str) -> Self {
        self.ignored.push(Ignored {
            object: None,
            pointer: pointer.to_owned(),
            payload: true,
        });
        self
    }

    /// Locks what the codec writes for this value in this format version.
    #[must_use]
    pub fn value(self, version: &str, name: &str, value: impl Into<Value>) -> Self {
        let input = Input::Value(value.into());
        self.with_case(version, name, input)
    }

    /// Locks what this writes, which is the codec's typed face or a writer of its own. The context asks for the version.
    #[must_use]
    pub fn case(
        self,
        version: &str,
        name: &str,
        write: impl Fn(&Context) -> Result<Stored> + 'static,
    ) -> Self {
        self.with_case(version, name, Input::Written(Box::new(write)))
    }

    fn with_case(mut self, version: &str, name: &str, input: Input) -> Self {
        self.cases.push(Case {
            version: version.to_owned(),
            name: name.to_owned(),
            input,
        });
        self
    }

    /// Compares what is written with what is locked; adds inputs where the environment asks for it.
    ///
    /// # Errors
    /// Where the lock file cannot be read or written, or an input cannot be encoded.
    pub fn check(&self) -> Result<LockReport> {
        let asked = |name: &str| std::env::var_os(name).is_some_and(|value| value == "1");
        self.check_with(asked(ADD), asked(PAYLOAD))
    }

    fn check_with(&self, add: bool, replace_payload: bool) -> Result<LockReport> {
        let mut lock = Lock::read(&self.path)?;
        let mut report = LockReport::default();
        let info = self.codec.info();
        let mut met: Vec<(&str, &str)> = Vec::new();
        for case in &self.cases {
            let key = (case.version.as_str(), case.name.as_str());
            let place = format!("format {}, {}", key.0, key.1);
            if met.contains(&key) {
                report
                    .problems
                    .push(format!("{place}: two inputs have this name"));
                continue;
            }
            met.push(key);
            let written = self.written(case).map_err(|error| error.at(place.as_str()))?;
            match lock.get(key.0, key.1) {
                None if add => {
                    lock.set(key.0, key.1, written);
                    report.changed.push(place);
                }
                None => report.problems.push(format!(
                    "{place}: is not locked yet; run this test once with {ADD}=1, and commit {}",
                    self.path.display()
                )),
                Some(locked) => {
                    let only_payload = locked.differs_only_in_payload(&written);
                    if only_payload && replace_payload {
                        lock.set(key.0, key.1, written);
                        report.changed.push(place);
                    } else {
                        report.problems.extend(
                            locked
                                .changes(&written)
                                .into_iter()
                                .map(|what| format!("{place}: {what}")),
                        );
                    }
                }
            }
        }
        for (version, name) in lock.keys() {
            if !met.contains(&(version, name)) {
                report.problems.push(format!("format {version}, {name}: this input is gone from the test; it must stay as long as the format is written"));
            }
        }
        if let Some(writes) = info.writes {
            let locked = |case: &Case| {
                case.version
                    .parse::<FormatVersion>()
                    .is_ok_and(|version| version == writes)
            };
            if !self.cases.iter().any(locked) {
                report.problems.push(format!(
                    "format {writes}, which the codec writes, has no input here"
                ));
            }
        }
        if !report.changed.is_empty() {
            lock.write(&self.path, &info.crate_name)?;
        }
        Ok(report)
    }

    /// Checks, and panics with what is wrong and what to do: the one line of a crate's test.
    ///
    /// # Panics
    /// Where something is not as it was locked.
    #[expect(clippy::panic, reason = "a test's assertion")]
    pub fn assert(&self) {
        match self.check() {
            Err(error) => panic!("{}", error.report()),
            Ok(report) if !report.problems.is_empty() => panic!("{}", self.text(&report)),
            Ok(_) => {}
        }
    }

    fn text(&self, report: &LockReport) -> String {
        let info = self.codec.info();
        format!(
            "what {} writes for <{}> is not what {} holds:\n  {}\n\
             Data of a format look the same whoever wrote them, and when. If a change is meant, give it a new format version, a minor \
             one if older readers can read it: a row in the codec's VersionDispatch, the old output still written on request, \
             fixtures and inputs of this lock for the new one. Locked digests are not edited{}.",
            info.crate_name,
            info.name,
            self.path.display(),
            report.problems.join("\n  "),
            match self.payload {
                Some(_) => format!(
                    "; where only payload changed because a compression library did, and all golden fixtures decode, run this test once with {PAYLOAD}=1 in a commit that says so"
                ),
                None => String::new(),
            }
        )
    }

    /// Writes an input to an empty store, and digests what came of it.
    fn written(&self, case: &Case) -> Result<Digests> {
        let version: FormatVersion = case.version.parse()?;
        let store = Arc::new(MemoryStore::new());
        let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
            .with_field("lab", "recording", "value")
            .with_key("subject", "m/1")
            .with_key("recording", 3_i64)
            .with_tokens(Arc::<Counted>::default())
            .with_format_version(version);
        let column = self.column()?;
        let stored = match &case.input {
            Input::Value(value) => column.encode(value.clone(), &cx)?,
            Input::Written(write) => write(&cx.clone().with_column_store(Some("main")))?,
        };
        let told = column.format_version(stored.clone(), &cx)?;
        if told.is_some_and(|told| told != version) {
            return Err(Error::invalid_value(format!(
                "the input is locked as format {version}, and the codec writes it as {}",
                told.map(|told| told.to_string()).unwrap_or_default()
            )));
        }
        let is_payload = |path: &str| self.payload.as_ref().is_some_and(|is_payload| is_payload(path));
        digests(&stored, &store.snapshot(), &self.ignored, &is_payload)
    }

    fn column(&self) -> Result<Column> {
        let mut registry = Registry::new();
        registry.register(Arc::clone(&self.codec))?;
        for companion in &self.companions {
            registry.register(Arc::clone(companion))?;
        }
        let mode = self.mode.or_else(|| self.codec.info().modes.first().copied());
        let name = self.codec.name();
        match mode {
            Some(Mode::Store) => Column::resolve(&format!("<{name}@main>"), &registry),
            _ => Column::resolve(&format!("<{name}>"), &registry),
        }
    }
}

/// Tokens that count, so that every path is the same each time and no two are alike.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Tokens for Counted {
    fn token(&self, length: i64) -> Result<String> {
        let mut number = self.0.fetch_add(1, Ordering::Relaxed);
        let mut token: Vec<char> = (0..length.clamp(4, 16))
            .map(|_| {
                let digit = usize::try_from(number % 64).unwrap_or(0);
                number /= 64;
                TOKEN_ALPHABET.chars().nth(digit).unwrap_or('A')
            })
            .collect();
        token.reverse();
        Ok(token.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
