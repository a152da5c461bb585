//! Arrays written here, read with zarr-python and PyPI's `anscombe-transform`; and the other way.
//!
//! `DJ_ANSCOMBE_PYTHON=/path/to/python cargo test -p dj-anscombe --all-features --test python -- --ignored`, where that Python has
//! `zarr` 3 and `anscombe-transform` 1.0.0.
#![cfg(feature = "zarrs")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use dj_anscombe::DType;
use dj_anscombe::zarr::AnscombeCodec;
use zarrs::array::codec::{BloscCodec, BytesCodec, ShardingCodecBuilder};
use zarrs::array::{Array, ArrayBuilder, Element, ElementOwned, data_type};
use zarrs::metadata_ext::codec::blosc::{BloscCompressionLevel, BloscCompressor, BloscShuffleMode};
use zarrs::storage::store::MemoryStore;
use zarrs::storage::{ListableStorageTraits, ReadableStorageTraits, StoreKey, WritableStorageTraits};

/// Runs a script with the arguments, and returns what it prints.
fn python(script: &str, arguments: &[&Path]) -> String {
    let python = std::env::var("DJ_ANSCOMBE_PYTHON")
        .expect("DJ_ANSCOMBE_PYTHON names a Python with zarr 3 and anscombe-transform 1.0.0");
    let output = Command::new(python)
        .arg("-c")
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dj-anscombe-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn fill(&self, store: &MemoryStore) {
        for key in store.list().unwrap() {
            let file = self.0.join(key.as_str());
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, store.get(&key).unwrap().unwrap()).unwrap();
        }
    }

    fn store(&self) -> Arc<MemoryStore> {
        fn visit(root: &Path, folder: &Path, store: &MemoryStore) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    visit(root, &path, store);
                } else {
                    let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                    store
                        .set(&StoreKey::new(key).unwrap(), std::fs::read(&path).unwrap().into())
                        .unwrap();
                }
            }
        }
        let store = MemoryStore::new();
        visit(&self.0, &self.0, &store);
        Arc::new(store)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

const READ: &str = "
import sys, anscombe_transform, zarr
found = zarr.open_array(sys.argv[1], mode='r')[...]
print(found.dtype, found.shape, found.ravel().tolist())
";

/// Writes a movie with all samples of the type, and compares what both sides read.
fn python_reads<T: Element + ElementOwned + std::fmt::Debug + Copy>(
    name: &str,
    gain: f64,
    zero: f64,
    dtype: DType,
    movie: &[T],
    sharded: bool,
) {
    let data_type = match dtype {
        DType::U8 => data_type::uint8(),
        DType::I16 => data_type::int16(),
        DType::U16 => data_type::uint16(),
        DType::I32 => data_type::int32(),
        other => panic!("{other}"),
    };
    let codec = AnscombeCodec::new(gain, zero, dtype).unwrap();
    let encoded = codec.params().encoded;
    let frames = (movie.len() / 64) as u64;
    let blosc = BloscCodec::new(
        BloscCompressor::Zstd,
        BloscCompressionLevel::try_from(5).unwrap(),
        None,
        BloscShuffleMode::BitShuffle,
        Some(encoded.size()),
    );
    let mut builder = ArrayBuilder::new(
        vec![frames, 8, 8],
        vec![frames, 8, 8],
        data_type,
        zarrs::array::FillValue::new(vec![0; dtype.size()]),
    );
    builder.array_to_array_codecs(vec![Arc::new(codec)]);
    if sharded {
        let inner = if encoded == DType::U8 {
            data_type::uint8()
        } else {
            data_type::uint16()
        };
        let mut sharding = ShardingCodecBuilder::new(
            vec![
                1.try_into().unwrap(),
                8.try_into().unwrap(),
                8.try_into().unwrap(),
            ],
            &inner,
        );
        sharding.array_to_bytes_codec(Arc::new(BytesCodec::little()));
        builder.array_to_bytes_codec(sharding.build_arc());
    } else {
        builder.bytes_to_bytes_codecs(vec![Arc::new(blosc.unwrap())]);
    }
    let store = Arc::new(MemoryStore::new());
    let array = builder.build(store.clone(), "/").unwrap();
    array.store_metadata().unwrap();
    array
        .store_array_subset(&array.subset_all(), movie.to_vec())
        .unwrap();
    let ours: Vec<T> = array.retrieve_array_subset(&array.subset_all()).unwrap();
    let folder = Folder::new(name);
    folder.fill(&store);
    let expected = format!("{dtype} ({frames}, 8, 8) {ours:?}\n");
    let found = python(READ, &[&folder.0]);
    assert!(
        found == expected,
        "{name}: {} characters, expected {}",
        found.len(),
        expected.len()
    );
}

#[test]
#[ignore = "needs DJ_ANSCOMBE_PYTHON"]
fn python_reads_every_sample_that_is_written_here() {
    let all: Vec<i32> = (0..32_768).collect();
    let as_u16: Vec<u16> = all.iter().map(|sample| *sample as u16).collect();
    let as_i16: Vec<i16> = all.iter().map(|sample| *sample as i16).collect();
    let as_u8: Vec<u8> = (0..256).map(|sample: u32| sample.min(240) as u8).collect();
    python_reads("u16", 12.5, 100.0, DType::U16, &as_u16, false);
    python_reads("i16", 10.0, 0.0, DType::I16, &as_i16, false);
    python_reads("i32", 3.1, 7.0, DType::I32, &all, false);
    python_reads("u8", 9.0, 0.0, DType::U8, &as_u8, false);
    python_reads("real-zero", 25.0, 20.5, DType::U16, &as_u16, false);
    python_reads("sharded", 12.5, 100.0, DType::U16, &as_u16, true);
}

#[test]
#[ignore = "needs DJ_ANSCOMBE_PYTHON"]
fn here_is_read_what_python_writes() {
    const WRITE: &str = "
import sys, numpy as np, zarr
from anscombe_transform import AnscombeTransformV2, AnscombeTransformV3
movie = np.arange(32768, dtype='int16').reshape(512, 8, 8)
v3 = zarr.create_array(sys.argv[1], shape=movie.shape, chunks=(100, 8, 8), dtype='int16', fill_value=0,
    filters=[AnscombeTransformV3(zero_level=30, conversion_gain=9.0)], overwrite=True)
v3[...] = movie
v2 = zarr.create_array(sys.argv[2], shape=movie.shape, chunks=(100, 8, 8), dtype='int16', fill_value=0, zarr_format=2,
    filters=[AnscombeTransformV2(zero_level=30, conversion_gain=9.0)], overwrite=True)
v2[...] = movie
assert (v2[...] == v3[...]).all()
print(v3[...].ravel().tolist())
";
    let (v3, v2) = (Folder::new("v3"), Folder::new("v2"));
    let expected = python(WRITE, &[&v3.0, &v2.0]);
    for folder in [v3, v2] {
        let array = Array::open(folder.store(), "/").unwrap();
        let found: Vec<i16> = array.retrieve_array_subset(&array.subset_all()).unwrap();
        assert!(format!("{found:?}\n") == expected);
    }
}
