//! Digests of files, computed as they stream by.

use std::io::{self, Read, Write};

use dj_codec_api::layout::ContentHasher;
use dj_codec_api::value::FileDigest;
use sha2::{Digest as _, Sha256};

/// How much of a stream is in memory at a time.
const BUFFER: usize = 1 << 18;

/// What a file in memory is reported as.
pub(crate) fn of_bytes(name: &str, bytes: &[u8]) -> FileDigest {
    FileDigest {
        name: name.to_owned(),
        size: bytes.len() as u64,
        sha256: hex(Sha256::digest(bytes).as_slice()),
    }
}

/// What a stream is reported as.
pub(crate) fn of_stream(name: &str, source: &mut dyn Read) -> io::Result<FileDigest> {
    let mut sha256 = Sha256::new();
    let size = copy(source, |piece| {
        sha256.update(piece);
        Ok(())
    })?;
    Ok(FileDigest {
        name: name.to_owned(),
        size,
        sha256: hex(sha256.finalize().as_slice()),
    })
}

/// The hash of a stream in the form that Python's `ObjectRef.verify` compares.
pub(crate) fn content_hash_of(source: &mut dyn Read) -> io::Result<String> {
    let mut hasher = ContentHasher::new();
    copy(source, |piece| hasher.write_all(piece))?;
    Ok(hasher.finish())
}

/// Hands a stream on piece by piece, and returns its length.
pub(crate) fn copy(source: &mut dyn Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let mut size = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(size),
            Ok(count) => {
                each(buffer.get(..count).unwrap_or_default())?;
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Hashes what is read through it, if that is wanted.
pub(crate) struct Hashing<'a> {
    source: &'a mut dyn Read,
    hasher: ContentHasher,
    wanted: bool,
}

impl<'a> Hashing<'a> {
    pub(crate) fn new(source: &'a mut dyn Read, wanted: bool) -> Self {
        Self {
            source,
            hasher: ContentHasher::new(),
            wanted,
        }
    }

    /// The hash in the form that Python's `ObjectRef.verify` compares.
    pub(crate) fn finish(self) -> String {
        self.hasher.finish()
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(out)?;
        if self.wanted {
            self.hasher.update(out.get(..count).unwrap_or_default());
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_the_digest_of_its_bytes() {
        let bytes = vec![7_u8; BUFFER * 2 + 5];
        assert_eq!(
            of_stream("x", &mut bytes.as_slice()).unwrap(),
            of_bytes("x", &bytes)
        );
        assert_eq!(
            of_bytes("n", b"hello").sha256,
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
        assert_eq!(
            content_hash_of(&mut &b"hello"[..]).unwrap(),
            "lvauakv4jmvhnolrtwiraf6fsi"
        );
    }
}
