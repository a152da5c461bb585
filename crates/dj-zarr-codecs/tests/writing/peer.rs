//! Reads arrays with `zarrs`.

use std::sync::Arc;

use dj_codec_api::{Bytes, Json};
use dj_codec_testkit::MemoryStore;
use zarrs::array::{Array, ArrayBytes};
use zarrs::storage::store::MemoryStore as PeerStore;
use zarrs::storage::{StoreKey, WritableStorageTraits};

/// The shape and all elements of an array, in C order and little-endian.
pub(crate) fn read(store: &MemoryStore, path: &str) -> (Vec<u64>, Vec<u8>) {
    let peer = PeerStore::new();
    for (object, bytes) in store.snapshot() {
        if let Some(key) = object.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')) {
            peer.set(&StoreKey::new(key).unwrap(), bytes).unwrap();
        }
    }
    let array = Array::open(Arc::new(peer), "/").unwrap();
    let bytes: ArrayBytes<'static> = array.retrieve_array_subset(&array.subset_all()).unwrap();
    (array.shape().to_vec(), bytes.into_fixed().unwrap().into_owned())
}

/// The metadata document of an array.
pub(crate) fn metadata(store: &MemoryStore, path: &str) -> Json {
    serde_json::from_slice(&object(store, path, "zarr.json")).unwrap()
}

/// An object of an array.
pub(crate) fn object(store: &MemoryStore, path: &str, key: &str) -> Bytes {
    store.snapshot().remove(&format!("{path}/{key}")).unwrap()
}
