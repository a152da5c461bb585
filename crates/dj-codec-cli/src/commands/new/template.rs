//! The files of the template, which is also one for `cargo generate`.

use std::borrow::Cow;

use super::name::Names;
use super::render::render;
use crate::failure::{Failure, Outcome};

/// Where the values of a new codec are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes in the table.
    Table,
    /// Objects in a store.
    Store,
}

/// A file in the folder `template` of this package.
struct File {
    path: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($path:literal,)+) => {
        &[$(File { path: $path, bytes: include_bytes!(concat!("../../../template/", $path)) },)+]
    };
}

const FILES: &[File] = files![
    ".gitattributes.liquid",
    ".github/append-only.sh",
    ".github/workflows/ci.yml",
    ".gitignore.liquid",
    "CHANGELOG.md.liquid",
    "Cargo.toml.liquid",
    "LICENSE-APACHE",
    "LICENSE-MIT.liquid",
    "NEW-FORMAT.md.liquid",
    "README.md.liquid",
    "clippy.toml",
    "examples/record.rs.liquid",
    "fixtures/README.md.liquid",
    "fixtures/{{codec}}/1.0/by-{{project-name}}-0.1.0-extremes/case.store.json.liquid",
    "fixtures/{{codec}}/1.0/by-{{project-name}}-0.1.0-extremes/case.table.json.liquid",
    "fixtures/{{codec}}/1.0/by-{{project-name}}-0.1.0-extremes/store/_schema/lab/recording/recording_id=1/value_mQC4HJqt.bin",
    "fixtures/{{codec}}/1.0/by-{{project-name}}-0.1.0-none/case.store.json.liquid",
    "fixtures/{{codec}}/1.0/by-{{project-name}}-0.1.0-none/case.table.json.liquid",
    "fixtures/{{codec}}/1.0/by-{{project-name}}-0.1.0-none/store/_schema/lab/recording/recording_id=1/value_BEgnq7Wl.bin",
    "rustfmt.toml",
    "src/codec.store.rs.liquid",
    "src/codec.table.rs.liquid",
    "src/format.rs.liquid",
    "src/lib.rs.liquid",
    "src/value.rs.liquid",
    "tests/conformance.rs.liquid",
    "tests/format_lock.rs.liquid",
    "tests/golden.rs.liquid",
    "tests/lock.store.json.liquid",
    "tests/lock.table.json.liquid",
    "tests/properties.rs.liquid",
];

/// The files of a new crate: their paths, and what is in them.
pub(super) fn files(names: &Names, kind: Kind) -> Outcome<Vec<(String, Cow<'static, [u8]>)>> {
    let mut files = Vec::new();
    for file in FILES {
        let wrong = |what: String| Failure::wanting(format!("{} of the template: {what}", file.path));
        let Some(path) = of_kind(file.path, kind) else {
            continue;
        };
        let path = render(&path, names, kind).map_err(wrong)?;
        match path.strip_suffix(".liquid") {
            Some(path) => {
                let text = std::str::from_utf8(file.bytes).map_err(|error| wrong(error.to_string()))?;
                let text = render(text, names, kind).map_err(wrong)?;
                files.push((path.to_owned(), text.into_bytes().into()));
            }
            None => files.push((path, file.bytes.into())),
        }
    }
    Ok(files)
}

/// The path of a file without the word that says which kind of codec it is for; nothing where that is the other one.
fn of_kind(path: &str, kind: Kind) -> Option<String> {
    let (own, other) = match kind {
        Kind::Table => (".table.", ".store."),
        Kind::Store => (".store.", ".table."),
    };
    // A fixture has a folder `store` where its value is in one.
    let in_store = path.contains("/store/") && kind == Kind::Table;
    (!path.contains(other) && !in_store).then(|| path.replacen(own, ".", 1))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn rendered(kind: Kind) -> Vec<(String, String)> {
        let files = files(&Names::parse("spike_train").unwrap(), kind).unwrap();
        let text = |bytes: Cow<'_, [u8]>| String::from_utf8_lossy(&bytes).into_owned();
        files
            .into_iter()
            .map(|(path, bytes)| (path, text(bytes)))
            .collect()
    }

    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(root, &path, found),
                false => found.push(
                    path.strip_prefix(root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .replace('\\', "/"),
                ),
            }
        }
    }

    #[test]
    fn every_file_of_the_template_is_listed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("template");
        let mut found = Vec::new();
        walk(&root, &root, &mut found);
        // What tells `cargo generate` how, and is no part of what it makes.
        found.retain(|path| !path.ends_with(".rhai") && path != "cargo-generate.toml");
        found.sort();
        let listed: Vec<&str> = FILES.iter().map(|file| file.path).collect();
        assert_eq!(listed, found);
    }

    #[test]
    fn either_kind_has_its_files_and_no_more() {
        let of = |kind| -> Vec<String> { rendered(kind).into_iter().map(|(path, _)| path).collect() };
        let (table, store) = (of(Kind::Table), of(Kind::Store));
        let object = "fixtures/spike_train/1.0/by-dj-spike-train-codecs-0.1.0-none/store/_schema/lab/recording/\
                      recording_id=1/value_BEgnq7Wl.bin";
        for path in [
            "src/codec.rs",
            "tests/lock.json",
            "Cargo.toml",
            ".gitignore",
            ".github/workflows/ci.yml",
        ] {
            assert!(table.iter().any(|found| found == path), "{path}");
            assert!(store.iter().any(|found| found == path), "{path}");
        }
        assert!(store.iter().any(|found| found == object), "{store:?}");
        assert!(!table.iter().any(|found| found == object));
        assert_eq!(store.len(), table.len() + 2);
    }

    #[test]
    fn nothing_of_the_template_is_left_in_what_is_rendered() {
        for (path, text) in [Kind::Table, Kind::Store].into_iter().flat_map(rendered) {
            for mark in ["{{", "{%", ".liquid"] {
                assert!(!path.contains(mark) && !text.contains(mark), "{mark} in {path}");
            }
        }
    }

    #[test]
    fn a_new_crate_promises_the_rust_that_this_one_does() {
        let files = rendered(Kind::Table);
        let (_, manifest) = files.iter().find(|(path, _)| path == "Cargo.toml").unwrap();
        let rust = format!("rust-version = \"{}\"", env!("CARGO_PKG_RUST_VERSION"));
        assert!(manifest.contains(&rust), "{rust}");
    }
}
