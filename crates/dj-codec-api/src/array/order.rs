//! C and Fortran order.

/// Which index varies fastest in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// The last index: NumPy's and Rust's default.
    #[default]
    C,
    /// The first index: MATLAB's order.
    Fortran,
}

impl Order {
    /// The strides in bytes of a contiguous array of elements of `size` bytes.
    #[must_use]
    pub fn strides(self, shape: &[usize], size: usize) -> Vec<isize> {
        let mut strides = vec![0; shape.len()];
        let mut step = size;
        let mut fill = |(stride, &length): (&mut isize, &usize)| {
            *stride = isize::try_from(step).unwrap_or(isize::MAX);
            // Where an array is empty its strides are never followed, so saturation is harmless.
            step = step.saturating_mul(length.max(1));
        };
        match self {
            Self::C => strides.iter_mut().zip(shape).rev().for_each(&mut fill),
            Self::Fortran => strides.iter_mut().zip(shape).for_each(&mut fill),
        }
        strides
    }

    /// Whether these strides are those of a contiguous array. A dimension of length 1 may have any stride.
    pub(super) fn fits(self, shape: &[usize], strides: &[isize], size: usize) -> bool {
        shape.contains(&0)
            || self
                .strides(shape, size)
                .iter()
                .zip(strides)
                .zip(shape)
                .all(|((wanted, found), &length)| length == 1 || wanted == found)
    }
}
