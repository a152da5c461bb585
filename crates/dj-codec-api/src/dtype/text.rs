//! `dtype.str` and `str(dtype)` of NumPy, both ways.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use super::{ByteOrder, DType, Field, Kind, StructType, TimeBase, TimeUnit};
use crate::layout::python_repr;
use crate::{Error, Result};

const UNITS: [(&str, TimeBase); 14] = [
    ("generic", TimeBase::Generic),
    ("Y", TimeBase::Year),
    ("M", TimeBase::Month),
    ("W", TimeBase::Week),
    ("D", TimeBase::Day),
    ("h", TimeBase::Hour),
    ("m", TimeBase::Minute),
    ("s", TimeBase::Second),
    ("ms", TimeBase::Millisecond),
    ("us", TimeBase::Microsecond),
    ("ns", TimeBase::Nanosecond),
    ("ps", TimeBase::Picosecond),
    ("fs", TimeBase::Femtosecond),
    ("as", TimeBase::Attosecond),
];

const NUMERIC: [(&str, &str, Kind); 16] = [
    ("b1", "bool", Kind::Bool),
    ("i1", "int8", Kind::Int8),
    ("i2", "int16", Kind::Int16),
    ("i4", "int32", Kind::Int32),
    ("i8", "int64", Kind::Int64),
    ("u1", "uint8", Kind::UInt8),
    ("u2", "uint16", Kind::UInt16),
    ("u4", "uint32", Kind::UInt32),
    ("u8", "uint64", Kind::UInt64),
    ("f2", "float16", Kind::Float16),
    ("f4", "float32", Kind::Float32),
    ("f8", "float64", Kind::Float64),
    ("f16", "float128", Kind::LongDouble),
    ("c8", "complex64", Kind::Complex64),
    ("c16", "complex128", Kind::Complex128),
    ("c32", "complex256", Kind::ComplexLongDouble),
];

impl TimeBase {
    /// NumPy's name of it: `"us"`, `"D"`, `"generic"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        UNITS
            .iter()
            .find(|(_, base)| *base == self)
            .map_or("generic", |(name, _)| name)
    }

    /// The unit of this name, as NumPy has it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        UNITS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, base)| *base)
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.base == TimeBase::Generic {
            return Ok(());
        }
        let name = self.base.name();
        if self.count == 1 {
            write!(f, "[{name}]")
        } else {
            write!(f, "[{}{name}]", self.count)
        }
    }
}

impl FromStr for TimeUnit {
    type Err = Error;

    /// A unit in brackets, `[us]` or `[25s]`; nothing at all is the generic unit.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self {
                base: TimeBase::Generic,
                count: 1,
            });
        }
        let wrong = || Error::corrupt(format!("{text:?} is not a unit of time"));
        let inner = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
            .ok_or_else(wrong)?;
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let (count, name) = inner.split_at_checked(digits).ok_or_else(wrong)?;
        let count = if count.is_empty() {
            1
        } else {
            count.parse().map_err(|_| wrong())?
        };
        let base = TimeBase::from_name(name).ok_or_else(wrong)?;
        if count == 0 {
            Err(wrong())
        } else {
            Ok(Self { base, count })
        }
    }
}

impl DType {
    /// NumPy's `dtype.str`: byte order, kind, size. A structure is `|V` and its size, as NumPy has it.
    #[must_use]
    pub fn numpy_str(&self) -> String {
        let order = match self.kind() {
            kind if !Self::has_order(kind) => '|',
            _ if self.byte_order() == ByteOrder::Big => '>',
            _ => '<',
        };
        let body = match self.kind() {
            Kind::Bytes(width) => format!("S{width}"),
            Kind::Unicode(width) => format!("U{width}"),
            Kind::Void(width) => format!("V{width}"),
            Kind::Struct(fields) => format!("V{}", fields.size()),
            Kind::DateTime64(unit) => format!("M8{unit}"),
            Kind::TimeDelta64(unit) => format!("m8{unit}"),
            kind => names(kind).0.to_owned(),
        };
        format!("{order}{body}")
    }

    /// Reads `dtype.str` or `str(dtype)` of anything but a structure.
    fn parse_simple(text: &str) -> Option<Self> {
        if let Some((_, _, kind)) = NUMERIC.iter().find(|(_, long, _)| *long == text) {
            return Some(Self::new(kind.clone()));
        }
        if let Some(unit) = text.strip_prefix("datetime64") {
            return Some(Self::new(Kind::DateTime64(unit.parse().ok()?)));
        }
        if let Some(unit) = text.strip_prefix("timedelta64") {
            return Some(Self::new(Kind::TimeDelta64(unit.parse().ok()?)));
        }
        let (order, body) = match text.split_at_checked(1)? {
            ("<" | "|", body) => (ByteOrder::Little, body),
            (">", body) => (ByteOrder::Big, body),
            ("=", body) => (ByteOrder::NATIVE, body),
            _ => (ByteOrder::NATIVE, text),
        };
        if let Some((_, _, kind)) = NUMERIC.iter().find(|(short, _, _)| *short == body) {
            return Some(Self::with_order(kind.clone(), order));
        }
        let (letter, rest) = body.split_at_checked(1)?;
        let width = || {
            let plain = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
            // A width is an i32 in NumPy.
            plain
                .then(|| rest.parse::<i32>().ok())
                .flatten()
                .and_then(|width| usize::try_from(width).ok())
        };
        let kind = match letter {
            "?" if rest.is_empty() => Kind::Bool,
            "S" => Kind::Bytes(width()?),
            "U" => Kind::Unicode(width()?),
            "V" => Kind::Void(width()?),
            "M" => Kind::DateTime64(rest.strip_prefix('8')?.parse().ok()?),
            "m" => Kind::TimeDelta64(rest.strip_prefix('8')?.parse().ok()?),
            _ => return None,
        };
        Some(Self::with_order(kind, order))
    }
}

/// The short and the long name of a numeric kind.
fn names(kind: &Kind) -> (&'static str, &'static str) {
    NUMERIC
        .iter()
        .find(|(_, _, known)| known == kind)
        .map_or(("", ""), |(short, long, _)| (short, long))
}

impl FromStr for DType {
    type Err = Error;

    /// Reads `dtype.str` and `str(dtype)` of every type but structures.
    fn from_str(text: &str) -> Result<Self> {
        Self::parse_simple(text.trim()).ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            match text.trim() {
                "O" | "|O" | "object" => Error::unsupported("arrays of Python objects have no portable form"),
                _ => Error::corrupt(format!("{shown:?} is not a dtype that is known here")),
            }
        })
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Struct(fields) => f.write_str(&struct_text(fields)),
            Kind::Bytes(_) | Kind::Unicode(_) | Kind::Void(_) => f.write_str(&self.numpy_str()),
            _ if self.byte_order() == ByteOrder::Big => f.write_str(&self.numpy_str()),
            Kind::DateTime64(unit) => write!(f, "datetime64{unit}"),
            Kind::TimeDelta64(unit) => write!(f, "timedelta64{unit}"),
            kind => f.write_str(names(kind).1),
        }
    }
}

/// `str` of a structured dtype: a list of tuples where the fields are packed, else a dict with offsets.
fn struct_text(record: &StructType) -> String {
    let mut text = String::new();
    if record.is_packed() {
        text.push('[');
        for (index, field) in record.fields().iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let _ = write!(
                text,
                "{comma}({}, {}",
                quoted_name(field),
                field_format(&field.dtype)
            );
            if !field.shape.is_empty() {
                let _ = write!(text, ", {}", tuple(&field.shape));
            }
            text.push(')');
        }
        text.push(']');
        return text;
    }
    let list = |each: &dyn Fn(&Field) -> String| {
        let items: Vec<String> = record.fields().iter().map(each).collect();
        format!("[{}]", items.join(", "))
    };
    let formats = |field: &Field| match field.shape.as_slice() {
        [] => field_format(&field.dtype),
        shape => format!("({}, {})", field_format(&field.dtype), tuple(shape)),
    };
    let _ = write!(text, "{{'names': {}", list(&|field| python_repr(&field.name)));
    let _ = write!(text, ", 'formats': {}", list(&formats));
    let _ = write!(text, ", 'offsets': {}", list(&|field| field.offset.to_string()));
    if record.fields().iter().any(|field| field.title.is_some()) {
        let title = |field: &Field| field.title.as_deref().map_or_else(|| "None".into(), python_repr);
        let _ = write!(text, ", 'titles': {}", list(&title));
    }
    let _ = write!(text, ", 'itemsize': {}}}", record.size());
    text
}

fn quoted_name(field: &Field) -> String {
    let name = python_repr(&field.name);
    match &field.title {
        Some(title) => format!("({}, {name})", python_repr(title)),
        None => name,
    }
}

/// The format of a field: the text of the type without what NumPy leaves out there, the `|` of types without a byte
/// order and a width of 0.
fn field_format(dtype: &DType) -> String {
    let text = match dtype.kind() {
        Kind::Struct(record) => return struct_text(record),
        Kind::Bool => "?".to_owned(),
        Kind::Bytes(0) | Kind::Unicode(0) | Kind::Void(0) => dtype.numpy_str().replace('0', ""),
        _ => dtype.numpy_str(),
    };
    python_repr(text.trim_start_matches('|'))
}

/// A shape as Python prints a tuple.
fn tuple(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => format!(
            "({})",
            many.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_texts_round_trip() {
        let pairs = [
            ("|b1", "bool"),
            ("|i1", "int8"),
            ("<i2", "int16"),
            (">i2", ">i2"),
            ("<u8", "uint64"),
            ("<f2", "float16"),
            ("<c16", "complex128"),
            (">c8", ">c8"),
            ("|S5", "|S5"),
            ("<U7", "<U7"),
            (">U7", ">U7"),
            ("|V8", "|V8"),
            ("<M8[us]", "datetime64[us]"),
            (">M8[s]", ">M8[s]"),
            ("<M8[25s]", "datetime64[25s]"),
            ("<m8[D]", "timedelta64[D]"),
            ("<M8", "datetime64"),
            ("<f16", "float128"),
        ];
        for (short, long) in pairs {
            let dtype: DType = short.parse().unwrap();
            assert_eq!(dtype.numpy_str(), short);
            assert_eq!(dtype.to_string(), long);
            assert_eq!(long.parse::<DType>().unwrap(), dtype);
        }
    }

    #[test]
    fn structures_are_printed_as_numpy_prints_them() {
        let field = |name: &str, dtype: &str, offset| Field::new(name, dtype.parse().unwrap(), offset);
        let text =
            |fields, size| DType::new(Kind::Struct(StructType::new(fields, size).unwrap())).to_string();
        let fields = vec![
            field("a", "|i1", 0),
            field("b", "|b1", 1),
            field("c", "|S5", 2),
            field("d", "|V3", 7),
            field("e", "<U2", 10),
            field("f", ">M8[us]", 18),
            field("t", "<m8", 26),
            field("g", "|S0", 34),
        ];
        let packed = "[('a', 'i1'), ('b', '?'), ('c', 'S5'), ('d', 'V3'), ('e', '<U2'), ('f', '>M8[us]'), ('t', '<m8'), ('g', 'S')]";
        assert_eq!(text(fields, 34), packed);
        let mut titled = vec![field("a", "|i1", 0), field("b", "<f4", 4)];
        titled[0].title = Some("tt".into());
        titled[1].shape = vec![2, 3];
        let padded = "{'names': ['a', 'b'], 'formats': ['i1', ('<f4', (2, 3))], 'offsets': [0, 4], \
                      'titles': ['tt', None], 'itemsize': 28}";
        assert_eq!(text(titled, 28), padded);
    }

    #[test]
    fn what_is_no_dtype_is_refused() {
        for text in [
            "",
            "<",
            "x",
            "i3",
            "<i16",
            "U",
            "S-1",
            "V99999999999",
            "M8[x]",
            "M8[0s]",
            "M8[s",
            "O",
            "é",
        ] {
            assert!(text.parse::<DType>().is_err(), "{text}");
        }
    }
}
