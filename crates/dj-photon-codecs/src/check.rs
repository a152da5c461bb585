//! What a movie may hold, looked at before it is written.

use dj_codec_api::{Array, DType, Error, Kind, Order, Result};
use half::f16;
use rayon::prelude::*;

use crate::map::is_number;

/// Which values are taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Accepted {
    /// The largest value; anything finite where there is none.
    pub(crate) high: Option<u32>,
}

/// Refuses elements that cannot be counts.
pub(crate) fn dtype(dtype: &DType) -> Result<()> {
    if is_number(dtype) {
        return Ok(());
    }
    Err(
        Error::invalid_value(format!("photon counts are integers or floats, these are {dtype}"))
            .advise("convert them to numbers"),
    )
}

/// Refuses arrays that are no movies.
pub(crate) fn dimensions(count: usize) -> Result<()> {
    if count >= 3 {
        return Ok(());
    }
    Err(Error::invalid_value(format!(
        "a movie has 3 dimensions or more (time, height, width, ...), this array has {count}"
    ))
    .advise("give a single image a time axis of length 1"))
}

/// Refuses values that are no photon counts. `frames` has frames along its first axis, of which the first has the number
/// `first` in its movie.
///
/// # Errors
/// Where one is negative, not finite, or larger than is taken: the text has the number of the first such frame, and where in
/// it the value is.
pub(crate) fn frames(frames: &Array, first: u64, accepted: Accepted) -> Result<()> {
    let unsigned = matches!(
        frames.dtype().kind(),
        Kind::Bool | Kind::UInt8 | Kind::UInt16 | Kind::UInt32 | Kind::UInt64
    );
    let largest = match frames.dtype().kind() {
        Kind::Bool => 1,
        Kind::UInt8 => u64::from(u8::MAX),
        Kind::UInt16 => u64::from(u16::MAX),
        _ => u64::MAX,
    };
    if unsigned && accepted.high.is_none_or(|high| largest <= u64::from(high)) {
        return Ok(());
    }
    let count = frames.shape().first().copied().unwrap_or(0);
    let found = (0..count).into_par_iter().find_map_first(|number| {
        let wrong = |error: Error| Some((number, error));
        let frame = match frames.rows(number..number + 1) {
            Ok(frame) => frame.to_little_endian().to_bytes(Order::C),
            Err(error) => return wrong(error),
        };
        let (index, value, why) = outside(&frame, frames.dtype().kind(), accepted)?;
        let at = position(index, frames.shape().get(1..).unwrap_or_default());
        let number_in_movie = first.saturating_add(number as u64);
        let text = format!("frame {number_in_movie} has {value} at {at:?}: {why}");
        wrong(Error::invalid_value(text))
    });
    found.map_or(Ok(()), |(_, error)| Err(error))
}

/// Where in a frame its element number `index` is.
fn position(index: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = index;
    let mut at: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let here = rest % length.max(1);
            rest /= length.max(1);
            here
        })
        .collect();
    at.reverse();
    at
}

/// The first value that is not taken: its index, itself, and why not.
fn outside(bytes: &[u8], kind: &Kind, accepted: Accepted) -> Option<(usize, String, String)> {
    const NEGATIVE: &str = "photon counts cannot be negative";
    const NOT_FINITE: &str = "photon counts cannot be infinite, nor not a number";
    let beyond = |high: u32| {
        format!(
            "the quantised format takes values up to {high}; store the movie without loss, or scale its values down"
        )
    };
    macro_rules! integers {
        ($type:ty, $negative:expr) => {{
            let high = accepted.high.map_or(<$type>::MAX, |high| {
                <$type>::try_from(high).unwrap_or(<$type>::MAX)
            });
            let read = |bytes: &[u8; size_of::<$type>()]| <$type>::from_le_bytes(*bytes);
            let elements = bytes.as_chunks::<{ size_of::<$type>() }>().0;
            // A pass that the compiler can make vectors of, and another only where something is wrong.
            let (low, top) = elements
                .iter()
                .fold((<$type>::MAX, <$type>::MIN), |(low, top), element| {
                    (low.min(read(element)), top.max(read(element)))
                });
            if elements.is_empty() || ($negative(low) == false && top <= high) {
                return None;
            }
            elements.iter().map(read).enumerate().find_map(|(index, value)| {
                if $negative(value) {
                    Some((index, value.to_string(), NEGATIVE.to_owned()))
                } else {
                    (value > high).then(|| (index, value.to_string(), beyond(accepted.high.unwrap_or(0))))
                }
            })
        }};
    }
    macro_rules! floats {
        ($bits:ty, $read:expr) => {{
            let high = accepted.high.map_or(f64::MAX, f64::from);
            let read = |bytes: &[u8; size_of::<$bits>()]| -> f64 { $read(<$bits>::from_le_bytes(*bytes)) };
            bytes
                .as_chunks::<{ size_of::<$bits>() }>()
                .0
                .iter()
                .map(read)
                .enumerate()
                .find_map(|(index, value)| {
                    let why = if !value.is_finite() {
                        NOT_FINITE.to_owned()
                    } else if value < 0.0 {
                        NEGATIVE.to_owned()
                    } else if value > high {
                        beyond(accepted.high.unwrap_or(0))
                    } else {
                        return None;
                    };
                    Some((index, value.to_string(), why))
                })
        }};
    }
    match kind {
        Kind::Int8 => integers!(i8, |value: i8| value < 0),
        Kind::Int16 => integers!(i16, |value: i16| value < 0),
        Kind::Int32 => integers!(i32, |value: i32| value < 0),
        Kind::Int64 => integers!(i64, |value: i64| value < 0),
        Kind::Bool | Kind::UInt8 => integers!(u8, |_: u8| false),
        Kind::UInt16 => integers!(u16, |_: u16| false),
        Kind::UInt32 => integers!(u32, |_: u32| false),
        Kind::UInt64 => integers!(u64, |_: u64| false),
        Kind::Float16 => floats!(u16, |bits| f16::from_bits(bits).to_f64()),
        Kind::Float32 => floats!(u32, |bits| f64::from(f32::from_bits(bits))),
        Kind::Float64 => floats!(u64, f64::from_bits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(array: &Array, high: Option<u32>) -> String {
        frames(array, 100, Accepted { high }).unwrap_err().to_string()
    }

    #[test]
    fn the_first_wrong_frame_is_named() {
        let mut counts = vec![5_i16; 4 * 6];
        counts[3 * 6 + 1] = -7;
        counts[2 * 6 + 4] = -1;
        let movie = Array::from_vec(counts, &[4, 2, 3]).unwrap();
        let text = refusal(&movie, None);
        assert!(
            text.contains("frame 102 has -1 at [1, 1]") && text.contains("negative"),
            "{text}"
        );
        assert!(frames(&movie.rows(0..2).unwrap(), 0, Accepted::default()).is_ok());
        assert!(refusal(&movie.to_order(Order::Fortran), None).contains("frame 102 has -1 at [1, 1]"));
    }

    #[test]
    fn what_is_not_finite_is_no_count() {
        for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (-0.5, "-0.5")] {
            let movie = Array::from_vec(vec![0.0, 1.5, value, 2.0], &[4, 1, 1]).unwrap();
            assert!(refusal(&movie, None).contains(&format!("frame 102 has {shown} at [0, 0]")));
        }
        let zeros = Array::from_vec(vec![0.0_f64, -0.0], &[2, 1, 1]).unwrap();
        assert!(frames(&zeros, 0, Accepted::default()).is_ok());
        let half = Array::new("<f2".parse().unwrap(), &[1, 1, 1], Order::C, vec![0, 0xfc].into()).unwrap();
        assert!(refusal(&half, None).contains("-inf"));
    }

    #[test]
    fn what_no_code_stands_for_is_named() {
        let movie = Array::from_vec(vec![32_767_u16, 32_768], &[2, 1, 1]).unwrap();
        assert!(frames(&movie, 0, Accepted::default()).is_ok());
        assert!(refusal(&movie, Some(32_767)).contains("frame 101 has 32768"));
        let big = Array::new(">u2".parse().unwrap(), &[1, 1, 1], Order::C, vec![0, 200].into()).unwrap();
        assert!(frames(&big, 0, Accepted { high: Some(200) }).is_ok());
        assert!(refusal(&big, Some(199)).contains("has 200"));
    }
}
