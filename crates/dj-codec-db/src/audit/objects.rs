//! Are the objects there that values refer to, and how large are they?

use std::collections::HashMap;
use std::ops::ControlFlow;

use dj_codec_api::{Context, Error, ErrorKind, OpenStore, Record, Result};

/// What is known of the objects of one reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

/// From so many references below one folder on, the folder is listed rather than each asked for.
const LIST_FROM: usize = 200;
/// How many references are asked for at once: a store with latency answers them together.
const AT_ONCE: usize = 32;

/// Opens the store of a reference.
pub(crate) fn open(cx: &Context, name: Option<&str>) -> Result<OpenStore> {
    let record = Record::new();
    cx.open_record_store(&match name {
        Some(name) => record.with("store", name),
        None => record,
    })
}

/// Looks for all of these paths in a store, and gives for each what is there. An empty [`Found`] is none at all.
///
/// A path is an object, or a folder with everything below it. A folder that many of the paths are in is listed once; no path
/// counts as missing on the word of a listing alone.
pub(crate) fn find(store: &OpenStore, paths: &[&str]) -> Vec<Result<Found>> {
    let mut listed: HashMap<&str, Found> = HashMap::with_capacity(paths.len());
    let mut folders: HashMap<&str, usize> = HashMap::new();
    for path in paths {
        *folders.entry(group(path)).or_default() += 1;
    }
    for (folder, _) in folders
        .iter()
        .filter(|(folder, count)| **count >= LIST_FROM && !folder.is_empty())
    {
        for path in paths.iter().filter(|path| group(path) == *folder) {
            listed.insert(path, Found::default());
        }
        let outcome = store.store.visit(folder, &mut |object| {
            count(&mut listed, &object.path, object.size);
            Ok(ControlFlow::Continue(()))
        });
        if outcome.is_err() {
            // What the listing said until then counts for nothing; each is asked for below.
            listed.retain(|path, _| group(path) != *folder);
        }
    }
    let unclear: Vec<&str> = paths
        .iter()
        .copied()
        .filter(|path| listed.get(path).is_none_or(|found| found.objects == 0))
        .collect();
    let asked = ask(store, &unclear);
    let mut asked: HashMap<&str, Result<Found>> = unclear.into_iter().zip(asked).collect();
    let mut answers = Vec::with_capacity(paths.len());
    for path in paths {
        answers.push(match asked.get(path) {
            Some(Ok(found)) => Ok(*found),
            Some(Err(_)) => asked.remove(path).unwrap_or_else(|| Ok(Found::default())),
            None => Ok(listed.get(path).copied().unwrap_or_default()),
        });
    }
    answers
}

/// The folder that is listed for a path: prefix, schema and table, as DataJoint lays them out; the parent of shorter paths.
fn group(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let end = path
        .match_indices('/')
        .nth(2)
        .or_else(|| path.rmatch_indices('/').next())
        .map_or(0, |(at, _)| at);
    path.get(..end).unwrap_or_default()
}

/// Counts an object for the path that it is, or that it is below of.
fn count(wanted: &mut HashMap<&str, Found>, object: &str, size: u64) {
    let ends = object.match_indices('/').map(|(at, _)| at).chain([object.len()]);
    for end in ends {
        if let Some(found) = object.get(..end).and_then(|path| wanted.get_mut(path)) {
            found.objects += 1;
            found.bytes = found.bytes.saturating_add(size);
        }
    }
}

/// Asks for each path, some at a time.
fn ask(store: &OpenStore, paths: &[&str]) -> Vec<Result<Found>> {
    let mut answers = Vec::with_capacity(paths.len());
    for some in paths.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let asking: Vec<_> = some
                .iter()
                .map(|path| scope.spawn(move || one(store, path)))
                .collect();
            for thread in asking {
                let answer = thread.join();
                answers.push(answer.unwrap_or_else(|_| Err(Error::store("the store broke off"))));
            }
        });
    }
    answers
}

/// Looks for one path.
pub(crate) fn one(store: &OpenStore, path: &str) -> Result<Found> {
    let path = path.trim_end_matches('/');
    if let Some(object) = store.store.head(path)? {
        return Ok(Found {
            objects: 1,
            bytes: object.size,
        });
    }
    let mut found = Found::default();
    let outcome = store.store.visit(path, &mut |object| {
        found.objects += 1;
        found.bytes = found.bytes.saturating_add(object.size);
        Ok(ControlFlow::Continue(()))
    });
    match outcome {
        Err(error) if error.kind() != &ErrorKind::NotFound => Err(error),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dj_codec_api::{MemoryStore, Store as _, StoreMap};

    use super::*;

    fn store(objects: &[(&str, usize)]) -> OpenStore {
        let store = Arc::new(MemoryStore::new());
        for (path, size) in objects {
            store.put(path, vec![0; *size].into()).unwrap();
        }
        open(
            &Context::new(StoreMap::new().with("main", store).with_default("main")),
            None,
        )
        .unwrap()
    }

    #[test]
    fn objects_and_folders_are_found_one_by_one() {
        let store = store(&[
            ("s/a/t/x.npy", 3),
            ("s/a/t/y.zarr/c/0", 5),
            ("s/a/t/y.zarr/zarr.json", 7),
        ]);
        let found = find(&store, &["s/a/t/x.npy", "s/a/t/y.zarr", "s/a/t/y", "s/a/t/z.npy"]);
        let found: Vec<_> = found.into_iter().map(|found| found.unwrap()).collect();
        let of = |objects, bytes| Found { objects, bytes };
        assert_eq!(found, [of(1, 3), of(2, 12), of(0, 0), of(0, 0)]);
    }

    #[test]
    fn a_folder_with_many_is_listed_and_agrees() {
        let names: Vec<String> = (0..300).map(|number| format!("s/a/t/k={number}/x")).collect();
        let objects: Vec<(&str, usize)> = names
            .iter()
            .enumerate()
            .filter(|(number, _)| number % 7 != 0)
            .map(|(number, name)| (name.as_str(), number))
            .collect();
        let store = store(&objects);
        let paths: Vec<&str> = names.iter().map(String::as_str).collect();
        for (number, found) in find(&store, &paths).into_iter().enumerate() {
            let found = found.unwrap();
            let there = number % 7 != 0;
            assert_eq!(
                (found.objects == 1, found.bytes),
                (there, if there { number as u64 } else { 0 }),
                "{number}"
            );
        }
    }

    #[test]
    fn paths_are_grouped_by_table() {
        for (path, folder) in [
            ("_schema/lab/session/k=1/x.npy", "_schema/lab/session"),
            ("_hash/lab/abc", "_hash/lab"),
            ("_hash/lab/ab/cd/abc", "_hash/lab/ab"),
            ("x.npy", ""),
        ] {
            assert_eq!(group(path), folder);
        }
    }
}
