//! Writing `.npy` files.

use std::io::{Read, Write};
use std::path::Path;

use bytes::{Buf, Bytes};
use dj_codec_api::{Array, Error, Order, Result};

use crate::{Header, NpyVersion};

/// Elements that must be copied together are, this many bytes at a time.
const STEP: usize = 4 << 20;

/// The bytes of an `.npy` file as a stream, made while they are read: an array that stands in C or Fortran order is not
/// copied, one in any other arrangement a few megabytes at a time.
///
/// ```
/// use std::io::Read as _;
///
/// use dj_codec_api::{Array, Limits};
/// use dj_npy_codecs::{NpySource, read_npy};
///
/// let array = Array::from_vec(vec![1_u16, 2, 3, 4], &[2, 2])?;
/// let mut file = Vec::new();
/// NpySource::new(&array)?.read_to_end(&mut file).unwrap();
/// assert_eq!(read_npy(file.as_slice(), &Limits::default())?, array);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug)]
pub struct NpySource {
    header: Header,
    length: u64,
    ready: Bytes,
    rest: Rest,
}

/// What of the elements is not made ready yet.
#[derive(Debug)]
enum Rest {
    /// All of them, where they stand one after the other.
    Whole(Bytes),
    /// The blocks of elements that are copied together one after the other.
    Blocks(Blocks),
}

impl NpySource {
    /// The file that `numpy.save` makes of this array.
    ///
    /// # Errors
    /// Where NumPy could not say the dtype: records whose fields overlap or are out of order.
    pub fn new(array: &Array) -> Result<Self> {
        Self::with_header(array, Header::for_array(array)?)
    }

    /// The file that `numpy.lib.format.write_array` makes of this array in a version of the format.
    ///
    /// # Errors
    /// As [`new`](Self::new); also where the version cannot hold the header.
    pub fn with_version(array: &Array, version: NpyVersion) -> Result<Self> {
        Self::with_header(array, Header::for_array(array)?.with_version(version)?)
    }

    fn with_header(array: &Array, header: Header) -> Result<Self> {
        let ready = Bytes::from(header.to_bytes()?);
        let rest = match array.contiguous_bytes(header.order()) {
            Some(elements) => Rest::Whole(elements),
            None => Rest::Blocks(Blocks::new(array)),
        };
        Ok(Self {
            length: ready.len() as u64 + array.nbytes() as u64,
            header,
            ready,
            rest,
        })
    }

    /// What the file says of the array.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The size of the file in bytes.
    #[must_use]
    pub fn file_size(&self) -> u64 {
        self.length
    }

    /// Header and elements, where they need no copying. Nothing may have been read yet.
    pub(crate) fn parts(&self) -> Option<[Bytes; 2]> {
        match &self.rest {
            Rest::Whole(elements) => Some([self.ready.clone(), elements.clone()]),
            Rest::Blocks(_) => None,
        }
    }

    /// The next bytes of the file, empty at its end.
    fn next_bytes(&mut self) -> Result<Bytes> {
        if !self.ready.is_empty() {
            return Ok(std::mem::take(&mut self.ready));
        }
        match &mut self.rest {
            Rest::Whole(elements) => Ok(std::mem::take(elements)),
            Rest::Blocks(blocks) => blocks.next_block(),
        }
    }
}

impl Read for NpySource {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.ready.is_empty() {
            self.ready = self.next_bytes().map_err(std::io::Error::other)?;
        }
        let count = out.len().min(self.ready.len());
        if let Some(out) = out.get_mut(..count) {
            self.ready.copy_to_slice(out);
        }
        Ok(count)
    }
}

/// An array cut into blocks along its outer axes, in C order.
#[derive(Debug)]
struct Blocks {
    array: Array,
    /// The outer axes whose every index is a block of its own.
    outer: usize,
    /// The rows of the axis after them that make one block.
    rows: usize,
    index: Vec<usize>,
    row: usize,
    done: bool,
}

impl Blocks {
    fn new(array: &Array) -> Self {
        let mut block = array.dtype().size();
        let mut outer = array.ndim();
        let mut rows = 1;
        // From the innermost axis outwards, as long as a block of one row is small.
        for &length in array.shape().iter().rev() {
            if block >= STEP {
                break;
            }
            outer -= 1;
            rows = (STEP / block.max(1)).clamp(1, length.max(1));
            block = block.saturating_mul(length);
        }
        Self {
            array: array.clone(),
            outer,
            rows,
            index: vec![0; outer],
            row: 0,
            done: array.is_empty() || array.dtype().size() == 0,
        }
    }

    fn next_block(&mut self) -> Result<Bytes> {
        if self.done {
            return Ok(Bytes::new());
        }
        let inner = self.inner()?;
        let Some(&length) = inner.shape().first() else {
            self.advance();
            return Ok(inner.to_bytes(Order::C));
        };
        let end = self.row.saturating_add(self.rows).min(length);
        let block = inner.rows(self.row..end)?.to_bytes(Order::C);
        self.row = end;
        if end == length {
            self.row = 0;
            self.advance();
        }
        Ok(block)
    }

    /// The array at the current index of the outer axes.
    fn inner(&self) -> Result<Array> {
        let outside = || Error::invalid_value("strides lead outside of the array's bytes");
        let mut start = self.array.start();
        for (&step, &stride) in self.index.iter().zip(self.array.strides()) {
            let distance = isize::try_from(step)
                .ok()
                .and_then(|step| stride.checked_mul(step));
            start = distance
                .and_then(|distance| start.checked_add_signed(distance))
                .ok_or_else(outside)?;
        }
        let (shape, strides) = (
            self.array.shape().get(self.outer..),
            self.array.strides().get(self.outer..),
        );
        Array::with_strides(
            self.array.dtype().clone(),
            shape.unwrap_or_default(),
            strides.unwrap_or_default(),
            start,
            self.array.data().clone(),
        )
    }

    /// Counts up like an odometer: the last outer axis turns fastest.
    fn advance(&mut self) {
        for (position, &length) in self.index.iter_mut().zip(self.array.shape()).rev() {
            *position += 1;
            if *position < length {
                return;
            }
            *position = 0;
        }
        self.done = true;
    }
}

/// Writes an array as `numpy.save` does, and returns the number of bytes.
///
/// # Errors
/// As [`NpySource::new`]; also where the bytes cannot be written.
pub fn write_npy(mut target: impl Write, array: &Array) -> Result<u64> {
    write_source(&mut target, NpySource::new(array)?)
}

fn write_source(target: &mut impl Write, mut source: NpySource) -> Result<u64> {
    loop {
        let bytes = source.next_bytes()?;
        if bytes.is_empty() {
            return Ok(source.length);
        }
        target.write_all(&bytes).map_err(|error| unwritable(&error))?;
    }
}

/// Writes an array to a file as `numpy.save` does, and returns the number of bytes. A file that is there is replaced;
/// whoever looks at the path sees the old file or the complete new one.
///
/// # Errors
/// As [`NpySource::new`]; also where the file cannot be written, and then nothing is left behind.
pub fn save_npy(path: impl AsRef<Path>, array: &Array) -> Result<u64> {
    let path = path.as_ref();
    save(path, array).map_err(|error| error.at(path.to_string_lossy()))
}

fn save(path: &Path, array: &Array) -> Result<u64> {
    let source = NpySource::new(array)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As other files are made; the process's mask applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(|error| unwritable(&error))?;
    let length = write_source(file.as_file_mut(), source)?;
    file.persist(path).map_err(|error| unwritable(&error.error))?;
    Ok(length)
}

fn unwritable(error: &std::io::Error) -> Error {
    Error::store(format!("the file could not be written: {error}"))
}
