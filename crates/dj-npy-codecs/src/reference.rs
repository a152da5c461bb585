//! Stored arrays that are read when asked.

mod rows;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{
    Array, Context, DType, Error, ErrorKind, Lazy, Limits, Order, Record, Result, Store, Value, Warning,
    WarningKind,
};

use crate::buffer::cut_short;
use crate::descr::{dtype_from_record, same_elements};
use crate::header::{Header, PREFIX, Preamble, check_size, version};
use crate::read::{load_checked, map_checked, view};
use crate::{NAME, NpyVersion};

/// Where no record tells how long a header is, this much is read at first: `numpy.save` writes nearly all headers so.
const USUAL_HEADER: usize = 128;

/// An array in a store that has not been read: what `<npy@>` decodes to.
///
/// Shape, dtype, path and store are those of the record and cost nothing. [`load`](Self::load) reads all of the array,
/// [`rows`](Self::rows) a range of rows and not the others, [`mmap`](Self::mmap) maps a file of a store that is a folder.
///
/// The file is what counts. Where it is not what the record says (another shape or other elements; the byte order of the
/// machine that wrote it is not part of what a record says), the two were mixed up, and reading is an error;
/// [`load_as_found`](Self::load_as_found) reads such a file all the same.
#[derive(Debug)]
pub struct NpyRef {
    record: Record,
    path: String,
    store_name: String,
    store: Arc<dyn Store>,
    shape: Option<Vec<u64>>,
    dtype: Option<DType>,
    limits: Limits,
    header: OnceLock<Header>,
}

impl NpyRef {
    /// Opens a record, without I/O.
    pub(crate) fn open(record: Record, cx: &Context) -> Result<Self> {
        let path = record.path()?.to_owned();
        check_path(&path)?;
        let located = |error: Error| error.at(path.as_str());
        let shape = record.shape("shape").map_err(located)?;
        let dtype = match record.text("dtype").map_err(located)? {
            Some(text) => recorded_dtype(text, &path, cx).map_err(located)?,
            None => None,
        };
        let unknown = DType::new(dj_codec_api::Kind::UInt8);
        if let Some(shape) = &shape {
            check_size(
                dtype.as_ref().unwrap_or(&unknown),
                &to_usize(shape).map_err(located)?,
                cx.limits(),
            )
            .map_err(located)?;
        }
        let store = cx.open_record_store(&record).map_err(located)?;
        Ok(Self {
            path,
            store_name: store.name,
            store: store.store,
            shape,
            dtype,
            record,
            limits: cx.limits().clone(),
            header: OnceLock::new(),
        })
    }

    /// The record that the column holds.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The path of the file in its store.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name of the store that the file is in.
    #[must_use]
    pub fn store_name(&self) -> &str {
        &self.store_name
    }

    /// The shape, as the record says. A record without a shape says nothing; [`header`](Self::header) does then.
    #[must_use]
    pub fn shape(&self) -> Option<&[u64]> {
        self.shape.as_deref()
    }

    /// The type of the elements, as the record says. Records of structures may leave out padding within nested
    /// structures, and those of the byte order of the machine that wrote them take it for little-endian;
    /// [`header`](Self::header) has the layout of the file.
    #[must_use]
    pub fn dtype(&self) -> Option<&DType> {
        self.dtype.as_ref()
    }

    /// What the file says of itself: reads its first bytes, once.
    ///
    /// # Errors
    /// Where the file is not there, not readable, or its header is damaged.
    pub fn header(&self) -> Result<&Header> {
        if let Some(header) = self.header.get() {
            return Ok(header);
        }
        let header = self.read_header().map_err(|error| self.locate(error))?;
        Ok(self.header.get_or_init(|| header))
    }

    /// The version of the file: reads its first eight bytes.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn npy_version(&self) -> Result<NpyVersion> {
        if let Some(header) = self.header.get() {
            return Ok(header.version());
        }
        let read = || version(&self.beginning(PREFIX)?);
        read().map_err(|error| self.locate(error))
    }

    /// Reads all of the array.
    ///
    /// # Errors
    /// Where the file is not there, not readable, damaged, over a limit, or not what the record says.
    pub fn load(&self) -> Result<Array> {
        self.load_with(&|header| self.check(header))
            .map_err(|error| self.locate(error))
    }

    /// Reads all of the array that the file holds, whatever the record says.
    ///
    /// # Errors
    /// As [`load`](Self::load), but for the last.
    pub fn load_as_found(&self) -> Result<Array> {
        self.load_with(&|_| Ok(())).map_err(|error| self.locate(error))
    }

    /// Reads a range of rows, that is of indices of the first dimension, and no others.
    ///
    /// In a file in Fortran order the rows are in pieces, one for each of the other indices. They are fetched one by one
    /// where they lie far apart, and together with what is between them where that is little.
    ///
    /// # Errors
    /// As [`load`](Self::load); also where there are fewer rows, or the array has no dimensions.
    pub fn rows(&self, range: Range<u64>) -> Result<Array> {
        let header = self.header()?;
        self.check(header)
            .and_then(|()| self.read_rows(header, range))
            .map_err(|error| self.locate(error))
    }

    /// Maps the array into memory: nothing but the header is read until elements are looked at. For stores that are
    /// folders of the local file system.
    ///
    /// While the array or a part of it is in use, nobody may truncate or change the file: looking at what was cut off
    /// ends the program, and what is changed changes in the array. Objects that DataJoint stores are written once and
    /// never changed; deleting one does no harm.
    ///
    /// # Errors
    /// As [`load`](Self::load); also where the store is no folder.
    pub fn mmap(&self) -> Result<Array> {
        let mapped = || {
            let path = self.store.local_path(&self.path).ok_or_else(|| {
                Error::unsupported(format!(
                    "store {:?} is no folder of this machine, so its files cannot be mapped",
                    self.store_name
                ))
                .advise("use load, or rows for a part of the array")
            })?;
            map_checked(&path, &self.limits, &|header| self.check(header))
        };
        mapped().map_err(|error| self.locate(error))
    }

    /// Whether the file is what the record says, and as long as its own header says. Reads the header only.
    pub(crate) fn check_size(&self) -> Result<()> {
        let checked = || {
            let header = self.header()?;
            self.check(header)?;
            let size = self.store.head(&self.path)?.map_or(0, |object| object.size);
            let start = header.data_start() as u64;
            // Bytes after the data are no fault: NumPy takes no notice of them.
            if size < start.saturating_add(header.nbytes() as u64) {
                let there = usize::try_from(size.saturating_sub(start)).unwrap_or(usize::MAX);
                return Err(cut_short(header.nbytes(), there));
            }
            Ok(())
        };
        checked().map_err(|error| self.locate(error))
    }

    /// Names the file in an error.
    fn locate(&self, error: Error) -> Error {
        error
            .with_codec(NAME)
            .at(format!("{}:{}", self.store_name, self.path))
    }

    /// Whether the file is what the record says.
    fn check(&self, header: &Header) -> Result<()> {
        let contradiction = |what: &str, recorded: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
            Error::corrupt(format!(
                "the record says {what} {recorded:?}, the file has {found:?}"
            ))
            .advise("find out which is right; load_as_found reads what the file holds")
        };
        let shape: Vec<u64> = header.shape().iter().map(|&length| length as u64).collect();
        if let Some(recorded) = self.shape.as_ref().filter(|&recorded| *recorded != shape) {
            return Err(contradiction("shape", recorded, &shape));
        }
        match &self.dtype {
            Some(recorded) if !same_elements(recorded, header.dtype()) => Err(contradiction(
                "dtype",
                &recorded.to_string(),
                &header.dtype().to_string(),
            )),
            _ => Ok(()),
        }
    }

    /// Where the data should begin and what they should take, if the file is as NumPy writes what the record says.
    fn expected(&self) -> Option<(usize, usize)> {
        let shape = to_usize(self.shape.as_ref()?).ok()?;
        let header = Header::new(self.dtype.clone()?, &shape, Order::C).ok()?;
        Some((header.data_start(), header.nbytes()))
    }

    fn read_header(&self) -> Result<Header> {
        let expected = self.expected().map_or(USUAL_HEADER, |(start, _)| start);
        self.parse_header(self.beginning(expected)?)
    }

    /// The header whose beginning these bytes are.
    fn parse_header(&self, bytes: Bytes) -> Result<Header> {
        let wanted = Preamble::parse(&bytes, &self.limits)?.data_start;
        let bytes = if wanted > bytes.len() {
            self.beginning(wanted)?
        } else {
            bytes
        };
        Header::parse(&bytes, &self.limits)
    }

    fn load_with(&self, check: &dyn Fn(&Header) -> Result<()>) -> Result<Array> {
        if let Some(path) = self.store.local_path(&self.path) {
            return load_checked(&path, &self.limits, check);
        }
        // One request fetches all of a file that is as NumPy writes what the record says.
        let size = self.expected().and_then(|(start, nbytes)| {
            self.limits.check_array_bytes(nbytes as u64).ok()?;
            start.checked_add(nbytes)
        });
        let file = self.beginning(size.unwrap_or(USUAL_HEADER))?;
        let header = self.parse_header(file.clone())?;
        check(&header)?;
        self.limits.check_array_bytes(header.nbytes() as u64)?;
        let present = header.data_start().saturating_add(header.nbytes()) <= file.len();
        let array = if present {
            view(&header, &file)?
        } else {
            drop(file);
            header.array(self.data(&header, 0..header.nbytes() as u64)?)?
        };
        let _ = self.header.set(header);
        Ok(array)
    }

    /// The first `wanted` bytes of the file, or all of a shorter one.
    fn beginning(&self, wanted: usize) -> Result<Bytes> {
        // Less than this tells nothing.
        let wanted = wanted.max(Preamble::BYTES) as u64;
        let error = match self.store.get_range(&self.path, 0..wanted) {
            Ok(bytes) => return Ok(bytes),
            Err(error) => error,
        };
        match self.shorter_than(wanted, error)? {
            0 => Ok(Bytes::new()),
            size => self.store.get_range(&self.path, 0..size),
        }
    }

    /// The bytes of a range of the data.
    fn data(&self, header: &Header, range: Range<u64>) -> Result<Bytes> {
        let mut parts = self.data_ranges(header, std::slice::from_ref(&range))?;
        parts
            .pop()
            .ok_or_else(|| Error::store("the store returned nothing for a range"))
    }

    /// The bytes of several ranges of the data.
    fn data_ranges(&self, header: &Header, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let start = header.data_start() as u64;
        let within: Vec<Range<u64>> = ranges
            .iter()
            .filter(|range| !range.is_empty())
            .map(|range| start + range.start..start + range.end)
            .collect();
        let mut parts = Vec::new();
        if !within.is_empty() {
            parts = self.store.get_ranges(&self.path, &within).or_else(|error| {
                let needed = start + header.nbytes() as u64;
                let size = self.shorter_than(needed, error)?;
                Err(cut_short(
                    header.nbytes(),
                    usize::try_from(size.saturating_sub(start)).unwrap_or(usize::MAX),
                ))
            })?;
        }
        if parts.len() != within.len()
            || parts
                .iter()
                .zip(&within)
                .any(|(part, range)| part.len() as u64 != range.end - range.start)
        {
            return Err(Error::store(
                "the store returned other ranges than it was asked for",
            ));
        }
        let mut parts = parts.into_iter();
        Ok(ranges
            .iter()
            .map(|range| {
                if range.is_empty() {
                    Bytes::new()
                } else {
                    parts.next().unwrap_or_default()
                }
            })
            .collect())
    }

    /// The size of a file of which a range could not be read, where the reason is that it has fewer than `wanted` bytes;
    /// else the error that the store gave.
    fn shorter_than(&self, wanted: u64, error: Error) -> Result<u64> {
        if matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::UnsafePath
        ) {
            return Err(error);
        }
        match self.store.head(&self.path)? {
            Some(object) if object.size < wanted => Ok(object.size),
            Some(_) => Err(error),
            None => Err(Error::not_found("there is no such object")),
        }
    }
}

impl Lazy for NpyRef {
    fn type_name(&self) -> &'static str {
        "a stored NumPy array"
    }

    fn load(&self) -> Result<Value> {
        Ok(Value::from(Self::load(self)?))
    }

    fn load_rows(&self, rows: Range<u64>) -> Option<Result<Array>> {
        // The rows of an array in Fortran order are all over the file.
        let in_order = |header: &Header| header.order() == Order::C && !header.shape().is_empty();
        match self.header() {
            Ok(header) => in_order(header).then(|| self.rows(rows)),
            Err(error) => Some(Err(error)),
        }
    }

    fn shape(&self) -> Option<&[u64]> {
        Self::shape(self)
    }

    fn dtype(&self) -> Option<&DType> {
        Self::dtype(self)
    }
}

/// The dtype of a record. One that is not known, perhaps of a newer NumPy, does not keep the file from being read.
fn recorded_dtype(text: &str, path: &str, cx: &Context) -> Result<Option<DType>> {
    let error = match dtype_from_record(text, cx.limits()) {
        Ok(dtype) => return Ok(Some(dtype)),
        Err(error) => error,
    };
    if !matches!(error.kind(), ErrorKind::Corrupt) {
        return Err(error);
    }
    let shown: String = text.chars().take(60).collect();
    let message =
        format!("the record of {path} says dtype {shown:?}, which is not known; the file's own is believed");
    cx.warn(&Warning::new(WarningKind::Contradiction, NAME, path, message));
    Ok(None)
}

fn to_usize(shape: &[u64]) -> Result<Vec<usize>> {
    let lengths = shape
        .iter()
        .map(|&length| usize::try_from(length).ok())
        .collect::<Option<_>>();
    lengths.ok_or_else(|| Error::limit("array bytes", u64::MAX, isize::MAX as u64))
}
