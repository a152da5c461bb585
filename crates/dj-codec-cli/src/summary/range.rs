//! The least and the greatest element of an array.

use dj_codecs::api::{Array, ByteOrder, DType, Kind, Order};

use super::element;

/// The least and the greatest element, in words; for truth values, how many are true. Nothing for arrays that have no order.
pub(super) fn of(array: &Array) -> Vec<(&'static str, String)> {
    if array.is_empty() {
        return Vec::new();
    }
    // The order of the elements does not matter here; what stands in one piece is not copied.
    let bytes = array
        .contiguous_bytes(Order::Fortran)
        .unwrap_or_else(|| array.to_bytes(Order::C));
    let big = array.dtype().byte_order() == ByteOrder::Big;
    macro_rules! integers {
        ($type:ty) => {{
            let (least, greatest) =
                extremes::<$type, { size_of::<$type>() }>(&bytes, big, <$type>::from_le_bytes, |_| true);
            (least.map(|n| n.to_string()), greatest.map(|n| n.to_string()))
        }};
    }
    macro_rules! floats {
        ($read:expr) => {{
            let (least, greatest) = extremes::<f64, _>(&bytes, big, $read, |number| !number.is_nan());
            (least.map(element::float), greatest.map(element::float))
        }};
    }
    let (least, greatest) = match array.dtype().kind() {
        Kind::Bool => {
            return vec![(
                "true",
                format!("{} of {}", bytes.iter().filter(|&&b| b != 0).count(), array.len()),
            )];
        }
        Kind::Int8 => integers!(i8),
        Kind::Int16 => integers!(i16),
        Kind::Int32 => integers!(i32),
        Kind::Int64 => integers!(i64),
        Kind::UInt8 => integers!(u8),
        Kind::UInt16 => integers!(u16),
        Kind::UInt32 => integers!(u32),
        Kind::UInt64 => integers!(u64),
        Kind::Float16 => floats!(|bytes: [u8; 2]| half::f16::from_le_bytes(bytes).to_f64()),
        Kind::Float32 => {
            let (least, greatest) =
                extremes::<f32, 4>(&bytes, big, f32::from_le_bytes, |number| !number.is_nan());
            (least.map(element::float32), greatest.map(element::float32))
        }
        Kind::Float64 => floats!(f64::from_le_bytes),
        Kind::DateTime64(_) | Kind::TimeDelta64(_) => {
            let (least, greatest) =
                extremes::<i64, 8>(&bytes, big, i64::from_le_bytes, |steps| *steps != i64::MIN);
            let little = DType::new(array.dtype().kind().clone());
            let text = |steps: i64| element::text(&little, &steps.to_le_bytes());
            (least.map(text), greatest.map(text))
        }
        _ => return Vec::new(),
    };
    match (least, greatest) {
        (Some(least), Some(greatest)) => vec![("min", least), ("max", greatest)],
        _ => Vec::new(),
    }
}

/// Reads elements of `N` bytes and keeps the least and the greatest of those that count.
fn extremes<T: PartialOrd + Copy, const N: usize>(
    bytes: &[u8],
    big: bool,
    read: impl Fn([u8; N]) -> T,
    counts: impl Fn(&T) -> bool,
) -> (Option<T>, Option<T>) {
    let mut range: Option<(T, T)> = None;
    let (elements, _) = bytes.as_chunks::<N>();
    for &element in elements {
        let mut element = element;
        if big {
            element.reverse();
        }
        let element = read(element);
        if !counts(&element) {
            continue;
        }
        range = Some(match range {
            None => (element, element),
            Some((least, greatest)) => (
                if element < least { element } else { least },
                if element > greatest { element } else { greatest },
            ),
        });
    }
    (range.map(|(least, _)| least), range.map(|(_, greatest)| greatest))
}

#[cfg(test)]
mod tests {
    use dj_codecs::api::Bytes;

    use super::*;

    fn range(dtype: &str, bytes: &[u8]) -> Vec<(&'static str, String)> {
        let dtype: DType = dtype.parse().unwrap();
        let shape = [bytes.len() / dtype.size()];
        of(&Array::new(dtype, &shape, Order::C, Bytes::copy_from_slice(bytes)).unwrap())
    }

    #[test]
    fn every_order_of_bytes_is_read() {
        assert_eq!(
            range("<i2", &[1, 0, 0xff, 0xff]),
            [("min", "-1".to_owned()), ("max", "1".to_owned())]
        );
        assert_eq!(
            range(">u2", &[1, 0, 0, 2]),
            [("min", "2".to_owned()), ("max", "256".to_owned())]
        );
        assert_eq!(range("|b1", &[1, 0, 1]), [("true", "2 of 3".to_owned())]);
        assert!(range("<c8", &[0; 16]).is_empty());
    }

    #[test]
    fn what_is_no_number_or_no_time_does_not_count() {
        let floats: Vec<u8> = [f64::NAN, -1.5, 2.0]
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        assert_eq!(
            range("<f8", &floats),
            [("min", "-1.5".to_owned()), ("max", "2.0".to_owned())]
        );
        assert!(range("<f8", &f64::NAN.to_le_bytes()).is_empty());
        let days: Vec<u8> = [i64::MIN, 0, 31]
            .iter()
            .flat_map(|days| days.to_le_bytes())
            .collect();
        assert_eq!(
            range("<M8[D]", &days),
            [("min", "1970-01-01".to_owned()), ("max", "1970-02-01".to_owned())]
        );
    }
}
