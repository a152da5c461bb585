use insta::assert_snapshot;
use serde_json::json;

use crate::lab::Lab;

#[test]
fn the_embedded_default_works() {
    let lab = Lab::new();
    assert_snapshot!(lab.run(&["doctor"]).good());
    assert_eq!(lab.files("dj-store"), [""; 0]);
}

#[test]
fn every_store_that_fails_is_explained() {
    let lab = Lab::new();
    let config = json!({"stores": {
        "default": "good", "filepath_default": "gone",
        "good": {"protocol": "file", "location": "data"},
        "lost": {"protocol": "file", "location": "not-mounted"},
        "odd": {"protocol": "ftp", "location": "x"},
        "readonly": {"protocol": "file", "location": "blocked"},
    }});
    lab.write("datajoint.json", config.to_string())
        .write("data/keep", "x")
        .write("blocked/_schema", "a file in the way");
    let ran = lab.run(&["doctor"]);
    assert_eq!(ran.status, 1);
    assert_snapshot!(ran);
    assert_eq!(lab.files("data"), ["keep"]);
    assert_eq!(lab.files("blocked"), ["_schema"]);

    let json = lab.run(&["doctor", "--json"]).json();
    assert_eq!(json["ok"], false);
    let ok: Vec<_> = json["stores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|store| (&store["name"], &store["ok"]))
        .collect();
    assert_eq!(
        json!(ok),
        json!([
            ["good", true],
            ["lost", false],
            ["odd", false],
            ["readonly", false]
        ])
    );
    assert_eq!(
        json["stores"][0]["checks"]["delete"],
        json!({"ok": true, "message": null})
    );
    assert_eq!(json["stores"][3]["checks"]["delete"]["ok"], json!(null));
}

#[cfg(feature = "s3")]
#[test]
fn credentials_are_named_and_never_shown() {
    let lab = Lab::new();
    // Nothing listens on port 1.
    let config = json!({"stores": {"default": "cloud", "cloud": {
        "protocol": "s3", "endpoint": "127.0.0.1:1", "bucket": "b", "location": "lab", "access_key": "AKIATEST", "secure": false,
    }}});
    lab.write("datajoint.json", config.to_string())
        .write(".secrets/stores.cloud.secret_key", "hunter2");
    for options in [&["doctor"][..], &["doctor", "--json"]] {
        let ran = lab.run(options);
        assert_eq!(ran.status, 1, "{ran}");
        for shown in [
            "s3://b/lab",
            "stores.cloud.secret_key",
            "nothing answers at the endpoint",
        ] {
            assert!(ran.text().contains(shown), "no {shown}: {ran}");
        }
        for secret in ["hunter2", "AKIATEST"] {
            assert!(
                !ran.text().contains(secret) && !ran.stderr.contains(secret),
                "{secret}: {ran}"
            );
        }
    }
}

#[test]
fn a_configuration_without_stores_does_not_pass() {
    let lab = Lab::new();
    lab.write("datajoint.json", "{}");
    let ran = lab.run(&["doctor"]);
    assert!(
        ran.status == 1 && ran.text().contains("no store is configured"),
        "{ran}"
    );
}
