use serde_json::json;

use crate::lab::Lab;

fn record(lab: &Lab, args: &[&str]) -> serde_json::Value {
    lab.run(args).good().json()
}

#[test]
fn options_work_before_and_after_the_command() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    record(
        &lab,
        &["--store-root", "a/b", "encode", "<npy@>", "--npy", "x.npy"],
    );
    record(
        &lab,
        &["encode", "--store-root", "a/b", "<npy@main>", "--npy", "x.npy"],
    );
    let last = record(
        &lab,
        &["encode", "<npy@>", "--npy", "x.npy", "--store-root", "a/b"],
    );
    assert_eq!(lab.files("a/b").len(), 3);
    assert!(!lab.path("dj-store").exists());
    let text = last.to_string();
    lab.run_with(
        &["decode", "<npy@>", "--record", "-", "--store-root", "a/b"],
        text.as_bytes(),
    )
    .good();
    lab.run(&["--config", "c.json", "list", "--store-root", "a"])
        .fails(2, &["exclude"]);
    lab.run(&["list", "--store-root", "a", "--config", "c.json"])
        .fails(2, &["exclude"]);
}

#[test]
fn datajoints_own_configuration_is_found() {
    let lab = Lab::new();
    let config = json!({"stores": {
        "default": "cold",
        "cold": {"protocol": "file", "location": lab.path("cold"), "schema_prefix": "objects"},
        "hot": {"protocol": "file", "location": lab.path("hot")},
    }});
    lab.save_counting("x.npy", &[3])
        .write("datajoint.json", config.to_string())
        .write("cold/keep", "")
        .write("hot/keep", "");
    let cold = record(&lab, &["encode", "<npy@>", "--npy", "x.npy"]);
    assert_eq!(cold["store"], "cold");
    assert!(cold["path"].as_str().unwrap().starts_with("objects/"), "{cold}");
    assert_eq!(
        record(&lab, &["encode", "<npy@hot>", "--npy", "x.npy"])["store"],
        "hot"
    );
    // From below, too.
    lab.write("deep/er/x.npy", lab.read("x.npy"));
    let mut command = lab.command(&["encode", "<npy@>", "--npy", "x.npy"]);
    assert_eq!(
        lab.finish(command.current_dir(lab.path("deep/er")), b"")
            .good()
            .json()["store"],
        "cold"
    );

    // DJ_STORES replaces the stores of the file; --config and --store-root replace all.
    let stores =
        json!({"default": "env", "env": {"protocol": "file", "location": lab.path("hot")}}).to_string();
    let mut command = lab.command(&["encode", "<npy@>", "--npy", "x.npy"]);
    assert_eq!(
        lab.finish(command.env("DJ_STORES", &stores), b"").good().json()["store"],
        "env"
    );
    lab.write(
        "other.json",
        json!({"stores": {"default": "o", "o": {"protocol": "file", "location": lab.path("hot")}}})
            .to_string(),
    );
    let mut command = lab.command(&["encode", "<npy@>", "--npy", "x.npy", "--config", "other.json"]);
    assert_eq!(
        lab.finish(command.env("DJ_STORES", &stores), b"").good().json()["store"],
        "o"
    );
    assert!(!lab.path("dj-store").exists());
}

#[test]
fn a_configuration_that_cannot_be_used_is_no_reason_to_write_elsewhere() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    let encode = ["encode", "<npy@>", "--npy", "x.npy"];
    lab.write("datajoint.json", "{}");
    lab.run(&encode).fails(2, &["stores.default is not configured"]);
    lab.write("datajoint.json", "{broken");
    lab.run(&encode)
        .fails(2, &["warning", "datajoint.json", "stores.default"]);
    lab.write(
        "datajoint.json",
        json!({"stores": {"default": "m", "m": {"protocol": "file", "location": "gone"}}}).to_string(),
    );
    lab.run(&encode).fails(2, &["gone", "mount"]);
    lab.run(&["encode", "<npy@>", "--npy", "x.npy", "--config", "none.json"])
        .fails(2, &["none.json"]);
    assert!(!lab.path("dj-store").exists() && !lab.path("gone").exists());
    // Codecs can be listed all the same.
    lab.run(&["list"]).good();
}

#[test]
fn reading_makes_no_store() {
    let lab = Lab::new();
    lab.run_with(&["decode", "<npy@>", "--record", "-"], br#"{"path": "x.npy"}"#)
        .fails(2, &["--store-root"]);
    lab.run_with(
        &["decode", "<npy@>", "--record", "-", "--store-root", "s"],
        br#"{"path": "x.npy"}"#,
    )
    .fails(1, &["s"]);
    assert!(!lab.path("dj-store").exists() && !lab.path("s").exists());
}

#[test]
fn the_demo_runs_twice_and_leaves_the_configuration_alone() {
    let lab = Lab::new();
    let config =
        json!({"stores": {"default": "m", "m": {"protocol": "file", "location": lab.path("lab-data")}}});
    lab.write("datajoint.json", config.to_string())
        .write("lab-data/keep", "");
    for run in 1..=2 {
        let ran = lab.run(&["demo"]).good();
        assert!(ran.text().contains("All values came back equal"), "{ran}");
        for codec in dj_codecs::default_registry().list() {
            let shown = [">", "@>"].map(|end| format!("<{}{end}", codec.name));
            assert!(shown.iter().any(|spec| ran.text().contains(spec)), "{ran}");
        }
        let arrays = lab
            .files("dj-store")
            .iter()
            .filter(|file| file.ends_with(".npy"))
            .count();
        assert_eq!(arrays, run);
    }
    assert_eq!(lab.files("lab-data"), ["keep"]);
    lab.run(&["demo", "--store-root", "tour"]).good();
    assert!(!lab.files("tour").is_empty());
    lab.run(&["demo", "--config", "datajoint.json"])
        .fails(2, &["--store-root"]);
}
