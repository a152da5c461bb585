//! Bytes as an `.npy` file: an error or an array, the same however it is read, and written again the same.

use bytes::Bytes;
use dj_npy_codecs::{Header, decode_npy, read_npy, write_npy};

use crate::limits;

pub fn run(data: &[u8]) {
    let limits = limits();
    let file = Bytes::copy_from_slice(data);
    let header = Header::parse(data, &limits);
    let array = decode_npy(&file, &limits);
    match read_npy(data, &limits) {
        Ok(streamed) => assert_eq!(array.as_ref().ok(), Some(&streamed)),
        // A view takes no memory, and has no limit of its own.
        Err(error) => assert!(
            array.is_err() || error.report().contains("array bytes"),
            "{}",
            error.report()
        ),
    }
    if let Ok(header) = &header {
        // Overlapping fields and such are read, and have no proper header.
        if let Ok(bytes) = header.to_bytes() {
            let back = Header::parse(&bytes, &limits)
                .unwrap_or_else(|error| panic!("{header:?}: {}", error.report()));
            assert_eq!(
                (back.dtype(), back.shape(), back.order()),
                (header.dtype(), header.shape(), header.order())
            );
        }
    }
    let Ok(array) = array else { return };
    header.expect("what is a file has a header");
    if array.nbytes() > 1 << 16 {
        return;
    }
    let mut again = Vec::new();
    if write_npy(&mut again, &array).is_ok() {
        let back = decode_npy(&again.into(), &limits).expect("what was written can be read");
        assert_eq!(back, array);
    }
}
