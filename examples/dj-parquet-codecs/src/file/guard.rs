//! What a Parquet file says of its own sizes, looked at before the `parquet` library allocates or recurses by it.
//!
//! The library makes room for as many children as a schema claims, for as many bytes as a page's header claims, and for as many
//! entries as a dictionary's claims; it follows groups in groups without end. On some damage that is left it panics (release 60.1 does in
//! 47 of the places that our tests change), which is why it runs inside of [`without_panic`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use dj_codec_api::{Bytes, Error, ErrorKind, Limits, Result};
use parquet::file::metadata::ColumnChunkMetaData;

use super::thrift::{STRUCT, Thrift};

const MAGIC: &[u8] = b"PAR1";

/// Checks the footer: that the metadata are there, not too many, and the schema is a flat list of columns.
pub(super) fn check_footer(file: &Bytes, limits: &Limits) -> Result<()> {
    let no_file = || Error::corrupt("this is no Parquet file, or its end is gone");
    let (rest, tail) = file
        .len()
        .checked_sub(8)
        .and_then(|at| file.split_at_checked(at))
        .ok_or_else(no_file)?;
    let (length, magic) = tail.split_first_chunk::<4>().ok_or_else(no_file)?;
    if magic != MAGIC || !rest.starts_with(MAGIC) {
        return Err(no_file());
    }
    let length = u32::from_le_bytes(*length);
    limits.check_metadata_bytes(length.into())?;
    let start = usize::try_from(length)
        .ok()
        .and_then(|length| rest.len().checked_sub(length));
    let metadata = start.and_then(|start| rest.get(start..)).ok_or_else(no_file)?;
    Thrift::new(metadata).fields(&mut |thrift, id, _| match id {
        2 => check_schema(thrift, limits).map(|()| true),
        _ => Ok(false),
    })
}

/// A root, and as many columns as it says; nothing below those.
fn check_schema(thrift: &mut Thrift<'_>, limits: &Limits) -> Result<()> {
    let (count, kind) = thrift.list()?;
    if kind != STRUCT {
        return Err(Error::corrupt(
            "the schema of the Parquet file is no list of structures",
        ));
    }
    limits.check_items(count)?;
    for element in 0..count {
        let mut children = 0;
        thrift.fields(&mut |thrift, id, _| {
            if id == 5 {
                children = thrift.int()?;
            }
            Ok(id == 5)
        })?;
        let columns = i64::try_from(count).unwrap_or(i64::MAX) - 1;
        if children != if element == 0 { columns } else { 0 } {
            return Err(unsupported("there are lists or structures in it".into()));
        }
    }
    Ok(())
}

/// That a file is well-formed perhaps, but is no table as this codec knows them.
pub(super) fn unsupported(why: String) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("the Parquet file is no plain table: {why}"),
    )
    .advise("tables here have columns of whole numbers, floating-point numbers, truth values and texts")
}

/// Checks the header of each page of a column: that it asks for no more than there may be.
pub(super) fn check_pages(
    file: &Bytes,
    chunk: &ColumnChunkMetaData,
    limits: &Limits,
    decompressed: &mut u64,
) -> Result<()> {
    let first = chunk
        .dictionary_page_offset()
        .map_or(chunk.data_page_offset(), |at| at.min(chunk.data_page_offset()));
    let range = usize::try_from(first)
        .ok()
        .zip(usize::try_from(chunk.compressed_size()).ok())
        .and_then(|(start, length)| file.get(start..start.checked_add(length)?));
    let mut pages =
        range.ok_or_else(|| Error::corrupt("the pages of a column lie outside of the Parquet file"))?;
    while !pages.is_empty() {
        let mut thrift = Thrift::new(pages);
        let page = Page::read(&mut thrift)?;
        let body = pages.len() - thrift.left();
        *decompressed = decompressed.saturating_add(page.uncompressed);
        limits.check_chunk_bytes(page.uncompressed)?;
        limits.check_decompressed_bytes(*decompressed)?;
        limits.check_items(page.values)?;
        // A dictionary holds each of its texts or numbers, of a byte at least.
        if page.dictionary && page.values > page.uncompressed {
            return Err(Error::corrupt(format!(
                "a dictionary claims {} entries in {} bytes",
                page.values, page.uncompressed
            )));
        }
        let end = usize::try_from(page.compressed)
            .ok()
            .and_then(|length| body.checked_add(length));
        pages = end
            .and_then(|end| pages.get(end..))
            .ok_or_else(|| Error::corrupt("a page of the Parquet file ends early"))?;
    }
    Ok(())
}

/// What a page's header claims.
#[derive(Debug, Default, PartialEq)]
struct Page {
    uncompressed: u64,
    compressed: u64,
    values: u64,
    dictionary: bool,
}

impl Page {
    fn read(thrift: &mut Thrift<'_>) -> Result<Self> {
        let mut page = Self::default();
        let size = |thrift: &mut Thrift<'_>| {
            let size = thrift.int()?;
            u64::try_from(size)
                .map_err(|_| Error::corrupt(format!("a page of the Parquet file claims the size {size}")))
        };
        thrift.fields(&mut |thrift, id, kind| {
            match (id, kind) {
                (2, _) => page.uncompressed = size(thrift)?,
                (3, _) => page.compressed = size(thrift)?,
                // The headers of data pages and of dictionaries; the first field of each is the number of values.
                (5 | 7 | 8, STRUCT) => {
                    page.dictionary |= id == 7;
                    thrift.fields(&mut |thrift, id, _| {
                        if id == 1 {
                            page.values = size(thrift)?;
                        }
                        Ok(id == 1)
                    })?;
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(page)
    }
}

/// Runs the library, and makes an error of a panic. The program's panic hook has been called then, which may have printed it.
pub(super) fn without_panic<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::corrupt(
            "the Parquet file is damaged in a way that the parquet library gives up on",
        ))
    })
}

/// What the library says, as an error of this codec.
pub(super) fn refused(error: parquet::errors::ParquetError) -> Error {
    use parquet::errors::ParquetError;
    match error {
        ParquetError::NYI(what) => unsupported(what),
        error => Error::corrupt("the Parquet file cannot be read").caused_by(error),
    }
}
