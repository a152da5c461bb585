//! To and from the `ndarray` crate.

use ndarray::{ArrayBase, ArrayD, ArrayViewD, Data, Dimension, IxDyn, ShapeBuilder};

use super::element::cast;
use super::{Array, Element, Order};
use crate::{ByteOrder, Error, Result};

impl Array {
    /// The array as a view, without a copy: of arrays in C or Fortran order, in the machine's byte order, whose
    /// bytes are aligned.
    ///
    /// # Errors
    /// Where the dtype is another or a copy would be needed; use [`to_ndarray`](Self::to_ndarray) then.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        self.check_element::<T>()?;
        if self.dtype().byte_order() != ByteOrder::NATIVE && self.dtype().swap_unit() != Some(1) {
            return Err(Error::unsupported(format!(
                "elements of dtype {} need their bytes swapped",
                self.dtype()
            )));
        }
        let shape = if self.is_contiguous(Order::C) {
            IxDyn(self.shape()).set_f(false)
        } else if self.is_contiguous(Order::Fortran) {
            IxDyn(self.shape()).set_f(true)
        } else {
            return Err(Error::unsupported(
                "the elements do not stand one after the other",
            ));
        };
        let bytes = self
            .data()
            .get(self.start()..self.start() + self.nbytes())
            .unwrap_or_default();
        ArrayViewD::from_shape(shape, cast::<T>(bytes)?).map_err(mismatch)
    }

    /// The array as an owned one. Fortran order stays Fortran order.
    ///
    /// # Errors
    /// Where the dtype is another.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
        if let Ok(view) = self.view() {
            return Ok(view.to_owned());
        }
        ArrayD::from_shape_vec(IxDyn(self.shape()), self.to_vec()?).map_err(mismatch)
    }

    /// The same elements as an `ndarray`; those in Fortran order stay so.
    ///
    /// # Errors
    /// Where the array has more elements than fit in memory.
    pub fn from_ndarray<T: Element, S: Data<Elem = T>, D: Dimension>(
        array: &ArrayBase<S, D>,
    ) -> Result<Self> {
        let shape = array.shape().to_vec();
        if !array.is_standard_layout() && array.t().is_standard_layout() {
            let mut reversed = Self::from_vec(array.t().iter().copied().collect::<Vec<T>>(), &shape)?;
            reversed.strides = Order::Fortran.strides(&shape, size_of::<T>());
            return Ok(reversed);
        }
        Self::from_vec(array.iter().copied().collect(), &shape)
    }
}

fn mismatch(error: ndarray::ShapeError) -> Error {
    Error::corrupt("the shape does not fit the elements").caused_by(error)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn arrays_go_there_and_back() {
        let c = array![[1_i32, 2, 3], [4, 5, 6]];
        let ours = Array::from_ndarray(&c).unwrap();
        assert_eq!(ours.view::<i32>().unwrap(), c.view().into_dyn());
        let f: Array2<i32> = c.clone().reversed_axes();
        let ours = Array::from_ndarray(&f).unwrap();
        assert!(ours.is_contiguous(Order::Fortran));
        assert_eq!(ours.view::<i32>().unwrap(), f.view().into_dyn());
        assert_eq!(ours.to_ndarray::<i32>().unwrap(), f.into_dyn());
    }
}
