//! One element of an array, in words.

use dj_codecs::api::{ByteOrder, DType, Field, Kind, StructType};

use super::{calendar, shortened};

/// One element in words. `bytes` are those of the element, in the byte order of the dtype.
pub(super) fn text(dtype: &DType, bytes: &[u8]) -> String {
    let order = dtype.byte_order();
    macro_rules! number {
        ($type:ty) => {
            read(bytes, order)
                .map(<$type>::from_le_bytes)
                .map(|number| number.to_string())
        };
    }
    let shown = match dtype.kind() {
        Kind::Bool => bytes.first().map(|&byte| (byte != 0).to_string()),
        Kind::Int8 => number!(i8),
        Kind::Int16 => number!(i16),
        Kind::Int32 => number!(i32),
        Kind::Int64 => number!(i64),
        Kind::UInt8 => number!(u8),
        Kind::UInt16 => number!(u16),
        Kind::UInt32 => number!(u32),
        Kind::UInt64 => number!(u64),
        Kind::Float16 => read(bytes, order).map(|two| float(half::f16::from_le_bytes(two).to_f64())),
        Kind::Float32 => read(bytes, order).map(f32::from_le_bytes).map(float32),
        Kind::Float64 => read(bytes, order).map(f64::from_le_bytes).map(float),
        Kind::LongDouble => read(bytes, order).map(|sixteen| float(long_double(sixteen))),
        Kind::Complex64 => complex(bytes, Kind::Float32, order),
        Kind::Complex128 => complex(bytes, Kind::Float64, order),
        Kind::ComplexLongDouble => complex(bytes, Kind::LongDouble, order),
        Kind::Bytes(_) => {
            let end = bytes
                .iter()
                .rposition(|&byte| byte != 0)
                .map_or(0, |last| last + 1);
            bytes
                .get(..end)
                .map(|bytes| format!("b\"{}\"", bytes.escape_ascii()))
        }
        Kind::Unicode(_) => Some(format!("{:?}", unicode(bytes, order))),
        Kind::Void(_) => Some(data_encoding::HEXLOWER.encode(bytes)),
        Kind::DateTime64(unit) => {
            read(bytes, order).map(|eight| calendar::moment(i64::from_le_bytes(eight), *unit))
        }
        Kind::TimeDelta64(unit) => {
            read(bytes, order).map(|eight| calendar::duration(i64::from_le_bytes(eight), *unit))
        }
        Kind::Struct(record) => Some(structure(record, bytes)),
        _ => None,
    };
    shortened(&shown.unwrap_or_else(|| "?".into()))
}

/// A float so that it differs from an int.
pub(super) fn float(number: f64) -> String {
    format!("{number:?}")
}

/// The same in single precision, which has fewer digits.
pub(super) fn float32(number: f32) -> String {
    format!("{number:?}")
}

/// The bytes of one number, little-endian.
fn read<const N: usize>(bytes: &[u8], order: ByteOrder) -> Option<[u8; N]> {
    let mut number: [u8; N] = bytes.try_into().ok()?;
    if order == ByteOrder::Big {
        number.reverse();
    }
    Some(number)
}

fn complex(bytes: &[u8], part: Kind, order: ByteOrder) -> Option<String> {
    let (real, imaginary) = bytes.split_at_checked(bytes.len() / 2)?;
    let part = DType::with_order(part, order);
    let imaginary = text(&part, imaginary);
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    Some(format!("{}{sign}{imaginary}j", text(&part, real)))
}

/// The 80-bit number in 16 bytes, as near as an `f64` comes.
fn long_double(bytes: [u8; 16]) -> f64 {
    let bits = u128::from_le_bytes(bytes);
    let mantissa = bits as u64 as f64;
    let exponent = i32::from((bits >> 64) as u16 & 0x7fff);
    let size = match exponent {
        0x7fff if bits as u64 == 1 << 63 => f64::INFINITY,
        0x7fff => f64::NAN,
        _ => mantissa * f64::from(exponent - 16_383 - 63).exp2(),
    };
    if bits >> 79 & 1 == 1 { -size } else { size }
}

fn unicode(bytes: &[u8], order: ByteOrder) -> String {
    let (points, _) = bytes.as_chunks::<4>();
    let text: String = points
        .iter()
        .map(|&point| {
            if order == ByteOrder::Big {
                u32::from_be_bytes(point)
            } else {
                u32::from_le_bytes(point)
            }
        })
        .map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    text.trim_end_matches('\0').to_owned()
}

fn structure(record: &StructType, bytes: &[u8]) -> String {
    let fields: Vec<String> = record
        .fields()
        .iter()
        .map(|field| format!("{}: {}", field.name, field_text(field, bytes)))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn field_text(field: &Field, bytes: &[u8]) -> String {
    let end = field.size().and_then(|size| size.checked_add(field.offset));
    let bytes = end
        .and_then(|end| bytes.get(field.offset..end))
        .unwrap_or_default();
    if field.shape.is_empty() {
        return text(&field.dtype, bytes);
    }
    let mut items: Vec<String> = bytes
        .chunks_exact(field.dtype.size().max(1))
        .take(4)
        .map(|item| text(&field.dtype, item))
        .collect();
    if bytes.len() > 4 * field.dtype.size() {
        items.push("...".into());
    }
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(dtype: &str, bytes: &[u8]) -> String {
        text(&dtype.parse().unwrap(), bytes)
    }

    #[test]
    fn every_kind_has_words() {
        assert_eq!(shown("|b1", &[1]), "true");
        assert_eq!(shown(">i2", &[0xff, 0xfe]), "-2");
        assert_eq!(shown("<u8", &[0xff; 8]), u64::MAX.to_string());
        assert_eq!(shown("<f2", &[0, 0x3c]), "1.0");
        assert_eq!(shown("<f4", &0.1_f32.to_le_bytes()), "0.1");
        assert_eq!(shown(">f8", &f64::NAN.to_be_bytes()), "NaN");
        let mut complex = 1.5_f32.to_le_bytes().to_vec();
        complex.extend((-2.0_f32).to_le_bytes());
        assert_eq!(shown("<c8", &complex), "1.5-2.0j");
        assert_eq!(shown("|S5", b"a\0b\0\0"), "b\"a\\x00b\"");
        assert_eq!(
            shown("<U3", &[0xe9, 0, 0, 0, 0x62, 0, 0, 0, 0, 0, 0, 0]),
            "\"éb\""
        );
        assert_eq!(shown(">U1", &[0, 0, 0, 0x62]), "\"b\"");
        assert_eq!(shown("|V2", &[1, 0xab]), "01ab");
        assert_eq!(shown("<m8[us]", &5_i64.to_le_bytes()), "5 us");
        assert_eq!(shown("<M8[s]", &i64::MIN.to_le_bytes()), "NaT");
    }

    #[test]
    fn long_doubles_come_near() {
        // 1.0: exponent 16383, integer bit set.
        let mut one = [0; 16];
        one[7] = 0x80;
        one[8] = 0xff;
        one[9] = 0x3f;
        assert_eq!(shown("<f16", &one), "1.0");
        one[9] = 0xbf;
        one[8] = 0xff;
        assert_eq!(shown("<f16", &one), "-1.0");
        one[9] = 0x7f;
        assert_eq!(shown("<f16", &one), "inf");
        assert_eq!(shown("<f16", &[0; 16]), "0.0");
    }

    #[test]
    fn structures_name_their_fields() {
        let mut pair = Field::new("b", "<i2".parse().unwrap(), 4);
        pair.shape = vec![2];
        let fields = vec![Field::new("a", ">i4".parse().unwrap(), 0), pair];
        let dtype = DType::new(Kind::Struct(StructType::new(fields, 8).unwrap()));
        assert_eq!(text(&dtype, &[0, 0, 0, 7, 1, 0, 2, 0]), "{a: 7, b: [1, 2]}");
    }

    #[test]
    fn too_few_bytes_are_no_panic() {
        for dtype in ["<i4", "<f2", "<c16", "<U2", "<M8[D]", "|S3"] {
            let _ = shown(dtype, &[]);
        }
    }
}
