//! The pages of the repository.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::page::Page;

/// Folders whose pages are nobody's to read: what is built, found, or made into a page by a program.
const PASSED_OVER: [&str; 5] = ["target", "artifacts", "corpus", "dj-store", "template"];

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).into()
}

/// All pages of a repository, by path.
///
/// # Errors
/// Where a folder or a page cannot be read.
pub fn pages(root: &Path) -> Result<Vec<Page>, String> {
    let seen = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || PASSED_OVER.contains(&name.as_ref()))
    };
    let mut pages = Vec::new();
    for entry in WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(seen)
    {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|ext| ext == "md") {
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            pages.push(Page::read(root, path)?);
        }
    }
    Ok(pages)
}
