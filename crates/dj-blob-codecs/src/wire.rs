//! The constants of the wire format.
//!
//! Source: `datajoint/blob.py` of datajoint-python 2.3.5, and for sparse matrices mYm's own sources.

use dj_codec_api::{Kind, TimeBase, TimeUnit};

/// Magic of the format that MATLAB's mYm reads and writes.
pub(crate) const MYM: &[u8; 4] = b"mYm\0";
/// Magic of Python's extension of it.
pub(crate) const DJ0: &[u8; 4] = b"dj0\0";
/// Magic of a compressed blob: the length of what is compressed follows, then a zlib stream.
pub(crate) const ZLIB: &[u8; 6] = b"ZL123\0";

/// What a value is: one byte before each.
pub(crate) mod code {
    pub(crate) const ARRAY: u8 = b'A';
    pub(crate) const SPARSE: u8 = b'P';
    pub(crate) const STRUCT: u8 = b'S';
    pub(crate) const CELL: u8 = b'C';
    pub(crate) const RECORD: u8 = b'F';
    pub(crate) const NONE: u8 = 0xff;
    pub(crate) const TUPLE: u8 = 0x01;
    pub(crate) const LIST: u8 = 0x02;
    pub(crate) const SET: u8 = 0x03;
    pub(crate) const DICT: u8 = 0x04;
    pub(crate) const STR: u8 = 0x05;
    pub(crate) const BYTES: u8 = 0x06;
    pub(crate) const INT: u8 = 0x0a;
    pub(crate) const BOOL: u8 = 0x0b;
    pub(crate) const COMPLEX: u8 = 0x0c;
    pub(crate) const FLOAT: u8 = 0x0d;
    pub(crate) const DECIMAL: u8 = b'd';
    pub(crate) const DATETIME: u8 = b't';
    pub(crate) const UUID: u8 = b'u';
}

/// Class of an array of UTF-16 code units.
pub(crate) const CHAR: u32 = 4;
/// Class of an array of values.
pub(crate) const OBJECT: u32 = 5;
/// Class of dates by the year; the finer units follow it.
const DATES: u32 = 65_536;

const UNITS: [TimeBase; 13] = [
    TimeBase::Year,
    TimeBase::Month,
    TimeBase::Week,
    TimeBase::Day,
    TimeBase::Hour,
    TimeBase::Minute,
    TimeBase::Second,
    TimeBase::Millisecond,
    TimeBase::Microsecond,
    TimeBase::Nanosecond,
    TimeBase::Picosecond,
    TimeBase::Femtosecond,
    TimeBase::Attosecond,
];

const CLASSES: [(u32, Kind); 11] = [
    (3, Kind::Bool),
    (6, Kind::Float64),
    (7, Kind::Float32),
    (8, Kind::Int8),
    (9, Kind::UInt8),
    (10, Kind::Int16),
    (11, Kind::UInt16),
    (12, Kind::Int32),
    (13, Kind::UInt32),
    (14, Kind::Int64),
    (15, Kind::UInt64),
];

/// The elements of an array of this class; `None` for classes that are no numbers and no dates.
pub(crate) fn kind_of(class: u32) -> Option<Kind> {
    if let Some((_, kind)) = CLASSES.iter().find(|(known, _)| *known == class) {
        return Some(kind.clone());
    }
    let unit = usize::try_from(class.checked_sub(DATES)?).ok()?;
    UNITS
        .get(unit)
        .map(|&base| Kind::DateTime64(TimeUnit { base, count: 1 }))
}

/// The class of an array of these elements, and whether it is complex.
pub(crate) fn class_of(kind: &Kind) -> Option<(u32, bool)> {
    match kind {
        Kind::Complex64 => Some((7, true)),
        Kind::Complex128 => Some((6, true)),
        Kind::DateTime64(TimeUnit { base, count: 1 }) => {
            let unit = UNITS.iter().position(|known| known == base)?;
            Some((DATES + u32::try_from(unit).ok()?, false))
        }
        kind => CLASSES
            .iter()
            .find(|(_, known)| known == kind)
            .map(|(class, _)| (*class, false)),
    }
}
