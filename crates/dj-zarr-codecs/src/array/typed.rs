//! Reads straight into memory of the caller's element type.

use std::ops::Range;

use bytemuck::Pod;
use dj_codec_api::{DType, Element, Error, Result};

use super::ZarrArray;

impl ZarrArray {
    /// Reads a region into elements that the caller has, in C order: the memory of one read serves the next. For types
    /// of which every bit pattern is a value (not `bool`).
    ///
    /// # Errors
    /// Where the dtype is another or `out` has another length; else as [`read_region`](Self::read_region). `out` may
    /// have been written in part then.
    pub fn read_region_into<T: Element + Pod>(&self, region: &[Range<u64>], out: &mut [T]) -> Result<()> {
        self.read_into(region, out, false)
            .map_err(|error| self.named(error))
    }

    fn read_into<T: Element + Pod>(&self, region: &[Range<u64>], out: &mut [T], zeroed: bool) -> Result<()> {
        let dtype = self.of_type::<T>()?;
        let region = self.region(region)?;
        let (_, bytes) = self.size(&region, dtype)?;
        if bytes != size_of_val(out) {
            return Err(Error::invalid_value(format!(
                "the region has {} elements, there is room for {}",
                bytes / size_of::<T>().max(1),
                out.len()
            ))
            .at(self.path()));
        }
        let raw: &mut [u8] = bytemuck::cast_slice_mut(out);
        self.reader().read(dtype, &region, None, raw, zeroed)?;
        if cfg!(target_endian = "big") {
            let unit = dtype.swap_unit().unwrap_or(1);
            raw.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
        Ok(())
    }

    fn of_type<T: Element>(&self) -> Result<&DType> {
        let dtype = self.fixed()?;
        if T::reads(dtype.kind()) {
            return Ok(dtype);
        }
        let name = std::any::type_name::<T>();
        Err(Error::unsupported(format!("an array of dtype {dtype} was read as {name}")).at(self.path()))
    }

    /// Reads a region as a vector of its elements in C order.
    ///
    /// # Errors
    /// As [`read_region_into`](Self::read_region_into).
    pub fn read_region_vec<T: Element + Pod>(&self, region: &[Range<u64>]) -> Result<Vec<T>> {
        let read = || {
            let dtype = self.of_type::<T>()?;
            let (_, bytes) = self.size(&self.region(region)?, dtype)?;
            let mut out = crate::engine::prepared(bytes / size_of::<T>().max(1))?;
            self.read_into(region, &mut out, true)?;
            Ok(out)
        };
        read().map_err(|error| self.named(error))
    }

    /// Reads the whole array.
    ///
    /// # Errors
    /// As [`read_region_into`](Self::read_region_into).
    #[cfg(feature = "ndarray")]
    pub fn read_ndarray<T: Element + Pod>(&self) -> Result<ndarray::ArrayD<T>> {
        self.read_region_ndarray(&[])
    }

    /// Reads a region; all dimensions are kept. Nothing is copied on the way from the decoder.
    ///
    /// # Errors
    /// As [`read_region_into`](Self::read_region_into).
    #[cfg(feature = "ndarray")]
    pub fn read_region_ndarray<T: Element + Pod>(&self, region: &[Range<u64>]) -> Result<ndarray::ArrayD<T>> {
        let elements = self.read_region_vec(region)?;
        let read = || {
            let (shape, _) = self.size(&self.region(region)?, self.fixed()?)?;
            ndarray::ArrayD::from_shape_vec(shape, elements)
                .map_err(|error| Error::corrupt("the shape does not fit the elements").caused_by(error))
        };
        read().map_err(|error| self.named(error))
    }
}
