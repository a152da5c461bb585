use dj_codecs::api::Json;
use insta::assert_snapshot;

use crate::lab::Lab;

#[test]
fn codecs_are_listed_with_their_formats() {
    let lab = Lab::new();
    let listed = lab.run(&["list", "--json"]).good().json();
    let registry = dj_codecs::default_registry().list();
    assert_eq!(listed.as_array().unwrap().len(), registry.len());
    for (shown, codec) in listed.as_array().unwrap().iter().zip(registry) {
        assert_eq!(shown["name"], *codec.name);
        assert_eq!(shown["crate_version"], *codec.crate_version);
        assert_eq!(shown["writes"], codec.writes.unwrap().to_string());
        assert_eq!(shown["reads"].as_array().unwrap().len(), codec.reads.len());
    }
    for (codec, modes) in [
        ("attach", &["table", "store"][..]),
        ("blob", &["table", "store"]),
        ("filepath", &["store"]),
        ("npy", &["store"]),
    ] {
        let shown = listed
            .as_array()
            .unwrap()
            .iter()
            .find(|shown| shown["name"] == codec);
        assert_eq!(shown.unwrap()["modes"], Json::from(modes.to_vec()), "{codec}");
    }
}

#[test]
fn the_table_is_for_people() {
    let ran = Lab::new().run(&["list"]).good();
    let lines: Vec<&str> = ran
        .text()
        .lines()
        .filter(|line| !line.starts_with("zarr") && !line.starts_with("photon"))
        .map(str::trim_end)
        .collect();
    let squeezed: Vec<String> = lines
        .iter()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_snapshot!(squeezed.join("\n"), @r"
    codec from modes writes reads
    attach dj-file-codecs 0.1.0 <attach> <attach@> 1.0 1.0
    blob dj-blob-codecs 0.1.0 <blob> <blob@> 2 1, 2
    filepath dj-file-codecs 0.1.0 <filepath@> 1.0 1.0
    hash dj-hash-codecs 0.1.0 <hash@> 1.0 1.0
    npy dj-npy-codecs 0.1.0 <npy@> 1.0 1.0, 2.0, 3.0
    object dj-file-codecs 0.1.0 <object@> 1.0 1.0
    ");
}

#[test]
fn missing_codecs_are_named_with_the_crates_that_bring_them() {
    let lab = Lab::new();
    assert!(lab.run(&["require", "npy"]).good().stdout.is_empty());
    assert!(lab.run(&["require", "npy", "<npy@>"]).good().stdout.is_empty());
    assert!(
        lab.run(&["require", "attach", "<object@>", "filepath", "hash", "blob"])
            .good()
            .stdout
            .is_empty()
    );
    let ran = lab.run(&["require", "npy", "spikes", "waves", "spikes"]);
    ran.fails(1, &["<spikes>, <waves>", "dj-spikes-codecs, dj-waves-codecs"]);
    assert!(!ran.stderr.contains("dj-npy-codecs"), "{ran}");
}
