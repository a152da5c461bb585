//! What the fuzzer begins with: the golden fixtures, the damaged files of the crates' tests, and the folder `seeds`.

use std::fs;
use std::path::{Path, PathBuf};

use dj_codec_api::notation::from_json;
use dj_codec_api::{Limits, Value};
use serde_json::Value as Json;

/// Larger files teach a fuzzer nothing.
const LARGEST: u64 = 64 << 10;

/// The seeds of a target: a name that says where it is from, and the bytes.
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut seeds = Seeds {
        root: Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
        found: Vec::new(),
    };
    match target {
        "blob" | "blob_typed" => {
            seeds.files("fixtures/blob", ".bin", |bytes| vec![bytes]);
            seeds.files("crates/dj-blob-codecs/tests/data", ".bin", |bytes| vec![bytes]);
        }
        "attach" => seeds.cases("fixtures/attach", |case, _| {
            let stored = from_json(&case["stored"], &Limits::default());
            match stored {
                Ok(Value::Bytes(bytes)) => vec![bytes.into()],
                // In a store, as the object of a hash.
                _ => Vec::new(),
            }
        }),
        "manifest" => {
            for codec in ["object", "filepath"] {
                seeds.cases(&format!("fixtures/{codec}"), |case, folder| {
                    let path = case["stored"]["path"].as_str().unwrap_or_default();
                    let manifest = folder.join("store").join(format!("{path}.manifest.json"));
                    vec![
                        [
                            case["stored"].to_string().as_bytes(),
                            &[0],
                            &fs::read(manifest).unwrap_or_default(),
                        ]
                        .concat(),
                    ]
                });
            }
        }
        "npy" => {
            seeds.files("fixtures/npy", ".npy", |bytes| vec![bytes]);
            seeds.files("crates/dj-npy-codecs/tests/data", ".npy", |bytes| vec![bytes]);
        }
        "notation" => {
            seeds.files("crates/dj-codec-api/tests/data/notation", ".jsonl", lines);
            seeds.cases("fixtures", |case, _| vec![case["expected"].to_string().into()]);
        }
        "spec" => {
            seeds.files("crates/dj-codec-api/tests/data/paths", ".json", |bytes| {
                let mut texts = Vec::new();
                collect_texts(&serde_json::from_slice(&bytes).unwrap_or_default(), &mut texts);
                texts
            });
            seeds.cases("fixtures", |case, _| {
                let mut texts = Vec::new();
                collect_texts(&case["type_spec"], &mut texts);
                collect_texts(&case["stored"], &mut texts);
                texts
            });
        }
        "hash" => seeds.cases("fixtures/hash", |case, folder| {
            let path = case["stored"]["path"].as_str().unwrap_or_default();
            let object = fs::read(folder.join("store").join(path)).unwrap_or_default();
            vec![[case["stored"].to_string().as_bytes(), &[0], &object].concat()]
        }),
        "record" => {
            for (which, codec) in [
                (0, "npy"),
                (1, "zarr"),
                (2, "hash"),
                (4, "object"),
                (5, "filepath"),
            ] {
                seeds.cases(&format!("fixtures/{codec}"), |case, _| {
                    let text = case["stored"].to_string();
                    vec![
                        [&[which], text.as_bytes()].concat(),
                        [&[which | 128], text.as_bytes()].concat(),
                    ]
                });
            }
            seeds.files("fuzz/seeds/record", ".bin", |bytes| vec![bytes]);
        }
        "zarr_chunk" => seeds.named("fuzz/seeds/zarr_chunk", ".bin", |name, bytes| {
            let chain: u8 = name
                .get(..2)
                .and_then(|digits| digits.parse().ok())
                .expect("it begins with the chain");
            // One row, one column, one element, a corner.
            [0, 64 | 8, 128 | 9, 192]
                .map(|part| [&[chain, part], &bytes[..]].concat())
                .into()
        }),
        "zarr_metadata" => {
            seeds.named("fixtures/zarr", "zarr.json", |_, document| {
                vec![with_chunk(0, &document, &[])]
            });
            seeds.named("fixtures/zarr", ".zarray", |_, document| {
                vec![with_chunk(1, &document, b"{}")]
            });
            for document in crate::zarr_chunk::chains() {
                let version = u8::from(document["zarr_format"] == 2);
                seeds.found.push((
                    "chain".into(),
                    with_chunk(version, document.to_string().as_bytes(), b"{}"),
                ));
            }
        }
        other => panic!("there is no target {other}"),
    }
    assert!(!seeds.found.is_empty(), "there are no seeds for {target}");
    seeds.found
}

fn with_chunk(version: u8, document: &[u8], attributes: &[u8]) -> Vec<u8> {
    [
        &[version],
        document,
        &[0],
        attributes,
        &[0, 1, 2, 3, 4, 5, 6, 7, 8],
    ]
    .concat()
}

fn lines(bytes: Vec<u8>) -> Vec<Vec<u8>> {
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(<[u8]>::to_vec).collect()
}

fn collect_texts(json: &Json, texts: &mut Vec<Vec<u8>>) {
    match json {
        Json::String(text) => texts.push(text.clone().into_bytes()),
        Json::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Json::Object(members) => members.values().for_each(|value| collect_texts(value, texts)),
        _ => {}
    }
}

struct Seeds {
    root: PathBuf,
    found: Vec<(String, Vec<u8>)>,
}

impl Seeds {
    /// Adds what `make` makes of every small file below `folder` whose name ends so.
    fn files(&mut self, folder: &str, ending: &str, make: impl Fn(Vec<u8>) -> Vec<Vec<u8>>) {
        self.named(folder, ending, |_, bytes| make(bytes));
    }

    /// The same, told the name of the file.
    fn named(&mut self, folder: &str, ending: &str, make: impl Fn(&str, Vec<u8>) -> Vec<Vec<u8>>) {
        for path in files(&self.root.join(folder), ending) {
            let bytes = fs::read(&path).expect("it was listed");
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            self.add(&path, make(&name, bytes));
        }
    }

    /// Adds what `make` makes of every `case.json` below `folder` and the folder that it is in.
    fn cases(&mut self, folder: &str, make: impl Fn(&Json, &Path) -> Vec<Vec<u8>>) {
        for path in files(&self.root.join(folder), "case.json") {
            let case = serde_json::from_slice(&fs::read(&path).expect("it was listed")).expect("it is JSON");
            self.add(&path, make(&case, path.parent().unwrap_or(&path)));
        }
    }

    fn add(&mut self, path: &Path, made: Vec<Vec<u8>>) {
        let name = path
            .strip_prefix(&self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned();
        self.found
            .extend(made.into_iter().map(|bytes| (name.clone(), bytes)));
    }
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries.map(|entry| entry.expect("it can be listed")) {
            let (path, kind) = (entry.path(), entry.metadata().expect("it was listed"));
            if kind.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) && kind.len() < LARGEST {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
