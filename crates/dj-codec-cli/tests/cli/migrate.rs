//! What `migrate` refuses before it asks any server. What it does is tested live, in `interop/`.

use crate::lab::Lab;

const NOWHERE: &str = "postgres://ann:s3cret@127.0.0.1:1/lab";

fn migrate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["migrate", NOWHERE, "--schema", "lab"], more].concat()
}

#[test]
fn what_makes_no_sense_is_wrong_use() {
    let lab = Lab::new();
    for (more, words) in [
        (&["--table", "scan", "--field", "movie"][..], "--to"),
        (
            &["--table", "scan", "--field", "movie", "--to", "two"],
            "not a format version",
        ),
        (&["--to", "2", "--unwrap"], "cannot be used with"),
        (&["--rollback", "--dry-run"], "cannot be used with"),
        (&["--unwrap", "--allow-downgrade"], "cannot be used with"),
        (&["--to", "2", "--workers", "0"], "1..=256"),
    ] {
        lab.run(&migrate(more)).fails(2, &[words]);
    }
}

#[test]
fn a_server_that_is_not_there_is_told_without_the_password() {
    let lab = Lab::new();
    let whole = ["--table", "scan", "--field", "movie", "--to", "2"];
    let ran = lab.run(&migrate(&whole));
    ran.fails(2, &["postgres://ann@127.0.0.1:1/lab"]);
    assert!(!ran.stderr.contains("s3cret"), "{ran}");
    let mut other = migrate(&whole);
    other[1] = "sqlite://s3cret";
    let ran = lab.run(&other);
    ran.fails(2, &["no database that DataJoint uses"]);
    assert!(!ran.stderr.contains("s3cret"), "{ran}");
}
