//! The list of a stored folder's files, which lies beside it as `{path}.manifest.json`.

mod ascii;

use std::collections::HashSet;

use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, Limits, Result};
use serde::{Deserialize, Serialize};

/// How many limits of metadata a manifest may take: it has a line for each file, and folders have very many.
const SIZE_FACTOR: u64 = 16;

/// A file of a stored folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileEntry {
    /// The path within the folder, `/` between parts.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
}

/// The list of a stored folder's files, as it was when the folder was stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Manifest {
    /// The files. Ours are sorted by path, Python's are not.
    pub files: Vec<FileEntry>,
    /// The sizes of all files together.
    pub total_size: Option<u64>,
    /// The number of files.
    pub item_count: Option<u64>,
    /// When it was written, as Python's `isoformat()`.
    pub created: Option<String>,
}

impl Manifest {
    /// Where the manifest of a folder is.
    #[must_use]
    pub fn path_of(folder: &str) -> String {
        format!("{folder}.manifest.json")
    }

    /// The manifest of these files, sorted.
    pub(crate) fn new(mut files: Vec<FileEntry>, created: String) -> Self {
        files.sort_unstable();
        Self {
            total_size: Some(files.iter().fold(0, |sum, file| sum.saturating_add(file.size))),
            item_count: Some(files.len() as u64),
            created: Some(created),
            files,
        }
    }

    /// The most bytes that a manifest may have.
    pub(crate) fn most_bytes(limits: &Limits) -> u64 {
        limits.metadata_bytes.saturating_mul(SIZE_FACTOR)
    }

    /// Reads a manifest. Keys that are not known are ignored, as in Python.
    ///
    /// # Errors
    /// Where it is no manifest, lists a path twice or one that leads out of the folder, or is over a limit.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let (size, most) = (bytes.len() as u64, Self::most_bytes(limits));
        if size > most {
            return Err(Error::limit("bytes of a manifest", size, most));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| {
            Error::corrupt("the manifest is not what a manifest should be").caused_by(error)
        })?;
        limits.check_items(manifest.files.len() as u64)?;
        let mut seen = HashSet::with_capacity(manifest.files.len());
        for file in &manifest.files {
            check_path(&file.path)?;
            if !seen.insert(file.path.as_str()) {
                return Err(Error::corrupt(format!(
                    "the manifest lists {:?} twice",
                    file.path
                )));
            }
        }
        Ok(manifest)
    }

    /// The text as Python's `json.dumps(..., indent=2)` has it.
    ///
    /// # Errors
    /// Where it would be over the limit that [`parse`](Self::parse) obeys.
    pub(crate) fn to_bytes(&self, limits: &Limits) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, ascii::Python::default());
        self.serialize(&mut serializer)
            .map_err(|error| Error::invalid_value("the manifest cannot be written").caused_by(error))?;
        let (size, most) = (bytes.len() as u64, Self::most_bytes(limits));
        if size > most {
            return Err(Error::limit("bytes of a manifest", size, most));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, size: u64) -> FileEntry {
        FileEntry {
            path: path.into(),
            size,
        }
    }

    #[test]
    fn the_text_is_pythons() {
        let files = vec![entry("ü/𝄞 \"q\"\\\u{7f}", 21), entry("a.bin", 10)];
        let manifest = Manifest::new(files, "2026-11-22T06:47:00+00:00".into());
        let text = String::from_utf8(manifest.to_bytes(&Limits::default()).unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{
  "files": [
    {
      "path": "a.bin",
      "size": 10
    },
    {
      "path": "\u00fc/\ud834\udd1e \"q\"\\\u007f",
      "size": 21
    }
  ],
  "total_size": 31,
  "item_count": 2,
  "created": "2026-11-22T06:47:00+00:00"
}"#
            .replace("\\u007f", "\u{7f}")
        );
        assert_eq!(
            Manifest::parse(text.as_bytes(), &Limits::default()).unwrap(),
            manifest
        );
        let empty = Manifest::new(Vec::new(), "now".into())
            .to_bytes(&Limits::default())
            .unwrap();
        assert!(empty.starts_with(b"{\n  \"files\": [],\n"));
    }

    #[test]
    fn manifests_that_lie_are_refused() {
        let limits = Limits::default();
        for wrong in [
            &b""[..],
            b"[]x",
            b"5",
            b"{\"files\": 5}",
            br#"{"files": [{"path": "a"}]}"#,
            br#"{"files": [{"path": "a", "size": -1}]}"#,
            br#"{"files": [{"path": "a", "size": 1e30}]}"#,
            br#"{"files": [{"path": "../a", "size": 1}]}"#,
            br#"{"files": [{"path": "/a", "size": 1}]}"#,
            br#"{"files": [{"path": "C:\\a", "size": 1}]}"#,
            br#"{"files": [{"path": "", "size": 1}]}"#,
            br#"{"files": [{"path": "a", "size": 1}, {"path": "a", "size": 1}]}"#,
        ] {
            assert!(
                Manifest::parse(wrong, &limits).is_err(),
                "{}",
                String::from_utf8_lossy(wrong)
            );
        }
        let deep = format!("{{\"x\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        // What is not known is skipped, however deep, without recursion.
        assert_eq!(
            Manifest::parse(deep.as_bytes(), &limits).unwrap(),
            Manifest::default()
        );
        let two =
            br#"{"files": [{"path": "a", "size": 1, "more": 5}, {"path": "b", "size": 1}], "extra": {}}"#;
        assert_eq!(Manifest::parse(two, &limits).unwrap().files.len(), 2);
        assert!(Manifest::parse(two, &limits.clone().with_items(1)).is_err());
        assert!(Manifest::parse(two, &limits.with_metadata_bytes(1)).is_err());
        assert_eq!(
            Manifest::parse(b"{}", &Limits::default()).unwrap(),
            Manifest::default()
        );
    }

    #[test]
    fn a_manifest_may_be_as_long_as_the_limit_but_no_longer() {
        let limits = Limits::default().with_metadata_bytes(10);
        let most = usize::try_from(Manifest::most_bytes(&limits)).unwrap();
        let padded = |length: usize| format!("{:length$}", "{}").into_bytes();
        assert!(Manifest::parse(&padded(most), &limits).is_ok());
        assert!(Manifest::parse(&padded(most + 1), &limits).is_err());

        let of_length = |length: usize| {
            let bare = Manifest::new(Vec::new(), String::new())
                .to_bytes(&Limits::default())
                .unwrap();
            Manifest::new(Vec::new(), "t".repeat(length - bare.len()))
        };
        assert_eq!(of_length(most).to_bytes(&limits).unwrap().len(), most);
        assert!(of_length(most + 1).to_bytes(&limits).is_err());
        assert!(of_length(most + 50).to_bytes(&limits).is_err());
    }
}
