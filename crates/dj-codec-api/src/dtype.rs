//! The element types of arrays, as NumPy has them.

mod text;

use std::fmt;

use crate::{Error, Result};

/// The order of the bytes of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ByteOrder {
    /// The lowest byte first.
    #[default]
    Little,
    /// The highest byte first.
    Big,
}

impl ByteOrder {
    /// The order of the machine that this runs on.
    pub const NATIVE: Self = if cfg!(target_endian = "big") {
        Self::Big
    } else {
        Self::Little
    };
}

/// The unit of a date or of a duration: `count` of `base`, for example 25 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeUnit {
    /// The unit that is counted.
    pub base: TimeBase,
    /// How many of it make one step; 1 nearly always.
    pub count: u32,
}

/// The units that NumPy knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TimeBase {
    /// No unit was given.
    Generic,
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Picosecond,
    Femtosecond,
    Attosecond,
}

/// What an element is, without its byte order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of the numeric types say it")]
pub enum Kind {
    /// One byte, 0 or 1.
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    /// NumPy's `longdouble` as x86-64 stores it: 80 bits in 16 bytes. It is carried, not computed with.
    LongDouble,
    /// Two `Float32`, real part first.
    Complex64,
    /// Two `Float64`, real part first.
    Complex128,
    /// Two `LongDouble`.
    ComplexLongDouble,
    /// Bytes of a fixed width, padded with NULs: NumPy's `S`.
    Bytes(usize),
    /// Text of a fixed number of code points of four bytes each, padded with NULs: NumPy's `U`.
    Unicode(usize),
    /// Raw bytes of a fixed width: NumPy's `V`.
    Void(usize),
    /// Steps of a unit since 1970-01-01T00:00 as `i64`; the lowest value is not-a-time.
    DateTime64(TimeUnit),
    /// Steps of a unit as `i64`; the lowest value is not-a-time.
    TimeDelta64(TimeUnit),
    /// A record of fields.
    Struct(StructType),
}

/// The fields of a structured element.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StructType {
    fields: Vec<Field>,
    size: usize,
}

/// One field of a structured element.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// The name.
    pub name: String,
    /// NumPy's second name for the field, if it has one.
    pub title: Option<String>,
    /// The type of one element of the field.
    pub dtype: DType,
    /// The shape of the field within one record; empty for a plain field.
    pub shape: Vec<usize>,
    /// Where the field begins, in bytes from the beginning of the record.
    pub offset: usize,
}

impl Field {
    /// A plain field.
    pub fn new(name: impl Into<String>, dtype: DType, offset: usize) -> Self {
        Self {
            name: name.into(),
            title: None,
            dtype,
            shape: Vec::new(),
            offset,
        }
    }

    /// How many bytes the field takes; `None` where that overflows.
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(self.dtype.size(), |size, &length| size.checked_mul(length))
    }
}

impl StructType {
    /// A record of `size` bytes with these fields.
    ///
    /// # Errors
    /// Where a field lies outside of the record or two fields have one name.
    pub fn new(fields: Vec<Field>, size: usize) -> Result<Self> {
        let mut names = std::collections::HashSet::new();
        for field in &fields {
            if !names.insert(field.name.as_str()) {
                return Err(Error::corrupt(format!("two fields are named {:?}", field.name)));
            }
            let end = field.size().and_then(|bytes| bytes.checked_add(field.offset));
            if end.is_none_or(|end| end > size) {
                return Err(Error::corrupt(format!(
                    "field {:?} lies outside of its record of {size} bytes",
                    field.name
                )));
            }
        }
        Ok(Self { fields, size })
    }

    /// The fields in their order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The bytes of one record, padding included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the fields follow each other in order without padding.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        let mut end = 0usize;
        for field in &self.fields {
            if field.offset != end {
                return false;
            }
            end = end.saturating_add(field.size().unwrap_or(usize::MAX));
        }
        end == self.size
    }
}

/// The type of the elements of an array.
///
/// [`Display`](fmt::Display) gives NumPy's `str(dtype)` as stored records have it (`int16`, `>f8`, `<U7`);
/// [`numpy_str`](Self::numpy_str) gives `dtype.str` (`<i2`); both parse.
///
/// ```
/// use dj_codec_api::{ByteOrder, DType, Kind};
///
/// let dtype: DType = ">i2".parse()?;
/// assert_eq!((dtype.kind(), dtype.byte_order()), (&Kind::Int16, ByteOrder::Big));
/// assert_eq!(DType::new(Kind::Int16).to_string(), "int16");
/// assert_eq!(DType::new(Kind::Int16).numpy_str(), "<i2");
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DType {
    kind: Kind,
    order: ByteOrder,
}

impl DType {
    /// This kind of element, little-endian.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            order: ByteOrder::Little,
        }
    }

    /// This kind of element in this byte order. Elements without an order (single bytes, `S`, `V`, structures,
    /// whose fields have their own) are little-endian whatever is asked for, so that equal types compare equal.
    #[must_use]
    pub fn with_order(kind: Kind, order: ByteOrder) -> Self {
        let order = if Self::has_order(&kind) {
            order
        } else {
            ByteOrder::Little
        };
        Self { kind, order }
    }

    fn has_order(kind: &Kind) -> bool {
        !matches!(
            kind,
            Kind::Bool | Kind::Int8 | Kind::UInt8 | Kind::Bytes(_) | Kind::Void(_) | Kind::Struct(_)
        )
    }

    /// What an element is.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The byte order of an element; `Little` for elements that have none.
    #[must_use]
    pub fn byte_order(&self) -> ByteOrder {
        self.order
    }

    /// The bytes of one element.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.kind {
            Kind::Bool | Kind::Int8 | Kind::UInt8 => 1,
            Kind::Int16 | Kind::UInt16 | Kind::Float16 => 2,
            Kind::Int32 | Kind::UInt32 | Kind::Float32 => 4,
            Kind::Int64 | Kind::UInt64 | Kind::Float64 | Kind::Complex64 => 8,
            Kind::DateTime64(_) | Kind::TimeDelta64(_) => 8,
            Kind::LongDouble | Kind::Complex128 => 16,
            Kind::ComplexLongDouble => 32,
            Kind::Bytes(width) | Kind::Void(width) => *width,
            Kind::Unicode(width) => width.saturating_mul(4),
            Kind::Struct(fields) => fields.size,
        }
    }

    /// The length of the runs of bytes that are reversed to change the byte order; 1 where nothing is.
    /// `None` for structures, whose fields differ.
    #[must_use]
    pub fn swap_unit(&self) -> Option<usize> {
        Some(match &self.kind {
            Kind::Struct(_) => return None,
            Kind::Complex64 => 4,
            Kind::Complex128 => 8,
            Kind::ComplexLongDouble => 16,
            Kind::Unicode(_) => 4,
            Kind::Bytes(_) | Kind::Void(_) => 1,
            _ => self.size(),
        })
    }

    /// The same type, little-endian throughout.
    #[must_use]
    pub fn to_little_endian(&self) -> Self {
        match &self.kind {
            Kind::Struct(fields) => Self::new(Kind::Struct(StructType {
                size: fields.size,
                fields: fields
                    .fields
                    .iter()
                    .map(|field| Field {
                        dtype: field.dtype.to_little_endian(),
                        ..field.clone()
                    })
                    .collect(),
            })),
            kind => Self::new(kind.clone()),
        }
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DType({self})")
    }
}
