//! The digest of all objects of an array.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The digest of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectDigest {
    size: u64,
    sha256: [u8; 32],
}

impl ObjectDigest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            size: bytes.len() as u64,
            sha256: Sha256::digest(bytes).into(),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }
}

/// The digest of all objects, fed one after the other in the order of their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectsDigest(Sha256);

impl ObjectsDigest {
    pub(crate) fn add(&mut self, key: &str, object: &ObjectDigest) {
        self.0
            .update(format!("{key} {} {}\n", object.size, hex(&object.sha256)));
    }

    pub(crate) fn finish(self) -> String {
        format!("sha256:{}", hex(&self.0.finalize()))
    }
}

/// `sha256:` and the digest of a document.
pub(super) fn sha256_text(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_its_lines() {
        let mut digest = ObjectsDigest::default();
        digest.add("c/0", &ObjectDigest::of(b"abc"));
        let line = b"c/0 3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
        assert_eq!(digest.finish(), sha256_text(line));
    }
}
