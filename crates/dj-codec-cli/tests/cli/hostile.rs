use serde_json::json;

use crate::lab::Lab;

#[test]
fn hostile_records_end_in_words() {
    let lab = Lab::new();
    lab.write("secret.npy", "outside")
        .write("dj-store/plain.npy", "no array")
        .write("dj-store/a/b.npy", "");
    for (record, words) in [
        (json!({"path": "../secret.npy"}), "path"),
        (json!({"path": "/etc/passwd"}), "path"),
        (json!({"path": "a/../../secret.npy"}), "path"),
        (json!({"path": ""}), "path"),
        (json!({"path": "a\u{0}b.npy"}), "path"),
        (json!({"path": 5}), "path"),
        (json!({"path": null}), "path"),
        (json!({}), "path"),
        (json!([]), "JSON object"),
        (json!(5), "JSON object"),
        (json!("text"), "record"),
        (json!({"path": "missing.npy"}), "missing.npy"),
        (json!({"path": "plain.npy"}), "plain.npy"),
        (json!({"path": "a/b.npy"}), "a/b.npy"),
        (json!({"path": "a"}), "a"),
        (json!({"path": "plain.npy", "store": "elsewhere"}), "elsewhere"),
        (json!({"path": "plain.npy", "store": 5}), "store"),
        (json!({"path": "plain.npy", "shape": [-1]}), "shape"),
        (
            json!({"path": "plain.npy", "shape": [u64::MAX, u64::MAX], "dtype": "float64"}),
            "limit",
        ),
        (
            json!({"path": "plain.npy", "shape": vec![1; 65], "dtype": "float64"}),
            "limit",
        ),
        (json!({"path": "plain.npy", "dtype": 5}), "dtype"),
    ] {
        for options in [&["decode", "<npy@>"][..], &["inspect", "--spec", "<npy@>"]] {
            let mut args = options.to_vec();
            args.extend(["--record", "-"]);
            lab.run_with(&args, record.to_string().as_bytes())
                .fails(1, &[words]);
        }
    }
    assert_eq!(lab.read("secret.npy"), b"outside");
}

#[test]
fn what_is_no_json_is_named() {
    let lab = Lab::new();
    lab.write("dj-store/a", "");
    for text in [
        "",
        "{",
        "{}{}",
        "\u{0}",
        "nul",
        "{\"$bytes\": \"*\"}",
        "{\"$bytes\": 5}",
    ] {
        lab.run_with(&["decode", "<npy@>", "--record", "-"], text.as_bytes())
            .fails(1, &["standard input"]);
    }
    // Deep nesting must not end the stack.
    let deep = "[".repeat(1 << 20);
    lab.run_with(&["decode", "<npy@>", "--record", "-"], deep.as_bytes())
        .fails(1, &["standard input"]);
    lab.run_with(&["encode", "<npy@>", "--json", "-"], deep.as_bytes())
        .fails(1, &["standard input"]);
}

#[test]
fn names_from_data_do_not_steer_the_terminal() {
    let lab = Lab::new();
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    let header = "{'descr': [('\x1b[2J', '<i2')], 'fortran_order': False, 'shape': (1,), }\n";
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend([1, 0]);
    lab.write("dj-store/x.npy", file);
    let ran = lab.run_with(&["decode", "<npy@>", "--record", "-"], br#"{"path": "x.npy"}"#);
    assert!(
        !ran.text().contains('\x1b') && !ran.stderr.contains('\x1b'),
        "{ran}"
    );
    let ran = lab.run(&["inspect", "dj-store/x.npy"]);
    assert!(
        !ran.text().contains('\x1b') && !ran.stderr.contains('\x1b'),
        "{ran}"
    );
}
