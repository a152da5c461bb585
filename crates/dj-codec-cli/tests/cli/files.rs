use std::fs;

use dj_codecs::api::Json;
use serde_json::json;

use crate::lab::{Lab, Ran};

const COLUMN: [&str; 6] = ["--schema", "s", "--table", "t", "--key", "id=1"];

/// Encodes and keeps the record in `r.json`.
#[track_caller]
fn stored(lab: &Lab, spec: &str, options: &[&str]) -> Json {
    let ran = lab
        .run(&[&["encode", spec], &COLUMN[..], options].concat())
        .good();
    lab.write("r.json", &ran.stdout);
    ran.json()
}

fn decode(lab: &Lab, spec: &str, options: &[&str]) -> Ran {
    lab.run(&[&["decode", spec, "--record", "r.json"], options].concat())
}

/// SHA-256 of `day one`.
const DAY_ONE: &str = "b5619afdcb4e685fc31dd6ee18cca9c54168d96890978aa6b904825fcf46ab76";

#[test]
fn an_attached_file_comes_back_under_its_name() {
    let lab = Lab::new();
    lab.write("in/note.txt", "day one");
    for spec in ["<attach>", "<attach@>"] {
        let record = stored(&lab, spec, &["--file", "in/note.txt"]);
        if spec == "<attach>" {
            assert_eq!(record, json!({"$bytes": "bm90ZS50eHQAZGF5IG9uZQ=="}));
        } else {
            assert_eq!(record["size"], 16);
        }
        let shown = decode(&lab, spec, &["--json"]).good().json();
        let file = json!({"$file": {"name": "note.txt", "size": 7, "sha256": DAY_ONE}});
        assert_eq!(shown, file);
        let summary = decode(&lab, spec, &[]).good();
        assert!(summary.text().contains("note.txt"), "{summary}");

        assert_eq!(decode(&lab, spec, &["--out", "-"]).good().text(), "day one");
        let ran = decode(&lab, spec, &["--out", "copy.txt", "--force"]).good();
        assert_eq!(ran.text(), "copy.txt: a file, 7 bytes\n");
        assert_eq!(lab.read("copy.txt"), b"day one");
        decode(&lab, spec, &["--out", "copy.txt"]).fails(2, &["copy.txt is there already"]);
        // Into a folder, under its own name, and never over another file.
        lab.write("out/note.txt", "precious");
        let into = decode(&lab, spec, &["--out", "out"]).good();
        assert!(into.text() == "out/note_1.txt: a file, 7 bytes\n", "{into}");
        assert_eq!(lab.read("out/note.txt"), b"precious");
        assert_eq!(lab.read("out/note_1.txt"), b"day one");
        decode(&lab, spec, &["--out", "new/"]).good();
        assert_eq!(lab.read("new/note.txt"), b"day one");
        decode(&lab, spec, &["--out", "out/", "--force"]).fails(2, &["overwrites nothing"]);
        decode(&lab, spec, &["--out", "no/such/copy.txt"]).fails(2, &["no/such"]);
    }
    lab.run(&["encode", "<npy@>", "--file", "in/note.txt"])
        .fails(2, &["--npy"]);
    lab.run(&["encode", "<attach>", "--file", "gone.txt"])
        .fails(2, &["gone.txt"]);
    lab.run(&["encode", "<attach>", "--file", "in"])
        .fails(1, &["<attach>"]);
}

#[test]
fn a_stored_name_never_leads_out_of_the_folder() {
    let lab = Lab::new();
    for name in ["../up.txt", "/tmp/dj-codec-escape.txt", "..", "a/b.txt", ""] {
        let bytes = [name.as_bytes(), b"\0evil"].concat();
        lab.write("blob.bin", bytes);
        let into = lab.run(&["decode", "<attach>", "--bytes", "blob.bin", "--out", "out/"]);
        into.fails(1, &["error"]);
        assert!(
            !lab.path("up.txt").exists() && !lab.path("out/b.txt").exists(),
            "{name}"
        );
        // Under a name of the user's own it can be had.
        let own = [
            "decode", "<attach>", "--bytes", "blob.bin", "--out", "safe.txt", "--force",
        ];
        lab.run(&own).good();
        assert_eq!(lab.read("safe.txt"), b"evil");
    }
    let terminal = [&b"a\x1b[31m.txt\0x"[..]].concat();
    let ran = lab
        .run_with(&["decode", "<attach>", "--bytes", "-"], &terminal)
        .good();
    assert!(!ran.text().contains('\x1b'), "{ran}");
    let into = lab.run_with(
        &["decode", "<attach>", "--bytes", "-", "--out", "out/"],
        &terminal,
    );
    assert!(!into.text().contains('\x1b'), "{into}");
}

#[test]
fn a_folder_is_stored_and_comes_back() {
    let lab = Lab::new();
    lab.write("session/a.txt", "day one")
        .write("session/deep/b.bin", [0, 1, 2]);
    let record = stored(&lab, "<object@main>", &["--file", "session"]);
    assert_eq!(
        (&record["is_dir"], &record["item_count"], &record["size"]),
        (&json!(true), &json!(2), &json!(10))
    );
    let shown = decode(&lab, "<object@main>", &["--json"]).good().json();
    let files = shown["$folder"]["files"].as_array().unwrap();
    assert_eq!((&files[0][0], &files[0][1]), (&json!("a.txt"), &json!(7)));
    assert_eq!(files[0][2], DAY_ONE);
    assert_eq!((&files[1][0], &files[1][1]), (&json!("deep/b.bin"), &json!(3)));
    let summary = decode(&lab, "<object@main>", &[]).good();
    assert!(summary.text().contains("deep/b.bin, 3 bytes"), "{summary}");

    let ran = decode(&lab, "<object@main>", &["--out", "copy"]).good();
    assert_eq!(ran.text(), "copy: a folder, 2 files, 10 bytes\n");
    assert_eq!(lab.files("copy"), ["a.txt", "deep/b.bin"]);
    assert_eq!(lab.read("copy/deep/b.bin"), [0, 1, 2]);
    lab.write("copy/a.txt", "precious");
    decode(&lab, "<object@main>", &["--out", "copy"]).fails(2, &["is there already", "/ at the end"]);
    decode(&lab, "<object@main>", &["--out", "copy", "--force"]).fails(2, &["no folders"]);
    assert_eq!(lab.read("copy/a.txt"), b"precious");
    decode(&lab, "<object@main>", &["--out", "-"]).fails(2, &["folder"]);
    decode(&lab, "<object@main>", &["--out", "copy/"]).good();
    assert_eq!(lab.files("copy").len(), 4);

    let inspected = lab
        .run(&["inspect", "--record", "r.json", "--json"])
        .good()
        .json();
    assert_eq!(
        (&inspected["codec"], &inspected["type"]),
        (&json!("object"), &json!("folder"))
    );
    assert_eq!(
        (&inspected["manifest"]["files"], &inspected["manifest"]["bytes"]),
        (&json!(2), &json!(10))
    );
    assert_eq!(
        (&inspected["objects"], &inspected["stored_bytes"]),
        (&json!(2), &json!(10))
    );
    // The same by the path alone, in the store and here.
    let path = record["path"].as_str().unwrap();
    for path in [path.to_owned(), format!("dj-store/{path}/")] {
        let found = lab.run(&["inspect", &path, "--json"]).good().json();
        assert_eq!(
            (&found["codec"], &found["manifest"]),
            (&json!("object"), &inspected["manifest"])
        );
    }
    // What is no longer what the record says is an error, and nothing is left behind.
    fs::write(lab.path(&format!("dj-store/{path}/a.txt")), "changed!").unwrap();
    decode(&lab, "<object@main>", &["--out", "again"]).fails(1, &["<object>", "a.txt"]);
    decode(&lab, "<object@main>", &["--json"]).fails(1, &["a.txt"]);
    assert!(!lab.path("again").exists());
}

#[test]
fn a_stored_file_comes_back() {
    let lab = Lab::new();
    lab.write("note.txt", "day one");
    let record = stored(&lab, "<object@>", &["--file", "note.txt"]);
    assert_eq!((&record["ext"], &record["size"]), (&json!(".txt"), &json!(7)));
    assert_eq!(
        decode(&lab, "<object@>", &["--out", "-"]).good().text(),
        "day one"
    );
    decode(&lab, "<object@>", &["--out", "."]).good();
    let path = record["path"].as_str().unwrap();
    let name = path.rsplit('/').next().unwrap();
    assert_eq!(lab.read(name), b"day one");
    let inspected = lab
        .run(&["inspect", "--record", "r.json", "--json"])
        .good()
        .json();
    assert_eq!(
        (&inspected["type"], &inspected["name"], &inspected["size"]),
        (&json!("file"), &json!(name), &json!(7))
    );
    assert_eq!(
        lab.run(&["inspect", path, "--json"]).good().json()["codec"],
        "object"
    );
    // Bytes, and bytes with an extension, in the notation.
    let bytes = lab.run_with(
        &["encode", "<object@>", "--json", "-"],
        br#"{"$tuple": [".csv", {"$bytes": "YQ=="}]}"#,
    );
    let bytes = bytes.good().json();
    assert_eq!((&bytes["ext"], &bytes["size"]), (&json!(".csv"), &json!(1)));
    fs::remove_file(lab.path(&format!("dj-store/{path}"))).unwrap();
    decode(&lab, "<object@>", &["--out", "x.txt"]).fails(1, &["<object>"]);
    assert!(!lab.path("x.txt").exists());
    assert_eq!(
        lab.run(&["inspect", "--record", "r.json", "--json"])
            .good()
            .json()["objects"],
        0
    );
}

#[test]
fn a_file_in_the_store_is_referred_to_as_people_type_it() {
    let lab = Lab::new();
    lab.write("dj-store/raw/day1/a.bin", "day one")
        .write("outside.bin", "x");
    let absolute = lab.path("dj-store/raw/day1/a.bin");
    for path in [
        "raw/day1/a.bin",
        "dj-store/raw/day1/a.bin",
        "./raw//day1/a.bin",
        absolute.to_str().unwrap(),
    ] {
        let record = stored(&lab, "<filepath@main>", &["--file", path]);
        assert_eq!(
            (&record["path"], &record["size"]),
            (&json!("raw/day1/a.bin"), &json!(7)),
            "{path}"
        );
    }
    let by_json = lab
        .run_with(&["encode", "<filepath@>", "--json", "-"], b"\"raw/day1/a.bin\"")
        .good();
    assert_eq!(by_json.json()["path"], "raw/day1/a.bin");
    let folder = stored(&lab, "<filepath@main>", &["--file", "raw/day1"]);
    assert_eq!(folder["is_dir"], true);
    assert_eq!(
        decode(&lab, "<filepath@main>", &["--out", "copy"]).good().text(),
        "copy: a folder, 1 files, 7 bytes\n"
    );
    stored(&lab, "<filepath@main>", &["--file", "raw/day1/a.bin"]);
    let shown = decode(&lab, "<filepath@main>", &["--json"]).good().json();
    assert_eq!(
        (&shown["$file"]["name"], &shown["$file"]["size"]),
        (&json!("a.bin"), &json!(7))
    );
    let inspected = lab
        .run(&["inspect", "--record", "r.json", "--json"])
        .good()
        .json();
    assert_eq!(
        (&inspected["codec"], &inspected["name"]),
        (&json!("filepath"), &json!("a.bin"))
    );
    assert_eq!(
        lab.run(&["inspect", "raw/day1/a.bin", "--json"]).good().json()["codec"],
        "filepath"
    );

    for (path, status, words) in [
        ("raw/gone.bin", 1, "no such file or folder in the store"),
        ("../outside.bin", 2, "outside.bin"),
        ("_schema/x", 1, "_schema"),
        ("raw/../_hash/x", 1, "_hash"),
    ] {
        lab.run(&["encode", "<filepath@main>", "--file", path])
            .fails(status, &[words]);
    }
    let outside = lab.path("outside.bin");
    lab.run(&["encode", "<filepath@main>", "--file", outside.to_str().unwrap()])
        .fails(2, &["not in the store \"main\""]);
}

#[test]
fn bytes_and_blobs_behind_a_hash_are_inspected_by_their_front() {
    let lab = Lab::new();
    lab.write("x.bin", vec![7; 3000]);
    let record = stored(&lab, "<hash@>", &["--file", "x.bin"]);
    let inspected = lab
        .run(&["inspect", "--record", "r.json", "--json"])
        .good()
        .json();
    assert_eq!(
        (&inspected["codec"], &inspected["size"], &inspected["hash"]),
        (&json!("hash"), &json!(3000), &record["hash"])
    );
    assert_eq!(
        (&inspected["objects"], &inspected["stored_bytes"]),
        (&json!(1), &json!(3000))
    );
    let path = record["path"].as_str().unwrap();
    let by_path = lab.run(&["inspect", path, "--json"]).good().json();
    assert_eq!(
        (&by_path["codec"], &by_path["size"]),
        (&json!("hash"), &json!(3000))
    );
    assert_eq!(
        decode(&lab, "<hash@>", &["--out", "-"]).good().stdout,
        vec![7; 3000]
    );

    lab.write("v.json", r#"{"power": 12.5, "name": "rig"}"#);
    stored(&lab, "<blob@>", &["--json", "v.json"]);
    let inspected = lab
        .run(&["inspect", "--record", "r.json", "--spec", "<blob@>", "--json"])
        .good()
        .json();
    assert_eq!(
        (&inspected["protocol"], &inspected["format_version"]),
        (&json!("dj0"), &json!("2"))
    );
    assert_eq!(inspected["unpacked_bytes"], inspected["stored_bytes"]);
    lab.write("note.txt", "day one");
    stored(&lab, "<attach@>", &["--file", "note.txt"]);
    let inspected = lab
        .run(&["inspect", "--record", "r.json", "--spec", "<attach@>", "--json"])
        .good()
        .json();
    assert_eq!(
        (&inspected["name"], &inspected["file_size"]),
        (&json!("note.txt"), &json!(7))
    );
    let text = lab
        .run(&["inspect", "--record", "r.json", "--spec", "<attach@>"])
        .good();
    assert!(text.text().contains("note.txt"), "{text}");
    stored(&lab, "<attach>", &["--file", "note.txt"]);
    let inspected = lab
        .run(&["inspect", "--record", "r.json", "--spec", "<attach>", "--json"])
        .good()
        .json();
    assert_eq!(
        (&inspected["name"], &inspected["size"], &inspected["stored_bytes"]),
        (&json!("note.txt"), &json!(7), &json!(16))
    );
}
