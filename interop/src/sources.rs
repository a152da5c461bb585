//! Files and folders of this machine that both sides store.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failed::Outcome;

/// The files, by name. Contents and names that have been trouble.
const FILES: [&str; 6] = [
    "note.txt",
    "résumé µ 1.txt",
    "README",
    "archive.tar.gz",
    "empty.dat",
    ".hidden",
];

/// The files of the folder.
const MEMBERS: [&str; 6] = [
    "a.bin",
    "empty",
    "sub/b c.txt",
    "sub/deep/ç 日本.json",
    "sub/100% #1+2.txt",
    ".zattrs",
];

/// Files and a folder, with contents of their own.
#[derive(Debug, Clone)]
pub(crate) struct Sources(PathBuf);

impl Sources {
    /// Makes them below a folder. Those with other marks have other contents.
    pub(crate) fn make(folder: &Path, mark: &str) -> Outcome<Self> {
        let root = folder.join("sources").join(mark);
        fs::create_dir_all(&root)?;
        for name in FILES {
            fs::write(root.join(name), contents(name, mark))?;
        }
        for name in MEMBERS {
            let file = root.join("tree.zarr").join(name);
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(file, contents(name, mark))?;
        }
        // More than one part of an upload.
        let large = (0..12_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
        fs::write(
            root.join("large.bin"),
            large.chain(mark.bytes()).collect::<Vec<u8>>(),
        )?;
        Ok(Self(root))
    }

    /// The files of a few bytes.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        FILES.map(|name| self.0.join(name)).into()
    }

    /// A file of 12 MB, which is more than one part of an upload.
    pub(crate) fn large(&self) -> Outcome<PathBuf> {
        let file = self.0.join("large.bin");
        let bytes = (0..12_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
        fs::write(&file, bytes.collect::<Vec<u8>>())?;
        Ok(file)
    }

    /// A folder with folders, and a name that looks like an extension.
    pub(crate) fn folder(&self) -> PathBuf {
        self.0.join("tree.zarr")
    }

    /// A folder with a folder in it, and no file.
    pub(crate) fn empty(&self) -> Outcome<PathBuf> {
        let folder = self.0.join("nothing in it");
        fs::create_dir_all(folder.join("nor here"))?;
        Ok(folder)
    }

    /// The files of the folder: path within it, and contents.
    pub(crate) fn members(&self) -> Outcome<Vec<(&'static str, Vec<u8>)>> {
        MEMBERS
            .into_iter()
            .map(|name| Ok((name, fs::read(self.folder().join(name))?)))
            .collect()
    }
}

fn contents(name: &str, mark: &str) -> Vec<u8> {
    if name.starts_with("empty") {
        return Vec::new();
    }
    let mut contents = format!("{name} of {mark}\r\n\0").into_bytes();
    contents.extend(0..=255);
    contents
}
