use std::fs;

use insta::assert_snapshot;

use crate::lab::Lab;

/// Encodes `x.npy` and keeps the record in `r.json`.
fn stored(lab: &Lab) {
    let args = [
        "encode", "<npy@>", "--schema", "s", "--table", "t", "--field", "f", "--npy", "x.npy",
    ];
    let ran = lab.run(&args).good();
    lab.write("r.json", &ran.stdout);
}

#[test]
fn a_summary_is_for_people() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[100, 20]);
    stored(&lab);
    assert_snapshot!(lab.run(&["decode", "<npy@>", "--record", "r.json"]).good());
}

#[test]
fn every_dtype_comes_back_bit_for_bit() {
    let lab = Lab::new();
    let dtypes = [
        "|b1", "|i1", "<i2", ">i2", "<i4", "<i8", ">i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", ">f4",
        "<f8", "<f16", "<c8", "<c16", ">c16", "|S5", "<U3", ">U3", "|V7", "<M8[us]", ">M8[D]", "<M8[25s]",
        "<m8[ns]",
    ];
    for dtype in dtypes {
        let size = dtype.parse::<dj_codecs::api::DType>().unwrap().size();
        let byte = |index: usize| match dtype {
            "|b1" => index.is_multiple_of(3).into(),
            // Code points below the surrogates.
            "<U3" => {
                if index.is_multiple_of(4) {
                    b'a' + index as u8
                } else {
                    0
                }
            }
            ">U3" => {
                if index % 4 == 3 {
                    b'a' + index as u8
                } else {
                    0
                }
            }
            _ => (index * 37 % 251) as u8,
        };
        lab.save("x.npy", dtype, &[2, 3], (0..6 * size).map(byte).collect());
        stored(&lab);
        let shown = lab.run(&["decode", "<npy@>", "--record", "r.json"]).good();
        assert!(shown.text().contains("(2, 3)"), "{dtype}: {shown}");
        lab.run(&[
            "decode", "<npy@>", "--record", "r.json", "--out", "y.npy", "--force",
        ])
        .good();
        assert_eq!(lab.read("y.npy"), lab.read("x.npy"), "{dtype}");
        // The notation holds all of it too.
        let notation = lab
            .run(&["decode", "<npy@>", "--record", "r.json", "--json"])
            .good();
        let again = lab
            .run_with(&["encode", "<npy@>", "--json", "-"], &notation.stdout)
            .good();
        let back = lab
            .run_with(&["decode", "<npy@>", "--record", "-", "--json"], &again.stdout)
            .good();
        assert_eq!(back.text(), notation.text(), "{dtype}");
    }
}

#[test]
fn a_file_that_is_there_is_kept() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3])
        .write("y.npy", "precious")
        .write("r2.json", "{}");
    stored(&lab);
    let decode = |options: &[&str]| {
        let mut args = vec!["decode", "<npy@>", "--record", "r.json", "--out"];
        args.extend(options);
        lab.run(&args)
    };
    decode(&["y.npy"]).fails(2, &["y.npy is there already", "--force"]);
    assert_eq!(lab.read("y.npy"), b"precious");
    lab.run(&[
        "decode", "<npy@>", "--record", "r2.json", "--out", "y.npy", "--force",
    ])
    .fails(1, &["no path"]);
    assert_eq!(lab.read("y.npy"), b"precious");
    let ran = decode(&["y.npy", "--force"]).good();
    assert_eq!(ran.text(), "y.npy: float64 (3,), 152 bytes\n");
    assert_eq!(lab.read("y.npy"), lab.read("x.npy"));
    decode(&["."]).fails(2, &["--force"]);
    decode(&[".", "--force"]).fails(2, &["no plain file"]);
    decode(&["new/"]).fails(2, &["name of a folder"]);
    decode(&["no/such/folder/y.npy"]).fails(2, &["no/such/folder"]);
    assert_eq!(decode(&["-"]).good().stdout, lab.read("x.npy"));
    let names: Vec<_> = fs::read_dir(lab.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("partial")),
        "{names:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_new_file_has_the_rights_of_new_files_and_links_stay_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]).write("plain", "");
    stored(&lab);
    lab.run(&["decode", "<npy@>", "--record", "r.json", "--out", "y.npy"])
        .good();
    let mode = |name| fs::metadata(lab.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("y.npy"), mode("plain"));
    symlink("plain", lab.path("link.npy")).unwrap();
    lab.run(&[
        "decode", "<npy@>", "--record", "r.json", "--out", "link.npy", "--force",
    ])
    .good();
    assert!(fs::symlink_metadata(lab.path("link.npy")).unwrap().is_symlink());
    assert_eq!(lab.read("plain"), lab.read("x.npy"));
}

#[test]
fn the_record_may_come_on_standard_input_or_as_text() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    stored(&lab);
    let record = lab.read("r.json");
    let shown = lab.run(&["decode", "<npy@>", "--record", "r.json"]).good();
    assert_eq!(
        lab.run_with(&["decode", "<npy@>", "--record", "-"], &record)
            .good()
            .text(),
        shown.text()
    );
    assert_eq!(
        lab.run_with(&["decode", "<npy@>", "--bytes", "-"], &record)
            .good()
            .text(),
        shown.text()
    );
    // As a client hands it out that knows no JSON.
    let twice = serde_json::to_vec(std::str::from_utf8(&record).unwrap()).unwrap();
    assert_eq!(
        lab.run_with(&["decode", "<npy@>", "--record", "-", "--json"], &twice)
            .good()
            .status,
        0
    );
}

#[test]
fn options_of_other_codecs_are_refused() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    stored(&lab);
    lab.run(&["decode", "<npy@>", "--record", "r.json", "--view", "counts"])
        .fails(2, &["the codec <npy> has no views"]);
    lab.run(&["decode", "<npy@>", "--record", "r.json", "--blob-dims", "32"])
        .fails(2, &["<npy>", "blobs"]);
    lab.run_with(&["decode", "json", "--record", "-", "--out", "y"], b"{}")
        .fails(2, &["--json"]);
}

/// A blob of `[1, "two"]`, as Python packs it, and what `dj-codec encode` prints of the same value.
#[test]
fn blobs_go_there_and_back() {
    let lab = Lab::new();
    lab.write(
        "value.json",
        r#"[1, "two", {"$tuple": [{"$float": "nan"}, null]}]"#,
    );
    let line = lab.run(&["encode", "<blob>", "--json", "value.json"]).good();
    lab.write("stored.json", line.text());
    let shown = lab
        .run(&["decode", "<blob>", "--record", "stored.json", "--json"])
        .good();
    assert_eq!(
        shown.text().trim_end(),
        r#"[1,"two",{"$tuple":[{"$float":"nan"},null]}]"#
    );
    let packed = b"dj0\0\x02\x01\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x0a\x01\0\x07";
    lab.write("seven.bin", packed);
    let args = ["decode", "<blob>", "--bytes", "seven.bin", "--json"];
    assert_eq!(lab.run(&args).good().text(), "[7]\n");
    let args = ["decode", "<blob>", "--bytes", "-", "--json"];
    assert_eq!(lab.run_with(&args, packed).good().text(), "[7]\n");
}

/// The number 1.5 in an array of 1 x 1, its dimensions 32 bits wide.
#[test]
fn the_width_of_old_dimensions_can_be_said() {
    let lab = Lab::new();
    let mut blob = b"mYm\0A\x02\0\0\0\x01\0\0\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    blob.extend(1.5_f64.to_le_bytes());
    lab.write("old.bin", &blob);
    let decode = |bits: &str| {
        lab.run(&[
            "decode",
            "<blob>",
            "--bytes",
            "old.bin",
            "--json",
            "--blob-dims",
            bits,
        ])
    };
    let value = r#"{"$array":{"dtype":"<f8","shape":[1,1],"data":"AAAAAAAA+D8="}}"#;
    assert_eq!(decode("32").good().text().trim_end(), value);
    assert_eq!(decode("auto").good().text().trim_end(), value);
    decode("64").fails(1, &["<blob>"]);
}
