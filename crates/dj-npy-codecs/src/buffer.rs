//! Memory for arrays that are read whole.

use std::fs::File;
use std::io::Read;

use bytes::Bytes;
use dj_codec_api::{Error, Result};
use memmap2::MmapMut;

use crate::header::unreadable;

/// From this size on a buffer gets pages of its own.
const LARGE: usize = 4 << 20;
/// Streams are not believed to be longer than this until they are.
const STEP: usize = 16 << 20;

/// The next `length` bytes of a file that is known to have them.
///
/// A large buffer that is filled for the first time costs a page fault every 4 KiB, which is half of the time of reading
/// a cached file. Memory in huge pages, where the system has them, costs 512 times fewer.
pub(crate) fn read_file(file: &mut File, length: usize) -> Result<Bytes> {
    if length < LARGE {
        return read_stream(file, length);
    }
    let mut pages = MmapMut::map_anon(length)
        .map_err(|error| Error::store(format!("there is no memory for {length} bytes")).caused_by(error))?;
    #[cfg(target_os = "linux")]
    {
        // Only advice: without huge pages the reading is slower and as right.
        let _ = pages.advise(memmap2::Advice::HugePage);
    }
    let mut filled = 0;
    while let Some(rest) = pages.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => return Err(cut_short(length, filled)),
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
    Ok(Bytes::from_owner(pages))
}

/// The next `length` bytes of a stream that may have fewer: memory grows with what comes.
pub(crate) fn read_stream(source: &mut impl Read, length: usize) -> Result<Bytes> {
    let mut bytes = Vec::with_capacity(length.min(STEP));
    source
        .take(length as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    if bytes.len() < length {
        return Err(cut_short(length, bytes.len()));
    }
    Ok(Bytes::from(bytes))
}

/// The error of a file whose data end early.
pub(crate) fn cut_short(wanted: usize, found: usize) -> Error {
    Error::corrupt(format!(
        "the file is cut short: its data should take {wanted} bytes, there are {found}"
    ))
    .advise("the file was not fully written or copied; fetch it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_cannot_be_read_is_an_error_and_not_tried_for_ever() {
        let mut folder = File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
        for length in [16, LARGE] {
            assert!(read_file(&mut folder, length).is_err());
        }
    }
}
