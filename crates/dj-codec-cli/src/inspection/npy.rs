//! `.npy` files.

use dj_codecs::api::{Order, Result};
use dj_codecs::npy::NpyRef;

use super::Inspection;

/// Adds what the file says of itself.
pub(super) fn add(array: &NpyRef, found: &mut Inspection) -> Result<()> {
    let header = array.header()?;
    found.add("dtype", header.dtype().to_string());
    found.add("shape", header.shape().to_vec());
    found.add(
        "order",
        if header.order() == Order::C {
            "C"
        } else {
            "Fortran"
        },
    );
    found.add("compression", "none");
    found.add("data_bytes", header.nbytes());
    found.add("header_bytes", header.data_start());
    Ok(())
}
