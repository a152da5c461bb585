//! Elements as the widest number of their family, whatever type they were stored in.

use super::Array;
use crate::{Error, Kind, Result};

impl Array {
    /// A copy of whole numbers of any type in C order: for a codec to which `int32` and `uint8` are as good as `int64`.
    ///
    /// ```
    /// use dj_codec_api::Array;
    ///
    /// assert_eq!(Array::from_vec(vec![7_u8, 200], &[2])?.to_ints()?, [7, 200]);
    /// assert!(Array::from_vec(vec![0.5_f32], &[1])?.to_ints().is_err());
    /// # Ok::<(), dj_codec_api::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the elements are no whole numbers, or one does not fit.
    pub fn to_ints(&self) -> Result<Vec<i64>> {
        match self.dtype().kind() {
            Kind::Int8 => self.widened::<i8, _>(),
            Kind::Int16 => self.widened::<i16, _>(),
            Kind::Int32 => self.widened::<i32, _>(),
            Kind::Int64 => self.to_vec(),
            Kind::UInt8 => self.widened::<u8, _>(),
            Kind::UInt16 => self.widened::<u16, _>(),
            Kind::UInt32 => self.widened::<u32, _>(),
            Kind::UInt64 => {
                let fits = |number: u64| {
                    i64::try_from(number)
                        .map_err(|_| Error::invalid_value(format!("{number} is more than an int64 holds")))
                };
                self.to_vec()?.into_iter().map(fits).collect()
            }
            _ => Err(self.no_numbers("whole numbers")),
        }
    }

    /// A copy of floating-point numbers of 32 or 64 bits in C order.
    ///
    /// # Errors
    /// Where the elements are something else, whole numbers too.
    pub fn to_floats(&self) -> Result<Vec<f64>> {
        match self.dtype().kind() {
            Kind::Float32 => self.widened::<f32, _>(),
            Kind::Float64 => self.to_vec(),
            _ => Err(self.no_numbers("floating-point numbers")),
        }
    }

    fn widened<T: super::Element, W: From<T>>(&self) -> Result<Vec<W>> {
        Ok(self.to_vec::<T>()?.into_iter().map(W::from).collect())
    }

    fn no_numbers(&self, wanted: &str) -> Error {
        Error::invalid_value(format!(
            "{wanted} were expected, this is an array of dtype {}",
            self.dtype()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bytes, Order};

    #[test]
    fn every_integer_type_is_widened() {
        for (dtype, wanted) in [
            ("|i1", vec![1, -1]),
            ("|u1", vec![1, 255]),
            ("<i2", vec![-255]),
            (">u2", vec![511]),
            ("<u2", vec![0xff01]),
        ] {
            let array = Array::new(
                dtype.parse().unwrap(),
                &[wanted.len()],
                Order::C,
                Bytes::from_static(&[1, 0xff]),
            );
            assert_eq!(array.unwrap().to_ints().unwrap(), wanted, "{dtype}");
        }
        assert_eq!(
            Array::from_vec(vec![-7_i32], &[1]).unwrap().to_ints().unwrap(),
            [-7]
        );
        assert_eq!(
            Array::from_vec(vec![7_u32], &[1]).unwrap().to_ints().unwrap(),
            [7]
        );
        assert_eq!(
            Array::from_vec(vec![i64::MIN], &[1]).unwrap().to_ints().unwrap(),
            [i64::MIN]
        );
        assert_eq!(
            Array::from_vec(vec![7_u64], &[1]).unwrap().to_ints().unwrap(),
            [7]
        );
    }

    #[test]
    fn what_does_not_fit_or_is_no_number_is_refused() {
        let error = Array::scalar(u64::MAX).to_ints().unwrap_err();
        assert!(error.to_string().contains("18446744073709551615"), "{error}");
        for array in [Array::scalar(true), Array::scalar(1.0_f64)] {
            assert!(array.to_ints().is_err());
        }
        assert!(Array::scalar(1_i64).to_floats().is_err());
        assert_eq!(Array::scalar(0.5_f32).to_floats().unwrap(), [0.5]);
    }

    #[test]
    fn dates_are_no_numbers() {
        let dates = Array::new(
            "<M8[us]".parse().unwrap(),
            &[1],
            Order::C,
            Bytes::from_static(&[7, 0, 0, 0, 0, 0, 0, 0]),
        );
        assert!(dates.unwrap().to_ints().is_err());
    }
}
