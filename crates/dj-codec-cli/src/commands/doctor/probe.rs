//! Tries what codecs do with a store, on an object that nobody else has.

use std::ops::ControlFlow;

use dj_codecs::api::{Bytes, Error, ErrorKind, ObjectMeta, OpenStore, Result, Store};

use super::meaning::explained;

/// What was tried, and what came of it.
#[derive(Debug)]
pub(super) struct Step {
    /// `list`, `write`, `read` or `delete`.
    pub(super) name: &'static str,
    /// How it went.
    pub(super) state: State,
}

/// How a step went.
#[derive(Debug)]
pub(super) enum State {
    /// It works; with a remark where there is one.
    Good(Option<String>),
    /// It does not, and why.
    Failed(String),
    /// It could not be tried, and why.
    NotTried(&'static str),
}

/// Lists, writes, reads and deletes. What was written is gone afterwards, unless that is what fails.
pub(super) fn run(open: &OpenStore) -> Vec<Step> {
    let store = open.store.as_ref();
    let section = open.layout.schema_prefix.trim_matches('/');
    let (path, content) = match probe(section) {
        Ok(probe) => probe,
        Err(error) => {
            return vec![Step {
                name: "write",
                state: State::Failed(error.report()),
            }];
        }
    };
    let mut present = None;
    let listed = first_object(store, section).map(|found| present = found);
    let written = write(store, &path, &content);
    let mut steps = vec![
        Step {
            name: "list",
            state: state(listed.and_then(|()| lists_probe(store, &path, written.is_ok()))),
        },
        Step {
            name: "write",
            state: failure_of(&written),
        },
    ];
    let read = match (&written, present) {
        (Ok(()), _) => state(read(store, &path, &content)),
        (Err(_), Some(object)) => state(read_one_byte(store, &object)),
        (Err(_), None) => State::NotTried("there is nothing to read"),
    };
    steps.push(Step {
        name: "read",
        state: read,
    });
    let deleted = match written {
        Ok(()) => state(delete(store, &path)),
        Err(_) => State::NotTried("nothing was written"),
    };
    steps.push(Step {
        name: "delete",
        state: deleted,
    });
    steps
}

/// A path that nobody else uses, and contents that nobody else writes.
fn probe(section: &str) -> Result<(String, Bytes)> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Error::store("the system gives no random bytes").caused_by(error.to_string()))?;
    let name = data_encoding::HEXLOWER.encode(&random);
    let parts = [section, "_doctor", &name, "probe.txt"];
    let path = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/");
    let content = format!("dj-codec doctor tries whether this store works. It may be deleted. {name}\n");
    Ok((path, content.into()))
}

fn first_object(store: &dyn Store, section: &str) -> Result<Option<ObjectMeta>> {
    let mut first = None;
    store.visit(section, &mut |object| {
        first = Some(object);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(first)
}

fn write(store: &dyn Store, path: &str, content: &Bytes) -> Result<()> {
    if store.put_if_absent(path, content.clone())? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::AlreadyExists,
        "an object with a new random name is there already",
    )
    .at(path))
}

/// A store that lists an object it has not yet, or none that it has, would make audits wrong.
fn lists_probe(store: &dyn Store, path: &str, written: bool) -> Result<Option<String>> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let found = written && store.list(folder)?.iter().any(|object| object.path == path);
    if written && !found {
        return Err(Error::store("an object that was just written is not listed").at(path));
    }
    Ok(None)
}

fn read(store: &dyn Store, path: &str, content: &Bytes) -> Result<Option<String>> {
    let (whole, part) = (store.get(path)?, store.get_range(path, 3..8)?);
    if whole != *content || Some(part.as_ref()) != content.get(3..8) {
        return Err(Error::corrupt("the object does not hold what was written").at(path));
    }
    Ok(None)
}

fn read_one_byte(store: &dyn Store, object: &ObjectMeta) -> Result<Option<String>> {
    store.get_range(&object.path, 0..object.size.min(1))?;
    Ok(Some(format!("tried on {}", object.path)))
}

fn delete(store: &dyn Store, path: &str) -> Result<Option<String>> {
    store
        .delete(path)
        .map_err(|error| error.advise(format!("the object {path} is left there; it may be deleted")))?;
    if store.head(path)?.is_some() {
        return Err(Error::store("the object is still there")
            .at(path)
            .advise("it may be deleted"));
    }
    Ok(None)
}

fn failure_of(outcome: &Result<()>) -> State {
    match outcome {
        Ok(()) => State::Good(None),
        Err(error) => State::Failed(explained(error)),
    }
}

fn state(outcome: Result<Option<String>>) -> State {
    match outcome {
        Ok(remark) => State::Good(remark),
        Err(error) => State::Failed(explained(&error)),
    }
}
