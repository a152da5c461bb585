//! Golden fixtures are append-only: a list of checksums says what they were when they came.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{Outcome, workspace};

const LIST: &str = "checksums.txt";

type Sums = BTreeMap<String, String>;

/// Every file is listed with its sum, and every listed file is there.
pub(crate) fn check() -> Outcome {
    let (listed, found) = read()?;
    if found.is_empty() {
        return Err("there are no fixtures".into());
    }
    let mut wrong = changed(&listed, &found);
    for path in found.keys().filter(|path| !listed.contains_key(*path)) {
        wrong.push(format!("{path} is not listed; run `cargo xtask fixtures seal`"));
    }
    if wrong.is_empty() {
        println!("{} fixture files are as they were", found.len());
        return Ok(());
    }
    Err(wrong.join("\n"))
}

/// Lists files that are new.
pub(crate) fn seal() -> Outcome {
    let (listed, found) = read()?;
    let wrong = changed(&listed, &found);
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let mut text = String::new();
    for (path, sum) in &found {
        let _ = writeln!(text, "{sum}  {path}");
    }
    fs::write(workspace::root().join("fixtures").join(LIST), text)
        .map_err(|error| format!("{LIST}: {error}"))?;
    println!(
        "{} files listed, {} of them new",
        found.len(),
        found.len() - listed.len()
    );
    Ok(())
}

fn changed(listed: &Sums, found: &Sums) -> Vec<String> {
    listed
        .iter()
        .filter_map(|(path, sum)| match found.get(path) {
            None => Some(format!(
                "{path} went; golden fixtures are append-only, bring it back"
            )),
            Some(now) if now != sum => Some(format!(
                "{path} changed; golden fixtures are append-only, restore it"
            )),
            Some(_) => None,
        })
        .collect()
}

fn read() -> Result<(Sums, Sums), String> {
    let folder = workspace::root().join("fixtures");
    let text = match fs::read_to_string(folder.join(LIST)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{LIST}: {error}")),
    };
    let mut listed = Sums::new();
    for line in text.lines() {
        let (sum, path) = line
            .split_once("  ")
            .ok_or_else(|| format!("{LIST}: {line:?} is no sum and path"))?;
        listed.insert(path.into(), sum.into());
    }
    let mut found = Sums::new();
    if folder.is_dir() {
        walk(&folder, &folder, &mut found)?;
    }
    Ok((listed, found))
}

fn walk(root: &Path, folder: &Path, found: &mut Sums) -> Outcome {
    let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            walk(root, &path, found)?;
            continue;
        }
        let name = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_string_lossy()
            .replace('\\', "/");
        // Pages for people and generators may improve; values may not change.
        if name == LIST || name.ends_with(".md") || name.ends_with(".py") {
            continue;
        }
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let sum = Sha256::digest(&bytes)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
        found.insert(name, sum);
    }
    Ok(())
}
