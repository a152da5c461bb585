//! Generated values: strategies of [`mod@proptest`] for DataJoint's value model. Feature `proptest`.
//!
//! [`anything`] is what a `<blob>` can hold; [`python`] what Python's DataJoint reads and writes again without a loss;
//! [`matlab`] what MATLAB has. The parts that they are made of are here for strategies of your own.
//!
//! ```
//! use dj_codec_api::{Limits, notation};
//! use dj_codec_testkit::values;
//! use proptest::prelude::*;
//!
//! proptest!(|(value in values::python())| {
//!     let text = notation::to_string(&value).unwrap();
//!     prop_assert_eq!(notation::from_str(&text, &Limits::default()).unwrap(), value);
//! });
//! ```

mod arrays;
mod hashable;
mod matlab;
mod python;
mod scalars;

use dj_codec_api::Value;
use dj_codec_api::value::{CellArray, ObjectArray, RecordArray, StructArray};
use proptest::collection::vec;
use proptest::prelude::*;

pub use arrays::{array, array_of, numbers_of};
pub use hashable::hashable;
pub use matlab::{chars, matlab, sparse};
pub use python::python;
pub use scalars::{date, datetime, scalar, time};

/// Any value that a `<blob>` can hold, nested: what Python has, what MATLAB has, and both in each other.
pub fn anything() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        4 => scalar(),
        2 => array().prop_map(Value::from),
        1 => chars(),
        1 => sparse(),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let list = vec(inner.clone(), 0..6);
        prop_oneof![
            list.clone().prop_map(Value::List),
            list.clone().prop_map(Value::Tuple),
            list.prop_map(Value::Set),
            vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::Dict),
            objects(vec![1, 2, 3], inner.clone()),
            cells(vec![2, 3], inner.clone()),
            structs(vec![2, 1], &["x", "y"], inner.clone()),
            // A field of a shape of its own, and one of objects.
            (array_of(vec![2]), array_of(vec![2, 3]), objects(vec![2], inner)).prop_map(
                |(plain, inside, objects)| {
                    let fields = vec![
                        ("a".into(), plain.into()),
                        ("b é".into(), inside.into()),
                        ("c".into(), objects),
                    ];
                    record(vec![2], fields)
                }
            ),
        ]
    })
    .boxed()
}

/// An array of objects of this shape.
fn objects(shape: Vec<usize>, item: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec(item, shape.iter().product::<usize>())
        .prop_filter_map("as many items as the shape says", move |items| {
            Some(ObjectArray::new(shape.clone(), items).ok()?.into())
        })
}

/// A cell array of this shape.
fn cells(shape: Vec<usize>, item: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec(item, shape.iter().product::<usize>())
        .prop_filter_map("as many items as the shape says", move |items| {
            Some(CellArray::new(shape.clone(), items).ok()?.into())
        })
}

/// A struct array of this shape.
fn structs(
    shape: Vec<usize>,
    fields: &'static [&'static str],
    item: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Value> {
    let count = shape.iter().product::<usize>() * fields.len();
    vec(item, count).prop_filter_map("as many items as the shape says", move |items| {
        let fields = fields.iter().map(ToString::to_string).collect();
        Some(StructArray::new(shape.clone(), fields, items).ok()?.into())
    })
}

/// A structured array of this shape.
fn record(shape: Vec<usize>, fields: Vec<(String, Value)>) -> Value {
    RecordArray { shape, fields }.into()
}
