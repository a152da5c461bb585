//! Reading objects and parts of them.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use dj_codec_api::{Error, Read, Result};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{Error as StoreError, GetOptions, GetRange, GetResult, ObjectStoreExt as _};
use tokio::sync::SemaphorePermit;

use super::{PERMIT_BYTES, Shared, errors};
use crate::path::{beyond_end, range_length, slice};

/// Ranges nearer to each other than this are fetched as one: a request takes as long as so many bytes.
const GAP: u64 = 256 << 10;

impl Shared {
    /// The size of an object, `None` where there is none.
    pub(super) async fn size(&self, name: &Path) -> Result<Option<u64>> {
        let _permit = self.requests.acquire().await;
        match self.inner.head(name).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(errors::from_store(error, "the object cannot be looked at")),
        }
    }

    pub(super) async fn read(&self, read: &Read) -> Result<Bytes> {
        let name = self.locate(&read.path)?;
        match &read.range {
            None => self.get(&name).await,
            Some(range) => {
                let mut parts = self.get_ranges(&name, std::slice::from_ref(range)).await?;
                parts
                    .pop()
                    .ok_or_else(|| Error::store("the store returned nothing for a range"))
            }
        }
    }

    /// The whole object: in one request, or in parts at the same time where it is large.
    pub(super) async fn get(&self, name: &Path) -> Result<Bytes> {
        let permit = self.requests.acquire().await;
        let result = self.inner.get(name).await.map_err(unreadable)?;
        let size = result.meta.size;
        let allowed = self.options.max_object_bytes;
        if size > allowed {
            return Err(Error::limit("object bytes", size, allowed));
        }
        if size <= 2 * self.options.part_bytes {
            let _bytes = self.reserve(size).await;
            let data = collect(result, size).await?;
            return if data.len() as u64 == size {
                Ok(data)
            } else {
                Err(beyond_end(&(0..size), data.len() as u64))
            };
        }
        // What follows must come from the same object, though somebody replace it meanwhile.
        let e_tag = result.meta.e_tag.clone();
        drop((result, permit));
        self.get_parts(name, 0..size, e_tag).await
    }

    pub(super) async fn get_ranges(&self, name: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let mut empty_end = None;
        let mut wanted: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            if range_length(range)? == 0 {
                empty_end = empty_end.max(Some(range.end));
            } else {
                wanted.push(range.clone());
            }
        }
        // There is no request for nothing, yet the object must be there and reach so far.
        if let Some(end) = empty_end {
            let size = self
                .size(name)
                .await?
                .ok_or_else(|| Error::not_found("there is no such object"))?;
            if end > size {
                return Err(beyond_end(&(end..end), size));
            }
        }
        let spans = merge(wanted, self.options.part_bytes);
        let fetched: Vec<(u64, Bytes)> = futures_util::stream::iter(spans)
            .map(|span| async move {
                self.get_span(name, span.clone())
                    .await
                    .map(|data| (span.start, data))
            })
            .buffered(self.options.concurrency.max(1))
            .try_collect()
            .await?;
        ranges
            .iter()
            .map(|range| {
                if range.is_empty() {
                    return Ok(Bytes::new());
                }
                let index = fetched.partition_point(|(start, _)| *start <= range.start);
                let (start, data) = index
                    .checked_sub(1)
                    .and_then(|index| fetched.get(index))
                    .ok_or_else(|| Error::store("the store returned nothing for a range"))?;
                slice(data, *start, range)
            })
            .collect()
    }

    /// The bytes of `span`; fewer where the object ends before.
    async fn get_span(&self, name: &Path, span: Range<u64>) -> Result<Bytes> {
        let length = range_length(&span)?;
        if length > self.options.max_object_bytes {
            return Err(Error::limit(
                "object bytes",
                length,
                self.options.max_object_bytes,
            ));
        }
        if length > 2 * self.options.part_bytes {
            // The buffer is made before the bytes come, so that the object must first be known to have them.
            let size = self
                .size(name)
                .await?
                .ok_or_else(|| Error::not_found("there is no such object"))?;
            if span.end > size {
                return Err(beyond_end(&span, size));
            }
            return self.get_parts(name, span, None).await;
        }
        self.get_part(name, &span, None).await
    }

    async fn get_part(&self, name: &Path, span: &Range<u64>, e_tag: Option<String>) -> Result<Bytes> {
        let length = range_length(span)?;
        let _permit = self.requests.acquire().await;
        let _bytes = self.reserve(length).await;
        let range = Some(GetRange::Bounded(span.clone()));
        let options = GetOptions {
            range,
            if_match: e_tag,
            ..GetOptions::default()
        };
        let error = match self.inner.get_opts(name, options).await {
            Ok(result) => return collect(result, length).await,
            Err(error) => error,
        };
        // A range that begins beyond the end is refused, each server in its own words.
        if matches!(error, StoreError::Generic { .. })
            && let Ok(meta) = self.inner.head(name).await
            && span.start >= meta.size
        {
            return Err(beyond_end(span, meta.size));
        }
        Err(unreadable(error))
    }

    /// Fetches `span` in parts, straight into the one buffer that it returns.
    async fn get_parts(&self, name: &Path, span: Range<u64>, e_tag: Option<String>) -> Result<Bytes> {
        let mut rest = zeroed(range_length(&span)?)?;
        let mut parts = Vec::new();
        let mut start = span.start;
        while !rest.is_empty() {
            let length = rest.len().min(
                usize::try_from(self.options.part_bytes)
                    .unwrap_or(usize::MAX)
                    .max(1),
            );
            parts.push((start, rest.split_to(length)));
            start += length as u64;
        }
        let filled: Vec<BytesMut> = futures_util::stream::iter(parts)
            .map(|(start, mut buffer)| {
                let e_tag = e_tag.clone();
                async move {
                    let range = start..start + buffer.len() as u64;
                    let data = self.get_part(name, &range, e_tag).await?;
                    if data.len() != buffer.len() {
                        return Err(beyond_end(&range, start + data.len() as u64));
                    }
                    buffer.copy_from_slice(&data);
                    Ok(buffer)
                }
            })
            .buffered(self.options.concurrency.max(1))
            .try_collect()
            .await?;
        // The parts lie side by side, so that joining them copies nothing.
        let mut whole = BytesMut::new();
        for part in filled {
            whole.unsplit(part);
        }
        Ok(whole.freeze())
    }

    /// Waits until `length` more bytes may be under way. More than may ever be are let through alone.
    async fn reserve(&self, length: u64) -> Option<SemaphorePermit<'_>> {
        let permits = u32::try_from(length.div_ceil(PERMIT_BYTES))
            .unwrap_or(u32::MAX)
            .min(self.byte_permits);
        self.bytes.acquire_many(permits).await.ok()
    }
}

/// The whole body, which must not be longer than it was said to be.
async fn collect(result: GetResult, length: u64) -> Result<Bytes> {
    let mut stream = result.into_stream();
    let Some(first) = stream.try_next().await.map_err(unreadable)? else {
        return Ok(Bytes::new());
    };
    if first.len() as u64 == length {
        return Ok(first);
    }
    let mut data = BytesMut::from(first);
    data.reserve(
        usize::try_from(length)
            .unwrap_or(usize::MAX)
            .saturating_sub(data.len()),
    );
    while let Some(chunk) = stream.try_next().await.map_err(unreadable)? {
        if (data.len() + chunk.len()) as u64 > length {
            return Err(Error::store("the server sends more than it said it would"));
        }
        data.extend_from_slice(&chunk);
    }
    Ok(data.freeze())
}

fn unreadable(error: StoreError) -> Error {
    errors::from_store(error, "the object cannot be read")
}

fn zeroed(length: u64) -> Result<BytesMut> {
    let no_memory =
        || Error::store(format!("there is no memory for {length} bytes")).advise("read it in parts");
    let length = usize::try_from(length).map_err(|_| no_memory())?;
    // Asks the allocator first: `BytesMut::zeroed` would end the process.
    Vec::<u8>::new()
        .try_reserve_exact(length)
        .map_err(|_| no_memory())?;
    Ok(BytesMut::zeroed(length))
}

/// Sorts ranges and joins those that overlap or nearly touch, up to the size of a part.
fn merge(mut ranges: Vec<Range<u64>>, part_bytes: u64) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut spans: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match spans.last_mut() {
            Some(last)
                if range.end <= last.end
                    || range.start < last.end
                    || (range.start - last.end <= GAP && range.end - last.start <= part_bytes) =>
            {
                last.end = last.end.max(range.end);
            }
            _ => spans.push(range),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_become_one_request() {
        let part = 16 << 20;
        let one = |start, end| Range { start, end };
        assert_eq!(merge(vec![10..20, 0..5], part), vec![one(0, 20)]);
        assert_eq!(merge(vec![0..5, 5 + GAP + 1..5 + GAP + 2], part).len(), 2);
        assert_eq!(merge(vec![0..100, 10..20, 50..120], part), vec![one(0, 120)]);
        // Not beyond a part, unless they overlap.
        assert_eq!(
            merge(vec![0..part, part..part + 1], part),
            [0..part, part..part + 1]
        );
        assert_eq!(
            merge(vec![0..part, part - 1..part + 1], part),
            vec![one(0, part + 1)]
        );
    }
}
