//! Objects that no record was found to need yet.

use std::collections::BTreeMap;

use dj_codec_api::{Json, Stored};

use crate::migrate::journal::Listed;

/// Objects of the journal by their paths, without those that records need.
pub(super) struct Unneeded(BTreeMap<String, Vec<Listed>>);

impl Unneeded {
    /// All of these, each once.
    pub(super) fn new(batch: Vec<Listed>) -> Self {
        let mut by_path: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
        for listed in batch {
            let there = by_path.entry(plain(&listed.object.path).to_owned()).or_default();
            there.retain(|one| one.object.store != listed.object.store);
            there.push(listed);
        }
        Self(by_path)
    }

    /// What is left, in the order of the journal.
    pub(super) fn into_listed(self) -> Vec<Listed> {
        let mut all: Vec<Listed> = self.0.into_values().flatten().collect();
        all.sort_by_key(|listed| listed.id);
        all
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A record refers to this path of a store, or of any: the object is needed, and so are a folder that it is in and all below it.
    pub(super) fn need(&mut self, store: Option<&str>, path: &str) {
        let path = plain(path);
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for front in ends.filter_map(|end| path.get(..end)) {
            self.take(store, front);
        }
        let below = format!("{path}/");
        let inner = self.0.range(below.clone()..).map(|(path, _)| path);
        let inner: Vec<String> = inner
            .take_while(|path| path.starts_with(&below))
            .cloned()
            .collect();
        for path in inner {
            self.take(store, &path);
        }
    }

    fn take(&mut self, store: Option<&str>, path: &str) {
        let Some(there) = self.0.get_mut(path) else { return };
        there.retain(|one| store.is_some_and(|store| one.object.store != store));
        if there.is_empty() {
            self.0.remove(path);
        }
    }

    /// A value of a codec that this build does not have: each text in it may be the path of an object.
    pub(super) fn need_texts(&mut self, stored: &Stored) {
        if let Stored::Json(json) = stored {
            each_text(json, &mut |text| self.need(None, text));
        }
    }

    /// A value that is no sound record: whoever mends it may need what it names anywhere.
    pub(super) fn need_named(&mut self, stored: &Stored) {
        self.0.retain(|path, _| !names_path(stored, path));
    }
}

fn plain(path: &str) -> &str {
    path.trim_end_matches('/')
}

fn names_path(stored: &Stored, path: &str) -> bool {
    match stored {
        Stored::Json(json) => {
            let mut found = false;
            each_text(json, &mut |text| found |= text.contains(path));
            found
        }
        Stored::Bytes(bytes) => String::from_utf8_lossy(bytes).contains(path),
        Stored::Null => false,
    }
}

fn each_text(json: &Json, tell: &mut impl FnMut(&str)) {
    match json {
        Json::String(text) => tell(text),
        Json::Array(items) => items.iter().for_each(|item| each_text(item, tell)),
        Json::Object(entries) => entries.values().for_each(|value| each_text(value, tell)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::migrate::journal::{Named, Why};

    const PATHS: [&str; 5] = [
        "_hash/lab/abc",
        "_hash/lab/abcd",
        "lab/scan/a.zarr",
        "lab/scan/a.zarr2",
        "lab/scan/b.npy",
    ];

    fn listed(id: u64, store: &str, path: &str) -> Listed {
        Listed {
            id,
            object: Named {
                store: store.into(),
                path: path.into(),
                fresh: true,
            },
            why: Why::Superseded,
            table: "scan".into(),
            field: "movie".into(),
            row_key: "[]".into(),
            migration: "1".into(),
        }
    }

    /// What is left of the paths in the store `main`, and of the same in the store `attic`.
    fn left(look: impl FnOnce(&mut Unneeded)) -> (Vec<String>, usize) {
        let all = ["main", "attic"].into_iter().flat_map(|store| {
            let paths = PATHS.into_iter().zip(1..);
            paths.map(move |(path, id)| listed(id, store, path))
        });
        let mut unneeded = Unneeded::new(all.collect());
        look(&mut unneeded);
        let (main, attic): (Vec<_>, Vec<_>) = unneeded
            .into_listed()
            .into_iter()
            .partition(|one| one.object.store == "main");
        (main.into_iter().map(|one| one.object.path).collect(), attic.len())
    }

    #[test]
    fn what_a_record_refers_to_is_needed_in_its_store() {
        let (main, attic) = left(|all| all.need(Some("main"), "_hash/lab/abc"));
        assert_eq!((&main[..], attic), (&PATHS.map(String::from)[1..], 5));
        let (main, attic) = left(|all| all.need(None, "_hash/lab/abc/"));
        assert_eq!((main.len(), attic), (4, 4));
        let (main, attic) = left(|all| all.need(Some("shelf"), "_hash/lab/abc"));
        assert_eq!((main.len(), attic), (5, 5));
    }

    #[test]
    fn an_object_is_needed_with_the_folder_that_it_is_in_and_a_folder_with_its_objects() {
        let (main, _) = left(|all| all.need(Some("main"), "lab/scan/a.zarr/c/0/0"));
        assert!(
            !main.contains(&PATHS[2].to_owned()) && main.len() == 4,
            "{main:?}"
        );
        let (main, _) = left(|all| all.need(Some("main"), "lab/scan"));
        assert_eq!(main, PATHS[..2]);
    }

    #[test]
    fn each_object_is_told_once() {
        let some = vec![
            listed(1, "main", "a"),
            listed(2, "main", "a"),
            listed(3, "attic", "a"),
        ];
        let told: Vec<u64> = Unneeded::new(some)
            .into_listed()
            .iter()
            .map(|one| one.id)
            .collect();
        assert_eq!(told, [2, 3]);
    }

    #[test]
    fn a_path_in_a_damaged_record_is_still_named() {
        for held in [
            Stored::Json(json!({"path": 5, "old": ["_hash/lab/abcd"]})),
            Stored::Json(json!("{\"path\": \"_hash/lab/abcd\", cut of")),
            Stored::Bytes("{\"path\": \"_hash/lab/abcd\"".into()),
        ] {
            let (main, attic) = left(|all| all.need_named(&held));
            assert_eq!(
                (main, attic),
                (PATHS[2..].iter().map(ToString::to_string).collect(), 3)
            );
        }
        for held in [Stored::Null, Stored::Json(json!({"path": "_hash/lab/ab"}))] {
            assert_eq!(left(|all| all.need_named(&held)).0.len(), 5, "{held:?}");
        }
    }

    #[test]
    fn each_text_of_a_value_that_nobody_knows_may_be_a_path() {
        let held = Stored::Json(json!({"first": "lab/scan/b.npy", "more": [{"second": "_hash/lab/abc"}]}));
        let (main, attic) = left(|all| all.need_texts(&held));
        assert_eq!(
            (main, attic),
            (PATHS[1..4].iter().map(ToString::to_string).collect(), 3)
        );
    }
}
