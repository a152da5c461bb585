//! All pages of this repository.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test asserts by panicking")]

use std::path::Path;

use docs_check::page::Page;
use docs_check::{census, link, manifest, quote, tree};

fn pages() -> Vec<Page> {
    tree::pages(&tree::root()).unwrap()
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn no_block_escapes() {
    let pages = pages();
    assert_none(&census::escaped(&tree::root(), &pages));
    // Were a kind gone, its check would check nothing.
    let counts = census::count(&pages);
    for kind in [
        "rust, run",
        "sh, run",
        "output, compared",
        "file, read",
        "Cargo.toml, resolved",
    ] {
        assert!(counts.contains_key(kind), "no block is `{kind}`: {counts:?}");
    }
}

#[test]
fn links_lead_somewhere() {
    assert_none(&link::faults(&tree::root(), &pages()));
}

#[test]
fn quotations_are_what_files_hold() {
    assert_none(&quote::faults(&tree::root(), &pages()));
}

#[test]
fn dependencies_resolve() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manifests");
    // What an earlier run left.
    let _ = std::fs::remove_dir_all(&folder);
    assert_none(&manifest::faults(&tree::root(), &pages(), &folder).unwrap());
}

#[cfg(all(unix, feature = "program"))]
mod program {
    use docs_check::block::When;
    use docs_check::session::Session;
    use docs_check::span::Commands;

    use super::*;

    const PROGRAM: &str = env!("CARGO_BIN_EXE_documented-dj-codec");

    #[test]
    fn commands_do_what_is_shown() {
        let pages = pages();
        let run = |page: &Page| {
            Session::new(Path::new(PROGRAM), &tree::root())
                .unwrap()
                .run(page, When::Test)
        };
        let faults: Vec<String> = pages
            .iter()
            .filter(|page| page.has(When::Test))
            .flat_map(run)
            .collect();
        assert_none(&faults);
    }

    #[test]
    fn commands_within_lines_are_there() {
        let source = std::fs::read_to_string(tree::root().join("xtask/src/main.rs")).unwrap();
        let (_, usage) = source.split_once("const USAGE: &str = \"").unwrap();
        let (tasks, _) = usage.split_once("\";\n").unwrap();
        let mut commands = Commands::new(&tree::root(), Path::new(PROGRAM), tasks);
        let pages = pages();
        let faults: Vec<String> = pages.iter().flat_map(|page| commands.faults(page)).collect();
        assert_none(&faults);
    }

    #[test]
    fn the_command_line_has_every_command_and_option() {
        let text = std::fs::read_to_string(tree::root().join("docs/cli.md")).unwrap();
        let mut commands = Commands::new(&tree::root(), Path::new(PROGRAM), "");
        let mut faults = Vec::new();
        for command in commands
            .names()
            .unwrap()
            .into_iter()
            .filter(|name| name != "help")
        {
            if !text.contains(&format!("### `dj-codec {command}")) {
                faults.push(format!("docs/cli.md has no section for {command}"));
            }
            for option in commands.options(&command) {
                if !text.contains(&option) && option != "--help" && option != "--version" {
                    faults.push(format!("docs/cli.md does not tell of {option} of {command}"));
                }
            }
        }
        assert_none(&faults);
    }
}
