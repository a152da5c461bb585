//! Reads elements as what a map makes of them.

use std::ops::Range;

use bytemuck::Pod;
use dj_codec_api::{Array, Element, Error, Order, Result};

use super::ZarrArray;
use crate::engine::Buffer;
use crate::filter::ElementMap;

impl ZarrArray {
    /// Reads a region as [`read_region`](Self::read_region), each element mapped as it is decoded: on all threads, into one
    /// output of the mapped type, with no array of the stored type in between.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region), and where the map is for elements of another type or refuses one of them.
    pub fn read_region_mapped(&self, region: &[Range<u64>], map: &dyn ElementMap) -> Result<Array> {
        let read = || {
            let region = self.mapped_region(region, map)?;
            let (shape, bytes) = self.size(&region, map.target())?;
            let mut buffer = Buffer::new(bytes)?;
            self.reader()
                .read(map.source(), &region, Some(map), buffer.as_mut(), true)?;
            Array::new(map.target().clone(), &shape, Order::C, buffer.into_bytes())
        };
        read().map_err(|error| self.named(error))
    }

    /// Reads a mapped region into elements that the caller has, in C order: the memory of one read serves the next.
    ///
    /// # Errors
    /// As [`read_region_mapped`](Self::read_region_mapped), and where the mapped type is another or `out` has another length.
    /// `out` may have been written in part then.
    pub fn read_region_mapped_into<T: Element + Pod>(
        &self,
        region: &[Range<u64>],
        map: &dyn ElementMap,
        out: &mut [T],
    ) -> Result<()> {
        let read = |out: &mut [T]| {
            let region = self.mapped_region(region, map)?;
            let (_, bytes) = self.size(&region, map.target())?;
            if !T::reads(map.target().kind()) || bytes != size_of_val(out) {
                return Err(Error::invalid_value(format!(
                    "the region has {} elements of {}, there is room for {} of {}",
                    bytes / map.target().size().max(1),
                    map.target(),
                    out.len(),
                    std::any::type_name::<T>()
                ))
                .at(self.path()));
            }
            let raw: &mut [u8] = bytemuck::cast_slice_mut(out);
            self.reader().read(map.source(), &region, Some(map), raw, false)?;
            if cfg!(target_endian = "big") {
                let unit = map.target().swap_unit().unwrap_or(1);
                raw.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
            }
            Ok(())
        };
        read(out).map_err(|error| self.named(error))
    }

    /// The region, if the map is for the elements of this array.
    fn mapped_region(&self, region: &[Range<u64>], map: &dyn ElementMap) -> Result<Vec<Range<u64>>> {
        let dtype = self.fixed()?;
        if dtype != map.source() {
            return Err(Error::invalid_value(format!(
                "a map of elements of {} was given for an array of {dtype}",
                map.source()
            ))
            .at(self.path()));
        }
        self.region(region)
    }
}
