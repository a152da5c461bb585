//! Links within the repository, and to it. What a link to a Rust file says, such as the name of a test, has to stand in that file.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::page::{Link, Page};

/// The repository as its own pages name it where a relative link would not work, as in a crate's README.
const OWN: &str = "https://github.com/datajoint/dj-codecs-rs/";

/// The links of the pages that lead nowhere.
#[must_use]
pub fn faults(root: &Path, pages: &[Page]) -> Vec<String> {
    let mut faults = Vec::new();
    for page in pages {
        for link in &page.links {
            if let Err(why) = follow(root, pages, page, link) {
                faults.push(format!("{}: {}: {why}", page.place(link.line), link.target));
            }
        }
    }
    faults
}

fn follow(root: &Path, pages: &[Page], page: &Page, link: &Link) -> Result<(), String> {
    let target = link.target.as_str();
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if let Some(within) = path.strip_prefix(OWN) {
        // What follows is `blob/main/` or `tree/main/`.
        within
            .splitn(3, '/')
            .nth(2)
            .map(PathBuf::from)
            .unwrap_or_default()
    } else if let Some(name) = path.strip_prefix("https://docs.rs/dj-") {
        let name = name.split('/').next().unwrap_or_default();
        Path::new("crates").join(format!("dj-{name}"))
    } else if target.contains("://") {
        return Ok(());
    } else if path.is_empty() {
        page.path.clone()
    } else {
        let folder = page.path.parent().unwrap_or(Path::new(""));
        normal(&folder.join(path)).ok_or("leads out of the repository")?
    };
    if !root.join(&path).exists() {
        return Err("is not there".into());
    }
    if path.extension().is_some_and(|ext| ext == "rs") {
        let source = fs::read_to_string(root.join(&path)).map_err(|error| error.to_string())?;
        let item = link.text.rsplit("::").next().unwrap_or_default();
        if !source.contains(item) {
            return Err(format!("has no `{item}`"));
        }
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let there = pages
        .iter()
        .find(|other| other.path == path)
        .ok_or("is no page, and has no anchors")?;
    if there.anchors.iter().any(|known| known == anchor) {
        return Ok(());
    }
    Err(format!(
        "has no heading `{anchor}`, but {}",
        there.anchors.join(", ")
    ))
}

/// The path without `.` and `..`; none where it leads out.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}
