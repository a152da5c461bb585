//! Bytes of elements as the elements that they are.

use bytemuck::Pod;
use dj_codec_api::Result;

/// So many elements are copied at a time where they cannot be taken where they stand.
const STEP: usize = 1024;

/// Calls `each` with the elements of `source` and room for as many in `target`. Both hold little-endian elements, aligned or
/// not; where they are aligned nothing is copied.
///
/// # Errors
/// The first one of `each`.
pub(crate) fn turn<S: Pod, D: Pod>(
    source: &[u8],
    target: &mut [u8],
    mut each: impl FnMut(&[S], &mut [D]) -> Result<()>,
) -> Result<()> {
    let little = cfg!(target_endian = "little");
    let aligned = bytemuck::try_cast_slice::<u8, S>(source).is_ok()
        && bytemuck::try_cast_slice_mut::<u8, D>(target).is_ok();
    if little && aligned {
        return each(bytemuck::cast_slice(source), bytemuck::cast_slice_mut(target));
    }
    let (size_in, size_out) = (size_of::<S>(), size_of::<D>());
    let mut from = [S::zeroed(); STEP];
    let mut to = [D::zeroed(); STEP];
    let steps = source
        .chunks(STEP * size_in.max(1))
        .zip(target.chunks_mut(STEP * size_out.max(1)));
    for (source, target) in steps {
        let count = source.len() / size_in.max(1);
        let (Some(from), Some(to)) = (from.get_mut(..count), to.get_mut(..count)) else {
            continue;
        };
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(from);
        bytes.copy_from_slice(source.get(..bytes.len()).unwrap_or_default());
        if !little {
            bytes.chunks_exact_mut(size_in.max(1)).for_each(<[u8]>::reverse);
        }
        each(from, to)?;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(to);
        if !little {
            bytes.chunks_exact_mut(size_out.max(1)).for_each(<[u8]>::reverse);
        }
        if let Some(target) = target.get_mut(..bytes.len()) {
            target.copy_from_slice(bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_that_are_not_aligned_are_the_same() {
        let numbers: Vec<u16> = (0..3000).collect();
        let mut bytes = vec![0];
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        let mut out = vec![0; 1 + 8 * 3000];
        for shift in [0, 1] {
            turn(
                &bytes[1..],
                &mut out[shift..8 * 3000 + shift],
                |from: &[u16], to: &mut [u64]| {
                    for (to, from) in to.iter_mut().zip(from) {
                        *to = u64::from(*from) + 7;
                    }
                    Ok(())
                },
            )
            .unwrap();
            let found: Vec<u64> = out[shift..8 * 3000 + shift]
                .chunks_exact(8)
                .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
                .collect();
            assert_eq!(found, (7..3007).collect::<Vec<u64>>());
        }
    }
}
