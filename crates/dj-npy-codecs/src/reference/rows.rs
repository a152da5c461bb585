//! Ranges of rows, without the rest of the array.

use std::ops::Range;

use bytes::Bytes;
use dj_codec_api::{Array, Error, Order, Result};

use super::{NpyRef, to_usize};
use crate::header::Header;

/// Pieces that are nearer to each other than this are fetched together: a request costs more than these bytes.
const NEAR: u64 = 64 << 10;
/// Up to this much is fetched at once beside the result.
const BATCH: u64 = 16 << 20;

impl NpyRef {
    pub(super) fn read_rows(&self, header: &Header, range: Range<u64>) -> Result<Array> {
        let Some((&length, others)) = header.shape().split_first() else {
            return Err(Error::invalid_value("an array without dimensions has no rows"));
        };
        if range.start > range.end || range.end > length as u64 {
            return Err(Error::invalid_value(format!(
                "rows {range:?} were asked for, the array has {length}"
            )));
        }
        let mut shape = to_usize(&[range.end - range.start])?;
        shape.extend(others);
        let wanted: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
        let nbytes = self.limits.array_size(&wanted, header.dtype().size() as u64)?;
        let data = if nbytes == 0 {
            Bytes::new()
        } else {
            let row = header.nbytes() as u64 / length as u64;
            match header.order() {
                Order::C => self.data(header, range.start * row..range.end * row)?,
                Order::Fortran if range == (0..length as u64) => self.data(header, 0..nbytes)?,
                Order::Fortran => self.columns(header, range, row / header.dtype().size() as u64)?,
            }
        };
        Array::new(header.dtype().clone(), &shape, header.order(), data)
    }

    /// The pieces of `range` of each of `count` columns, one after the other.
    fn columns(&self, header: &Header, range: Range<u64>, count: u64) -> Result<Bytes> {
        let item = header.dtype().size() as u64;
        let column = header.nbytes() as u64 / count;
        let piece = Range {
            start: range.start * item,
            end: range.end * item,
        };
        let length = piece.end - piece.start;
        let together = if column - length <= NEAR {
            (BATCH / column).max(1)
        } else {
            1
        };
        let spans = Spans {
            column,
            piece,
            together,
            count,
        };
        let total = to_usize(&[length.saturating_mul(count)])?;
        let mut out = Vec::with_capacity(total.first().copied().unwrap_or_default());
        let mut first = 0;
        while first < count {
            let batch = spans.batch(first);
            for part in self.data_ranges(header, &batch)? {
                take_pieces(&part, column, length, &mut out);
            }
            first += together * batch.len() as u64;
        }
        Ok(Bytes::from(out))
    }
}

/// Columns of equal size, of each of which the same piece is wanted.
struct Spans {
    column: u64,
    piece: Range<u64>,
    /// The columns that are fetched in one span.
    together: u64,
    count: u64,
}

impl Spans {
    /// The spans that are fetched at once, from that of column `first` on.
    fn batch(&self, first: u64) -> Vec<Range<u64>> {
        let mut spans = Vec::new();
        let (mut at, mut bytes) = (first, 0);
        while at < self.count && (spans.is_empty() || bytes < BATCH) {
            let last = (at + self.together).min(self.count) - 1;
            let span = at * self.column + self.piece.start..last * self.column + self.piece.end;
            bytes += span.end - span.start;
            spans.push(span);
            at += self.together;
        }
        spans
    }
}

/// Appends the pieces of `length` bytes that begin every `column` bytes.
fn take_pieces(span: &[u8], column: u64, length: u64, out: &mut Vec<u8>) {
    let (Ok(column), Ok(length)) = (usize::try_from(column), usize::try_from(length)) else {
        return;
    };
    for piece in span.chunks(column) {
        out.extend_from_slice(piece.get(..length).unwrap_or(piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_pieces_are_fetched_together() {
        let spans = Spans {
            column: 100,
            piece: 10..30,
            together: 4,
            count: 10,
        };
        assert_eq!(spans.batch(0), [10..330, 410..730, 810..930]);
        let mut out = Vec::new();
        take_pieces(
            &(0..220).map(|byte| byte as u8).collect::<Vec<_>>(),
            100,
            20,
            &mut out,
        );
        assert_eq!(out.len(), 60);
        assert_eq!((out[0], out[19], out[20], out[59]), (0, 19, 100, 219));
    }

    #[test]
    fn batches_are_bounded() {
        let spans = Spans {
            column: 10 * BATCH,
            piece: 0..BATCH,
            together: 1,
            count: 3,
        };
        assert_eq!(spans.batch(1), std::slice::from_ref(&(10 * BATCH..11 * BATCH)));
        let spans = Spans {
            column: NEAR * 2,
            piece: 0..8,
            together: 1,
            count: 1 << 40,
        };
        assert_eq!(spans.batch(0).len() as u64, BATCH / 8);
    }
}
