//! Between the order of the wire, which is Fortran's, and C order, in which the value model lists elements.

use dj_codec_api::Value;

/// For each position in C order, where the element stands in Fortran order.
fn fortran_positions(shape: &[usize]) -> impl Iterator<Item = usize> + use<> {
    let strides: Vec<usize> = shape
        .iter()
        .scan(1_usize, |step, &length| {
            let stride = *step;
            *step = step.saturating_mul(length.max(1));
            Some(stride)
        })
        .collect();
    let shape = shape.to_vec();
    let count = if shape.contains(&0) {
        0
    } else {
        shape.iter().product()
    };
    let mut index = vec![0_usize; shape.len()];
    let mut position = 0_usize;
    (0..count).map(move |_| {
        let here = position;
        for ((at, &length), &stride) in index.iter_mut().zip(&shape).zip(&strides).rev() {
            *at += 1;
            position += stride;
            if *at < length {
                break;
            }
            position -= stride * length;
            *at = 0;
        }
        here
    })
}

/// Whether the two orders are the same: at most one dimension is longer than 1.
fn is_flat(shape: &[usize]) -> bool {
    shape.iter().filter(|&&length| length != 1).count() <= 1
}

/// Elements of the wire in C order.
pub(crate) fn fortran_to_c<T: Copy>(elements: Vec<T>, shape: &[usize]) -> Vec<T> {
    if is_flat(shape) {
        return elements;
    }
    fortran_positions(shape)
        .filter_map(|at| elements.get(at).copied())
        .collect()
}

/// Values of the wire in C order.
pub(crate) fn fortran_to_c_values(values: Vec<Value>, shape: &[usize]) -> Vec<Value> {
    if is_flat(shape) {
        return values;
    }
    let mut values: Vec<Option<Value>> = values.into_iter().map(Some).collect();
    fortran_positions(shape)
        .filter_map(|at| values.get_mut(at).and_then(Option::take))
        .collect()
}

/// For each position on the wire, where the element stands in C order.
pub(crate) fn c_positions(shape: &[usize]) -> Vec<usize> {
    let mut positions = vec![
        0;
        if shape.contains(&0) {
            0
        } else {
            shape.iter().product()
        }
    ];
    for (c, fortran) in fortran_positions(shape).enumerate() {
        if let Some(slot) = positions.get_mut(fortran) {
            *slot = c;
        }
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_inverse() {
        assert_eq!(fortran_to_c(vec![0, 1, 2, 3, 4, 5], &[2, 3]), [0, 2, 4, 1, 3, 5]);
        assert_eq!(c_positions(&[2, 3]), [0, 3, 1, 4, 2, 5]);
        let shape = [2, 3, 4];
        let c: Vec<usize> = fortran_to_c((0..24).collect(), &shape);
        for (wire, at) in c_positions(&shape).into_iter().enumerate() {
            assert_eq!(c[at], wire);
        }
        assert!(fortran_to_c(Vec::<u8>::new(), &[0, 3]).is_empty());
        assert_eq!(c_positions(&[]), [0]);
    }
}
