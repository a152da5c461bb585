//! Rows that come one after the other.

use std::sync::Arc;

use dj_codec_api::{Array, DType, Kind, Order};
use dj_codec_testkit::MemoryStore;
use dj_zarr_codecs::{Sharding, ZarrOptions, ZarrWriter};
use proptest::prelude::*;

use crate::{context, movie, peer};

fn stream(array: &Array, blocks: &[usize], options: &ZarrOptions) -> (Arc<MemoryStore>, serde_json::Value) {
    let store = Arc::new(MemoryStore::new());
    let mut writer = ZarrWriter::create(
        array.dtype(),
        &array.shape()[1..],
        options,
        &context(store.clone()),
    )
    .unwrap();
    let mut from = 0;
    for &block in blocks.iter().cycle() {
        let until = (from + block).min(array.shape()[0]);
        writer.append(&array.rows(from..until).unwrap()).unwrap();
        from = until;
        assert_eq!(writer.rows(), from as u64);
        if from == array.shape()[0] {
            break;
        }
    }
    let record = writer.finish().unwrap();
    let (shape, bytes) = peer::read(&store, record.path());
    assert_eq!(
        shape,
        array
            .shape()
            .iter()
            .map(|&length| length as u64)
            .collect::<Vec<_>>()
    );
    assert_eq!(bytes, array.to_little_endian().to_bytes(Order::C));
    (store, record.into_record().into_json())
}

#[test]
fn blocks_of_any_number_of_rows_make_one_array() {
    let array = movie(&[37, 6, 5]);
    let options = ZarrOptions::default().with_chunk_shape(&[5, 4, 5]);
    let shards = options.clone().with_sharding(Sharding::Shape(vec![10, 8, 5]));
    let (_, whole) = stream(&array, &[37], &options);
    for blocks in [&[1][..], &[5], &[7], &[3, 11, 0, 5], &[36, 1]] {
        let (_, record) = stream(&array, blocks, &options);
        assert_eq!(
            record["inventory"], whole["inventory"],
            "the same objects, however rows come"
        );
        stream(&array, blocks, &shards);
    }
    stream(&array.to_order(Order::Fortran), &[4], &options);
}

#[test]
fn a_row_may_come_without_its_first_axis() {
    let store = Arc::new(MemoryStore::new());
    let mut writer = ZarrWriter::create(
        &DType::new(Kind::UInt16),
        &[2, 2],
        &ZarrOptions::default(),
        &context(store.clone()),
    )
    .unwrap();
    for row in 0..3_u16 {
        writer
            .append(&Array::from_vec(vec![row + 1; 4], &[2, 2]).unwrap())
            .unwrap();
    }
    let record = writer.finish().unwrap();
    assert_eq!(record.shape(), Some(&[3, 2, 2][..]));
    // Shorter than the chunk that was chosen: then it is the chunk.
    assert_eq!(
        peer::metadata(&store, record.path())["chunk_grid"]["configuration"]["chunk_shape"][0],
        3
    );
    assert_eq!(peer::read(&store, record.path()).1.len(), 24);
}

#[test]
fn no_rows_are_an_array_of_no_rows() {
    let store = Arc::new(MemoryStore::new());
    let writer = ZarrWriter::create(
        &DType::new(Kind::Float32),
        &[4],
        &ZarrOptions::default(),
        &context(store.clone()),
    )
    .unwrap();
    let record = writer.finish().unwrap();
    assert_eq!(record.shape(), Some(&[0, 4][..]));
    assert_eq!(peer::read(&store, record.path()), (vec![0, 4], vec![]));
}

#[test]
fn rows_that_do_not_fit_change_nothing() {
    let store = Arc::new(MemoryStore::new());
    let mut writer = ZarrWriter::create(
        &DType::new(Kind::UInt16),
        &[3],
        &ZarrOptions::default(),
        &context(store.clone()),
    )
    .unwrap();
    writer.append(&movie(&[2, 3])).unwrap();
    let error = writer.append(&movie(&[2, 4])).unwrap_err();
    assert!(error.to_string().contains("rows of shape [3]"), "{error}");
    let error = writer
        .append(&Array::from_vec(vec![1_i16; 3], &[1, 3]).unwrap())
        .unwrap_err();
    assert!(
        error.to_string().contains("int16") && error.to_string().contains("uint16"),
        "{error}"
    );
    writer.append(&movie(&[1, 3])).unwrap();
    let record = writer.finish().unwrap();
    assert_eq!(record.shape(), Some(&[3, 3][..]));
}

#[test]
fn announced_rows_must_come() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let begin = || {
        ZarrWriter::create_with_shape(&DType::new(Kind::UInt16), &[4, 3], &ZarrOptions::default(), &cx)
            .unwrap()
    };
    let mut short = begin();
    short.append(&movie(&[3, 3])).unwrap();
    let error = short.finish().unwrap_err();
    assert!(
        error.to_string().contains("4 rows were announced, 3 came"),
        "{error}"
    );
    let mut long = begin();
    let error = long.append(&movie(&[5, 3])).unwrap_err();
    assert!(
        error.to_string().contains("4 rows were announced, 5 came"),
        "{error}"
    );
    assert!(
        long.append(&movie(&[1, 3]))
            .unwrap_err()
            .to_string()
            .contains("given up")
    );
    assert!(store.paths().is_empty());
    let mut right = begin();
    right.append(&movie(&[4, 3])).unwrap();
    right.finish().unwrap();
    assert!(
        ZarrWriter::create_with_shape(&DType::new(Kind::UInt16), &[], &ZarrOptions::default(), &cx).is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn however_rows_come_they_are_read(
        rows in 1_usize..30,
        width in 1_usize..8,
        blocks in proptest::collection::vec(1_usize..12, 1..5),
        chunk in (1_u64..9, 1_u64..9),
        ratio in proptest::option::of((1_u64..4, 1_u64..4)),
    ) {
        let mut options = ZarrOptions::default().with_chunk_shape(&[chunk.0, chunk.1]);
        if let Some(ratio) = ratio {
            options = options.with_sharding(Sharding::Shape(vec![chunk.0 * ratio.0, chunk.1 * ratio.1]));
        }
        stream(&movie(&[rows, width]), &blocks, &options);
    }
}
