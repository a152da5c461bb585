//! Arrays of the `ndarray` crate.

use dj_codec_api::{Array, Element, Error, Result, Value};
use ndarray::Dimension;

use super::Native;

impl<T: Element, D: Dimension> Native for ndarray::Array<T, D> {
    fn to_value(&self) -> Result<Value> {
        Array::from_ndarray(self).map(Value::from)
    }

    fn from_value(value: Value) -> Result<Self> {
        value
            .into_array()?
            .to_ndarray::<T>()?
            .into_dimensionality()
            .map_err(|error| Error::corrupt("the array has another number of dimensions").caused_by(error))
    }
}
