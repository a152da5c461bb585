//! Frames into one picture of numbers, part by part.

use half::f16;

use dj_codecs::api::{Array, ByteOrder, Error, Kind, Result};

use super::fold;
use super::pixel::{self, Pixel};
use super::plan::{Plan, Projection};
use crate::failure::{Failure, Outcome};
use crate::progress::Progress;
use crate::region::{self, Parts, Source};

/// A picture of numbers: rows of pixels of one number each, or of three or four.
#[derive(Debug)]
pub(super) struct Picture {
    /// Pixels across.
    pub(super) width: u32,
    /// Pixels down.
    pub(super) height: u32,
    /// Numbers a pixel: 1, 3 or 4.
    pub(super) channels: usize,
    /// What the elements were.
    pub(super) pixel: Pixel,
    /// The numbers in C order.
    pub(super) values: Vec<f64>,
}

/// Reads what the plan says, with no more in memory than the picture and the part at hand.
pub(super) fn of(source: &dyn Source, plan: &Plan, most: u64, progress: &mut Progress) -> Outcome<Picture> {
    let pixel = pixel::of(source.dtype())?;
    let (width, height) = (plan.length(plan.columns), plan.length(plan.rows));
    let channels = plan.channels.map_or(1, |axis| plan.length(axis));
    let too_many = || {
        Failure::wanting(format!(
            "the picture would have {height} x {width} pixels, more than {most}; raise --max-pixels, or show another part \
             of the array with --axis"
        ))
    };
    let pixels = width
        .checked_mul(height)
        .filter(|&pixels| pixels <= most)
        .ok_or_else(too_many)?;
    let (Ok(across), Ok(down), Some(Ok(count)), Ok(channels)) = (
        u32::try_from(width),
        u32::try_from(height),
        pixels.checked_mul(channels).map(usize::try_from),
        usize::try_from(channels),
    ) else {
        return Err(too_many());
    };
    // What costs nothing to read is one part.
    let grain = source.grain();
    let (grain, budget) = match &grain {
        Some(grain) => (grain.as_slice(), region::BYTES),
        None => (source.shape(), u64::MAX),
    };
    let parts = Parts::new(&plan.region, grain, source.dtype().size() as u64, budget);
    let steps = Steps::new(plan, channels, across as usize);
    let total = parts.total();
    let mut slots = Slots::new(plan.projection, count)?;
    for (done, part) in parts.enumerate() {
        if total > 1 {
            progress.share("reading", done as u64, total);
        }
        let array = source.read(&part)?;
        slots.take(&array, &steps.of_axes, steps.offset(&part, plan))?;
    }
    Ok(Picture {
        width: across,
        height: down,
        channels,
        pixel,
        values: slots.into_values(),
    })
}

/// How far one step along each axis of the array leads in the picture; 0 along those that are not in it.
struct Steps {
    of_axes: Vec<usize>,
}

impl Steps {
    fn new(plan: &Plan, channels: usize, width: usize) -> Self {
        let step = |axis: usize| match axis {
            axis if axis == plan.columns => channels,
            axis if axis == plan.rows => channels.saturating_mul(width),
            axis if Some(axis) == plan.channels => 1,
            _ => 0,
        };
        Self {
            of_axes: (0..plan.region.len()).map(step).collect(),
        }
    }

    /// Where in the picture a part of the region begins.
    fn offset(&self, part: &[std::ops::Range<u64>], plan: &Plan) -> usize {
        part.iter()
            .zip(&plan.region)
            .zip(&self.of_axes)
            .fold(0, |offset, ((part, whole), step)| {
                let before = usize::try_from(part.start.saturating_sub(whole.start)).unwrap_or(usize::MAX);
                offset.saturating_add(before.saturating_mul(*step))
            })
    }
}

/// What is kept of each pixel while frames are read.
enum Slots {
    /// The greatest value so far; NaN where there is none.
    Greatest(Vec<f64>),
    /// The sum of so many values.
    Sums(Vec<(f64, u64)>),
}

impl Slots {
    fn new(projection: Projection, count: usize) -> Result<Self> {
        fn filled<T: Clone>(value: T, count: usize) -> Result<Vec<T>> {
            let mut slots = Vec::new();
            slots.try_reserve_exact(count).map_err(|error| {
                Error::unsupported("there is not the memory for so large a picture").caused_by(error)
            })?;
            slots.resize(count, value);
            Ok(slots)
        }
        Ok(match projection {
            Projection::Mean => Self::Sums(filled((0.0, 0), count)?),
            // The greatest of one frame is the frame.
            Projection::None | Projection::Max => Self::Greatest(filled(f64::NAN, count)?),
        })
    }

    /// Takes all elements of a part in.
    fn take(&mut self, array: &Array, steps: &[usize], offset: usize) -> Result<()> {
        match self {
            Self::Greatest(slots) => elements(array, steps, offset, slots, |slot, value| {
                if value > *slot || slot.is_nan() {
                    *slot = value;
                }
            }),
            Self::Sums(slots) => elements(array, steps, offset, slots, |(sum, count), value| {
                if !value.is_nan() {
                    *sum += value;
                    *count += 1;
                }
            }),
        }
    }

    fn into_values(self) -> Vec<f64> {
        match self {
            Self::Greatest(values) => values,
            // 0 / 0 is NaN, which is right for a pixel without any value.
            Self::Sums(sums) => sums.into_iter().map(|(sum, count)| sum / count as f64).collect(),
        }
    }
}

fn elements<S>(
    array: &Array,
    steps: &[usize],
    offset: usize,
    slots: &mut [S],
    put: impl Fn(&mut S, f64),
) -> Result<()> {
    let big = array.dtype().byte_order() == ByteOrder::Big;
    let target = fold::Target { slots, steps, offset };
    macro_rules! numbers {
        ($type:ty, $value:expr) => {
            if big {
                fold::each(
                    array,
                    target,
                    |bytes| $value(<$type>::from_be_bytes(bytes)),
                    put,
                )
            } else {
                fold::each(
                    array,
                    target,
                    |bytes| $value(<$type>::from_le_bytes(bytes)),
                    put,
                )
            }
        };
    }
    macro_rules! magnitudes {
        ($type:ty, $size:literal) => {
            fold::each(
                array,
                target,
                |bytes: [u8; 2 * $size]| {
                    let (parts, _) = bytes.as_chunks::<$size>();
                    let part = |part: Option<&[u8; $size]>| {
                        let bytes = part.copied().unwrap_or_default();
                        f64::from(if big {
                            <$type>::from_be_bytes(bytes)
                        } else {
                            <$type>::from_le_bytes(bytes)
                        })
                    };
                    part(parts.first()).hypot(part(parts.get(1)))
                },
                put,
            )
        };
    }
    match array.dtype().kind() {
        Kind::Bool => fold::each(array, target, |[byte]| f64::from(u8::from(byte != 0)), put),
        Kind::Int8 => numbers!(i8, f64::from),
        Kind::Int16 => numbers!(i16, f64::from),
        Kind::Int32 => numbers!(i32, f64::from),
        Kind::Int64 => numbers!(i64, |number| number as f64),
        Kind::UInt8 => numbers!(u8, f64::from),
        Kind::UInt16 => numbers!(u16, f64::from),
        Kind::UInt32 => numbers!(u32, f64::from),
        Kind::UInt64 => numbers!(u64, |number| number as f64),
        Kind::Float16 => numbers!(f16, f16::to_f64),
        Kind::Float32 => numbers!(f32, f64::from),
        Kind::Float64 => numbers!(f64, |number| number),
        Kind::Complex64 => magnitudes!(f32, 4),
        Kind::Complex128 => magnitudes!(f64, 8),
        // `pixel::of` has refused all others.
        _ => Err(Error::unsupported(format!("elements of dtype {}", array.dtype()))),
    }
}

#[cfg(test)]
mod tests {
    use dj_codecs::api::Order;

    use crate::region::Memory;

    use super::*;

    fn picture(array: &Array, projection: Projection, rows: usize, columns: usize) -> Vec<f64> {
        let shape: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
        let plan = Plan {
            region: shape.iter().map(|&length| 0..length).collect(),
            rows,
            columns,
            channels: None,
            projection,
            words: String::new(),
        };
        let source = Memory::new(array.clone());
        of(&source, &plan, 1000, &mut Progress::new()).unwrap().values
    }

    #[test]
    fn every_order_and_axis_gives_the_same() {
        let array = Array::from_vec(
            (0..24_i32).map(|number| number * number % 17).collect(),
            &[2, 3, 4],
        )
        .unwrap();
        let at = |t: usize, y: usize, x: usize| f64::from(((t * 12 + y * 4 + x) as i32).pow(2) % 17);
        for array in [
            array.clone(),
            array.to_order(Order::Fortran),
            Array::new(
                ">i4".parse().unwrap(),
                &[2, 3, 4],
                Order::C,
                array
                    .to_vec::<i32>()
                    .unwrap()
                    .iter()
                    .flat_map(|number| number.to_be_bytes())
                    .collect::<Vec<u8>>()
                    .into(),
            )
            .unwrap(),
        ] {
            let mean: Vec<f64> = (0..12)
                .map(|index| f64::midpoint(at(0, index / 4, index % 4), at(1, index / 4, index % 4)))
                .collect();
            assert_eq!(picture(&array, Projection::Mean, 1, 2), mean);
            let max: Vec<f64> = (0..8)
                .map(|index| (0..3).map(|y| at(index / 4, y, index % 4)).fold(0.0, f64::max))
                .collect();
            assert_eq!(picture(&array, Projection::Max, 0, 2), max);
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let array = Array::from_vec(
            (0..5 * 7 * 6_u16).map(|n| n.wrapping_mul(7919)).collect(),
            &[5, 7, 6],
        )
        .unwrap();
        let plan = Plan {
            region: vec![0..5, 0..7, 0..6],
            rows: 1,
            columns: 2,
            channels: None,
            projection: Projection::Mean,
            words: String::new(),
        };
        let steps = Steps::new(&plan, 1, 6);
        let whole = picture(&array, Projection::Mean, 1, 2);
        for grain in [[1, 7, 6], [2, 3, 4], [5, 1, 1]] {
            let mut slots = Slots::new(Projection::Mean, 42).unwrap();
            for part in Parts::new(&plan.region, &grain, 2, 1) {
                let read = Memory::new(array.clone()).read(&part).unwrap();
                slots
                    .take(&read, &steps.of_axes, steps.offset(&part, &plan))
                    .unwrap();
            }
            assert_eq!(slots.into_values(), whole, "{grain:?}");
        }
    }

    #[test]
    fn what_is_no_number_does_not_count() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let array = Array::from_vec(vec![1.0, nan, nan, -inf, 3.0, 5.0, nan, 2.0], &[2, 1, 4]).unwrap();
        let mean = picture(&array, Projection::Mean, 1, 2);
        assert_eq!((mean[0], mean[1], mean[3]), (2.0, 5.0, -inf));
        assert!(mean[2].is_nan());
        let max = picture(&array, Projection::Max, 1, 2);
        assert_eq!((max[0], max[1], max[3]), (3.0, 5.0, 2.0));
        assert!(max[2].is_nan());
    }

    #[test]
    fn a_complex_number_has_a_magnitude() {
        let array = Array::from_vec(vec![[3.0_f32, 4.0], [0.0, -1.0]], &[1, 2]).unwrap();
        assert_eq!(picture(&array, Projection::None, 0, 1), [5.0, 1.0]);
        let bools = Array::from_vec(vec![true, false], &[1, 2]).unwrap();
        assert_eq!(picture(&bools, Projection::None, 0, 1), [1.0, 0.0]);
    }
}
