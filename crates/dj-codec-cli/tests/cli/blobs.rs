use std::fs;
use std::path::{Path, PathBuf};

use dj_codec_testkit::golden::{self, Case};
use dj_codecs::api::{Column, Json, Limits, Stored, Value, notation};

use crate::lab::Lab;

/// The golden fixtures of `<blob>`.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/blob");
    let mut folders = Vec::new();
    for version in fs::read_dir(root).unwrap() {
        for case in fs::read_dir(version.unwrap().path()).unwrap() {
            folders.push(case.unwrap().path());
        }
    }
    folders.sort();
    folders
}

/// The notation as a value, so that the order of sets does not count.
fn value(json: &Json) -> Value {
    notation::from_json(json, &Limits::default()).unwrap()
}

#[test]
fn every_blob_is_printed_in_the_notation() {
    let registry = dj_codecs::default_registry();
    let cases = cases();
    assert!(cases.len() > 200, "{} cases", cases.len());
    for folder in cases {
        let case = Case::read(&folder).unwrap();
        golden::check(&case, &registry).unwrap_or_else(|failure| panic!("{}: {failure}", case.id));
        if case.expects_error() {
            continue;
        }
        // What the program prints is what it would read again.
        let column = Column::resolve(&case.type_spec, &registry).unwrap();
        let cx = dj_codecs::api::Context::with_stores(case.stores());
        let decoded = column.decode(case.stored.clone(), &cx).unwrap().load().unwrap();
        let text = notation::to_string(&decoded).unwrap();
        let read = notation::from_str(&text, &Limits::default()).unwrap();
        assert!(read == value(&case.expected), "{}: {text:.300}", case.id);
    }
}

#[test]
fn the_program_prints_blobs_from_files_and_from_standard_input() {
    let lab = Lab::new();
    let mut printed = 0;
    // Every kind of value is among so many.
    for folder in cases().into_iter().step_by(6) {
        let case = Case::read(&folder).unwrap();
        let Stored::Bytes(bytes) = &case.stored else {
            continue;
        };
        lab.write("blob.bin", bytes);
        let from_file = ["decode", &case.type_spec, "--bytes", "blob.bin", "--json"];
        let from_input = ["decode", &case.type_spec, "--bytes", "-", "--json"];
        for ran in [lab.run(&from_file), lab.run_with(&from_input, bytes)] {
            if case.expects_error() {
                ran.fails(1, &["<blob>"]);
            } else {
                assert!(value(&ran.json()) == value(&case.expected), "{}: {ran}", case.id);
                printed += 1;
            }
        }
    }
    assert!(printed > 60, "{printed}");
}

#[test]
fn an_array_or_bytes_of_a_blob_are_written_to_a_file() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3, 4]);
    let array = lab.run(&["encode", "<blob>", "--npy", "x.npy"]).good();
    lab.run_with(
        &["decode", "<blob>", "--record", "-", "--out", "y.npy"],
        &array.stdout,
    )
    .good();
    // Blobs keep arrays in MATLAB's order, and so does the file.
    let load = |name| dj_codecs::npy::load_npy(lab.path(name), &Limits::default()).unwrap();
    assert!(load("y.npy") == load("x.npy"));
    let bytes = lab
        .run_with(&["encode", "<blob>", "--json", "-"], br#"{"$bytes": "AAEC"}"#)
        .good();
    let out = lab.run_with(
        &["decode", "<blob>", "--record", "-", "--out", "-"],
        &bytes.stdout,
    );
    assert_eq!(out.good().stdout, [0, 1, 2]);
    let text = lab
        .run_with(&["encode", "<blob>", "--json", "-"], b"\"text\"")
        .good();
    lab.run_with(&["decode", "<blob>", "--record", "-", "--out", "z"], &text.stdout)
        .fails(2, &["this is a str", "--json"]);
    assert!(!lab.path("z").exists());
}
