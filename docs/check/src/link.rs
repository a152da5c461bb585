//! Links within the repository, and to it.

use std::path::{Component, Path, PathBuf};

use crate::page::Page;

/// The repository as its own pages name it where a relative link would not work, as in a crate's README.
const OWN: &str = "https://github.com/datajoint/dj-codecs-rs/";

/// The links of the pages that lead nowhere.
#[must_use]
pub fn faults(root: &Path, pages: &[Page]) -> Vec<String> {
    let mut faults = Vec::new();
    for page in pages {
        for (line, target) in &page.links {
            if let Err(why) = follow(root, pages, page, target) {
                faults.push(format!("{}: {target}: {why}", page.place(*line)));
            }
        }
    }
    faults
}

fn follow(root: &Path, pages: &[Page], page: &Page, target: &str) -> Result<(), String> {
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
        // Links to items, such as `Limits` or `crate::golden`, are rustdoc's, which fails where there are none.
        let item = page.path.ends_with("README.md")
            && page.path.starts_with("crates")
            && !path.to_string_lossy().contains('.');
        return if item { Ok(()) } else { Err("is not there".into()) };
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
