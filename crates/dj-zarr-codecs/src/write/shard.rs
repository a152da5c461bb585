//! Puts chunks together to shards: Zarr's `sharding_indexed` codec.
//!
//! `zarrs` has that codec, but takes a whole shard before compression. Here chunks are compressed as rows come in, so
//! that only compressed chunks wait for the rest of their shard.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::grid::Grid;

/// The index entry of a chunk that is not there, because all its elements equal the fill value.
const ABSENT: [u8; 16] = [0xff; 16];

/// A shard that is complete: its number, and its bytes; `None` where all its chunks are absent.
pub(super) type Finished = (u64, Option<Bytes>);

/// Takes encoded chunks in any order and gives shards.
pub(super) struct Assembler {
    chunks: Grid,
    shards: Grid,
    // How many chunks a shard has along each axis.
    ratio: Vec<u64>,
    next: u64,
    early: BTreeMap<u64, Option<Bytes>>,
    open: BTreeMap<u64, Shard>,
}

struct Shard {
    data: Vec<u8>,
    index: Vec<u8>,
}

impl Assembler {
    pub(super) fn new(chunks: Grid, shards: Grid, chunk: &[u64], shard: &[u64]) -> Self {
        let ratio = shard
            .iter()
            .zip(chunk)
            .map(|(&shard, &chunk)| shard.checked_div(chunk).unwrap_or(1))
            .collect();
        Self {
            chunks,
            shards,
            ratio,
            next: 0,
            early: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    /// Takes the chunk of this number, `None` where it need not be stored, and gives the shards that are complete
    /// with it. Chunks stand in a shard in the order of their numbers, however they come.
    pub(super) fn add(&mut self, number: u64, chunk: Option<Bytes>) -> Vec<Finished> {
        self.early.insert(number, chunk);
        let mut finished = Vec::new();
        while let Some(chunk) = self.early.remove(&self.next) {
            if let Some(bytes) = chunk {
                self.place(self.next, &bytes);
            }
            self.next += 1;
            let row = self.chunks.band().saturating_mul(self.rows_of_chunks());
            if let Some(0) = self.next.checked_rem(row) {
                self.close((self.next / row.max(1)).saturating_sub(1), &mut finished);
            }
        }
        finished
    }

    /// Gives the shards of the last row, where the array does not fill it.
    pub(super) fn finish(&mut self) -> Vec<Finished> {
        let mut finished = Vec::new();
        let row = self.chunks.band().saturating_mul(self.rows_of_chunks());
        if self.next.checked_rem(row).is_some_and(|rest| rest > 0) {
            self.close(self.next / row.max(1), &mut finished);
        }
        finished
    }

    fn rows_of_chunks(&self) -> u64 {
        self.ratio.first().copied().unwrap_or(1)
    }

    /// Closes all shards at one place along the first axis.
    fn close(&mut self, row: u64, finished: &mut Vec<Finished>) {
        let first = row.saturating_mul(self.shards.band());
        for number in first..first.saturating_add(self.shards.band()) {
            finished.push((number, self.open.remove(&number).map(Shard::into_bytes)));
        }
    }

    fn place(&mut self, number: u64, bytes: &[u8]) {
        let at = self.chunks.coordinates(number);
        let mut inner = 0u64;
        let mut shard = Vec::with_capacity(at.len());
        for (&at, &ratio) in at.iter().zip(&self.ratio) {
            let ratio = ratio.max(1);
            inner = inner.saturating_mul(ratio).saturating_add(at % ratio);
            shard.push(at / ratio);
        }
        let count = self
            .ratio
            .iter()
            .fold(1u64, |product, &ratio| product.saturating_mul(ratio));
        // The plan allows no shard of more chunks than memory has room for.
        let (Some(number), Ok(count), Ok(inner)) = (
            self.shards.number(&shard),
            usize::try_from(count),
            usize::try_from(inner),
        ) else {
            return;
        };
        let shard = self.open.entry(number).or_insert_with(|| Shard {
            data: Vec::new(),
            index: ABSENT.repeat(count),
        });
        let entry = shard
            .index
            .get_mut(inner.saturating_mul(16)..)
            .and_then(|rest| rest.first_chunk_mut::<16>());
        if let Some(entry) = entry {
            let (offset, length) = (
                (shard.data.len() as u64).to_le_bytes(),
                (bytes.len() as u64).to_le_bytes(),
            );
            for (place, byte) in entry.iter_mut().zip(offset.into_iter().chain(length)) {
                *place = byte;
            }
            shard.data.extend_from_slice(bytes);
        }
    }
}

impl Shard {
    /// The chunks, then the index, then its CRC-32C.
    fn into_bytes(mut self) -> Bytes {
        let checksum = crc32c::crc32c(&self.index);
        self.data.append(&mut self.index);
        self.data.extend_from_slice(&checksum.to_le_bytes());
        self.data.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assembler() -> Assembler {
        // Rows of 5 in chunks of 2 x 2, shards of 4 x 4: three chunks a row, two shards a row.
        let (chunk, shard) = ([2, 2], [4, 4]);
        Assembler::new(Grid::new(&[5], &chunk), Grid::new(&[5], &shard), &chunk, &shard)
    }

    #[test]
    fn chunks_that_come_in_any_order_make_the_same_shards() {
        let bytes = |number: u64| (number != 4).then(|| Bytes::from(vec![number as u8; 3]));
        let (mut straight, mut mixed) = (assembler(), assembler());
        let mut expected = Vec::new();
        (0..9).for_each(|number| expected.extend(straight.add(number, bytes(number))));
        expected.extend(straight.finish());
        let mut found = Vec::new();
        [2, 1, 0, 5, 8, 3, 4, 7, 6]
            .into_iter()
            .for_each(|number| found.extend(mixed.add(number, bytes(number))));
        found.extend(mixed.finish());
        assert_eq!(found, expected);
        assert_eq!(
            expected.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            [0, 1, 2, 3]
        );
        // Chunks 0, 1, 3 and (absent) 4, four entries of index, a checksum.
        let first = expected[0].1.as_ref().unwrap();
        assert_eq!(first.len(), 9 + 4 * 16 + 4);
        assert_eq!(first[..9], [0, 0, 0, 1, 1, 1, 3, 3, 3]);
        assert_eq!(
            first[9 + 32..9 + 48],
            [6, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(first[9 + 48..9 + 64], ABSENT);
    }

    #[test]
    fn a_shard_of_absent_chunks_is_none() {
        let mut assembler = assembler();
        let shards: Vec<_> = (0..6).flat_map(|number| assembler.add(number, None)).collect();
        assert_eq!(shards, [(0, None), (1, None)]);
        assert!(assembler.finish().is_empty());
    }
}
