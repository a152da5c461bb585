//! The least and the greatest element of an array.

use dj_codecs::api::{Array, ByteOrder, DType, Kind, Order};

use super::element;

/// The least and the greatest element of an array that comes in parts.
#[derive(Debug, Default)]
pub(super) struct Range {
    /// Nothing where there was no part, or where elements have no order.
    ends: Option<(Number, Number)>,
    /// How many truth values are true.
    truths: usize,
}

/// An element as a number that any other of its dtype can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Number {
    Whole(i128),
    Real(f64),
}

impl Range {
    /// Takes a part in.
    pub(super) fn take(&mut self, part: &Array) {
        if part.is_empty() {
            return;
        }
        // The order of the elements does not matter here; what stands in one piece is not copied.
        let bytes = part
            .contiguous_bytes(Order::Fortran)
            .unwrap_or_else(|| part.to_bytes(Order::C));
        if *part.dtype().kind() == Kind::Bool {
            self.truths += bytes.iter().filter(|&&byte| byte != 0).count();
            return;
        }
        let Some((least, greatest)) = ends(part.dtype(), &bytes) else {
            return;
        };
        self.ends = Some(match self.ends {
            None => (least, greatest),
            Some((low, high)) => (
                if least < low { least } else { low },
                if greatest > high { greatest } else { high },
            ),
        });
    }

    /// The least and the greatest element, in words; for truth values, how many of so many are true. Nothing for arrays that
    /// have no order.
    pub(super) fn words(&self, dtype: &DType, elements: u64) -> Vec<(&'static str, String)> {
        if *dtype.kind() == Kind::Bool && elements > 0 {
            return vec![("true", format!("{} of {elements}", self.truths))];
        }
        let little = DType::new(dtype.kind().clone());
        let text = |number: Number| match (number, dtype.kind()) {
            (Number::Whole(steps), Kind::DateTime64(_) | Kind::TimeDelta64(_)) => {
                let steps = i64::try_from(steps).unwrap_or_default();
                element::text(&little, &steps.to_le_bytes())
            }
            (Number::Whole(number), _) => number.to_string(),
            (Number::Real(number), Kind::Float32) => element::float32(number as f32),
            (Number::Real(number), _) => element::float(number),
        };
        match self.ends {
            Some((least, greatest)) => vec![("min", text(least)), ("max", text(greatest))],
            None => Vec::new(),
        }
    }
}

/// The least and the greatest of these elements.
fn ends(dtype: &DType, bytes: &[u8]) -> Option<(Number, Number)> {
    let big = dtype.byte_order() == ByteOrder::Big;
    macro_rules! integers {
        ($type:ty) => {{
            let ends =
                extremes::<$type, { size_of::<$type>() }>(bytes, big, <$type>::from_le_bytes, |_| true);
            let whole = |number| Number::Whole(i128::from(number));
            ends.map(|(least, greatest)| (whole(least), whole(greatest)))
        }};
    }
    macro_rules! floats {
        ($type:ty, $read:expr) => {{
            let ends = extremes::<$type, _>(bytes, big, $read, |number| !number.is_nan());
            let real = |number| Number::Real(f64::from(number));
            ends.map(|(least, greatest)| (real(least), real(greatest)))
        }};
    }
    match dtype.kind() {
        Kind::Int8 => integers!(i8),
        Kind::Int16 => integers!(i16),
        Kind::Int32 => integers!(i32),
        Kind::Int64 => integers!(i64),
        Kind::UInt8 => integers!(u8),
        Kind::UInt16 => integers!(u16),
        Kind::UInt32 => integers!(u32),
        Kind::UInt64 => integers!(u64),
        Kind::Float16 => floats!(f64, |bytes: [u8; 2]| half::f16::from_le_bytes(bytes).to_f64()),
        Kind::Float32 => floats!(f32, f32::from_le_bytes),
        Kind::Float64 => floats!(f64, f64::from_le_bytes),
        Kind::DateTime64(_) | Kind::TimeDelta64(_) => {
            let ends = extremes::<i64, 8>(bytes, big, i64::from_le_bytes, |steps| *steps != i64::MIN);
            ends.map(|(least, greatest)| (Number::Whole(least.into()), Number::Whole(greatest.into())))
        }
        _ => None,
    }
}

/// Reads elements of `N` bytes and keeps the least and the greatest of those that count.
fn extremes<T: PartialOrd + Copy, const N: usize>(
    bytes: &[u8],
    big: bool,
    read: impl Fn([u8; N]) -> T,
    counts: impl Fn(&T) -> bool,
) -> Option<(T, T)> {
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
    range
}

#[cfg(test)]
mod tests {
    use dj_codecs::api::Bytes;

    use super::*;

    fn range(dtype: &str, bytes: &[u8]) -> Vec<(&'static str, String)> {
        let dtype: DType = dtype.parse().unwrap();
        let shape = [bytes.len() / dtype.size()];
        let array = Array::new(dtype.clone(), &shape, Order::C, Bytes::copy_from_slice(bytes)).unwrap();
        let mut whole = Range::default();
        whole.take(&array);
        // In parts it is the same.
        let mut parts = Range::default();
        for row in 0..shape[0] {
            parts.take(&array.rows(row..row + 1).unwrap());
        }
        let words = whole.words(&dtype, array.len() as u64);
        assert_eq!(parts.words(&dtype, array.len() as u64), words);
        words
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
