//! An array that is being written.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::{Array, Context, DType, Error, ErrorKind, OpenStore, Order, Record, Result};
use serde_json::json;

use super::metadata;
use super::options::ZarrOptions;
use super::plan::Plan;
use super::pool::Pool;
use super::sink::{Sink, put_new};
use crate::adapter::Folder;
use crate::inventory::INVENTORY_FILE;
use crate::record::ZarrRecord;

/// The document without which nothing opens as an array. It is written last.
const METADATA: &str = "zarr.json";
/// That of a Zarr V2 array, and its attributes.
const METADATA_V2: &str = ".zarray";
const ATTRIBUTES_V2: &str = ".zattrs";
/// The buffer for rows that do not fill a chunk yet is made at once up to this size.
const PREPARED_BYTES: usize = 64 << 20;
/// How often another path is tried where there is something already.
const PATH_ATTEMPTS: usize = 8;

/// An array of which chunks are written, and which nothing opens yet.
pub(super) struct Unfinished {
    sink: Arc<Sink>,
    pool: Pool,
    store: String,
    // How many rows came, and how many of them are in the buffer.
    rows: u64,
    announced: Option<u64>,
    // The number of the next row of chunks.
    band: u64,
    buffer: Vec<u8>,
    buffered: usize,
    // Documents beside the chunks that are, or may be, there.
    documents: Vec<&'static str>,
}

impl std::fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unfinished")
            .field("path", &self.sink.folder.path())
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Unfinished {
    /// Plans the array and finds a path for it.
    pub(super) fn begin(
        dtype: &DType,
        shape: &[Option<u64>],
        options: &ZarrOptions,
        cx: &Context,
    ) -> Result<Self> {
        let plan = Plan::new(dtype, shape, options, cx)?;
        let store = cx.open_column_store()?;
        let path = free_path(&store, cx)?;
        let cores = rayon::current_num_threads().max(1);
        // A put into a folder is over at once; one into a network store is waited for by threads that do nothing else.
        let threads = if store.store.local_path(&path).is_some() {
            cores
        } else {
            3 * cores
        };
        Ok(Self {
            sink: Arc::new(Sink::new(plan, Folder::new(store.store, &path), cores)),
            pool: Pool::new(threads, cores),
            store: store.name,
            rows: 0,
            announced: shape.first().copied().flatten(),
            band: 0,
            buffer: Vec::new(),
            buffered: 0,
            documents: Vec::new(),
        })
    }

    /// The rows as an array with a first axis for them.
    pub(super) fn check_rows(&self, rows: &Array) -> Result<Array> {
        let plan = &self.sink.plan;
        if rows.dtype().to_little_endian() != plan.source {
            return Err(Error::invalid_value(format!(
                "rows of dtype {} were appended to an array of {}",
                rows.dtype(),
                plan.source
            )));
        }
        let row_shape = plan.row_shape.as_deref().unwrap_or_default();
        let fits = |shape: &[usize]| {
            shape
                .iter()
                .map(|&length| length as u64)
                .eq(row_shape.iter().copied())
        };
        if rows.shape().get(1..).is_some_and(fits) {
            return Ok(rows.clone());
        }
        if fits(rows.shape()) {
            let shape: Vec<usize> = std::iter::once(1).chain(rows.shape().iter().copied()).collect();
            let strides: Vec<isize> = std::iter::once(0).chain(rows.strides().iter().copied()).collect();
            return Array::with_strides(
                rows.dtype().clone(),
                &shape,
                &strides,
                rows.start(),
                rows.data().clone(),
            );
        }
        Err(Error::invalid_value(format!(
            "rows of shape {row_shape:?} were expected, or an array of them, this is an array of shape {:?}",
            rows.shape()
        )))
    }

    /// Takes rows that [`check_rows`](Self::check_rows) has seen.
    pub(super) fn append(&mut self, rows: &Array) -> Result<()> {
        let count = rows.shape().first().copied().unwrap_or(0);
        let total = self.rows.saturating_add(count as u64);
        if let Some(announced) = self.announced.filter(|&announced| total > announced) {
            return Err(Error::invalid_value(format!(
                "{announced} rows were announced, {total} came"
            )));
        }
        let chunk_rows = usize::try_from(self.sink.plan.chunk_rows()).unwrap_or(usize::MAX);
        let mut from = 0;
        while from < count {
            let left = count - from;
            if self.buffered == 0 && left >= chunk_rows {
                // Whole chunks are cut out of the caller's array.
                self.submit(rows.rows(from..from + chunk_rows)?, false)?;
                from += chunk_rows;
            } else {
                let taken = left.min(chunk_rows - self.buffered);
                self.keep(&rows.rows(from..from + taken)?)?;
                from += taken;
                if self.buffered == chunk_rows {
                    let kept = self.take_kept()?;
                    self.submit(kept, false)?;
                }
            }
        }
        self.rows = total;
        Ok(())
    }

    /// All of an array at once. Also the rows that fill no chunk are cut out of it, so nothing is buffered.
    pub(super) fn append_whole(&mut self, array: &Array) -> Result<()> {
        if array.ndim() == 0 {
            return self.submit(array.clone(), true);
        }
        let count = array.shape().first().copied().unwrap_or(0);
        let chunk_rows = usize::try_from(self.sink.plan.chunk_rows())
            .unwrap_or(usize::MAX)
            .max(1);
        let mut from = 0;
        while from < count {
            let until = from.saturating_add(chunk_rows).min(count);
            self.submit(array.rows(from..until)?, until == count)?;
            from = until;
        }
        self.rows = count as u64;
        Ok(())
    }

    /// Copies rows, in C order and little-endian, until there are enough for a chunk.
    fn keep(&mut self, rows: &Array) -> Result<()> {
        if self.buffer.capacity() == 0 {
            let row = rows
                .nbytes()
                .checked_div(rows.shape().first().copied().unwrap_or(0))
                .unwrap_or(0);
            let chunk_rows = usize::try_from(self.sink.plan.chunk_rows()).unwrap_or(usize::MAX);
            // A caller's chunk shape may have more rows than will ever come: a large buffer grows with them.
            let size = row
                .saturating_mul(chunk_rows)
                .min(PREPARED_BYTES.max(rows.nbytes()));
            self.buffer.try_reserve(size).map_err(no_memory)?;
        }
        let bytes = rows.to_little_endian().to_bytes(Order::C);
        self.buffer.try_reserve(bytes.len()).map_err(no_memory)?;
        self.buffer.extend_from_slice(&bytes);
        self.buffered += rows.shape().first().copied().unwrap_or(0);
        Ok(())
    }

    fn take_kept(&mut self) -> Result<Array> {
        let plan = &self.sink.plan;
        let row_shape = plan.row_shape.as_deref().unwrap_or_default();
        let mut shape = vec![std::mem::take(&mut self.buffered)];
        // They are lengths of arrays in memory.
        shape.extend(
            row_shape
                .iter()
                .map(|&length| usize::try_from(length).unwrap_or(usize::MAX)),
        );
        Array::new(
            plan.source.clone(),
            &shape,
            Order::C,
            Bytes::from(std::mem::take(&mut self.buffer)),
        )
    }

    /// Has the chunks of one row of chunks stored; `last` where there are no more.
    fn submit(&mut self, band: Array, last: bool) -> Result<()> {
        let chunks = self.sink.band();
        let first = self.band.saturating_mul(chunks);
        self.band += 1;
        if last && chunks == 1 && self.pool.is_unused() {
            // One chunk and no more: no thread is worth it.
            return self.sink.store_chunk(band, first);
        }
        for number in first..first.saturating_add(chunks) {
            let (sink, band) = (Arc::clone(&self.sink), band.clone());
            self.pool
                .submit(Box::new(move || sink.store_chunk(band, number)))?;
        }
        Ok(())
    }

    /// Stores what is left, then the metadata.
    pub(super) fn finish(&mut self) -> Result<ZarrRecord> {
        if let Some(announced) = self.announced.filter(|&announced| announced != self.rows) {
            return Err(Error::invalid_value(format!(
                "{announced} rows were announced, {} came",
                self.rows
            )));
        }
        if self.buffered > 0 || self.rows == 0 {
            self.shorten_chunks();
        }
        if self.buffered > 0 {
            let kept = self.take_kept()?;
            self.submit(kept, true)?;
        }
        self.pool.drain()?;
        let inventory = self.sink.finish()?;
        let (plan, folder) = (&self.sink.plan, &self.sink.folder);
        let shape: Vec<u64> = match &plan.row_shape {
            Some(row_shape) => std::iter::once(self.rows)
                .chain(row_shape.iter().copied())
                .collect(),
            None => Vec::new(),
        };
        let record = Record::new()
            .with("path", folder.path())
            .with("store", self.store.as_str())
            .with("shape", shape.clone());
        let record = if plan.owner.is_some() || plan.version.major() >= 2 {
            let (inventory, file) = inventory.spill();
            if let Some(file) = file {
                put_document(folder, INVENTORY_FILE, file, &mut self.documents)?;
            }
            record
                .with("dtype", plan.dtype.to_string())
                .with("codec_version", plan.version.to_string())
                .with("inventory", inventory.to_json())
        } else {
            let provenance = json!({ "dj-zarr-codecs": concat!(env!("CARGO_PKG_VERSION"), " (Rust)") });
            record
                .with("dtype", plan.given.to_string())
                .with("provenance", provenance)
        };
        let record = ZarrRecord::from_record(record)?;
        let (key, document) = if plan.is_zarr_v2() {
            let attributes = metadata::v2_attributes(plan)?;
            put_document(folder, ATTRIBUTES_V2, attributes, &mut self.documents)?;
            (METADATA_V2, metadata::v2_document(plan, &shape)?)
        } else {
            (METADATA, metadata::document(plan, &shape)?)
        };
        put_document(folder, key, document, &mut self.documents)?;
        Ok(record)
    }

    /// Where not even one chunk is full, and nobody asked for its shape, it need not be longer than the array.
    fn shorten_chunks(&mut self) {
        let nothing_written = self.band == 0;
        // Nobody else has the sink before the first job.
        if let Some(plan) = Arc::get_mut(&mut self.sink).map(|sink| &mut sink.plan)
            && nothing_written
            && !plan.chunk_given
            && plan.shard.is_none()
            && let Some(length) = plan.chunk.first_mut()
        {
            *length = self.rows.clamp(1, *length);
        }
    }

    /// How many rows came.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The path of the array.
    pub(super) fn path(&self) -> &str {
        self.sink.folder.path()
    }

    /// The chunk shape.
    pub(super) fn chunk_shape(&self) -> &[u64] {
        &self.sink.plan.chunk
    }

    /// Removes all that was written: first what makes it an array.
    pub(super) fn remove(&mut self) -> Result<()> {
        self.pool.stop();
        let folder = &self.sink.folder;
        let mut outcome = Ok(());
        while let Some(document) = self.documents.pop() {
            outcome = outcome.and(folder.store().delete(&folder.object(document)));
        }
        outcome.and(self.sink.remove_all())
    }
}

fn put_document(
    folder: &Folder,
    key: &'static str,
    document: Vec<u8>,
    begun: &mut Vec<&'static str>,
) -> Result<()> {
    begun.push(key);
    put_new(folder, key, document.into()).inspect_err(|error| {
        if *error.kind() == ErrorKind::AlreadyExists {
            begun.pop();
        }
    })
}

/// A path under which there is nothing.
fn free_path(store: &OpenStore, cx: &Context) -> Result<String> {
    for _ in 0..PATH_ATTEMPTS {
        let path = cx.new_object_path(store, Some(".zarr"))?;
        let mut taken = store.store.head(&path)?.is_some();
        store.store.visit(&path, &mut |_| {
            taken = true;
            Ok(ControlFlow::Break(()))
        })?;
        if !taken {
            return Ok(path);
        }
    }
    Err(Error::new(
        ErrorKind::AlreadyExists,
        "every path that was tried has something at it",
    )
    .advise("configure longer tokens for the store (token_length)"))
}

fn no_memory(error: std::collections::TryReserveError) -> Error {
    Error::store("there is no memory for the rows that do not fill a chunk yet").caused_by(error)
}
