//! What MATLAB has.

use dj_codec_api::value::{CharArray, SparseMatrix};
use dj_codec_api::{Array, Kind, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use super::arrays::{array_of, shape};
use super::{cells, structs};

/// Text of any shape, of any UTF-16 units.
pub fn chars() -> impl Strategy<Value = Value> {
    shape().prop_flat_map(chars_of)
}

fn chars_of(shape: Vec<usize>) -> impl Strategy<Value = Value> {
    vec(any::<u16>(), shape.iter().product::<usize>())
        .prop_filter_map("as many units as the shape says", move |units| {
            Some(CharArray::new(shape.clone(), units).ok()?.into())
        })
}

/// A sparse matrix, real or complex, often with empty columns.
pub fn sparse() -> impl Strategy<Value = Value> {
    let columns = (1..6_usize).prop_flat_map(|rows| (Just(rows), vec(vec(any::<bool>(), rows), 0..5)));
    (columns, any::<bool>()).prop_filter_map(
        "as many entries as are counted",
        |((rows, columns), complex)| {
            let (mut indptr, mut indices) = (vec![0], Vec::new());
            for column in &columns {
                indices.extend(
                    (0_u64..)
                        .zip(column)
                        .filter_map(|(row, &filled)| filled.then_some(row)),
                );
                indptr.push(indices.len() as u64);
            }
            let count = indices.len();
            let data = if complex {
                Array::from_vec((0..count).map(|at| [at as f64, -1.0]).collect(), &[count])
            } else {
                Array::from_vec((0..count).map(|at| at as f64).collect(), &[count])
            };
            let matrix = SparseMatrix {
                shape: [rows as u64, columns.len() as u64],
                indptr,
                indices,
                data: data.ok()?,
            };
            Some(matrix.into())
        },
    )
}

/// What MATLAB has: no dates in its arrays, and two dimensions at least.
pub fn matlab() -> BoxedStrategy<Value> {
    let shape = vec(0..4_usize, 2..4);
    let leaf = prop_oneof![
        shape
            .clone()
            .prop_flat_map(array_of)
            .prop_filter("no dates", |array| !matches!(
                array.dtype().kind(),
                Kind::DateTime64(_)
            ))
            .prop_map(Value::from),
        shape.prop_flat_map(chars_of),
        sparse(),
    ];
    leaf.prop_recursive(3, 20, 6, |inner| {
        prop_oneof![
            cells(vec![3, 2], inner.clone()),
            structs(vec![1, 2], &["a", "é b"], inner),
        ]
    })
    .boxed()
}
