//! Which bytes of an array are asked for.

use std::sync::Arc;

use dj_codec_api::{Array, Bytes, DType, ErrorKind, Order};
use dj_npy_codecs::{NpyCodec, NpyRef};

use crate::watched::{Change, Watched, movie, stored, watched};

#[test]
fn all_of_an_array_is_one_request() {
    for order in [Order::C, Order::Fortran] {
        let (store, lazy) = stored(&movie(order));
        assert_eq!(lazy.load().unwrap(), movie(order));
        assert_eq!(store.reads(), [0..128 + 24_000]);
    }
}

#[test]
fn rows_are_read_without_the_others() {
    let (store, lazy) = stored(&movie(Order::C));
    let rows = lazy.rows(7..9).unwrap();
    assert_eq!(rows, movie(Order::C).rows(7..9).unwrap());
    assert_eq!(store.reads(), [0..128, 128 + 7 * 240..128 + 9 * 240]);
    assert_eq!(lazy.rows(99..100).unwrap().shape(), [1, 20, 3]);
    assert_eq!(store.reads(), [128 + 99 * 240..128 + 100 * 240]);
    assert!(lazy.rows(5..5).unwrap().is_empty());
    assert_eq!(store.reads(), []);
    assert_eq!(lazy.rows(99..101).unwrap_err().kind(), &ErrorKind::InvalidValue);
    #[expect(clippy::reversed_empty_ranges, reason = "what a caller may do")]
    let reversed = lazy.rows(3..2);
    assert_eq!(reversed.unwrap_err().kind(), &ErrorKind::InvalidValue);
}

#[test]
fn rows_of_fortran_order_are_gathered() {
    // Columns of 400 bytes: what is between the pieces is cheaper to read than to leave out.
    let (store, lazy) = stored(&movie(Order::Fortran));
    assert_eq!(lazy.rows(7..9).unwrap(), movie(Order::C).rows(7..9).unwrap());
    assert_eq!(store.reads(), [0..128, 128 + 7 * 4..128 + 59 * 400 + 9 * 4]);
    // Columns of 400 kB: only the pieces.
    let tall = Array::from_vec((0..300_000_u32).collect(), &[100_000, 3])
        .unwrap()
        .to_order(Order::Fortran);
    let (store, lazy) = stored(&tall);
    assert_eq!(lazy.rows(10..12).unwrap(), tall.rows(10..12).unwrap());
    let piece = |column: u64| 128 + column * 400_000 + 40..128 + column * 400_000 + 48;
    assert_eq!(store.reads(), [0..128, piece(0), piece(1), piece(2)]);
    assert_eq!(lazy.rows(0..100_000).unwrap(), tall);
    assert_eq!(store.reads(), [128..128 + 1_200_000]);
}

#[test]
fn rows_of_an_array_over_the_limit_are_read() {
    let (_, lazy) = stored(&movie(Order::C));
    let (store, cx) = watched();
    let record = NpyCodec::write(&movie(Order::C), &cx).unwrap();
    let small = cx.with_limits(dj_codec_api::Limits::default().with_array_bytes(480));
    let limited = NpyCodec::open(record, &small).unwrap();
    assert!(matches!(
        limited.load().unwrap_err().kind(),
        ErrorKind::Limit {
            what: "array bytes",
            ..
        }
    ));
    assert!(store.reads().iter().all(|range| range.end - range.start <= 480));
    assert_eq!(limited.rows(3..5).unwrap(), lazy.rows(3..5).unwrap());
    assert!(matches!(
        limited.rows(3..6).unwrap_err().kind(),
        ErrorKind::Limit {
            what: "array bytes",
            ..
        }
    ));
}

/// The store and an array in it, whose header was read.
fn opened(array: &Array) -> (Arc<Watched>, NpyRef) {
    let (store, lazy) = stored(array);
    lazy.header().unwrap();
    store.reads();
    (store, lazy)
}

#[test]
fn ranges_that_nobody_asked_for_are_refused() {
    let (store, lazy) = opened(&movie(Order::C));
    let changes: [Change; 3] = [
        |parts| parts.clear(),
        |parts| parts.push(Bytes::new()),
        |parts| parts[0] = parts[0].slice(1..),
    ];
    for change in changes {
        *store.change.lock().unwrap() = Some(change);
        let error = lazy.rows(3..5).unwrap_err();
        assert_eq!(
            error.message(),
            "the store returned other ranges than it was asked for"
        );
    }
}

/// An array in Fortran order.
fn columns(dtype: &str, rows: usize, count: usize) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let length = rows * count * dtype.size();
    let block: Vec<u8> = (0..251).collect();
    let mut bytes = block.repeat(length.div_ceil(251));
    bytes.truncate(length);
    Array::new(dtype, &[rows, count], Order::Fortran, bytes.into()).unwrap()
}

#[test]
fn columns_are_fetched_together_where_little_is_between_their_pieces() {
    // 65,536 bytes between pieces are fetched with them, one more is not.
    for (rows, together) in [(65_538, true), (65_539, false)] {
        let array = columns("|u1", rows, 3);
        let (store, lazy) = opened(&array);
        assert_eq!(lazy.rows(0..2).unwrap(), array.rows(0..2).unwrap());
        let asked = store.reads();
        let column = rows as u64;
        let piece = |at: u64| 128 + at * column..128 + at * column + 2;
        if together {
            assert_eq!(asked, [piece(0).start..piece(2).end]);
        } else {
            assert_eq!(asked, [piece(0), piece(1), piece(2)]);
        }
    }
}

#[test]
fn no_more_than_a_batch_is_fetched_at_once() {
    // Columns that are near: 256 of them are a batch.
    let array = columns("|u1", 1 << 16, 300);
    let (store, lazy) = opened(&array);
    assert_eq!(lazy.rows(5..6).unwrap(), array.rows(5..6).unwrap());
    let span = |first: u64, last: u64| 128 + (first << 16) + 5..128 + (last << 16) + 6;
    let asked = store.reads();
    assert_eq!(asked, [span(0, 255), span(256, 299)]);

    // Columns of 10 MiB, of which the pieces of two are more than a batch.
    let array = columns("|V4096", 2560, 3);
    let (store, lazy) = opened(&array);
    assert_eq!(lazy.rows(0..2304).unwrap(), array.rows(0..2304).unwrap());
    let asked = store.requests();
    assert_eq!(asked.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
}
