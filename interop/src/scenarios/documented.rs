//! The commands of the documentation that need a database, each page in a folder and on a schema of its own.

use docs_check::block::When;
use docs_check::page::Page;
use docs_check::session::Session;
use docs_check::tree;
use serde_json::json;

use crate::failed::Outcome;
use crate::report::Report;
use crate::workspace::Workspace;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let root = tree::root();
    let pages = tree::pages(&root)?;
    report.scenario(&ws.scenario("what the documentation shows"), |checks| {
        for page in pages.iter().filter(|page| page.has(When::Live)) {
            checks.check(page.path.display(), || shown(ws, page));
        }
    });
    Ok(())
}

fn shown(ws: &Workspace, page: &Page) -> Outcome {
    let hello = ws.peer.ask("hello", json!({}))?;
    let python = hello.get("executable").and_then(|path| path.as_str());
    let session = Session::new(ws.program.path(), &tree::root())?
        .with_variable("WORKSPACE", &ws.folder)
        .with_variable("PYTHON", python.ok_or("which Python it is")?);
    let faults = session.run(page, When::Live);
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\n").into()),
    }
}
