//! A database with values of old formats, which `dj-codec migrate` makes new while it is killed, in company, and refused.

mod columns;
mod copies;
mod crowd;
mod disk;
mod kills;
mod lab;
mod lazy;
mod reader;
mod refusals;
mod twice;
mod unwrap;

pub(crate) use kills::wanted as wanted_kills;

use crate::failed::Outcome;
use crate::report::{Checks, Report, is_wanted};
use crate::workspace::Workspace;
use lab::Lab;

/// A scenario: its name, and the checks.
type Scenario<'a> = (String, Box<dyn Fn(&Lab<'_>, &mut Checks) + 'a>);

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let mut scenarios: Vec<Scenario<'_>> = vec![("refusals".into(), Box::new(refusals::run))];
    for column in columns::COLUMNS {
        let name = format!("{} to {}, and back", column.spec, column.to);
        scenarios.push((name, Box::new(|lab, checks| columns::run(lab, column, checks))));
    }
    scenarios.push(("blobs in blobs".into(), Box::new(unwrap::run)));
    scenarios.push(("an application's rows".into(), Box::new(lazy::run)));
    scenarios.push(("twice, and back".into(), Box::new(twice::run)));
    scenarios.push(("copies in another schema".into(), Box::new(copies::run)));
    let times = format!("killed {} times", kills::wanted());
    scenarios.push((times, Box::new(kills::run)));
    let crowd = "three at once, killed, while Python inserts, updates and deletes";
    scenarios.push((crowd.into(), Box::new(crowd::run)));
    for (name, _) in &mut scenarios {
        *name = ws.scenario(format!("dj-codec migrate: {name}"));
    }
    scenarios.retain(|(name, _)| is_wanted(name));
    if scenarios.is_empty() {
        return Ok(());
    }
    let lab = Lab::fill(ws)?;
    for (name, run) in &scenarios {
        report.scenario(name, |checks| run(&lab, checks));
    }
    lab.close()
}
