//! Turns elements into little-endian ones in their place.

use dj_codec_api::{ByteOrder, DType, Kind};

/// Whether elements of this type are changed by [`to_little_endian`].
pub(crate) fn has_big_endian(dtype: &DType) -> bool {
    match dtype.kind() {
        Kind::Struct(record) => record.fields().iter().any(|field| has_big_endian(&field.dtype)),
        _ => dtype.byte_order() == ByteOrder::Big && dtype.swap_unit() != Some(1),
    }
}

/// Turns elements of `dtype` into little-endian ones.
pub(crate) fn to_little_endian(dtype: &DType, elements: &mut [u8]) {
    if !has_big_endian(dtype) || dtype.size() == 0 {
        return;
    }
    if let Kind::Struct(record) = dtype.kind() {
        for element in elements.chunks_exact_mut(dtype.size()) {
            for field in record.fields() {
                let size = field.size().unwrap_or(0);
                if let Some(bytes) = element.get_mut(field.offset..field.offset.saturating_add(size)) {
                    to_little_endian(&field.dtype, bytes);
                }
            }
        }
        return;
    }
    match dtype.swap_unit().unwrap_or(1) {
        2 => elements
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .for_each(|unit| unit.reverse()),
        4 => elements
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|unit| unit.reverse()),
        8 => elements
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .for_each(|unit| unit.reverse()),
        unit => elements.chunks_exact_mut(unit).for_each(<[u8]>::reverse),
    }
}

#[cfg(test)]
mod tests {
    use dj_codec_api::{Field, StructType};

    use super::*;

    #[test]
    fn numbers_texts_and_fields_are_turned() {
        let mut numbers = [1, 2, 3, 4, 5, 6, 7, 8];
        to_little_endian(&">c8".parse().unwrap(), &mut numbers);
        assert_eq!(numbers, [4, 3, 2, 1, 8, 7, 6, 5]);
        let mut text = [0, 0, 0, b'a', 0, 0, 0, b'b'];
        to_little_endian(&">U2".parse().unwrap(), &mut text);
        assert_eq!(text, [b'a', 0, 0, 0, b'b', 0, 0, 0]);
        let fields = vec![
            Field::new("a", "|u1".parse().unwrap(), 0),
            Field::new("b", ">i2".parse().unwrap(), 1),
        ];
        let record = DType::new(Kind::Struct(StructType::new(fields, 3).unwrap()));
        let mut records = [1, 2, 3, 4, 5, 6];
        to_little_endian(&record, &mut records);
        assert_eq!(records, [1, 3, 2, 4, 6, 5]);
    }
}
