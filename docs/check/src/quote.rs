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
        for (line, span) in &page.spans {
            if !is_there(root, span) {
                faults.push(format!("{}: there is no fixture {span}", page.place(*line)));
            }
        }
    }
    faults
}

/// Whether code within a line that names a golden fixture, as `npy/1.0/by-numpy-*`, names one that is there.
fn is_there(root: &Path, span: &str) -> bool {
    let mut parts = span.splitn(3, '/');
    let (Some(codec), Some(version), Some(case)) = (parts.next(), parts.next(), parts.next()) else {
        return true;
    };
    let Some(case) = case.strip_prefix("by-") else {
        return true;
    };
    let (case, any) = case.strip_suffix('*').map_or((case, false), |case| (case, true));
    let cases = fs::read_dir(root.join("fixtures").join(codec).join(version));
    cases.into_iter().flatten().flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.strip_prefix("by-")
            .and_then(|name| name.strip_prefix(case))
            .is_some_and(|rest| any || rest.is_empty())
    })
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
