//! From C order, which programs have, to Fortran order, which blobs have.

use rayon::prelude::*;

/// Elements a side of the squares that are moved at once: a cache line or more of two-byte elements, so that each line of memory
/// is read once and written once, whatever the strides.
const SIDE: usize = 32;

/// Appends the elements of `bytes`, which stand in C order of `shape` and take `size` bytes each, in Fortran order. On all cores.
///
/// Gives false, and appends nothing, where this is not the way: elements of another size, or nothing to rearrange.
pub(super) fn append(out: &mut Vec<u8>, bytes: &[u8], shape: &[usize], size: usize) -> bool {
    let shape: Vec<usize> = shape.iter().copied().filter(|&length| length != 1).collect();
    if shape.len() < 2 || shape.contains(&0) {
        return false;
    }
    let front = out.len();
    out.resize(front + bytes.len(), 0);
    let target = out.get_mut(front..).unwrap_or_default();
    match size {
        1 => transpose::<1>(bytes, target, &shape),
        2 => transpose::<2>(bytes, target, &shape),
        4 => transpose::<4>(bytes, target, &shape),
        8 => transpose::<8>(bytes, target, &shape),
        16 => transpose::<16>(bytes, target, &shape),
        _ => {
            out.truncate(front);
            return false;
        }
    }
    true
}

fn transpose<const N: usize>(from: &[u8], to: &mut [u8], shape: &[usize]) {
    let (Some(&rows), Some(&columns)) = (shape.first(), shape.last()) else {
        return;
    };
    let middle = shape.get(1..shape.len() - 1).unwrap_or_default();
    let planes: usize = middle.iter().product();
    let from = from.as_chunks::<N>().0;
    // In Fortran order a band of columns is one piece, which a thread has to itself.
    let band = SIDE * rows * planes;
    to.as_chunks_mut::<N>()
        .0
        .par_chunks_mut(band)
        .enumerate()
        .for_each(|(index, to)| {
            let column = index * SIDE;
            let width = SIDE.min(columns - column);
            // The dimensions between the first and the last turn around, too.
            let mut at = vec![0; middle.len()];
            for plane in 0..planes {
                let turned = at
                    .iter()
                    .zip(middle)
                    .rev()
                    .fold(0, |turned, (&at, &length)| turned * length + at);
                for row in (0..rows).step_by(SIDE) {
                    let height = SIDE.min(rows - row);
                    let mut square = [[[0; N]; SIDE]; SIDE];
                    for (offset, line) in square.iter_mut().take(height).enumerate() {
                        let start = ((row + offset) * planes + plane) * columns + column;
                        for (to, from) in line
                            .iter_mut()
                            .zip(from.get(start..start + width).unwrap_or_default())
                        {
                            *to = *from;
                        }
                    }
                    for offset in 0..width {
                        let start = (offset * planes + turned) * rows + row;
                        let line = to.get_mut(start..start + height).unwrap_or_default();
                        for (to, from) in line.iter_mut().zip(&square) {
                            *to = from.get(offset).copied().unwrap_or([0; N]);
                        }
                    }
                }
                for (at, &length) in at.iter_mut().zip(middle).rev() {
                    *at += 1;
                    if *at < length {
                        break;
                    }
                    *at = 0;
                }
            }
        });
}

#[cfg(test)]
mod tests {
    use dj_codec_api::{Array, Element, Order};

    use super::*;

    fn check<T: Element>(shape: &[usize], element: impl Fn(usize) -> T) {
        let count = shape.iter().product();
        let array = Array::from_vec((0..count).map(element).collect(), shape).unwrap();
        let mut out = vec![9];
        let done = append(&mut out, array.data(), shape, size_of::<T>());
        if done {
            assert!(out[1..] == array.to_bytes(Order::Fortran)[..], "{shape:?}");
        } else {
            assert_eq!(out, [9]);
            assert!(
                shape.iter().filter(|&&length| length > 1).count() < 2 || count == 0,
                "{shape:?}"
            );
        }
    }

    #[test]
    fn every_shape_is_turned() {
        let shapes: [&[usize]; 14] = [
            &[],
            &[7],
            &[1, 9, 1],
            &[0, 3],
            &[2, 3],
            &[33, 65],
            &[100, 3],
            &[3, 100],
            &[32, 32],
            &[5, 4, 3],
            &[40, 2, 70],
            &[2, 3, 4, 5],
            &[3, 1, 2, 1, 5, 2],
            &[1, 64, 2, 33],
        ];
        for shape in shapes {
            check(shape, |at| at as u8);
            check(shape, |at| at as u16);
            check(shape, |at| at as u32);
            check(shape, |at| at as f64);
            check(shape, |at| [at as f64, -1.0]);
        }
    }
}
