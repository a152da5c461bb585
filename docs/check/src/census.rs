//! How many blocks there are of each kind, and which escape.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::block::{Block, Kind, When};
use crate::page::Page;

/// How many blocks of each kind the pages have.
#[must_use]
pub fn count(pages: &[Page]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for block in pages.iter().flat_map(|page| &page.blocks) {
        *counts.entry(block.kind.to_string()).or_default() += 1;
    }
    counts
}

/// The blocks that are marked as run somewhere, and are not.
#[must_use]
pub fn escaped(root: &Path, pages: &[Page]) -> Vec<String> {
    let mut faults: Vec<String> = pages.iter().flat_map(|page| page.faults.clone()).collect();
    for page in pages {
        for block in &page.blocks {
            let outcome = match &block.kind {
                Kind::Rust { .. } => documented(root, page),
                Kind::Shell { when: When::Ci, .. } => in_ci(root, block),
                Kind::Shell { hidden: false, .. } if block.text.contains("$REPO") => {
                    Err("a reader has no $REPO: that is for what he does not see".into())
                }
                _ => Ok(()),
            };
            if let Err(why) = outcome {
                faults.push(format!("{}: {why}", page.place(block.line)));
            }
        }
    }
    faults
}

/// Rust is run where rustdoc sees it: this crate has the guides, other crates have their README.
fn documented(root: &Path, page: &Page) -> Result<(), String> {
    if crate::guides::DOCUMENTED
        .iter()
        .any(|path| page.path == Path::new(path))
    {
        return Ok(());
    }
    let folder = root.join(page.path.parent().unwrap_or(Path::new("")));
    let library = fs::read_to_string(folder.join("src/lib.rs")).unwrap_or_default();
    if page.path.ends_with("README.md") && library.contains("#![doc = include_str!(\"../README.md\")]") {
        return Ok(());
    }
    Err("no documentation has this page, so its Rust is not tested; docs/check/src/guides.rs lists the guides".into())
}

/// Each line stands in `.ci/run` or in a workflow.
fn in_ci(root: &Path, block: &Block) -> Result<(), String> {
    let mut steps = fs::read_to_string(root.join(".ci/run")).unwrap_or_default();
    for entry in fs::read_dir(root.join(".github/workflows"))
        .into_iter()
        .flatten()
        .flatten()
    {
        steps.push_str(&fs::read_to_string(entry.path()).unwrap_or_default());
    }
    let steps: Vec<&str> = steps
        .lines()
        .map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: "))
        .collect();
    for line in block.text.lines() {
        let command = line.split(" #").next().unwrap_or_default().trim();
        if !command.is_empty() && !steps.contains(&command) {
            return Err(format!("no step of .ci/run or .github/workflows is `{command}`"));
        }
    }
    Ok(())
}
