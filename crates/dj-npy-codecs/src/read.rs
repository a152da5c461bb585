//! Reading `.npy` files that stand on their own.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use dj_codec_api::{Array, Error, Limits, Result};

use crate::buffer::{cut_short, read_file, read_stream};
use crate::header::{Header, unreadable};
use crate::mapped::map;

/// The array that the bytes of an `.npy` file are, as a view of them: nothing is copied. Bytes after the data are
/// ignored, as NumPy does.
///
/// # Errors
/// Where the header is damaged, of an unknown version or over a limit, the elements are Python objects, or the data end
/// early.
pub fn decode_npy(file: &Bytes, limits: &Limits) -> Result<Array> {
    let header = Header::parse(file, limits)?;
    view(&header, file)
}

/// Reads an array from a stream, and nothing after it.
///
/// # Errors
/// As [`decode_npy`]; also where the stream cannot be read, or the array is over the limit on array bytes.
pub fn read_npy(mut source: impl Read, limits: &Limits) -> Result<Array> {
    let header = Header::read(&mut source, limits)?;
    limits.check_array_bytes(header.nbytes() as u64)?;
    let data = read_stream(&mut source, header.nbytes())?;
    header.array(data)
}

/// Reads the array of an `.npy` file into memory.
///
/// # Errors
/// As [`decode_npy`]; also where the file cannot be read, or the array is over the limit on array bytes.
pub fn load_npy(path: impl AsRef<Path>, limits: &Limits) -> Result<Array> {
    let path = path.as_ref();
    load_checked(path, limits, &|_| Ok(())).map_err(|error| error.at(path.to_string_lossy()))
}

/// Loads a file if `check` has nothing against its header.
pub(crate) fn load_checked(
    path: &Path,
    limits: &Limits,
    check: &dyn Fn(&Header) -> Result<()>,
) -> Result<Array> {
    let (mut file, length) = open(path)?;
    let header = Header::read(&mut file, limits)?;
    check(&header)?;
    let present = length.saturating_sub(header.data_start() as u64);
    if present < header.nbytes() as u64 {
        return Err(cut_short(
            header.nbytes(),
            usize::try_from(present).unwrap_or(usize::MAX),
        ));
    }
    limits.check_array_bytes(header.nbytes() as u64)?;
    let data = read_file(&mut file, header.nbytes())?;
    header.array(data)
}

/// Maps the array of an `.npy` file into memory: nothing is read until elements are looked at.
///
/// While the array or a part of it is in use, nobody may truncate or change the file: looking at what was cut off ends the
/// program, and what is changed changes in the array. Files that DataJoint stores are written once and never changed.
///
/// # Errors
/// As [`load_npy`].
pub fn map_npy(path: impl AsRef<Path>, limits: &Limits) -> Result<Array> {
    let path = path.as_ref();
    map_checked(path, limits, &|_| Ok(())).map_err(|error| error.at(path.to_string_lossy()))
}

/// Maps a file if `check` has nothing against its header.
pub(crate) fn map_checked(
    path: &Path,
    limits: &Limits,
    check: &dyn Fn(&Header) -> Result<()>,
) -> Result<Array> {
    let (file, length) = open(path)?;
    // An empty file cannot be mapped.
    let bytes = if length == 0 { Bytes::new() } else { map(&file)? };
    let header = Header::parse(&bytes, limits)?;
    check(&header)?;
    view(&header, &bytes)
}

fn open(path: &Path) -> Result<(File, u64)> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    if !metadata.is_file() {
        return Err(Error::corrupt("this is no file"));
    }
    Ok((file, metadata.len()))
}

/// The array that begins after the header, as a view of the file's bytes.
pub(crate) fn view(header: &Header, file: &Bytes) -> Result<Array> {
    let start = header.data_start();
    let present = file.len().saturating_sub(start);
    let end = start
        .checked_add(header.nbytes())
        .filter(|&end| end <= file.len());
    let end = end.ok_or_else(|| cut_short(header.nbytes(), present))?;
    header.array(file.slice(start..end))
}

impl Header {
    /// The array of this header over its data.
    pub(crate) fn array(&self, data: Bytes) -> Result<Array> {
        Array::new(self.dtype().clone(), self.shape(), self.order(), data)
    }
}
