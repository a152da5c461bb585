//! Photon movies.

use dj_codecs::api::Result;
use dj_codecs::photon::Movie;
use serde_json::json;

use super::{Inspection, zarr};

/// Adds what the metadata say: of the array as it is stored, and of the noise.
pub(super) fn add(movie: &Movie, found: &mut Inspection) -> Result<()> {
    zarr::add(movie.array(), found)?;
    found.add("original_dtype", movie.original_dtype().to_string());
    found.add("stabilized_dtype", movie.stabilized_dtype().to_string());
    let noise = movie.noise();
    found.add(
        "noise",
        json!({"gain": noise.gain(), "offset": noise.offset(), "variance": noise.variance()}),
    );
    if let Some(lossy) = movie.quantization() {
        found.add(
            "quantization",
            json!({
                "conversion_gain": lossy.conversion_gain,
                "zero_level": lossy.zero_level,
                "max_error": lossy.max_error,
                "max_error_in_noise": lossy.max_error_in_noise,
                "largest_value": lossy.largest_value,
            }),
        );
    }
    let bytes = movie
        .shape()
        .iter()
        .try_fold(movie.original_dtype().size() as u64, |bytes, &length| {
            bytes.checked_mul(length)
        });
    if let Some(bytes) = bytes {
        found.add("original_bytes", bytes);
    }
    Ok(())
}
