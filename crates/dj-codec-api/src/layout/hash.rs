//! Hash-addressed paths.

use std::io;

use super::safe_path::check_path;
use crate::{Error, Result, StoreLayout};

/// The hash that names contents: their MD5 in base32, in lower case and without padding, 26 characters.
///
/// It finds equal contents and accidental damage. It is no protection against somebody who forges contents.
///
/// ```
/// assert_eq!(dj_codec_api::layout::content_hash(b"hello"), "lvauakv4jmvhnolrtwiraf6fsi");
/// ```
#[must_use]
pub fn content_hash(data: &[u8]) -> String {
    spell(md5::compute(data))
}

fn spell(digest: md5::Digest) -> String {
    data_encoding::BASE32_NOPAD.encode(&digest.0).to_ascii_lowercase()
}

/// [`content_hash`] of contents that arrive piece by piece.
///
/// ```
/// use dj_codec_api::layout::{ContentHasher, content_hash};
///
/// let mut hasher = ContentHasher::new();
/// hasher.update(b"hel");
/// hasher.update(b"lo");
/// assert_eq!(hasher.finish(), content_hash(b"hello"));
/// ```
#[derive(Clone)]
pub struct ContentHasher(md5::Context);

impl ContentHasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self(md5::Context::new())
    }

    /// Adds a piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.consume(piece);
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> String {
        spell(self.0.finalize())
    }
}

impl Default for ContentHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for ContentHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentHasher")
    }
}

/// So that a stream can be copied into it; writing never fails.
impl io::Write for ContentHasher {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The path of contents with this hash: `{hash_prefix}/{schema}/[folds/]{hash}`.
///
/// `subfolding` cuts folders off the front of the hash as Python's slices do: what is beyond its end is empty, a
/// negative length counts from the end, and a 0 makes an empty part (`a//b`).
///
/// # Errors
/// [`ErrorKind::InvalidValue`](crate::ErrorKind::InvalidValue) where the hash is not 26 lower-case letters and digits or
/// the schema has no name, [`ErrorKind::UnsafePath`](crate::ErrorKind::UnsafePath) where the schema or the prefix lead
/// elsewhere.
///
/// ```
/// use dj_codec_api::StoreLayout;
/// use dj_codec_api::layout::hash_path;
///
/// let mut layout = StoreLayout::default();
/// layout.subfolding = Some(vec![2, 2]);
/// let path = hash_path("lvauakv4jmvhnolrtwiraf6fsi", "lab", &layout)?;
/// assert_eq!(path, "_hash/lab/lv/au/lvauakv4jmvhnolrtwiraf6fsi");
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
pub fn hash_path(hash: &str, schema: &str, layout: &StoreLayout) -> Result<String> {
    if !is_hash(hash) {
        let shown: String = hash.chars().take(60).collect();
        return Err(Error::invalid_value(format!("{shown:?} is no content hash"))
            .advise("a content hash has 26 lower-case letters and digits"));
    }
    if schema.is_empty() {
        return Err(Error::invalid_value(
            "hash-addressed objects need the name of a schema",
        ));
    }
    let mut parts: Vec<String> = Vec::new();
    let prefix = layout.hash_prefix.trim_matches('/');
    if !prefix.is_empty() {
        parts.push(prefix.to_owned());
    }
    parts.push(schema.to_owned());
    let mut rest: Vec<char> = hash.chars().collect();
    for &fold in layout.subfolding.iter().flatten() {
        let tail = rest.split_off(slice_end(rest.len(), fold));
        parts.push(rest.into_iter().collect());
        rest = tail;
    }
    parts.push(hash.to_owned());
    let path = parts.join("/");
    check_path(&path)?;
    Ok(path)
}

/// Where Python's `text[:end]` ends in a text of `length` characters.
fn slice_end(length: usize, end: i64) -> usize {
    let distance = usize::try_from(end.unsigned_abs()).unwrap_or(usize::MAX);
    if end < 0 {
        length.saturating_sub(distance)
    } else {
        length.min(distance)
    }
}

/// DataJoint's test: `len(hash) == 26 and hash.isalnum() and hash.islower()`.
fn is_hash(hash: &str) -> bool {
    hash.chars().count() == 26
        && hash.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase())
        && hash.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const HASH: &str = "lvauakv4jmvhnolrtwiraf6fsi";

    fn folded(folds: &[i64]) -> String {
        let layout = StoreLayout {
            subfolding: Some(folds.to_vec()),
            ..Default::default()
        };
        hash_path(HASH, "lab", &layout).unwrap()
    }

    #[test]
    fn folds_are_python_slices() {
        assert_eq!(folded(&[-24]), format!("_hash/lab/lv/{HASH}"));
        assert_eq!(
            folded(&[-2, 1]),
            format!("_hash/lab/lvauakv4jmvhnolrtwiraf6f/s/{HASH}")
        );
        assert_eq!(folded(&[-30, 2]), format!("_hash/lab//lv/{HASH}"));
        assert_eq!(folded(&[i64::MAX, i64::MIN]), format!("_hash/lab/{HASH}//{HASH}"));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for schema in ["..", ".", "a/../b", "a\0", "../.."] {
            let error = hash_path(HASH, schema, &StoreLayout::default()).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{schema}");
        }
        assert!(hash_path(HASH, "", &StoreLayout::default()).is_err());
        let layout = StoreLayout {
            hash_prefix: "../up".into(),
            ..Default::default()
        };
        assert!(hash_path(HASH, "lab", &layout).is_err());
    }
}
