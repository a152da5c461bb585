//! Members of sets and keys of dicts.

use dj_codec_api::{Uuid, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use super::scalars::{date, datetime, int, text, time};

/// A value that Python takes into a set or as the key of a dict. No two that differ are equal for Python, for which
/// `True`, `1`, `1.0` and `Decimal("1")` are one: floats and decimals are none that another type of number could be.
pub fn hashable() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        3 => int().prop_filter("true and false are 1 and 0", |value| !matches!(value, Value::Int(0 | 1))),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i32>().prop_map(|number| Value::Float(f64::from(number) + 0.5)),
        3 => text().prop_map(Value::Str),
        1 => vec(any::<u8>(), 0..20).prop_map(|bytes| Value::Bytes(bytes.into())),
        1 => any::<u128>().prop_map(|bits| Value::Uuid(Uuid::from_u128(bits))),
        // No binary fraction ends so.
        1 => "-?[1-9][0-9]{0,12}\\.[0-9]{0,9}[1379]".prop_map(Value::Decimal),
        1 => date().prop_map(Value::Date),
        1 => time().prop_map(Value::Time),
        1 => datetime().prop_map(Value::DateTime),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| vec(inner, 0..3).prop_map(Value::Tuple))
        .boxed()
}

/// Some of them, each once.
pub(super) fn distinct(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Value>> {
    vec(hashable(), count).prop_map(|values| {
        let mut kept: Vec<Value> = Vec::new();
        for value in values {
            if !kept.contains(&value) {
                kept.push(value);
            }
        }
        kept
    })
}
