//! The built program, from outside: every command knows the lab's codecs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test asserts by panicking"
)]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const SPIKES: &str =
    r#"{"sampling_rate": 30000.0, "units": {"$dict": [[12, [451, 900, 1351]], [3, [-300, 0]]]}}"#;

/// Runs the program in a folder, and gives its status and output.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lab-codec"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn good(folder: &Path, arguments: &[&str]) -> String {
    let (status, out, error) = run(folder, arguments);
    assert_eq!(status, 0, "{arguments:?}: {error}");
    out
}

#[test]
fn list_shows_their_formats_and_what_is_deprecated() {
    let folder = tempfile::tempdir().unwrap();
    let listed = good(folder.path(), &["list"]);
    assert!(listed.contains("dj-parquet-codecs 0.1.0"), "{listed}");
    assert!(
        listed.contains(
            "<spike_train> 1.0 is deprecated since 0.2.0, to be removed in 1.0.0: encode the value anew: with dj-codec migrate"
        ),
        "{listed}"
    );
    let listed: Value = serde_json::from_str(&good(folder.path(), &["list", "--json"])).unwrap();
    let spikes = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|codec| codec["name"] == "spike_train")
        .unwrap();
    assert_eq!(
        (&spikes["writes"], &spikes["modes"]),
        (&json!("2.0"), &json!(["table", "store"]))
    );
    assert_eq!(
        (
            &spikes["reads"][0]["since"],
            &spikes["reads"][0]["removed_in"],
            &spikes["reads"][1]["status"]
        ),
        (&json!("0.2.0"), &json!("1.0.0"), &json!("current"))
    );
    good(folder.path(), &["require", "spike_train", "parquet", "zarr"]);
}

#[test]
fn spike_trains_are_encoded_inspected_and_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("spikes.json"), SPIKES).unwrap();
    for (spec, version) in [
        ("<spike_train>", "1.0"),
        ("<spike_train@main>", "1.0"),
        ("<spike_train@main>", "2.0"),
    ] {
        let encode = [
            "encode",
            spec,
            "--store-root",
            "store",
            "--format-version",
            version,
            "--json",
            "spikes.json",
        ];
        let record = good(at, &encode);
        std::fs::write(at.join("record.json"), &record).unwrap();
        let decoded = good(
            at,
            &[
                "decode",
                spec,
                "--store-root",
                "store",
                "--record",
                "record.json",
                "--json",
            ],
        );
        let decoded: Value = serde_json::from_str(&decoded).unwrap();
        assert_eq!(decoded["units"]["$dict"][1][0], 3, "{decoded}");

        let inspect = [
            "inspect",
            "--spec",
            spec,
            "--store-root",
            "store",
            "--record",
            "record.json",
        ];
        let shown = good(at, &inspect);
        let json: Value = serde_json::from_str(&good(at, &[&inspect[..], &["--json"]].concat())).unwrap();
        assert_eq!(json["format_version"], version);
        if version == "1.0" {
            assert_eq!(json["format_status"]["removed_in"], "1.0.0");
            assert!(
                shown.contains("deprecated since 0.2.0, to be removed in 1.0.0"),
                "{shown}"
            );
            assert!(shown.contains("encode the value anew"), "{shown}");
        } else {
            assert_eq!(
                json["format_status"],
                json!({"version": "2.0", "status": "current"})
            );
        }
    }
    let three = [
        "encode",
        "<spike_train>",
        "--format-version",
        "3.0",
        "--json",
        "spikes.json",
    ];
    let (status, _, error) = run(at, &three);
    assert_eq!(status, 2);
    assert!(
        error.contains("<spike_train> has no such format; it has 1.0, 2.0"),
        "{error}"
    );
}

#[test]
fn a_table_is_known_by_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(
        at.join("trials.json"),
        r#"{"trial": [1, 2], "choice": ["left", null]}"#,
    )
    .unwrap();
    let record = good(at, &["encode", "<parquet@>", "--json", "trials.json"]);
    std::fs::write(at.join("record.json"), &record).unwrap();
    let shown: Value =
        serde_json::from_str(&good(at, &["inspect", "--record", "record.json", "--json"])).unwrap();
    assert_eq!(
        (&shown["codec"], &shown["format_version"], &shown["objects"]),
        (&json!("parquet"), &json!("1.0"), &json!(1))
    );
    let decoded = good(at, &["decode", "<parquet@>", "--record", "record.json", "--json"]);
    let decoded: Value = serde_json::from_str(&decoded).unwrap();
    assert_eq!(decoded["choice"], json!(["left", null]));
}

#[test]
fn their_fixtures_are_verified() {
    let folder = tempfile::tempdir().unwrap();
    for (name, least) in [("dj-spike-codecs", 15), ("dj-parquet-codecs", 6)] {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(name)
            .join("fixtures");
        let verified = good(folder.path(), &["verify-fixtures", fixtures.to_str().unwrap()]);
        let count: usize = verified
            .lines()
            .last()
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            verified.trim_end().ends_with(" 0 failed") && count >= least,
            "{verified}"
        );
    }
}
