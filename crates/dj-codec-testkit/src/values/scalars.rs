//! Single values.

use dj_codec_api::value::{Date, DateTime, Time};
use dj_codec_api::{BigInt, Uuid, Value};
use proptest::collection::vec;
use proptest::num::f64::ANY as FLOATS;
use proptest::prelude::*;

/// A date of the years that Python has: 1 to 9999.
pub fn date() -> impl Strategy<Value = Date> {
    (1..=9999_u16, 1..=12_u8, 1..=31_u8).prop_filter_map("a day that there was", |(year, month, day)| {
        Date::new(year, month, day).ok()
    })
}

/// A time of day, to the microsecond; often a round one.
pub fn time() -> impl Strategy<Value = Time> {
    let micro = prop_oneof![3 => 0..1_000_000_u32, 1 => Just(0)];
    prop_oneof![
        9 => (0..24_u8, 0..60_u8, 0..60_u8, micro),
        1 => Just((0, 0, 0, 0)),
    ]
    .prop_filter_map("a time that there is", |(hour, minute, second, micro)| {
        Time::new(hour, minute, second, micro).ok()
    })
}

/// A date with a time of day.
pub fn datetime() -> impl Strategy<Value = DateTime> {
    (date(), time()).prop_map(|(date, time)| DateTime { date, time })
}

/// The text of a decimal number, as Python's `str` writes it.
pub(super) fn decimal() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "-?[1-9][0-9]{0,30}(\\.[0-9]{1,20})?",
        1 => "-?[1-9](\\.[0-9]{1,9})?E\\+[1-9][0-9]",
        1 => "-?[1-9](\\.[0-9]{1,9})?E-[1-9][0-9]",
        1 => prop::sample::select(vec!["0", "-0", "0.00", "0E-9", "NaN", "Infinity", "-Infinity", "sNaN"])
            .prop_map(str::to_owned),
    ]
}

/// A whole number of any size, often one at an edge.
pub(super) fn int() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => any::<i64>().prop_map(Value::Int),
        2 => (-300..300_i64).prop_map(Value::Int),
        2 => (0..64_u32, -1..=1_i64, any::<bool>()).prop_map(|(bit, beside, negative)| {
            let edge = (1_i128 << bit) + i128::from(beside);
            Value::int(BigInt::from(if negative { -edge } else { edge }))
        }),
        2 => vec(any::<u8>(), 0..40).prop_map(|bytes| Value::int(BigInt::from_signed_bytes_le(&bytes))),
        1 => vec(any::<u8>(), 200..400).prop_map(|bytes| Value::int(BigInt::from_signed_bytes_le(&bytes))),
    ]
}

/// Text: any that UTF-8 can say, or of one script.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<String>(),
        2 => "[ -~]{0,20}",
        1 => "[α-ω日本語𝄞😀]{0,12}",
        // Longer than what is left uncompressed.
        1 => "[ab]{1000,1500}",
    ]
}

/// A value that holds no other: what Python alone has.
pub fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        4 => int(),
        2 => FLOATS.prop_map(Value::Float),
        1 => (FLOATS, FLOATS).prop_map(|(real, imaginary)| Value::Complex(real, imaginary)),
        3 => text().prop_map(Value::Str),
        1 => vec(any::<u8>(), 0..20).prop_map(|bytes| Value::Bytes(bytes.into())),
        1 => vec(0..3_u8, 0..2000).prop_map(|bytes| Value::Bytes(bytes.into())),
        1 => any::<u128>().prop_map(|bits| Value::Uuid(Uuid::from_u128(bits))),
        1 => decimal().prop_map(Value::Decimal),
        1 => date().prop_map(Value::Date),
        1 => time().prop_map(Value::Time),
        1 => datetime().prop_map(Value::DateTime),
    ]
    .boxed()
}
