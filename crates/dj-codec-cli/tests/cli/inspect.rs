use insta::assert_snapshot;
use serde_json::json;

use crate::lab::Lab;

#[test]
fn an_array_is_described_without_its_data() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[100, 20]);
    let args = [
        "encode", "<npy@>", "--schema", "s", "--table", "t", "--field", "f", "--npy", "x.npy",
    ];
    let record = lab.run(&args).good();
    let shown = lab.run_with(&["inspect", "--record", "-"], &record.stdout).good();
    assert_snapshot!(shown);
    let json = lab
        .run_with(&["inspect", "--record", "-", "--json"], &record.stdout)
        .good()
        .json();
    assert_eq!(
        json["format_status"],
        json!({"version": "1.0", "status": "current"})
    );
    assert_eq!(
        (&json["shape"], &json["dtype"]),
        (&json!([100, 20]), &json!("float64"))
    );
    assert_eq!(
        (&json["data_bytes"], &json["stored_bytes"]),
        (&json!(16_000), &json!(16_128))
    );

    // The same by its path in the store, and by its path on this machine.
    let path = record.json()["path"].as_str().unwrap().to_owned();
    assert_eq!(lab.run(&["inspect", &path]).good().text(), shown.text());
    let local = lab
        .run(&["inspect", "--json", &format!("dj-store/{path}")])
        .good()
        .json();
    assert_eq!(
        (&local["shape"], &local["store"]),
        (&json!([100, 20]), &json!("(local)"))
    );
}

#[test]
fn a_file_is_inspected_without_any_store() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    assert_eq!(
        lab.run(&["inspect", "x.npy", "--json"]).good().json()["codec"],
        "npy"
    );
    assert!(!lab.path("dj-store").exists());
}

#[test]
fn the_data_need_not_be_there() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[1000, 1000]);
    let beginning = lab.read("x.npy")[..128].to_vec();
    lab.write("cut.npy", beginning);
    let ran = lab.run(&["inspect", "cut.npy", "--json"]).good().json();
    assert_eq!(
        (&ran["data_bytes"], &ran["stored_bytes"]),
        (&json!(8_000_000), &json!(128))
    );
}

#[test]
fn what_is_no_array_is_said_so() {
    let lab = Lab::new();
    lab.write("note.txt", "hello")
        .write("folder/file", "x")
        .write("zarr.json", "{}")
        .write("bad.npy", "no array");
    lab.run(&["inspect", "note.txt"])
        .fails(1, &["note.txt", "--record"]);
    lab.run(&["inspect", "folder"]).fails(1, &["folder", "zarr.json"]);
    lab.run(&["inspect", "zarr.json"])
        .fails(1, &["the folder that it is in"]);
    lab.run(&["inspect", "bad.npy"]).fails(1, &["bad.npy"]);
    lab.run(&["inspect", "nothing"])
        .fails(2, &["nothing", "dj-store"]);
    lab.write("dj-store/x", "");
    lab.run(&["inspect", "nothing"]).fails(2, &["nothing"]);
    lab.run(&["inspect", "../up"]).fails(2, &["../up"]);
    lab.run_with(&["inspect", "--record", "-"], br#"{"path": "x"}"#)
        .fails(1, &["--spec"]);
    // A record is told what it is even where its object is gone.
    let gone = lab.run_with(
        &["inspect", "--record", "-", "--json"],
        br#"{"path": "gone", "item_count": 2, "is_dir": true}"#,
    );
    let gone = gone.good().json();
    assert_eq!(
        (&gone["codec"], &gone["objects"], &gone["manifest"]),
        (&json!("object"), &json!(0), &json!(null))
    );
    lab.run_with(&["inspect", "--record", "-"], br#"{"$bytes": "ZHgwAEE="}"#)
        .fails(1, &["--spec"]);
    let blob = lab.run_with(
        &["inspect", "--record", "-", "--json"],
        br#"{"$bytes": "ZGowAP8="}"#,
    );
    let blob = blob.good().json();
    assert_eq!(blob["protocol"], "dj0");
    assert_eq!(
        (&blob["format_version"], &blob["unpacked_bytes"]),
        (&"2".into(), &5.into())
    );
    lab.run_with(&["inspect", "--record", "-", "--spec", "<npy>"], b"{}")
        .fails(2, &["<npy@>"]);
}
