use insta::assert_snapshot;

use crate::lab::Lab;

#[test]
fn help_says_what_there_is() {
    let lab = Lab::new();
    assert_snapshot!(lab.run(&["--help"]).good());
    for command in [
        "list",
        "require",
        "decode",
        "inspect",
        "preview",
        "verify-fixtures",
        "doctor",
        "new",
        "demo",
    ] {
        assert_snapshot!(format!("help-{command}"), lab.run(&[command, "--help"]).good());
    }
    // What `encode` offers depends on the features.
    assert!(
        lab.run(&["help", "encode"])
            .good()
            .text()
            .contains("--key-type <K=TYPE>")
    );
    assert_eq!(
        lab.run(&["--version"]).good().text(),
        format!("dj-codec {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_use_has_status_2() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    lab.run(&[]).fails(2, &["Usage"]);
    lab.run(&["audit"]).fails(2, &["audit"]);
    lab.run(&["list", "--jsn"]).fails(2, &["--json"]);
    lab.run(&["require"]).fails(2, &["NAME"]);
    lab.run(&["encode", "<npy@>"]).fails(2, &["--npy"]);
    lab.run(&["encode", "<npy@>", "--npy", "x.npy", "--json", "y"])
        .fails(2, &["cannot be used with"]);
    lab.run(&["decode", "<npy@>"]).fails(2, &["--record"]);
    lab.run(&["decode", "<npy@>", "--record", "r", "--bytes", "b"])
        .fails(2, &["cannot be used with"]);
    lab.run(&["decode", "<npy@>", "--record", "r", "--json", "--out", "y"])
        .fails(2, &["cannot be used with"]);
    lab.run(&["decode", "<npy@>", "--record", "r", "--force"])
        .fails(2, &["--out"]);
    lab.run(&["decode", "<npy@>", "--record", "r", "--blob-dims", "16"])
        .fails(2, &["auto, 32, 64"]);
    lab.run(&["inspect"]).fails(2, &["--record"]);
    lab.run(&["inspect", "x.npy", "--record", "r"])
        .fails(2, &["cannot be used with"]);
    lab.run(&["encode", "<npy@>", "--npy", "x.npy", "--format-version", "two"])
        .fails(2, &["not a format version"]);
    assert_eq!(lab.files("dj-store"), [""; 0]);
}
