//! Which elements make pixels, and what they are as numbers.

use dj_codecs::api::{DType, Error, Kind, Result};

/// What an element is as a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pixel {
    /// A truth value: black or white.
    Truth,
    /// A whole number between these.
    Whole { least: f64, greatest: f64 },
    /// A floating-point number.
    Real,
    /// A complex number, of which the magnitude is shown.
    Complex,
}

/// What an element of this dtype is.
///
/// # Errors
/// Where it is nothing that has a brightness.
pub(super) fn of(dtype: &DType) -> Result<Pixel> {
    macro_rules! whole {
        ($type:ty) => {
            Pixel::Whole {
                least: <$type>::MIN as f64,
                greatest: <$type>::MAX as f64,
            }
        };
    }
    Ok(match dtype.kind() {
        Kind::Bool => Pixel::Truth,
        Kind::Int8 => whole!(i8),
        Kind::Int16 => whole!(i16),
        Kind::Int32 => whole!(i32),
        Kind::Int64 => whole!(i64),
        Kind::UInt8 => whole!(u8),
        Kind::UInt16 => whole!(u16),
        Kind::UInt32 => whole!(u32),
        Kind::UInt64 => whole!(u64),
        Kind::Float16 | Kind::Float32 | Kind::Float64 => Pixel::Real,
        Kind::Complex64 | Kind::Complex128 => Pixel::Complex,
        _ => {
            return Err(Error::unsupported(format!(
                "elements of dtype {dtype} make no picture; numbers and truth values do"
            )));
        }
    })
}
