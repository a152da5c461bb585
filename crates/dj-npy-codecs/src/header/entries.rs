//! What the text of a header says.

use dj_codec_api::{DType, Error, ErrorKind, Limits, Order, Result};

use crate::descr::{dtype_from_literal, lengths};
use crate::literal::{Literal, parse};

/// Dtype, shape and order, as the text says. `python2` is for the versions that Python 2 wrote, where a long integer is `3L`.
pub(super) fn read(text: &str, python2: bool, limits: &Limits) -> Result<(DType, Vec<usize>, Order)> {
    let literal = parse(text, python2, limits).map_err(in_header)?;
    entries(&literal, limits).map_err(in_header)
}

fn in_header(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Corrupt => Error::corrupt(format!("the header is damaged: {}", error.message())),
        _ => error,
    }
}

fn entries(literal: &Literal, limits: &Limits) -> Result<(DType, Vec<usize>, Order)> {
    let Literal::Dict(keys) = literal else {
        return Err(Error::corrupt(format!("it is {}, not a dict", literal.kind())));
    };
    let known = |key: &Literal| matches!(key, Literal::Str(text) if matches!(text.as_str(), "descr" | "fortran_order" | "shape"));
    if let Some((key, _)) = keys.iter().find(|(key, _)| !known(key)) {
        return Err(Error::corrupt(match key {
            Literal::Str(text) => format!("the key {text:?} does not belong there"),
            other => format!("a key is {}", other.kind()),
        }));
    }
    let key = |name: &str| {
        literal
            .key(name)
            .ok_or_else(|| Error::corrupt(format!("the key {name:?} is missing")))
    };
    let order = match key("fortran_order")? {
        Literal::Bool(true) => Order::Fortran,
        Literal::Bool(false) => Order::C,
        other => return Err(Error::corrupt(format!("fortran_order is {}", other.kind()))),
    };
    let shape = match key("shape")? {
        Literal::Tuple(members) => lengths(members)?,
        other => {
            return Err(Error::corrupt(format!(
                "the shape is {}, not a tuple",
                other.kind()
            )));
        }
    };
    let dtype = dtype_from_literal(key("descr")?, false, limits)?;
    check_size(&dtype, &shape, limits)?;
    Ok((dtype, shape, order))
}

/// Refuses shapes that no memory could hold or nobody could count. What is loaded is held to the limit on array bytes
/// when it is loaded: a few rows of a huge array are welcome.
pub(crate) fn check_size(dtype: &DType, shape: &[usize], limits: &Limits) -> Result<()> {
    limits.check_dimensions(shape.len())?;
    // NumPy too looks past dimensions of length zero: the strides of an empty array must be numbers.
    let product = |first: usize| {
        let mut lengths = shape.iter().filter(|&&length| length != 0);
        lengths.try_fold(first as u64, |product, &length| {
            product.checked_mul(length as u64)
        })
    };
    if dtype.size() == 0 {
        // Elements of no bytes cost no memory until somebody lists them.
        return limits.check_items(product(1).unwrap_or(u64::MAX));
    }
    match product(dtype.size()) {
        Some(bytes) if bytes <= isize::MAX as u64 => Ok(()),
        _ => Err(Error::limit("array bytes", u64::MAX, limits.array_bytes)),
    }
}
