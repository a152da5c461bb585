//! A walk over the elements of an array in the order in which they lie in memory.

use dj_codecs::api::{Array, Error, Result};

/// Where elements go: a slot for each pixel, shared by the elements of all frames.
pub(super) struct Target<'a, S> {
    /// The slots.
    pub(super) slots: &'a mut [S],
    /// How far one step along each axis of the array leads in the slots.
    pub(super) steps: &'a [usize],
    /// The slot of the first element.
    pub(super) offset: usize,
}

/// An axis of the walk.
#[derive(Clone, Copy)]
struct Axis {
    length: usize,
    stride: isize,
    step: usize,
}

/// Reads each element, of `N` bytes, and puts it into its slot.
pub(super) fn each<S, const N: usize>(
    array: &Array,
    target: Target<'_, S>,
    read: impl Fn([u8; N]) -> f64,
    put: impl Fn(&mut S, f64),
) -> Result<()> {
    if array.is_empty() {
        return Ok(());
    }
    let mut axes: Vec<Axis> = array
        .shape()
        .iter()
        .zip(array.strides())
        .zip(target.steps)
        .filter(|((length, _), _)| **length > 1)
        .map(|((&length, &stride), &step)| Axis { length, stride, step })
        .collect();
    // What lies nearest together is walked last, whatever axis that is.
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.stride.unsigned_abs()));
    let inner = axes.pop().unwrap_or(Axis {
        length: 1,
        stride: 0,
        step: 0,
    });
    let mut index = vec![0_usize; axes.len()];
    loop {
        let (mut at, mut slot) = (array.start(), target.offset);
        for (axis, &steps) in axes.iter().zip(&index) {
            at = moved(at, axis.stride, steps)?;
            slot = slot.saturating_add(axis.step.saturating_mul(steps));
        }
        line(array.data(), at, slot, inner, target.slots, &read, &put)?;
        if !advance(&mut index, &axes) {
            return Ok(());
        }
    }
}

/// The elements along the innermost axis.
fn line<S, const N: usize>(
    data: &[u8],
    at: usize,
    slot: usize,
    axis: Axis,
    slots: &mut [S],
    read: impl Fn([u8; N]) -> f64,
    put: impl Fn(&mut S, f64),
) -> Result<()> {
    let outside = || Error::corrupt("an element lies outside of the array's bytes");
    if axis.stride == N as isize && axis.step == 1 {
        let (bytes, slots) = (
            data.get(at..at.saturating_add(axis.length.saturating_mul(N))),
            slots.get_mut(slot..slot.saturating_add(axis.length)),
        );
        let (Some(bytes), Some(slots)) = (bytes, slots) else {
            return Err(outside());
        };
        let (elements, _) = bytes.as_chunks::<N>();
        for (slot, element) in slots.iter_mut().zip(elements) {
            put(slot, read(*element));
        }
        return Ok(());
    }
    for step in 0..axis.length {
        let at = moved(at, axis.stride, step)?;
        let bytes = data.get(at..).and_then(|rest| rest.first_chunk::<N>());
        let slot = slots.get_mut(slot.saturating_add(axis.step.saturating_mul(step)));
        let (Some(bytes), Some(slot)) = (bytes, slot) else {
            return Err(outside());
        };
        put(slot, read(*bytes));
    }
    Ok(())
}

fn moved(at: usize, stride: isize, steps: usize) -> Result<usize> {
    isize::try_from(steps)
        .ok()
        .and_then(|steps| stride.checked_mul(steps))
        .and_then(|distance| at.checked_add_signed(distance))
        .ok_or_else(|| Error::corrupt("an element lies outside of the array's bytes"))
}

fn advance(index: &mut [usize], axes: &[Axis]) -> bool {
    for (at, axis) in index.iter_mut().zip(axes).rev() {
        *at += 1;
        if *at < axis.length {
            return true;
        }
        *at = 0;
    }
    false
}
