//! What a page quotes from a file of the repository, or of the program's own making.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::block::{Block, Kind};
use crate::page::Page;

/// The quotations that are not what the files hold.
#[must_use]
pub fn faults(root: &Path, pages: &[Page]) -> Vec<String> {
    let mut faults = Vec::new();
    for page in pages {
        for block in &page.blocks {
            let outcome = match &block.kind {
                Kind::Quote { path, pointer } => quotation(root, path, pointer, &block.text),
                Kind::File(name) => file(name, block),
                _ => Ok(()),
            };
            if let Err(why) = outcome {
                faults.push(format!("{}: {why}", page.place(block.line)));
            }
        }
    }
    faults
}

fn quotation(root: &Path, path: &str, pointer: &str, text: &str) -> Result<(), String> {
    let file = fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
    if pointer.is_empty() && !path.ends_with(".json") && !path.ends_with("zarr.json") {
        return if file.contains(text.trim_end()) {
            Ok(())
        } else {
            Err(format!("{path} has no such lines"))
        };
    }
    let whole: Value = serde_json::from_str(&file).map_err(|error| format!("{path}: {error}"))?;
    let there = whole
        .pointer(pointer)
        .ok_or_else(|| format!("{path} has no {pointer}"))?;
    let here: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    if *there == here {
        Ok(())
    } else {
        Err(format!("{path} has {there}"))
    }
}

/// A file that the reader makes can be read as what its name says.
fn file(name: &str, block: &Block) -> Result<(), String> {
    let text = &block.text;
    let outcome = match Path::new(name).extension().and_then(|ext| ext.to_str()) {
        Some("json") => serde_json::from_str::<Value>(text)
            .err()
            .map(|error| error.to_string()),
        Some("toml") => text.parse::<toml::Table>().err().map(|error| error.to_string()),
        _ => None,
    };
    outcome.map_or(Ok(()), |why| Err(format!("{name}: {why}")))
}
