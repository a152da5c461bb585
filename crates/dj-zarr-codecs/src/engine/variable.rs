//! Texts and bytes of any length, as numcodecs' `vlen-utf8` and `vlen-bytes` store them.

use bytes::Bytes;
use dj_codec_api::{Error, Result, Value};

use crate::dtype::ElementType;

/// The elements of a chunk: their number, then each as its length and its bytes.
///
/// # Errors
/// Where there are not `count` of them, or a text is no UTF-8.
pub(crate) fn parse(bytes: Vec<u8>, count: usize, element: &ElementType) -> Result<Vec<Value>> {
    let cut = || Error::corrupt("the texts of the chunk are cut short");
    let bytes = Bytes::from(bytes);
    let length_at = |at: usize| -> Result<usize> {
        let four = bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk::<4>())
            .ok_or_else(cut)?;
        Ok(u32::from_le_bytes(*four) as usize)
    };
    let found = length_at(0)?;
    if found != count {
        return Err(Error::corrupt(format!(
            "the chunk has {found} elements where {count} belong"
        )));
    }
    // Each takes at least its length, so a count that lies allocates no more than the chunk has.
    if bytes.len() / 4 < count {
        return Err(cut());
    }
    let mut values = Vec::with_capacity(count);
    let mut at = 4;
    for _ in 0..count {
        let length = length_at(at)?;
        let end = at.saturating_add(4).saturating_add(length);
        if end > bytes.len() {
            return Err(cut());
        }
        let one = bytes.slice(at + 4..end);
        values.push(match element {
            ElementType::Text => Value::Str(
                String::from_utf8(one.to_vec())
                    .map_err(|error| Error::corrupt("a text is no UTF-8").caused_by(error))?,
            ),
            _ => Value::Bytes(one),
        });
        at = end;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_checked() {
        let good = [2, 0, 0, 0, 2, 0, 0, 0, b'a', b'b', 0, 0, 0, 0];
        let values = parse(good.to_vec(), 2, &ElementType::Text).unwrap();
        assert_eq!(values, [Value::from("ab"), Value::from("")]);
        assert!(parse(good.to_vec(), 3, &ElementType::Text).is_err());
        for end in 0..good.len() {
            assert!(
                parse(good[..end].to_vec(), 2, &ElementType::Text).is_err(),
                "{end}"
            );
        }
        assert!(parse(vec![255; 12], u32::MAX as usize, &ElementType::Text).is_err());
        assert!(parse(vec![1, 0, 0, 0, 1, 0, 0, 0, 0xff], 1, &ElementType::Text).is_err());
        assert_eq!(
            parse(vec![1, 0, 0, 0, 1, 0, 0, 0, 9], 1, &ElementType::Bytes).unwrap(),
            [Value::Bytes(Bytes::from_static(&[9]))]
        );
    }
}
