//! What is tried, on each database.

mod anscombe;
mod attachments;
mod audit;
mod blobs;
mod bulk;
mod convert;
mod documented;
mod filepaths;
mod formats;
mod from_python;
mod generated;
mod hashes;
mod keys;
mod libraries;
mod migrate;
mod nulls;
mod object_keys;
mod objects;
mod photon;
mod photon_libraries;
mod photon_program;
mod program;
mod program_values;
mod s3;
mod to_python;
mod unnamed;

pub(crate) use migrate::wanted_kills;

use crate::failed::Outcome;
use crate::plan::Backend;
use crate::report::Report;
use crate::workspace::Workspace;

/// Runs all scenarios of a database.
pub(crate) fn run(ws: &mut Workspace, report: &Report) -> Outcome {
    from_python::run(ws, report)?;
    to_python::run(ws, report)?;
    keys::run(ws, report);
    blobs::run(ws, report)?;
    hashes::run(ws, report)?;
    attachments::run(ws, report)?;
    objects::run(ws, report)?;
    object_keys::run(ws, report)?;
    filepaths::run(ws, report)?;
    unnamed::run(ws, report)?;
    nulls::run(ws, report)?;
    generated::run(ws, report)?;
    program::run(ws, report)?;
    program_values::run(ws, report)?;
    photon::run(ws, report)?;
    photon_program::run(ws, report)?;
    audit::run(ws, report)?;
    migrate::run(ws, report)?;
    bulk::run(ws, report)?;
    convert::run(ws, report)?;
    documented::run(ws, report)?;
    // What comes before a database needs no second one; each has its half of these, so that neither waits for the other.
    match ws.backend {
        Backend::PostgreSql => libraries::run(ws, report),
        Backend::MySql => {
            formats::run(ws, report)?;
            s3::run(ws, report)?;
            photon_libraries::run(ws, report)?;
            anscombe::run(ws, report)
        }
    }
}
