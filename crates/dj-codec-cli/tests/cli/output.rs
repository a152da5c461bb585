use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::lab::Lab;

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["--help"],
        &["--version"],
        &["demo"],
        &["doctor"],
    ] {
        let output = lab.command(args).stdout(full()).output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {words}");
        assert!(
            words.contains("standard output cannot be written"),
            "{args:?}: {words}"
        );
    }
    // Who cannot be given the record must be told where the value is.
    let output = lab
        .command(&["encode", "<npy@>", "--npy", "x.npy", "--field", "lost"])
        .stdout(full())
        .output()
        .unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("lost_") && words.contains("\"path\""), "{words}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[1000, 1000]);
    let record = lab.run(&["encode", "<npy@>", "--npy", "x.npy"]).good();
    lab.write("r.json", &record.stdout);
    for args in [
        &["decode", "<npy@>", "--record", "r.json", "--json"][..],
        &["decode", "<npy@>", "--record", "r.json", "--out", "-"],
    ] {
        let mut child = lab
            .command(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

#[test]
fn fixtures_are_verified_one_by_one() {
    let lab = Lab::new();
    let npy = fixtures().join("npy");
    let ran = lab.run(&["verify-fixtures", npy.to_str().unwrap()]).good();
    let good = ran.text().lines().filter(|line| line.starts_with("ok ")).count();
    assert!(
        good >= 40 && ran.text().ends_with(&format!("{good} cases, 0 failed\n")),
        "{ran}"
    );
    lab.run(&["verify-fixtures", lab.path("").to_str().unwrap()])
        .fails(1, &["no golden fixture"]);
    lab.run(&["verify-fixtures", "nowhere"]).fails(2, &["nowhere"]);
}

#[test]
fn a_fixture_that_does_not_decode_is_told_apart() {
    let lab = Lab::new();
    let case = |name: &str, expected: &str| {
        let text = format!(
            r#"{{"codec": "npy", "type_spec": "<npy@>", "format_version": "1.0", "writer": "a test",
                "stored": {{"path": "x.npy", "store": null, "dtype": "float64", "shape": [1]}}, "expected": {expected}, "store": "store"}}"#
        );
        lab.write(&format!("f/npy/1.0/{name}/case.json"), text);
        lab.write(&format!("f/npy/1.0/{name}/store/x.npy"), lab.read("x.npy"));
    };
    lab.save_counting("x.npy", &[1]);
    case(
        "right",
        r#"{"$array": {"dtype": "<f8", "shape": [1], "data": "AAAAAAAAAAA="}}"#,
    );
    case(
        "wrong",
        r#"{"$array": {"dtype": "<f8", "shape": [1], "data": "AAAAAAAAAAE="}}"#,
    );
    let ran = lab.run(&["verify-fixtures", "f"]);
    assert_eq!(ran.status, 1, "{ran}");
    let lines: Vec<&str> = ran.text().lines().collect();
    assert_eq!(lines[0], "ok      npy/1.0/right");
    assert!(
        lines[1].starts_with("FAILED  npy/1.0/wrong: comparing: ") && lines[1].contains("expected"),
        "{ran}"
    );
    assert_eq!(lines[2..], ["2 cases, 1 failed"]);
}
