//! A document and a chunk as a Zarr array: an error or an array, of which a corner is read.

use std::sync::Arc;

use bytes::Bytes;
use dj_zarr_codecs::ZarrArray;

use crate::store::Told;
use crate::{halves, limits};

pub fn run(data: &[u8]) {
    let Some((&version, rest)) = data.split_first() else {
        return;
    };
    let (document, rest) = halves(rest);
    let (attributes, chunk) = halves(rest);
    let [document, attributes, chunk] = [document, attributes, chunk].map(Bytes::copy_from_slice);
    let name = if version & 1 == 0 { "zarr.json" } else { ".zarray" };
    let store = Told(move |path: &str| match path.strip_prefix("a/")? {
        found if found == name => Some(document.clone()),
        ".zattrs" => (!attributes.is_empty()).then(|| attributes.clone()),
        "zarr.json" | ".zarray" | ".zgroup" => None,
        _ => (!chunk.is_empty()).then(|| chunk.clone()),
    });
    let Ok(array) = ZarrArray::open_path_with_limits(Arc::new(store), "a", limits()) else {
        return;
    };
    let corner: Vec<_> = array.shape().iter().map(|&length| 0..length.min(2)).collect();
    if array.dtype().is_none() {
        let _ = array.read_value();
    } else if let Ok(read) = array.read_region(&corner) {
        assert!(
            read.shape()
                .iter()
                .zip(&corner)
                .all(|(&length, range)| length as u64 == range.end)
        );
    }
}
