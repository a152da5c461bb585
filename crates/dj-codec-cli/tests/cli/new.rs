//! `new`: the crate is there, whole, or it is said why not.

use std::fs;

use dj_codec_testkit::golden;

use crate::lab::Lab;

fn text(lab: &Lab, path: &str) -> String {
    String::from_utf8(lab.read(path)).unwrap()
}

#[test]
fn a_crate_is_made_for_either_kind_of_codec() {
    let lab = Lab::new();
    let said = lab.run(&["new", "spike_train"]).good();
    assert!(
        said.text().contains("<spike_train> and <spike_train@>"),
        "{}",
        said.text()
    );
    lab.run(&["new", "dj-wave-codecs", "--store", "--path", "below/wave"])
        .good();

    let manifest = text(&lab, "dj-spike-train-codecs/Cargo.toml");
    assert!(
        manifest.contains("name = \"dj-spike-train-codecs\""),
        "{manifest}"
    );
    assert!(manifest.contains("dj-hash-codecs"), "{manifest}");
    let manifest = text(&lab, "below/wave/Cargo.toml");
    assert!(manifest.contains("name = \"dj-wave-codecs\""), "{manifest}");
    assert!(!manifest.contains("dj-hash-codecs"), "{manifest}");

    let codec = text(&lab, "dj-spike-train-codecs/src/codec.rs");
    assert!(codec.contains("pub struct SpikeTrainCodec;") && codec.contains("pub fn pack"));
    let codec = text(&lab, "below/wave/src/codec.rs");
    assert!(codec.contains("pub struct WaveCodec;") && codec.contains("cx.write_object"));
    // Nothing is left of where they were made.
    for folder in [".", "below"] {
        let names = fs::read_dir(lab.path(folder)).unwrap();
        let hidden = names.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with(".dj-codec-new")
        });
        assert_eq!(hidden.count(), 0, "{folder}");
    }
}

#[test]
fn its_fixtures_are_listed_as_they_are() {
    let lab = Lab::new();
    for (kind, fixtures) in [(&[][..], 2), (&["--store"][..], 4)] {
        let folder = format!("crate{fixtures}");
        lab.run(&[&["new", "demo", "--path", &folder], kind].concat())
            .good();
        let root = lab.path(&folder).join("fixtures");
        let found = golden::files(&root).unwrap();
        assert_eq!(found.len(), fixtures, "{found:?}");
        assert_eq!(golden::list(&root).unwrap(), Some(found));
        for name in ["none", "extremes"] {
            let case = root.join(format!("demo/1.0/by-dj-demo-codecs-0.1.0-{name}"));
            let case = golden::Case::read(&case).unwrap();
            assert_eq!(
                (case.codec.as_str(), case.writer.as_str()),
                ("demo", "dj-demo-codecs 0.1.0")
            );
        }
    }
}

#[test]
fn a_checkout_takes_the_place_of_what_is_published() {
    let lab = Lab::new();
    for name in ["dj-codec-api", "dj-codec-testkit", "dj-hash-codecs"] {
        lab.write(&format!("a \"check\"out/crates/{name}/Cargo.toml"), "");
    }
    let said = lab.run(&["new", "demo", "--patch", "a \"check\"out"]).good();
    assert!(
        said.text().contains("remove .cargo/config.toml once"),
        "{}",
        said.text()
    );
    let root = fs::canonicalize(lab.path("a \"check\"out")).unwrap();
    let api = root.join("crates/dj-codec-api").display().to_string();
    let escaped = api.replace('\\', "\\\\").replace('"', "\\\"");
    let config = text(&lab, "dj-demo-codecs/.cargo/config.toml");
    assert!(config.contains("[patch.crates-io]"), "{config}");
    assert!(
        config.contains(&format!("dj-codec-api = {{ path = \"{escaped}\" }}")),
        "{config}"
    );

    lab.run(&["new", "demo", "--path", "published"]).good();
    assert!(!lab.path("published/.cargo").exists());
    let ran = lab.run(&["new", "demo", "--path", "patched", "--patch", "published"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("is no checkout with dj-codec-api"),
        "{}",
        ran.stderr
    );
    assert!(!lab.path("patched").exists());
}

#[test]
fn what_is_there_is_left_alone() {
    let lab = Lab::new();
    lab.write("full/notes.txt", "mine").write("file", "mine too");
    for (folder, said) in [("full", "not empty"), ("file", "no folder")] {
        let ran = lab.run(&["new", "demo", "--path", folder]);
        assert_eq!(ran.status, 2, "{folder}");
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert_eq!(text(&lab, "full/notes.txt"), "mine");
    assert_eq!(text(&lab, "file"), "mine too");
    let ran = lab.run(&["new", "blob"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("<blob> is DataJoint's"), "{}", ran.stderr);
}

#[test]
fn an_empty_folder_is_filled() {
    let lab = Lab::new();
    fs::create_dir(lab.path("empty")).unwrap();
    lab.write("cloned/.git/HEAD", "ref: refs/heads/main");
    for folder in ["empty", "cloned"] {
        lab.run(&["new", "demo", "--path", folder]).good();
        let entries = fs::read_dir(lab.path(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| name != ".git");
        assert!(names.iter().any(|name| name == "Cargo.toml"), "{names:?}");
        assert!(
            !names
                .iter()
                .any(|name| name.to_string_lossy().starts_with(".dj-codec-new")),
            "{names:?}"
        );
    }
    assert_eq!(text(&lab, "cloned/.git/HEAD"), "ref: refs/heads/main");
}

/// Who stands in a folder that is replaced stands nowhere.
#[cfg(unix)]
#[test]
fn a_folder_in_which_somebody_stands_stays_the_one_that_it_is() {
    use std::os::unix::fs::MetadataExt as _;

    let lab = Lab::new();
    fs::create_dir(lab.path("here")).unwrap();
    let before = fs::metadata(lab.path("here")).unwrap().ino();
    let mut command = lab.command(&["new", "demo", "--path", "."]);
    lab.finish(command.current_dir(lab.path("here")), b"").good();
    assert_eq!(fs::metadata(lab.path("here")).unwrap().ino(), before);
    assert!(lab.path("here/Cargo.toml").is_file());
}
