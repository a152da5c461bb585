//! Stored arrays copied to `.npy` files, with no more in memory than the rows at hand.

use std::io::Write;

use dj_codecs::api::{Error, Order, Result, Value};
use dj_codecs::npy::{Header, write_npy};

use crate::failure::Outcome;
use crate::output::Output;
use crate::progress::Progress;
use crate::region::{self, Source};
use crate::summary::shape_text;
use crate::target::Target;
use crate::view::View;

/// Copies the array that a lazy value is a handle on; `None` for what has to be loaded first.
pub(super) fn write(
    value: &Value,
    view: View,
    target: &Target,
    progress: &mut Progress,
    output: &mut Output,
) -> Outcome<Option<(u64, String)>> {
    let Some(source) = source(value, view)? else {
        return Ok(None);
    };
    let shape = source.shape();
    let words = format!("{} {}", source.dtype(), shape_text(shape));
    let size = target.write(output, |writer| {
        copy(source.as_ref(), region::BYTES, writer, progress)
    })?;
    progress.clear();
    Ok(Some((size, words)))
}

/// The array that a lazy value is a handle on, where it has rows.
pub(super) fn source<'a>(value: &'a Value, view: View) -> Result<Option<Box<dyn Source + 'a>>> {
    let source = region::of_lazy(value, view)?;
    Ok(source.filter(|source| !source.shape().is_empty() && !source.shape().contains(&0)))
}

/// Writes the header, and the rows as they come.
fn copy(source: &dyn Source, budget: u64, writer: &mut dyn Write, progress: &mut Progress) -> Result<u64> {
    let parts = region::rows(source, budget);
    let total = parts.total();
    if total == 1 {
        // One part has an order of its own, which the file can keep.
        let whole: Vec<_> = source.shape().iter().map(|&length| 0..length).collect();
        return write_npy(writer, &source.read(&whole)?);
    }
    let shape: Option<Vec<usize>> = source
        .shape()
        .iter()
        .map(|&length| usize::try_from(length).ok())
        .collect();
    let shape = shape.ok_or_else(|| Error::limit("array bytes", u64::MAX, usize::MAX as u64))?;
    let header = Header::new(source.dtype().clone(), &shape, Order::C)?;
    let unwritable = |error| Error::store("the array cannot be written").caused_by(error);
    let beginning = header.to_bytes()?;
    writer.write_all(&beginning).map_err(unwritable)?;
    let mut size = beginning.len() as u64;
    for (done, part) in parts.enumerate() {
        progress.share("decoding", done as u64, total);
        let rows = source.read(&part)?;
        if rows.dtype() != header.dtype() {
            return Err(Error::corrupt(format!(
                "rows of dtype {} in an array of dtype {}",
                rows.dtype(),
                header.dtype()
            )));
        }
        let bytes = rows.to_bytes(Order::C);
        writer.write_all(&bytes).map_err(unwritable)?;
        size += bytes.len() as u64;
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use dj_codecs::api::{Array, DType, Limits};
    use dj_codecs::npy::read_npy;

    use super::*;
    use crate::region::Memory;

    /// An array that is read in chunks.
    struct Chunked(Memory, Vec<u64>);

    impl Source for Chunked {
        fn dtype(&self) -> &DType {
            self.0.dtype()
        }
        fn shape(&self) -> &[u64] {
            self.0.shape()
        }
        fn grain(&self) -> Option<Vec<u64>> {
            Some(self.1.clone())
        }
        fn read(&self, region: &[Range<u64>]) -> Result<Array> {
            assert!(region[1..] == [0..3, 0..5], "{region:?}");
            self.0.read(region)
        }
    }

    #[test]
    fn parts_make_the_file_that_the_whole_makes() {
        let array = Array::from_vec((0..7 * 3 * 5_i16).collect(), &[7, 3, 5]).unwrap();
        let mut whole = Vec::new();
        write_npy(&mut whole, &array).unwrap();
        for (order, grain) in [
            (Order::C, [2, 2, 2]),
            (Order::Fortran, [3, 3, 1]),
            (Order::C, [1, 1, 1]),
        ] {
            let source = Chunked(Memory::new(array.to_order(order)), grain.to_vec());
            let mut file = Vec::new();
            let size = copy(&source, 1, &mut file, &mut Progress::new()).unwrap();
            assert_eq!((size, &file), (whole.len() as u64, &whole), "{grain:?}");
        }
        // One part keeps its order.
        let mut file = Vec::new();
        let fortran = Memory::new(array.to_order(Order::Fortran));
        copy(&fortran, u64::MAX, &mut file, &mut Progress::new()).unwrap();
        let read = read_npy(file.as_slice(), &Limits::default()).unwrap();
        assert!(read == array && read.is_contiguous(Order::Fortran));
    }
}
