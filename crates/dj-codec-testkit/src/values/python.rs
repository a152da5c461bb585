//! What Python's DataJoint reads and writes again as it was.

use dj_codec_api::Value;
use proptest::collection::vec;
use proptest::prelude::*;

use super::arrays::{numbers_of, shape};
use super::hashable::distinct;
use super::scalars::scalar;
use super::{cells, objects, record, structs};

/// Any value that Python's DataJoint unpacks from a `<blob>` and packs as the same value again.
///
/// Left out is what its reader loses, seen with version 2.3.5: complex arrays with parts that are infinite, NaN or zero (it
/// calculates `real + 1j * imaginary`); MATLAB text, which becomes str; sparse matrices, which it refuses; arrays in arrays of
/// objects, which NumPy merges; cell and struct arrays without elements, whose shape or fields it forgets; structured arrays
/// with fields of a shape of their own; arrays and scalars of NumPy as keys and in sets, which Python cannot hash.
pub fn python() -> BoxedStrategy<Value> {
    let array = shape().prop_flat_map(numbers_of).prop_map(Value::from);
    prop_oneof![3 => scalar(), 2 => array, 1 => object_array(), 1 => records()]
        .prop_recursive(4, 60, 6, |inner| {
            let list = vec(inner.clone(), 0..6);
            prop_oneof![
                3 => list.clone().prop_map(Value::List),
                2 => list.prop_map(Value::Tuple),
                1 => distinct(0..8).prop_map(Value::Set),
                3 => vec((super::scalars::text(), inner.clone()), 0..5).prop_map(|entries| {
                    // Of keys that are alike Python keeps one.
                    let mut kept: Vec<(Value, Value)> = Vec::new();
                    for (key, value) in entries {
                        let key = Value::Str(key);
                        if kept.iter().all(|(other, _)| *other != key) {
                            kept.push((key, value));
                        }
                    }
                    Value::Dict(kept)
                }),
                1 => (distinct(0..5), vec(inner.clone(), 5))
                    .prop_map(|(keys, values)| Value::Dict(keys.into_iter().zip(values).collect())),
                1 => shape_with_elements().prop_flat_map({
                    let inner = inner.clone();
                    move |shape| cells(shape, inner.clone())
                }),
                1 => shape_with_elements().prop_flat_map(move |shape| structs(shape, &["x", "y_1"], inner.clone())),
            ]
        })
        .boxed()
}

fn shape_with_elements() -> impl Strategy<Value = Vec<usize>> {
    vec(1..4_usize, 1..3)
}

/// An array of objects that NumPy takes for no sequences.
fn object_array() -> impl Strategy<Value = Value> {
    vec(0..4_usize, 0..3).prop_flat_map(|shape| objects(shape, scalar()))
}

/// Structured arrays, a structure within a structure among them.
fn records() -> impl Strategy<Value = Value> {
    vec(0..4_usize, 0..3).prop_flat_map(|shape| {
        let fields = (
            numbers_of(shape.clone()),
            numbers_of(shape.clone()),
            numbers_of(shape.clone()),
            objects(shape.clone(), scalar()),
            any::<bool>(),
        );
        fields.prop_map(move |(plain, unicode, inside, objects, nested)| {
            let mut fields = vec![("a".into(), plain.into()), ("µ é".into(), unicode.into())];
            if nested {
                let inner = vec![("in".into(), inside.into()), ("objects".into(), objects)];
                fields.push(("nested".into(), record(shape.clone(), inner)));
            } else {
                fields.push(("objects".into(), objects));
            }
            record(shape.clone(), fields)
        })
    })
}
