//! Three programs migrate a table at once and are killed, while Python inserts, updates and deletes rows of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use dj_codecs::api::Json;
use serde_json::json;

use super::kills::{LONGEST, wanted};
use super::lab::{Lab, rows_of};
use super::reader::{Reader, Rows, same_rows};
use crate::chance::Chance;
use crate::failed::{Failed, Outcome, ensure, same};
use crate::program::Program;
use crate::report::Checks;

const PROGRAMS: u64 = 3;
const FIELDS: [(&str, &str); 2] = [("movie", "2.0"), ("note", "2")];
/// Steps of Python's between two looks at how many were killed.
const STEPS: usize = 30;
/// The numbers of the rows that each round of Python's inserts begin here.
const FIRST: usize = 10_000;
/// How often a migration is begun again at the end, where the server still keeps rows for programs that are dead.
const TRIES: usize = 20;

pub(super) fn run(lab: &Lab<'_>, checks: &mut Checks) {
    checks.check("no value is lost, and all are new at the end", || {
        let kills = if wanted() < 100 { wanted() / 3 } else { wanted() };
        let before: Vec<Rows> = FIELDS
            .iter()
            .map(|(field, _)| lab.fetched("Crowd", field))
            .collect::<Outcome<_>>()?;
        let company = Company {
            reader: &lab.reader,
            program: lab.program(),
            before: &before,
            over: AtomicBool::new(false),
            killed: AtomicUsize::new(0),
            failed: Mutex::new(None),
        };
        let worked = std::thread::scope(|scope| {
            for number in 0..PROGRAMS {
                let company = &company;
                scope.spawn(move || company.note(company.migrate(number)));
            }
            scope.spawn(|| company.note(company.look()));
            let worked = work(lab, &company, kills);
            company.over.store(true, Ordering::SeqCst);
            worked
        });
        let failed = company.failed.into_inner().ok().flatten();
        failed.map_or(Ok(()), Err)?;
        end(lab, &before, &worked?)
    });
}

/// What Python has done.
struct Worked {
    rows: Vec<Json>,
    steps: [u64; 3],
}

/// Has Python work until enough programs were killed.
fn work(lab: &Lab<'_>, company: &Company<'_>, kills: usize) -> Outcome<Worked> {
    let mut worked = Worked {
        rows: Vec::new(),
        steps: [0; 3],
    };
    let mut round = 0;
    while !company.over.load(Ordering::SeqCst) && company.killed.load(Ordering::SeqCst) < kills {
        let first = FIRST + round * STEPS;
        let told = lab
            .python
            .ask("churn", json!({"seed": round, "first": first, "steps": STEPS}))?;
        for (sum, step) in worked.steps.iter_mut().zip(["insert", "update", "delete"]) {
            *sum += told
                .pointer(&format!("/steps/{step}"))
                .and_then(Json::as_u64)
                .unwrap_or(0);
        }
        worked.rows.extend(
            told.get("rows")
                .and_then(Json::as_array)
                .cloned()
                .unwrap_or_default(),
        );
        round += 1;
    }
    Ok(worked)
}

/// Those that are there at the same time.
struct Company<'a> {
    reader: &'a Reader,
    program: &'a Program,
    /// Rows that Python does not work on.
    before: &'a [Rows],
    over: AtomicBool,
    killed: AtomicUsize,
    failed: Mutex<Option<Failed>>,
}

impl Company<'_> {
    /// Keeps the first failure, and ends it all.
    fn note(&self, outcome: Outcome) {
        if let Err(failed) = outcome {
            if let Ok(mut kept) = self.failed.lock() {
                kept.get_or_insert(failed);
            }
            self.over.store(true, Ordering::SeqCst);
        }
    }

    /// Migrates both columns in turn, most of the time to be killed.
    fn migrate(&self, number: u64) -> Outcome {
        let mut chance = Chance::new(100 + number);
        for (field, to) in FIELDS.into_iter().cycle().skip(usize::from(number % 2 == 1)) {
            if self.over.load(Ordering::SeqCst) {
                break;
            }
            let arguments = Lab::arguments(&self.reader.url, "crowd", field, &["--to", to, "--workers", "2"]);
            let running = self.program.start(&arguments, &format!("crowd-{number}"))?;
            if chance.below(4) > 0
                && running
                    .ended(chance.within(Duration::from_millis(600)))?
                    .is_none()
            {
                running.kill();
                self.killed.fetch_add(1, Ordering::SeqCst);
            }
            let Some(ran) = running.ended(LONGEST)? else {
                running.kill();
                return Err("a migration in company did not come to its end".into());
            };
            let told: Json = serde_json::from_str(&ran.output).unwrap_or_default();
            let left = told.pointer("/report/left").and_then(Json::as_u64);
            ensure(
                matches!(ran.status, None | Some(0 | 1)) && left.unwrap_or(0) == 0,
                || format!("exit status {:?}: {}{}", ran.status, ran.output, ran.errors),
            )?;
        }
        Ok(())
    }

    /// Reads all the time.
    fn look(&self) -> Outcome {
        while !self.over.load(Ordering::SeqCst) {
            for ((field, _), before) in FIELDS.iter().zip(self.before) {
                let mut rows = self.reader.decoded("crowd", field)?;
                rows.retain(|number, _| before.contains_key(number));
                same_rows("while all work", &rows, before)?;
            }
        }
        Ok(())
    }
}

/// Lets the migration come to its end, and compares all with what Python has left.
fn end(lab: &Lab<'_>, before: &[Rows], worked: &Worked) -> Outcome {
    ensure(worked.steps.iter().all(|&count| count > 3), || {
        format!("Python inserted, updated and deleted {:?} rows", worked.steps)
    })?;
    for ((field, to), before) in FIELDS.iter().zip(before) {
        let mut ran = lab.run("crowd", field, &["--to", to])?;
        for _ in 0..TRIES {
            if ran.status == Some(0) {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
            ran = lab.run("crowd", field, &["--to", to])?;
        }
        ran.done()?;
        let renamed: Vec<Json> = worked
            .rows
            .iter()
            .map(|row| json!({"number": row.get("number"), "value": row.get(field)}))
            .collect();
        let mut wanted = rows_of(&json!({ "rows": renamed }), "rows")?;
        wanted.extend(before.clone());
        same_rows("fetched", &lab.fetched("Crowd", field)?, &wanted)?;
        same_rows("decoded", &lab.reader.decoded("crowd", field)?, &wanted)?;
        let formats = lab.reader.formats("crowd", field)?;
        let new = formats
            .values()
            .filter(|version| version.starts_with('2'))
            .count();
        same("values in the new format", &new, &wanted.len())?;
    }
    Ok(())
}
