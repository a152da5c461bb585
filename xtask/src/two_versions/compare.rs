//! Writes with one version, reads with the other.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use dj_codec_testkit::difference;
use dj_codec_testkit::golden::Case;
use dj_codecs::api::{Column, FormatVersion, Registry, Stored, Value};

use super::Source;
use super::earlier::{Answer, Earlier};
use super::lab::Lab;
use super::subject::{Subject, folders};
use super::tally::{Event, Tally};
use super::today;
use crate::{Outcome, workspace};

pub(super) fn run(source: &Source) -> Outcome {
    let folder = workspace::target_folder()?.join("two-versions");
    let start = Instant::now();
    let earlier = match source {
        Source::Program(path) => Earlier::at(path)?,
        Source::Revision(revision) => {
            let earlier = Earlier::build(revision, &folder)?;
            println!("built in {:.0?}", start.elapsed());
            earlier
        }
    };

    let start = Instant::now();
    let registry = dj_codecs::default_registry();
    let comparison = Comparison {
        earlier: &earlier,
        registry: &registry,
        folder: folder.join("values"),
        tally: Mutex::default(),
    };
    let fixtures = folders(&workspace::root().join("fixtures"))?;
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    comparison.fixture(fixture);
                }
            });
        }
    });
    let tally = comparison
        .tally
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let outcome = tally.conclude(&formats(&registry, &earlier));
    println!("compared in {:.0?}", start.elapsed());
    outcome
}

/// Each codec and format that today's version writes, and whether the earlier one knows it.
fn formats(registry: &Registry, earlier: &Earlier) -> Vec<(String, FormatVersion, bool)> {
    let codecs = registry.list().into_iter();
    let of_codec = |codec: dj_codecs::api::CodecInfo| {
        let known = earlier.formats(&codec.name).unwrap_or_default().to_vec();
        let versions = codec.reads.into_iter().map(|format| format.version);
        versions.map(move |version| (codec.name.to_string(), version, known.contains(&version)))
    };
    codecs.flat_map(of_codec).collect()
}

struct Comparison<'a> {
    earlier: &'a Earlier,
    registry: &'a Registry,
    folder: PathBuf,
    tally: Mutex<Tally>,
}

impl Comparison<'_> {
    fn tell(&self, tell: impl FnOnce(&mut Tally)) {
        tell(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Both ways in every format of the codec.
    fn fixture(&self, folder: &Path) {
        let outcome = Case::read(folder)
            .map_err(|error| error.report())
            .and_then(|case| {
                if case.expects_error() {
                    self.tell(|tally| tally.damaged += 1);
                    return Ok(());
                }
                let lab = Lab::new(self.folder.join(case.id.replace('/', "-")))?;
                let subject = Subject::of(&case, self.registry, &lab).map_err(|error| error.report())?;
                let column = today::column(&subject.spec, self.registry).map_err(|error| error.report())?;
                let info = column.chain().first().map(|codec| codec.info());
                for format in info.into_iter().flat_map(|info| info.reads) {
                    let pair = Pair {
                        comparison: self,
                        subject: &subject,
                        column: &column,
                        version: format.version,
                        lab: &lab,
                    };
                    if let Err(what) = pair.compare() {
                        self.tell(|tally| {
                            tally.wrong(format!("{} in format {}: {what}", case.id, format.version));
                        });
                    }
                }
                Ok(())
            });
        if let Err(what) = outcome {
            self.tell(|tally| tally.wrong(format!("{}: {what}", folder.display())));
        }
    }
}

/// One value in one format.
struct Pair<'a> {
    comparison: &'a Comparison<'a>,
    subject: &'a Subject,
    column: &'a Column,
    version: FormatVersion,
    lab: &'a Lab,
}

impl Pair<'_> {
    fn compare(&self) -> Outcome {
        let formats = self.comparison.earlier.formats(&self.subject.codec);
        let shared = formats.is_some_and(|formats| formats.contains(&self.version));
        let there = shared && self.there()?;
        let back = self.back(shared)?;
        if !there && !back {
            self.count(Event::NotWritten);
        }
        Ok(())
    }

    fn count(&self, event: Event) {
        self.comparison
            .tell(|tally| tally.count(&self.subject.codec, self.version, event));
    }

    /// The earlier version writes, both read. Whether it wrote anything.
    fn there(&self) -> Result<bool, String> {
        let earlier = self.comparison.earlier;
        let Answer::Good(stored) = earlier.encode(self.subject, self.version, self.lab)? else {
            return Ok(false);
        };
        let expected = self.earlier_reads(&stored)?;
        let found = today::decode(self.column, &stored, self.lab)
            .map_err(|error| format!("what the earlier version wrote is not read today: {error}"))?;
        same(&found, &expected)
            .map_err(|what| format!("what the earlier version wrote is another value today: {what}"))?;
        self.count(Event::EarlierToToday);
        Ok(true)
    }

    fn earlier_reads(&self, stored: &Stored) -> Result<Value, String> {
        match self
            .comparison
            .earlier
            .decode(&self.subject.spec, stored, self.lab)?
        {
            Answer::Good(value) => Ok(value),
            Answer::Refused(words) => Err(format!(
                "the earlier version does not read {}: {words}",
                stored.to_line()
            )),
        }
    }

    /// Today's version writes, the earlier one reads what it knows and refuses what it does not. Whether anything was written.
    fn back(&self, shared: bool) -> Result<bool, String> {
        let written = today::encode(self.column, &self.subject.input, self.version, self.lab);
        let Some(stored) = written.map_err(|error| format!("it is not written today: {}", error.report()))?
        else {
            return Ok(false);
        };
        let expected = today::decode(self.column, &stored, self.lab)?;
        if shared {
            same(&self.earlier_reads(&stored)?, &expected).map_err(|what| {
                format!("what is written today is another value to the earlier version: {what}")
            })?;
            self.count(Event::TodayToEarlier);
        } else {
            self.is_refused(&stored)?;
            self.count(Event::NotKnownEarlier);
        }
        Ok(true)
    }

    /// The earlier version says what it does not know, and what to do.
    fn is_refused(&self, stored: &Stored) -> Outcome {
        let (earlier, codec) = (self.comparison.earlier, &self.subject.codec);
        let words = match earlier.decode(&self.subject.spec, stored, self.lab)? {
            Answer::Good(_) => {
                return Err(
                    "the earlier version does not know this format, and reads it all the same".into(),
                );
            }
            Answer::Refused(words) => words,
        };
        let version = self.version.to_string();
        let wanted = match earlier.formats(codec) {
            Some(_) => [version.as_str(), "upgrade"],
            None => ["no codec", codec.as_str()],
        };
        match wanted.iter().all(|part| words.contains(part)) {
            true => Ok(()),
            false => Err(format!(
                "the earlier version does not know this format, and says something else: {words}"
            )),
        }
    }
}

fn same(found: &Value, expected: &Value) -> Outcome {
    difference(found, expected).map_or(Ok(()), |difference| Err(difference.to_string()))
}
