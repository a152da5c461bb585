//! Migrations and their way back, killed again and again: at any time, and at messages to the database that are counted.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dj_codecs::api::Json;

use super::lab::{Held, Lab};
use super::reader::{Rows, same_rows};
use crate::chance::Chance;
use crate::failed::{Outcome, ensure, same};
use crate::report::Checks;
use crate::wire::Wire;

/// How long one run may take.
pub(super) const LONGEST: Duration = Duration::from_secs(60);
/// Python fetches all values after so many kills; we decode them after each.
const PYTHON_EVERY: usize = 20;

/// How many runs are killed on each database.
pub(crate) fn wanted() -> usize {
    let told = std::env::var("DJ_INTEROP_KILLS").ok();
    told.and_then(|told| told.parse().ok()).unwrap_or(40)
}

pub(super) fn run(lab: &Lab<'_>, checks: &mut Checks) {
    let blobs = wanted() / 4;
    for (spec, field, to, kills) in [
        ("<zarr@local>", "movie", "2.0", wanted() - blobs),
        ("<blob>", "note", "2", blobs),
    ] {
        checks.check(
            format!("{spec}: every value is what it was after each of {kills} kills"),
            || Victim::new(lab, field, to)?.kill(kills),
        );
    }
}

/// A column of the table `crowd` whose migration is killed.
struct Victim<'a> {
    lab: &'a Lab<'a>,
    field: &'a str,
    to: &'a str,
    wire: Wire,
    fetched: Rows,
    held: Held,
}

/// How long a whole run takes, and how many messages it sends.
#[derive(Debug, Clone, Copy)]
struct Whole {
    time: Duration,
    messages: u64,
}

/// How a run came to its end.
#[derive(Debug)]
enum Ended {
    /// It was killed.
    Killed,
    /// It has done all.
    Done,
    /// It has done what was not kept for others.
    Waiting,
}

impl<'a> Victim<'a> {
    fn new(lab: &'a Lab<'a>, field: &'a str, to: &'a str) -> Outcome<Self> {
        Ok(Self {
            lab,
            field,
            to,
            wire: Wire::to(server(&lab.reader.url)?)?,
            fetched: lab.fetched("Crowd", field)?,
            held: lab.held("Crowd", field)?,
        })
    }

    fn arguments(&self, forward: bool) -> Outcome<Vec<String>> {
        let url = &self.lab.reader.url;
        let url = url.replace(server(url)?, &self.wire.address().to_string());
        let more = if forward {
            vec!["--to", self.to]
        } else {
            vec!["--rollback"]
        };
        Ok(Lab::arguments(&url, "crowd", self.field, &more))
    }

    /// A run to its end.
    fn whole(&self, forward: bool) -> Outcome<Whole> {
        self.wire.messages();
        let begun = Instant::now();
        self.lab.program().done(&self.arguments(forward)?)?;
        Ok(Whole {
            time: begun.elapsed(),
            messages: self.wire.messages(),
        })
    }

    fn kill(&self, kills: usize) -> Outcome {
        let (there, back) = (self.whole(true)?, self.whole(false)?);
        let mut chance = Chance::new(kills as u64);
        let (mut killed, mut done, mut forward) = (0, 0, true);
        let mut between = 0;
        while killed < kills {
            let whole = if forward { there } else { back };
            let ended = self.one(forward, whole, &mut chance)?;
            let way = if forward { "on" } else { "back" };
            let step = format!("{way} after {killed} kills and {done} whole runs");
            let decoded = self.lab.reader.decoded("crowd", self.field)?;
            same_rows(&step, &decoded, &self.fetched)?;
            match ended {
                Ended::Done => {
                    self.arrived(forward).map_err(|failed| failed.during(&step))?;
                    (done, forward) = (done + 1, !forward);
                    continue;
                }
                Ended::Waiting => continue,
                Ended::Killed => killed += 1,
            }
            let formats = self.lab.reader.formats("crowd", self.field)?;
            let new = formats
                .values()
                .filter(|version| version.starts_with('2'))
                .count();
            between += usize::from(new > 0 && new < formats.len());
            if killed % PYTHON_EVERY == 0 {
                same_rows(&step, &self.lab.fetched("Crowd", self.field)?, &self.fetched)?;
            }
        }
        ensure(done < killed && between > killed / 4, || {
            format!("{killed} kills among {done} whole runs, {between} with some of the rows done")
        })?;
        self.end()
    }

    /// A run that is killed, unless it has ended before.
    fn one(&self, forward: bool, whole: Whole, chance: &mut Chance) -> Outcome<Ended> {
        self.wire.messages();
        let running = self.lab.program().start(&self.arguments(forward)?, "killed")?;
        match chance.below(3) {
            0 => {
                if running.ended(chance.within(whole.time))?.is_none() {
                    running.kill();
                }
            }
            before => {
                let at = 1 + chance.below(whole.messages);
                self.wire.kill_at(running.clone(), at, before == 2);
            }
        }
        let ran = running.ended(LONGEST)?;
        self.wire.spare();
        let Some(ran) = ran else {
            running.kill();
            return Err("a run did not come to its end".into());
        };
        match ran.status {
            None => Ok(Ended::Killed),
            Some(0) => Ok(Ended::Done),
            // The server may not know yet that the one before is dead, and keeps a row for it.
            Some(1) if waits(&ran.output) => Ok(Ended::Waiting),
            Some(status) => Err(format!("exit status {status}: {}{}", ran.output, ran.errors).into()),
        }
    }

    /// What holds when a run has done all.
    fn arrived(&self, forward: bool) -> Outcome {
        if forward {
            let formats = self.lab.reader.formats("crowd", self.field)?;
            let old = formats.iter().find(|(_, version)| !version.starts_with('2'));
            return ensure(old.is_none(), || format!("a run ended with {old:?}"));
        }
        let held = self.lab.held("Crowd", self.field)?;
        same("what the column holds", &held.rows, &self.held.rows)
    }

    /// On to the end and back. What was written and is not needed is listed, none of it missed.
    fn end(&self) -> Outcome {
        self.whole(true)?;
        self.arrived(true)?;
        same_rows("fetched", &self.lab.fetched("Crowd", self.field)?, &self.fetched)?;
        let held = self.lab.held("Crowd", self.field)?;
        let told = self.lab.ran("crowd", self.field, &["--list-superseded"], 0)?;
        let listed = super::columns::paths(&told);
        let record = |held: &Json| serde_json::from_str::<Json>(held.as_str()?).ok();
        let path = |record: Json| Some(record.get("path")?.as_str()?.to_owned());
        let needed: BTreeSet<String> = held.rows.values().filter_map(record).filter_map(path).collect();
        let both: Vec<_> = listed.intersection(&needed).collect();
        ensure(both.is_empty(), || format!("listed and needed: {both:?}"))?;
        let folder = format!("/{}_", self.field);
        for file in held
            .files
            .keys()
            .filter(|file| file.contains("/crowd/") && file.contains(&folder))
        {
            let within = |path: &String| file.contains(&format!("{path}/"));
            ensure(needed.iter().any(within) || listed.iter().any(within), || {
                format!("the file {file} is neither needed nor listed")
            })?;
        }
        self.whole(false)?;
        self.arrived(false)
    }
}

/// Whether rows are left for others to do.
fn waits(output: &str) -> bool {
    let told: Json = serde_json::from_str(output).unwrap_or_default();
    let report = |key: &str| told.pointer(&format!("/report/{key}")).and_then(Json::as_u64);
    report("waiting").is_some_and(|rows| rows > 0) && report("left").unwrap_or(0) == 0
}

/// `HOST:PORT` of a URL.
fn server(url: &str) -> Outcome<&str> {
    let (_, behind) = url.rsplit_once('@').ok_or("the URL has no user")?;
    Ok(behind.split('/').next().unwrap_or(behind))
}
