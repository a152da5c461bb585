//! Each data format has its page.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test asserts by panicking")]

use std::path::PathBuf;

use docs_check::page::Page;
use docs_check::tree;

#[test]
fn every_format_has_a_page_and_says_what_changed() {
    let mut faults = Vec::new();
    let index = std::fs::read_to_string(tree::root().join("docs/formats/README.md")).unwrap();
    for codec in dj_codecs::default_registry().list() {
        let mut before = None;
        for format in codec.reads {
            let name = format!("{}-{}.md", codec.name, format.version);
            if !index.contains(&format!("({name})")) {
                faults.push(format!("docs/formats/README.md does not list {name}"));
            }
            match (
                Page::read(&tree::root(), &PathBuf::from("docs/formats").join(&name)),
                before,
            ) {
                (Err(why), _) => faults.push(why),
                (Ok(page), Some(before)) => {
                    let heading = format!("changes-from-{before}");
                    let plain = |anchor: &String| anchor.starts_with(&heading.replace('.', ""));
                    if !page.anchors.iter().any(plain) {
                        faults.push(format!("{name} does not say what changed from {before}"));
                    }
                }
                (Ok(_), None) => {}
            }
            before = Some(format.version);
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
