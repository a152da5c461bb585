//! What the checks are for, they find: pages with one defect each.

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::fs;
use std::path::Path;

use docs_check::block::Kind;
use docs_check::page::Page;
use docs_check::{census, link, manifest, quote, tree};

fn page(text: &str) -> Page {
    Page::parse(Path::new("docs/page.md"), text)
}

/// The only fault of a page's blocks.
fn fault(text: &str) -> String {
    let faults = census::escaped(&tree::root(), &[page(text)]);
    assert_eq!(faults.len(), 1, "{text}: {faults:?}");
    faults[0].clone()
}

#[test]
fn a_block_that_nothing_runs_is_found() {
    for (text, what) in [
        ("```\nls\n```", "docs/page.md:1: the fence does not say"),
        ("text\n\n    ls\n", "docs/page.md:3: code is fenced"),
        ("~~~sh\nls\n~~~", "code is fenced"),
        ("```bash\nls\n```", "`bash`: nothing runs"),
        ("```sh later\nls\n```", "`later`: commands may be marked"),
        ("```sh status=one\nls\n```", "`status=one`"),
        ("```rust,ignore\nfn main() {}\n```", "Rust may be marked"),
        ("```rust\nfn main() {}\n```", "no documentation has this page"),
        (
            "```sh ci\nrm -rf build\n```",
            "no step of .ci/run or .github/workflows is `rm -rf build`",
        ),
        ("```sh\nls $REPO\n```", "a reader has no $REPO"),
        ("```text\nhello\n```", "`text` stands neither below commands"),
        ("```json\n{}\n```", "`json` stands neither"),
        ("```json figure\n{}\n```", "`figure`: data may be marked"),
        (
            "<!-- setup sometimes\nls\n-->\n",
            "`sometimes`: commands may be marked",
        ),
        // Nobody sees what a setup prints, and what stands in CI is not run here.
        (
            "<!-- setup\nls\n-->\n\n```text\nhello\n```",
            "`text` stands neither",
        ),
        (
            "```sh ci\ncargo xtask interop\n```\n```text\nhello\n```",
            "`text` stands neither",
        ),
    ] {
        let fault = fault(text);
        assert!(fault.contains(what), "{text}: {fault}");
    }
}

#[test]
fn blocks_are_what_their_fences_say() {
    let text = "```sh status=2\nfalse\n```\n```text\nno\n```\n\n- in a list:\n\n  ```toml\n  [dependencies]\n  ```\n\n```text figure\n+-+\n```\n";
    let page = page(text);
    assert_eq!(page.faults, [""; 0]);
    let kinds: Vec<String> = page.blocks.iter().map(|block| block.kind.to_string()).collect();
    assert_eq!(
        kinds,
        ["sh, run", "output, compared", "Cargo.toml, resolved", "figure"]
    );
    assert_eq!(page.blocks[2].text, "[dependencies]\n");
    assert!(matches!(page.blocks[0].kind, Kind::Shell { status: 2, .. }));
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# The `npy` codec\n\n## What is kept, and what is refused\n\n## Twice\n\n## Twice\n\n## `<blob>` 1.0\n";
    assert_eq!(
        page(text).anchors,
        [
            "the-npy-codec",
            "what-is-kept-and-what-is-refused",
            "twice",
            "twice-1",
            "blob-10"
        ]
    );
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("docs")).unwrap();
    fs::create_dir_all(root.path().join("crates/dj-blob-codecs")).unwrap();
    fs::write(root.path().join("docs/page.md"), "").unwrap();
    fs::write(root.path().join("docs/code.rs"), "fn is_kept() {}").unwrap();
    for (target, what) in [
        ("other.md", Some("is not there")),
        ("../../secret.md", Some("leads out of the repository")),
        ("#nothing", Some("has no heading `nothing`, but here")),
        ("page.md#here", None),
        ("code.rs", Some("has no `is_gone`")),
        (
            "https://github.com/datajoint/dj-codecs-rs/blob/main/docs/gone.md",
            Some("is not there"),
        ),
        (
            "https://github.com/datajoint/dj-codecs-rs/blob/main/docs/page.md#here",
            None,
        ),
        ("https://docs.rs/dj-blub-codecs", Some("is not there")),
        ("https://docs.rs/dj-blob-codecs/latest", None),
        ("https://example.org/anything", None),
    ] {
        let faults = link::faults(
            root.path(),
            &[page(&format!("# Here\n\n[`is_gone`]({target})\n"))],
        );
        let found = faults.first().map(String::as_str);
        assert_eq!(found.is_some(), what.is_some(), "{target}: {faults:?}");
        assert!(
            found.unwrap_or_default().contains(what.unwrap_or_default()),
            "{target}: {faults:?}"
        );
    }
}

#[test]
fn quotations_that_are_not_there_are_found() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("fixtures/npy/1.0/by-numpy-2.4.6-bool")).unwrap();
    fs::write(root.path().join("a.json"), r#"{"b": [1, 2]}"#).unwrap();
    fs::write(root.path().join("a.rs"), "fn a() {}\nfn b() {}\n").unwrap();
    for (text, what) in [
        ("```json from=a.json#/b\n[1,\n 2]\n```", None),
        ("```json from=a.json#/b\n[1]\n```", Some("a.json has [1,2]")),
        ("```json from=a.json#/c\n[1]\n```", Some("a.json has no /c")),
        ("```json from=b.json\n[1]\n```", Some("b.json: ")),
        ("```rust,ignore from=a.rs\nfn b() {}\n```", None),
        (
            "```rust,ignore from=a.rs\nfn c() {}\n```",
            Some("a.rs has no such lines"),
        ),
        ("```json file=datajoint.json\n{,}\n```", Some("datajoint.json: ")),
        ("`npy/1.0/by-numpy-2.4.6-bool` and `npy/1.0/by-numpy-*`", None),
        (
            "`npy/1.0/by-numpy-2.4.6-boo`",
            Some("there is no fixture npy/1.0/by-numpy-2.4.6-boo"),
        ),
    ] {
        let faults = quote::faults(root.path(), &[page(text)]);
        assert_eq!(faults.is_empty(), what.is_none(), "{text}: {faults:?}");
        assert!(
            faults.concat().contains(what.unwrap_or_default()),
            "{text}: {faults:?}"
        );
    }
}

#[test]
fn dependencies_that_do_not_resolve_are_found() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules");
    // What an earlier run left.
    let _ = fs::remove_dir_all(&folder);
    let of = |line: &str| page(&format!("```toml\n[dependencies]\n{line}\n```"));
    let faults =
        |line| manifest::faults(&tree::root(), &[of(line)], &folder.join(line.len().to_string())).unwrap();
    assert_eq!(faults("dj-codecs = \"0.1\""), [""; 0]);
    for (line, what) in [
        ("dj-codecs = \"99.0\"", "dj-codecs"),
        ("dj-codecs = { version = \"0.1\", features = [\"lost\"] }", "lost"),
        ("dj-lost-codecs = \"0.1\"", "dj-lost-codecs"),
        ("dj-codecs = 0.1.2", "TOML"),
    ] {
        let found = faults(line);
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert!(found[0].contains(what), "{line}: {found:?}");
    }
}

#[cfg(all(unix, feature = "program"))]
mod program {
    use docs_check::block::When;
    use docs_check::session::Session;
    use docs_check::span::Commands;

    use super::*;

    const PROGRAM: &str = env!("CARGO_BIN_EXE_documented-dj-codec");

    fn run(text: &str) -> Vec<String> {
        Session::new(Path::new(PROGRAM), &tree::root())
            .unwrap()
            .run(&page(text), When::Test)
    }

    #[test]
    fn blocks_go_on_where_the_one_before_ended() {
        let text = "<!-- setup\nmkdir sub\nexport WHAT=here\n-->\n```text file=sub/note.txt\nlights\n```\n\
                    ```sh\ncd sub\n```\n```sh\ncat note.txt\necho $WHAT, $(basename \"$PWD\")\n```\n\
                    ```text\nlights\n[..], sub\n```\n";
        assert_eq!(run(text), [""; 0]);
    }

    #[test]
    fn what_is_not_as_it_is_shown_is_found() {
        for (text, what) in [
            ("```sh\nfalse\n```", "ended with exit status: 1, not 0"),
            ("```sh status=1\ntrue\n```", "ended with exit status: 0, not 1"),
            ("```sh\nfalse | true\n```", "ended with exit status: 1, not 0"),
            (
                "```sh\necho a\n```\n```text\nb\n```",
                "what is printed is not what is shown",
            ),
            (
                "```sh\necho a; echo b\n```\n```text\na\n```",
                "what is printed is not what is shown",
            ),
            ("```sh\ndj-codec lost\n```", "unrecognized subcommand 'lost'"),
        ] {
            let faults = run(text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].contains(what), "{text}: {faults:?}");
        }
        assert_eq!(
            run("```sh\necho a; echo b; echo c\n```\n```text\na\n...\nc\n```"),
            [""; 0]
        );
    }

    #[test]
    fn commands_within_lines_that_are_not_there_are_found() {
        let mut commands = Commands::new(
            &tree::root(),
            Path::new(PROGRAM),
            "  check   all\n  fixtures seal  lists",
        );
        let text = "`dj-codec list --json`, `cargo xtask check`, `cargo xtask fixtures seal`, `dj-codec`, \
                    `cargo test -p dj-npy-codecs`, `python3 bench/bulk.py --rounds 3`";
        assert_eq!(commands.faults(&page(text)), [""; 0]);
        for span in [
            "dj-codec lost",
            "dj-codec list --jsonl",
            "cargo xtask lost",
            "cargo test -p dj-lost-codecs",
            "python3 bench/lost.py",
            "python3 bench/bulk.py --lost",
        ] {
            let faults = commands.faults(&page(&format!("`{span}`")));
            assert_eq!(faults.len(), 1, "{span}: {faults:?}");
        }
    }
}
