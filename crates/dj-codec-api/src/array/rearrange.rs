//! Copies into another order of elements or of bytes.

use bytes::Bytes;

use super::{Array, Order, offset};
use crate::{ByteOrder, DType, Kind};

impl Array {
    /// The bytes of the elements, each as it is, in this order. No copy where they stand so already.
    #[must_use]
    pub fn to_bytes(&self, order: Order) -> Bytes {
        self.contiguous_bytes(order)
            .unwrap_or_else(|| Bytes::from(self.gather(order)))
    }

    /// The same array with its elements one after the other in this order. No copy where they stand so already.
    #[must_use]
    pub fn to_order(&self, order: Order) -> Self {
        Self {
            dtype: self.dtype.clone(),
            shape: self.shape.clone(),
            strides: order.strides(&self.shape, self.dtype.size()),
            start: 0,
            data: self.to_bytes(order),
        }
    }

    /// The same array with little-endian elements. No copy where they are so already.
    #[must_use]
    pub fn to_little_endian(&self) -> Self {
        let little = self.dtype.to_little_endian();
        if little == self.dtype {
            return self.clone();
        }
        let order = if self.is_contiguous(Order::Fortran) {
            Order::Fortran
        } else {
            Order::C
        };
        let mut bytes = self.to_bytes(order).to_vec();
        if self.dtype.size() > 0 {
            for element in bytes.chunks_exact_mut(self.dtype.size()) {
                swap_to_little(&self.dtype, element);
            }
        }
        Self {
            strides: order.strides(&self.shape, little.size()),
            dtype: little,
            shape: self.shape.clone(),
            start: 0,
            data: Bytes::from(bytes),
        }
    }

    /// Copies the elements together. The innermost dimension of the wanted order is the inner loop.
    fn gather(&self, order: Order) -> Vec<u8> {
        let size = self.dtype.size();
        let mut out = Vec::with_capacity(self.nbytes());
        if self.is_empty() || size == 0 {
            return out;
        }
        let mut axes: Vec<(usize, isize)> = self
            .shape
            .iter()
            .copied()
            .zip(self.strides.iter().copied())
            .collect();
        if order == Order::Fortran {
            axes.reverse();
        }
        let Some((inner_length, inner_stride)) = axes.pop() else {
            out.extend_from_slice(self.data.get(self.start..self.start + size).unwrap_or_default());
            return out;
        };
        let mut index = vec![0usize; axes.len()];
        let mut row = self.start;
        loop {
            self.gather_row(row, inner_length, inner_stride, &mut out);
            // Counts up like an odometer: the last outer axis turns fastest.
            let mut turned = false;
            for (position, &(length, stride)) in index.iter_mut().zip(&axes).rev() {
                *position += 1;
                if *position < length {
                    row = row.wrapping_add_signed(stride);
                    turned = true;
                    break;
                }
                row = row.wrapping_add_signed(stride.wrapping_mul(1 - length as isize));
                *position = 0;
            }
            if !turned {
                return out;
            }
        }
    }

    fn gather_row(&self, row: usize, length: usize, stride: isize, out: &mut Vec<u8>) {
        let size = self.dtype.size();
        if usize::try_from(stride) == Ok(size) {
            out.extend_from_slice(self.data.get(row..row + size * length).unwrap_or_default());
            return;
        }
        // A fixed size lets the copy of one element become one load and one store.
        match size {
            1 => self.gather_elements::<1>(row, length, stride, out),
            2 => self.gather_elements::<2>(row, length, stride, out),
            4 => self.gather_elements::<4>(row, length, stride, out),
            8 => self.gather_elements::<8>(row, length, stride, out),
            16 => self.gather_elements::<16>(row, length, stride, out),
            _ => {
                for step in 0..length {
                    let at = offset(row, stride, step).unwrap_or(usize::MAX);
                    out.extend_from_slice(self.data.get(at..at.saturating_add(size)).unwrap_or_default());
                }
            }
        }
    }

    fn gather_elements<const N: usize>(&self, row: usize, length: usize, stride: isize, out: &mut Vec<u8>) {
        out.extend((0..length).flat_map(|step| {
            let at = row.wrapping_add_signed(stride.wrapping_mul(step as isize));
            self.data
                .get(at..)
                .and_then(|bytes| bytes.first_chunk::<N>())
                .copied()
                .unwrap_or([0; N])
        }));
    }
}

fn swap_to_little(dtype: &DType, element: &mut [u8]) {
    match dtype.kind() {
        Kind::Struct(record) => {
            for field in record.fields() {
                let size = field.size().unwrap_or(0);
                let Some(bytes) = element.get_mut(field.offset..field.offset.saturating_add(size)) else {
                    continue;
                };
                if field.dtype.size() > 0 {
                    bytes
                        .chunks_exact_mut(field.dtype.size())
                        .for_each(|one| swap_to_little(&field.dtype, one));
                }
            }
        }
        _ if dtype.byte_order() == ByteOrder::Big => {
            let unit = dtype.swap_unit().unwrap_or(1);
            element.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::{Array, DType, Order};

    #[test]
    fn orders_turn_into_each_other() {
        let c = Array::from_vec((0..24_i32).collect(), &[2, 3, 4]).unwrap();
        let f = c.to_order(Order::Fortran);
        assert_eq!(f.strides(), [4, 8, 24]);
        assert_eq!(f.to_vec::<i32>().unwrap(), c.to_vec::<i32>().unwrap());
        assert_eq!(f.to_order(Order::C).data(), c.data());
        assert_eq!(&f.data()[..12], [0, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0]);
        assert_eq!(c, f);
    }

    #[test]
    fn a_reversed_and_strided_view_reads_right() {
        let base = Bytes::from((0..12_u8).collect::<Vec<_>>());
        let dtype: DType = "|u1".parse().unwrap();
        let view = Array::with_strides(dtype.clone(), &[2, 3], &[-6, 2], 6, base.clone()).unwrap();
        assert_eq!(view.to_vec::<u8>().unwrap(), [6, 8, 10, 0, 2, 4]);
        assert!(Array::with_strides(dtype.clone(), &[2, 3], &[-6, 3], 6, base.clone()).is_err());
        assert!(Array::with_strides(dtype, &[2], &[-6], 5, base).is_err());
    }

    #[test]
    fn big_endian_becomes_little() {
        let dtype: DType = ">c8".parse().unwrap();
        let bytes = Bytes::from_static(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let array = Array::new(dtype, &[1], Order::C, bytes)
            .unwrap()
            .to_little_endian();
        assert_eq!(array.data().as_ref(), [4, 3, 2, 1, 8, 7, 6, 5]);
    }
}
