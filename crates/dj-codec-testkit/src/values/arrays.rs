//! Arrays of numbers and dates.

use dj_codec_api::{Array, ByteOrder, DType, Kind, Order, TimeBase, TimeUnit};
use proptest::collection::vec;
use proptest::prelude::*;

/// The types of element that a `<blob>` has.
fn kinds() -> Vec<Kind> {
    use TimeBase::{
        Attosecond, Day, Femtosecond, Hour, Microsecond, Millisecond, Minute, Month, Nanosecond, Picosecond,
        Second, Week, Year,
    };
    let units = [
        Year,
        Month,
        Week,
        Day,
        Hour,
        Minute,
        Second,
        Millisecond,
        Microsecond,
        Nanosecond,
        Picosecond,
        Femtosecond,
        Attosecond,
    ];
    let numbers = [
        Kind::Bool,
        Kind::Int8,
        Kind::Int16,
        Kind::Int32,
        Kind::Int64,
        Kind::UInt8,
        Kind::UInt16,
        Kind::UInt32,
        Kind::UInt64,
        Kind::Float32,
        Kind::Float64,
        Kind::Complex64,
        Kind::Complex128,
    ];
    let dates = units.map(|base| Kind::DateTime64(TimeUnit { base, count: 1 }));
    numbers.into_iter().chain(dates).collect()
}

/// The lengths of an array's dimensions: none, empty ones, a few, or many.
pub(super) fn shape() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![6 => vec(0..5_usize, 0..4), 1 => vec(1..3_usize, 4..7), 1 => vec(200..600_usize, 1)]
}

/// An array of any shape; otherwise as [`array_of`].
pub fn array() -> impl Strategy<Value = Array> {
    shape().prop_flat_map(array_of)
}

/// An array of this shape, of any type of element that a `<blob>` has, in either byte order and order of elements. Its
/// elements are any bits; of bools they are 0 and 1.
pub fn array_of(shape: Vec<usize>) -> impl Strategy<Value = Array> {
    arranged(shape, any_bits)
}

/// As [`array_of`], where the parts of complex numbers are finite and not zero: Python's `unpack` calculates with those.
pub fn numbers_of(shape: Vec<usize>) -> impl Strategy<Value = Array> {
    arranged(shape, |kind, order, count| match kind {
        Kind::Complex64 | Kind::Complex128 => parts(kind.clone(), order, count),
        _ => any_bits(kind, order, count),
    })
}

fn arranged(
    shape: Vec<usize>,
    elements: fn(&Kind, ByteOrder, usize) -> BoxedStrategy<Vec<u8>>,
) -> impl Strategy<Value = Array> {
    let byte_orders = prop::sample::select(vec![ByteOrder::Little, ByteOrder::Big]);
    let orders = prop::sample::select(vec![Order::C, Order::Fortran]);
    let arrangement = (prop::sample::select(kinds()), byte_orders, orders);
    arrangement.prop_flat_map(move |(kind, byte_order, order)| {
        let (shape, count) = (shape.clone(), shape.iter().product());
        let bytes = elements(&kind, byte_order, count);
        let dtype = DType::with_order(kind, byte_order);
        bytes.prop_filter_map("as many bytes as the shape says", move |bytes| {
            Array::new(dtype.clone(), &shape, order, bytes.into()).ok()
        })
    })
}

fn any_bits(kind: &Kind, _: ByteOrder, count: usize) -> BoxedStrategy<Vec<u8>> {
    let size = DType::new(kind.clone()).size() * count;
    match kind {
        Kind::Bool => vec(0..=1_u8, size).boxed(),
        // Few different bytes are what compression is for.
        _ => prop_oneof![4 => vec(any::<u8>(), size), 1 => vec(0..2_u8, size)].boxed(),
    }
}

fn parts(kind: Kind, order: ByteOrder, count: usize) -> BoxedStrategy<Vec<u8>> {
    let part = (1..1_000_000_i32, any::<bool>()).prop_map(|(size, negative)| {
        let size = f64::from(size) + 0.5;
        if negative { -size } else { size }
    });
    vec(part, 2 * count)
        .prop_map(move |parts| {
            let mut bytes = Vec::with_capacity(16 * count);
            for part in parts {
                let at = bytes.len();
                match kind {
                    Kind::Complex64 => bytes.extend((part as f32).to_le_bytes()),
                    _ => bytes.extend(part.to_le_bytes()),
                }
                if order == ByteOrder::Big
                    && let Some(part) = bytes.get_mut(at..)
                {
                    part.reverse();
                }
            }
            bytes
        })
        .boxed()
}
