//! The filters of numcodecs: transformations of numbers, undone element by element.

use std::borrow::Cow;

use dj_codec_api::{ByteOrder, DType, Error, Json, Kind, Result};

/// A filter. The first type is that of the decoded elements, the second that of the encoded ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    /// Differences to the element before.
    Delta { decoded: Number, encoded: Number },
    /// `(x - offset) * scale`, rounded.
    FixedScaleOffset {
        decoded: Number,
        encoded: Number,
        offset: f64,
        scale: f64,
    },
    /// Another type; rounding may have come before.
    AsType { decoded: Number, encoded: Number },
    /// Mantissas cut short, which cannot be undone and need not be.
    Identity,
    /// Eight truth values a byte, after a byte that counts the bits that pad.
    PackBits,
}

/// A type of number as filters know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    class: Class,
    size: usize,
    order: ByteOrder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Signed,
    Unsigned,
    Float,
}

impl Filter {
    /// The filter of this name; `None` where there is none here.
    ///
    /// # Errors
    /// Where its configuration makes no sense.
    pub(super) fn parse(name: &str, configuration: &Json) -> Result<Option<Self>> {
        let wrong = |key: &str| Error::corrupt(format!("the filter {name} has no proper {key}"));
        let number = |key: &str| match configuration.get(key).and_then(Json::as_str) {
            Some(text) => Number::parse(text).map_err(|error| wrong(key).caused_by(error)),
            None => Err(wrong(key)),
        };
        let encoded = |decoded: Number| match configuration.get("astype") {
            None | Some(Json::Null) => Ok(decoded),
            _ => number("astype"),
        };
        let float = |key: &str| {
            configuration
                .get(key)
                .and_then(Json::as_f64)
                .ok_or_else(|| wrong(key))
        };
        Ok(Some(match name {
            "delta" => {
                let decoded = number("dtype")?;
                Self::Delta {
                    decoded,
                    encoded: encoded(decoded)?,
                }
            }
            "fixedscaleoffset" => {
                let decoded = number("dtype")?;
                Self::FixedScaleOffset {
                    decoded,
                    encoded: encoded(decoded)?,
                    offset: float("offset")?,
                    scale: float("scale")?,
                }
            }
            "quantize" => {
                let decoded = number("dtype")?;
                Self::AsType {
                    decoded,
                    encoded: encoded(decoded)?,
                }
            }
            "astype" => Self::AsType {
                decoded: number("decode_dtype")?,
                encoded: number("encode_dtype")?,
            },
            "bitround" => Self::Identity,
            "packbits" => Self::PackBits,
            _ => return Ok(None),
        }))
    }

    /// How many bytes the filter makes of `decoded` ones.
    pub(super) fn encoded_size(&self, decoded: usize) -> Option<usize> {
        match self {
            Self::Identity => Some(decoded),
            Self::PackBits => decoded.div_ceil(8).checked_add(1),
            Self::Delta {
                decoded: from,
                encoded,
            }
            | Self::FixedScaleOffset {
                decoded: from,
                encoded,
                ..
            }
            | Self::AsType {
                decoded: from,
                encoded,
            } => (decoded / from.size).checked_mul(encoded.size),
        }
    }

    /// Undoes the filter; the result has at most `limit` bytes.
    ///
    /// # Errors
    /// Where the bytes are no elements of the filter's type.
    pub(super) fn decode<'a>(&self, bytes: Cow<'a, [u8]>, limit: usize) -> Result<Cow<'a, [u8]>> {
        let (from, to) = match self {
            Self::Identity => return Ok(bytes),
            Self::PackBits => return unpack_bits(&bytes, limit).map(Cow::Owned),
            Self::Delta { decoded, encoded }
            | Self::FixedScaleOffset { decoded, encoded, .. }
            | Self::AsType { decoded, encoded } => (*encoded, *decoded),
        };
        if !bytes.len().is_multiple_of(from.size) {
            return Err(Error::corrupt(format!(
                "{} bytes are no whole number of elements of the filter",
                bytes.len()
            )));
        }
        let size = bytes.len() / from.size * to.size;
        if size > limit {
            return Err(Error::limit("chunk bytes", size as u64, limit as u64));
        }
        let mut out = Vec::with_capacity(size);
        let elements = bytes.chunks_exact(from.size);
        match self {
            Self::Delta { .. } if to.class == Class::Float => {
                let mut sum = 0.0;
                for element in elements {
                    sum += from.read_float(element);
                    // The running sum is kept in the precision of the elements, as NumPy keeps it.
                    if to.size == 4 {
                        sum = f64::from(sum as f32);
                    }
                    to.push_float(sum, &mut out);
                }
            }
            Self::Delta { .. } => {
                let mut sum = 0_u64;
                for element in elements {
                    sum = sum.wrapping_add(from.read_int(element));
                    to.push_int(sum, &mut out);
                }
            }
            Self::FixedScaleOffset { offset, scale, .. } => {
                let single = from.class == Class::Float && from.size == 4;
                for element in elements {
                    let number = from.read_float(element);
                    let number = if single {
                        f64::from(number as f32 / *scale as f32 + *offset as f32)
                    } else {
                        number / scale + offset
                    };
                    to.push_float(number, &mut out);
                }
            }
            _ if from.class == Class::Float || to.class == Class::Float => {
                elements.for_each(|element| to.push_float(from.read_float(element), &mut out));
            }
            _ => elements.for_each(|element| to.push_int(from.read_int(element), &mut out)),
        }
        Ok(Cow::Owned(out))
    }
}

fn unpack_bits(bytes: &[u8], limit: usize) -> Result<Vec<u8>> {
    let wrong = || Error::corrupt("the packed bits are cut short");
    let (&padding, packed) = bytes.split_first().ok_or_else(wrong)?;
    let bits = packed
        .len()
        .saturating_mul(8)
        .checked_sub(usize::from(padding))
        .ok_or_else(wrong)?;
    if bits > limit {
        return Err(Error::limit("chunk bytes", bits as u64, limit as u64));
    }
    let all = packed
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    Ok(all.take(bits).collect())
}

impl Number {
    fn parse(text: &str) -> Result<Self> {
        let dtype: DType = text.parse()?;
        let class = match dtype.kind() {
            Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => Class::Signed,
            // NumPy differences of times are whole numbers too.
            Kind::DateTime64(_) | Kind::TimeDelta64(_) => Class::Signed,
            Kind::Bool | Kind::UInt8 | Kind::UInt16 | Kind::UInt32 | Kind::UInt64 => Class::Unsigned,
            Kind::Float32 | Kind::Float64 => Class::Float,
            _ => {
                return Err(Error::unsupported(format!(
                    "filters on elements of dtype {dtype} are not known here"
                )));
            }
        };
        Ok(Self {
            class,
            size: dtype.size(),
            order: dtype.byte_order(),
        })
    }

    fn little(self, element: &[u8]) -> [u8; 8] {
        let mut wide = [0; 8];
        if let Some(head) = wide.get_mut(..self.size) {
            head.copy_from_slice(element);
            if self.order == ByteOrder::Big {
                head.reverse();
            }
        }
        wide
    }

    /// The number modulo 2^64, which keeps the sign.
    fn read_int(self, element: &[u8]) -> u64 {
        let number = u64::from_le_bytes(self.little(element));
        match self.class {
            Class::Signed => {
                let unused = 64 - 8 * self.size as u32;
                ((number << unused).cast_signed() >> unused).cast_unsigned()
            }
            Class::Unsigned => number,
            Class::Float => self.read_float(element) as i64 as u64,
        }
    }

    fn read_float(self, element: &[u8]) -> f64 {
        let wide = self.little(element);
        match (self.class, self.size) {
            (Class::Float, 4) => f64::from(f32::from_le_bytes([wide[0], wide[1], wide[2], wide[3]])),
            (Class::Float, _) => f64::from_le_bytes(wide),
            (Class::Signed, _) => self.read_int(element).cast_signed() as f64,
            (Class::Unsigned, _) => self.read_int(element) as f64,
        }
    }

    fn push_float(self, number: f64, out: &mut Vec<u8>) {
        match (self.class, self.size) {
            (Class::Float, 4) => self.push(&(number as f32).to_le_bytes(), out),
            (Class::Float, _) => self.push(&number.to_le_bytes(), out),
            (Class::Signed, _) => self.push_int((number as i64).cast_unsigned(), out),
            (Class::Unsigned, _) => self.push_int(number as u64, out),
        }
    }

    fn push_int(self, number: u64, out: &mut Vec<u8>) {
        match self.class {
            Class::Float => self.push_float(number.cast_signed() as f64, out),
            _ => self.push(&number.to_le_bytes(), out),
        }
    }

    fn push(self, little: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.extend(little.iter().take(self.size));
        if self.order == ByteOrder::Big
            && let Some(element) = out.get_mut(start..)
        {
            element.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decode(name: &str, configuration: Json, bytes: &[u8]) -> Vec<u8> {
        let filter = Filter::parse(name, &configuration).unwrap().unwrap();
        let decoded = filter.decode(Cow::Borrowed(bytes), 1 << 20).unwrap().into_owned();
        if name != "packbits" {
            assert_eq!(filter.encoded_size(decoded.len()), Some(bytes.len()));
        }
        decoded
    }

    #[test]
    fn numbers_come_back() {
        let delta = json!({"dtype": ">i2", "astype": "|i1"});
        assert_eq!(
            decode("delta", delta, &[100, 100, 0xff]),
            [0, 100, 0, 200, 0, 199]
        );
        let scaled = json!({"dtype": "<f4", "astype": "|u1", "offset": 1000, "scale": 10});
        let floats: Vec<u8> = [1000.0_f32, 1000.1, 1025.5]
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        assert_eq!(decode("fixedscaleoffset", scaled, &[0, 1, 255]), floats);
        let types = json!({"encode_dtype": "<i2", "decode_dtype": "<f8"});
        assert_eq!(decode("astype", types, &[0xfe, 0xff]), (-2.0_f64).to_le_bytes());
        assert_eq!(decode("packbits", json!({}), &[5, 0b1010_0000]), [1, 0, 1]);
        assert_eq!(decode("bitround", json!({"keepbits": 3}), &[1, 2, 3]), [1, 2, 3]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (name, configuration) in [
            ("delta", json!({})),
            ("delta", json!({"dtype": "<U3"})),
            ("astype", json!({"encode_dtype": "<i2"})),
            ("fixedscaleoffset", json!({"dtype": "<f4", "offset": 1})),
        ] {
            assert!(
                Filter::parse(name, &configuration).is_err(),
                "{name} {configuration}"
            );
        }
        assert_eq!(Filter::parse("categorize", &json!({})).unwrap(), None);
        assert!(unpack_bits(&[], 10).is_err());
        assert!(unpack_bits(&[9, 0], 10).is_err());
        assert!(unpack_bits(&[0, 0, 0], 10).is_err());
    }
}
