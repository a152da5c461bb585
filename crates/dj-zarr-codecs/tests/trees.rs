//! Every tree of the peers reads as the peers read it, whole and by region, from a folder and from a store without
//! local files.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::single_range_in_vec_init,
    reason = "helpers of tests fail as tests do"
)]

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{Array, ErrorKind, Json, Limits, Order, Store, Value, notation};
use dj_codec_store::FileStore;
use dj_codec_testkit::MemoryStore;
use dj_zarr_codecs::ZarrArray;

struct Tree {
    id: String,
    path: String,
    expected: Json,
    attributes: Option<Json>,
}

fn root(set: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(set)
}

fn trees(set: &str) -> Vec<Tree> {
    let manifest = std::fs::read(root(set).join("manifest.json")).unwrap();
    let manifest: Json = serde_json::from_slice(&manifest).unwrap();
    let cases = manifest["cases"].as_array().unwrap();
    assert!(cases.len() > 40);
    cases
        .iter()
        .map(|case| Tree {
            id: case["id"].as_str().unwrap().to_owned(),
            path: case["tree"].as_str().unwrap().to_owned(),
            expected: case["expected"].clone(),
            attributes: case.get("attributes").cloned(),
        })
        .collect()
}

/// A folder, and the same objects in a store without local files.
fn stores(set: &str) -> [Arc<dyn Store>; 2] {
    let folder = FileStore::open(root(set)).unwrap();
    let remote = MemoryStore::new();
    for object in folder.list("").unwrap() {
        remote
            .put(&object.path, folder.get(&object.path).unwrap())
            .unwrap();
    }
    assert!(remote.local_path("a").is_none());
    [Arc::new(folder), Arc::new(remote)]
}

fn is_error(expected: &Json) -> bool {
    expected.get("error").is_some()
}

fn check(set: &str) {
    let stores = stores(set);
    for tree in trees(set) {
        for store in &stores {
            let read = ZarrArray::open_path(store.clone(), &tree.path)
                .and_then(|array| Ok((array.read_value()?, array)));
            if is_error(&tree.expected) {
                let error = read.map(|_| ()).unwrap_err();
                assert_eq!(error.kind(), &ErrorKind::Corrupt, "{}: {error}", tree.id);
                assert!(
                    error.place().unwrap().contains(&tree.path),
                    "{}: {error}",
                    tree.id
                );
                continue;
            }
            let (value, array) = read.unwrap_or_else(|error| panic!("{}: {}", tree.id, error.report()));
            let expected = notation::from_json(&tree.expected, &Limits::default()).unwrap();
            // Structured arrays are compared field by field.
            let printed =
                notation::from_json(&notation::to_json(&value).unwrap(), &Limits::default()).unwrap();
            assert_eq!(printed, expected, "{}", tree.id);
            if let Some(attributes) = &tree.attributes {
                assert_eq!(
                    &Json::Object(array.attributes().clone()),
                    attributes,
                    "{}",
                    tree.id
                );
            }
        }
    }
}

#[test]
fn every_tree_of_zarr_2_and_3_reads() {
    check("zarr");
}

#[test]
fn every_tree_of_numcodecs_reads() {
    check("numcodecs");
}

/// Cuts a region out of an array in memory.
fn cut(array: &Array, region: &[Range<u64>]) -> Array {
    let mut start = array.start();
    let mut shape = array.shape().to_vec();
    for (axis, range) in region.iter().enumerate() {
        start += range.start as usize * array.strides()[axis] as usize;
        shape[axis] = (range.end - range.start) as usize;
    }
    Array::with_strides(
        array.dtype().clone(),
        &shape,
        array.strides(),
        start,
        array.data().clone(),
    )
    .unwrap()
}

#[test]
fn every_region_is_a_part_of_the_whole() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let mut compared = 0;
    for set in ["zarr", "numcodecs"] {
        let stores = stores(set);
        for tree in trees(set).iter().filter(|tree| !is_error(&tree.expected)) {
            for store in &stores {
                let array = ZarrArray::open_path(store.clone(), &tree.path).unwrap();
                if array.dtype().is_none() {
                    assert_eq!(array.read().unwrap_err().kind(), &ErrorKind::Unsupported);
                    continue;
                }
                let whole = array.read().unwrap();
                assert!(whole.is_contiguous(Order::C));
                for _ in 0..25 {
                    let axes = random(array.shape().len() as u64 + 1) as usize;
                    let region: Vec<Range<u64>> = array.shape()[..axes]
                        .iter()
                        .map(|&length| {
                            let start = random(length + 1);
                            start..start + random(length - start + 1)
                        })
                        .collect();
                    let part = array.read_region(&region).unwrap();
                    assert_eq!(part.shape(), cut(&whole, &region).shape());
                    assert_eq!(part, cut(&whole, &region), "{} {region:?}", tree.id);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 4000, "{compared}");
}

#[test]
fn frames_and_typed_reads() {
    let [store, _] = stores("numcodecs");
    let array = ZarrArray::open_path(store, "v3-shards-blosc-transpose/").unwrap();
    assert_eq!(
        (array.shape(), array.chunk_shape()),
        (&[6, 8, 10][..], &[3, 4, 5][..])
    );
    assert_eq!(
        (array.shard_shape(), array.zarr_format()),
        (Some(&[6, 4, 10][..]), 3)
    );
    assert_eq!(array.format_version().to_string(), "1.0");
    let frame = array.frame(4).unwrap();
    assert_eq!(frame.shape(), [8, 10]);
    let expected: Vec<u16> = (320..400).collect();
    assert_eq!(
        array
            .rows(3..5)
            .unwrap()
            .rows(1..2)
            .unwrap()
            .to_vec::<u16>()
            .unwrap(),
        expected
    );
    assert_eq!(frame.to_vec::<u16>().unwrap(), expected);
    assert_eq!(array.read_region_vec::<u16>(&[4..5]).unwrap(), expected);
    let mut out = vec![7_u16; 80];
    array.read_region_into(&[4..5], &mut out).unwrap();
    assert_eq!(out, expected);
    for error in [
        array.read_region_into(&[4..5], &mut [0_u16; 79]).unwrap_err(),
        array.read_region(&[4..7]).unwrap_err(),
        array.read_region(&[0..1, 0..1, 0..1, 0..1]).unwrap_err(),
        array.frame(6).unwrap_err(),
        array.frame(u64::MAX).unwrap_err(),
    ] {
        assert_eq!(error.kind(), &ErrorKind::InvalidValue, "{error}");
        assert!(
            error
                .to_string()
                .starts_with("<zarr> at v3-shards-blosc-transpose"),
            "{error}"
        );
    }
    assert_eq!(
        array.read_region_vec::<i16>(&[]).unwrap_err().kind(),
        &ErrorKind::Unsupported
    );
    // A read that overwrites what was there writes fill values too.
    let [store, _] = stores("zarr");
    let holes = ZarrArray::open_path(store, "v3/shard-missing-inner").unwrap();
    let mut out = vec![1_u16; 32];
    holes.read_region_into(&[], &mut out).unwrap();
    assert_eq!(out, holes.read().unwrap().to_vec::<u16>().unwrap());
    assert_eq!(out.iter().filter(|&&element| element == 9).count(), 28);
}

#[test]
fn zarrs_opens_what_it_knows() {
    let [store, remote] = stores("zarr");
    for store in [store, remote] {
        let array = ZarrArray::open_path(store, "v3/shard-i4").unwrap();
        let elements: Vec<i32> = {
            let zarrs = array.zarrs().unwrap();
            zarrs.retrieve_array_subset(&zarrs.subset_all()).unwrap()
        };
        assert_eq!(elements, array.read().unwrap().to_vec::<i32>().unwrap());
    }
}

#[cfg(feature = "ndarray")]
#[test]
fn arrays_of_ndarray() {
    let [store, _] = stores("zarr");
    let array = ZarrArray::open_path(store, "v3/transpose-10-i4").unwrap();
    let whole = array.read_ndarray::<i32>().unwrap();
    assert_eq!(whole.shape(), [3, 4]);
    assert_eq!(whole[[2, 1]], 9);
    let part = array.read_region_ndarray::<i32>(&[1..3, 1..2]).unwrap();
    assert_eq!((part.shape(), part[[1, 0]]), (&[2, 1][..], 9));
}

#[test]
fn a_value_that_loads_prints() {
    let [store, _] = stores("numcodecs");
    let array = ZarrArray::open_path(store, "v3-string").unwrap();
    assert_eq!(
        notation::to_string(&Value::lazy(array)).unwrap(),
        r#"{"$array":{"dtype":"|O","shape":[3],"items":["a","日本",""]}}"#
    );
}
