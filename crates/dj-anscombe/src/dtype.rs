//! The number types that samples and codes have.

use std::fmt;

use crate::{Error, Result};

/// The type of a sample or of a code, by NumPy's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DType {
    /// `uint8`
    U8,
    /// `int8`
    I8,
    /// `uint16`
    U16,
    /// `int16`
    I16,
    /// `uint32`
    U32,
    /// `int32`
    I32,
    /// `uint64`
    U64,
    /// `int64`
    I64,
    /// `float32`
    F32,
    /// `float64`
    F64,
}

impl DType {
    /// NumPy's name, such as `uint16`: what a codec's configuration has.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Reads `uint16`, and the short forms `u2`, `<u2`, `=u2`, `|u1` that NumPy takes for it too.
    ///
    /// # Errors
    ///
    /// [`Error::DType`] for anything else, big-endian types (`>u2`) among it: no reader of this code knows those.
    pub fn from_name(name: &str) -> Result<Self> {
        let short = name.strip_prefix(['<', '=', '|']).unwrap_or(name);
        Ok(match short {
            "uint8" | "u1" => Self::U8,
            "int8" | "i1" => Self::I8,
            "uint16" | "u2" => Self::U16,
            "int16" | "i2" => Self::I16,
            "uint32" | "u4" => Self::U32,
            "int32" | "i4" => Self::I32,
            "uint64" | "u8" => Self::U64,
            "int64" | "i8" => Self::I64,
            "float32" | "f4" => Self::F32,
            "float64" | "f8" => Self::F64,
            _ => {
                return Err(Error::DType {
                    name: name.to_owned(),
                    why: "expected an integer or float type of NumPy in the machine's byte order, such as uint8 or int16",
                });
            }
        })
    }

    /// The bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether it is an integer type.
    pub const fn is_integer(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// The smallest and the largest integer that the type holds exactly, with all between; for a float type those up to
    /// 2^24 and 2^53.
    pub const fn range(self) -> (i128, i128) {
        match self {
            Self::U8 => (0, u8::MAX as i128),
            Self::I8 => (i8::MIN as i128, i8::MAX as i128),
            Self::U16 => (0, u16::MAX as i128),
            Self::I16 => (i16::MIN as i128, i16::MAX as i128),
            Self::U32 => (0, u32::MAX as i128),
            Self::I32 => (i32::MIN as i128, i32::MAX as i128),
            Self::U64 => (0, u64::MAX as i128),
            Self::I64 => (i64::MIN as i128, i64::MAX as i128),
            Self::F32 => (-(1 << 24), 1 << 24),
            Self::F64 => (-(1 << 53), 1 << 53),
        }
    }

    /// Whether the type holds this integer exactly.
    pub const fn holds(self, value: i128) -> bool {
        let (low, high) = self.range();
        low <= value && value <= high
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

mod sealed {
    use super::DType;
    use crate::table::TypedTable;

    /// What the crate itself needs of a type; not for the outside.
    pub trait Inner: Sized + Copy {
        /// The table's entries if they are of this type.
        fn entries(table: &TypedTable) -> Option<&[Self]>;
        /// A table of this type, from integers or halves of the type's own range.
        fn table(values: &mut dyn Iterator<Item = f64>) -> TypedTable;
        /// The value as an integer, if it is one within 64 bits.
        fn code(self) -> Option<i64>;
        /// The smallest and the largest of the values, for integer types.
        fn span(values: &[Self]) -> Option<(i128, i128)>;
        /// All bits of all values, for integer types: no value is larger, and if one is negative, the highest bit is set.
        fn union(values: &[Self]) -> Option<u64>;
        /// The value as an index; it has a meaning only for integers that are known to be in range.
        fn index(self) -> usize;
        /// The nearest value toward zero, as NumPy casts.
        fn truncated(value: f64) -> Self;
        const TYPE: DType;
    }
}
pub(crate) use sealed::Inner;

/// A number type of samples or codes: `u8` to `u64`, `i8` to `i64`, `f32` and `f64`. Implemented here only.
pub trait Sample: Inner + PartialOrd + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Its name.
    const DTYPE: DType = Self::TYPE;

    /// The value as a float, rounded to nearest as NumPy does.
    fn to_f64(self) -> f64;
}

/// An integer type of samples. Implemented here only.
pub trait Integer: Sample + Ord {
    /// The smallest value.
    const MIN: Self;
    /// The largest value.
    const MAX: Self;

    /// The value, widened.
    fn widen(self) -> i128;
    /// The value as this type, where it fits.
    fn narrow(value: i128) -> Option<Self>;
}

macro_rules! sample {
    ($($type:ident $dtype:ident $code:expr, $span:expr;)*) => {$(
        impl sealed::Inner for $type {
            fn entries(table: &crate::table::TypedTable) -> Option<&[Self]> {
                match table {
                    crate::table::TypedTable::$dtype(entries) => Some(entries),
                    _ => None,
                }
            }
            fn table(values: &mut dyn Iterator<Item = f64>) -> crate::table::TypedTable {
                crate::table::TypedTable::$dtype(values.map(|value| value as $type).collect())
            }
            fn code(self) -> Option<i64> {
                let code: fn($type) -> Option<i64> = $code;
                code(self)
            }
            #[inline]
            fn span(values: &[Self]) -> Option<(i128, i128)> {
                let span: fn(&[$type]) -> Option<(i128, i128)> = $span;
                span(values)
            }
            #[inline]
            fn union(values: &[Self]) -> Option<u64> {
                DType::$dtype
                    .is_integer()
                    .then(|| values.iter().fold(0, |union, value| union | *value as i64 as u64))
            }
            #[inline(always)]
            fn index(self) -> usize {
                self as usize
            }
            #[inline(always)]
            fn truncated(value: f64) -> Self {
                value as $type
            }
            const TYPE: DType = DType::$dtype;
        }
        impl Sample for $type {
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

/// The smallest and the largest of integers.
#[inline]
fn integers<T: Integer>(values: &[T]) -> Option<(i128, i128)> {
    let (low, high) = values.iter().fold((T::MAX, T::MIN), |(low, high), value| {
        (low.min(*value), high.max(*value))
    });
    (low <= high).then(|| (low.widen(), high.widen()))
}

/// The integer in a float code, if it is one that a float holds exactly.
fn integral(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
}

sample! {
    u8 U8 |x| Some(i64::from(x)), integers;
    i8 I8 |x| Some(i64::from(x)), integers;
    u16 U16 |x| Some(i64::from(x)), integers;
    i16 I16 |x| Some(i64::from(x)), integers;
    u32 U32 |x| Some(i64::from(x)), integers;
    i32 I32 |x| Some(i64::from(x)), integers;
    u64 U64 |x| i64::try_from(x).ok(), integers;
    i64 I64 |x| Some(x), integers;
    f32 F32 |x| integral(f64::from(x)), |_| None;
    f64 F64 integral, |_| None;
}

macro_rules! integer {
    ($($type:ident)*) => {$(
        impl Integer for $type {
            const MIN: Self = $type::MIN;
            const MAX: Self = $type::MAX;
            #[inline(always)]
            fn widen(self) -> i128 {
                i128::from(self)
            }
            fn narrow(value: i128) -> Option<Self> {
                Self::try_from(value).ok()
            }
        }
    )*};
}

integer!(u8 i8 u16 i16 u32 i32 u64 i64);
