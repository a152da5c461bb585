//! Puts the shuffled bits or bytes of a Blosc block back, in loops that the compiler turns into vector code.
//!
//! A bit-shuffled block of `n` elements (`n` a multiple of 8) of `t` bytes is `8 t` bit planes of `n / 8` bytes: plane
//! `8 k + b` holds bit `b` of byte `k` of every element, element `8 j + i` in bit `i` of byte `j`. A byte-shuffled
//! one is `t` planes of `n` bytes.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "every index is below a constant that the loop counts to, or below a length checked at the entry"
)]

/// Bytes of a bit plane that are taken at a time.
const COLUMNS: usize = 64;
const LANES: usize = COLUMNS / 8;
/// Elements in a tile.
const TILE: usize = COLUMNS * 8;
type Rows = [[u64; LANES]; 8];

#[inline(always)]
fn swap(rows: &mut Rows, a: usize, b: usize, shift: u32, mask: u64) {
    for lane in 0..LANES {
        let moved = ((rows[a][lane] >> shift) ^ rows[b][lane]) & mask;
        rows[b][lane] ^= moved;
        rows[a][lane] ^= moved << shift;
    }
}

/// Transposes 8 x 8 bits: bit `i` of every byte of row `b` changes place with bit `b` of row `i`.
#[inline(always)]
fn transpose_bits(rows: &mut Rows) {
    for a in [0, 1, 2, 3] {
        swap(rows, a, a + 4, 4, 0x0F0F_0F0F_0F0F_0F0F);
    }
    for a in [0, 1, 4, 5] {
        swap(rows, a, a + 2, 2, 0x3333_3333_3333_3333);
    }
    for a in [0, 2, 4, 6] {
        swap(rows, a, a + 1, 1, 0x5555_5555_5555_5555);
    }
}

/// Transposes 8 x 8 bytes in every lane.
#[inline(always)]
fn transpose_bytes(rows: &mut Rows) {
    for a in [0, 1, 2, 3] {
        swap(rows, a, a + 4, 32, 0x0000_0000_FFFF_FFFF);
    }
    for a in [0, 1, 4, 5] {
        swap(rows, a, a + 2, 16, 0x0000_FFFF_0000_FFFF);
    }
    for a in [0, 2, 4, 6] {
        swap(rows, a, a + 1, 8, 0x00FF_00FF_00FF_00FF);
    }
}

/// One byte of each element of a tile, from its 8 bit planes, which are `plane` bytes apart.
#[inline(always)]
fn gather(planes: &[u8], plane: usize, column: usize, width: usize, out: &mut [u8; TILE]) {
    let mut rows: Rows = [[0; LANES]; 8];
    for (bit, row) in rows.iter_mut().enumerate() {
        let from = &planes[bit * plane + column..][..width];
        if width == COLUMNS {
            for (lane, eight) in row.iter_mut().zip(from.as_chunks::<8>().0) {
                *lane = u64::from_le_bytes(*eight);
            }
        } else {
            for (at, byte) in from.iter().enumerate() {
                row[at / 8] |= u64::from(*byte) << (8 * (at % 8));
            }
        }
    }
    transpose_bits(&mut rows);
    transpose_bytes(&mut rows);
    for lane in 0..LANES {
        for (byte, row) in rows.iter().enumerate() {
            out[(8 * lane + byte) * 8..][..8].copy_from_slice(&row[lane].to_le_bytes());
        }
    }
}

#[inline(always)]
fn bit_unshuffle_sized<const T: usize>(from: &[u8], to: &mut [u8]) {
    let plane = to.len() / T / 8;
    let mut bytes = [[0u8; TILE]; T];
    let mut column = 0;
    for tile in to.chunks_mut(TILE * T) {
        let width = tile.len() / T / 8;
        for (k, byte) in bytes.iter_mut().enumerate() {
            gather(
                &from[8 * k * plane..8 * (k + 1) * plane],
                plane,
                column,
                width,
                byte,
            );
        }
        let elements = tile.as_chunks_mut::<T>().0;
        if elements.len() == TILE {
            // The constant count lets the compiler interleave with vector instructions.
            for i in 0..TILE {
                for k in 0..T {
                    elements[i][k] = bytes[k][i];
                }
            }
        } else {
            for (i, element) in elements.iter_mut().enumerate() {
                for k in 0..T {
                    element[k] = bytes[k][i];
                }
            }
        }
        column += width;
    }
}

#[inline(always)]
fn byte_unshuffle_sized<const T: usize>(from: &[u8], to: &mut [u8]) {
    let n = to.len() / T;
    for (i, element) in to.as_chunks_mut::<T>().0.iter_mut().enumerate() {
        for k in 0..T {
            element[k] = from[k * n + i];
        }
    }
}

/// Element sizes that have code of their own.
fn bit_unshuffle_any(size: usize, from: &[u8], to: &mut [u8]) -> bool {
    match size {
        1 => bit_unshuffle_sized::<1>(from, to),
        2 => bit_unshuffle_sized::<2>(from, to),
        4 => bit_unshuffle_sized::<4>(from, to),
        8 => bit_unshuffle_sized::<8>(from, to),
        16 => bit_unshuffle_sized::<16>(from, to),
        _ => return false,
    }
    true
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn bit_unshuffle_avx2(size: usize, from: &[u8], to: &mut [u8]) -> bool {
    match size {
        1 => bit_unshuffle_sized::<1>(from, to),
        2 => bit_unshuffle_sized::<2>(from, to),
        4 => bit_unshuffle_sized::<4>(from, to),
        8 => bit_unshuffle_sized::<8>(from, to),
        16 => bit_unshuffle_sized::<16>(from, to),
        _ => return false,
    }
    true
}

/// Whether [`bit_unshuffle`] has code for elements of this size.
pub(super) fn knows_bit_shuffle(size: usize) -> bool {
    matches!(size, 1 | 2 | 4 | 8 | 16)
}

/// Undoes the bit shuffle of a block, as c-blosc 1 does it: a number of elements that is no multiple of 8 is not
/// shuffled, nor are bytes beyond the last whole element. False where there is no code for the size, or the lengths
/// differ.
pub(super) fn bit_unshuffle(size: usize, from: &[u8], to: &mut [u8]) -> bool {
    if size == 0 || from.len() != to.len() {
        return false;
    }
    let whole = if (from.len() / size).is_multiple_of(8) {
        from.len() / size * size
    } else {
        0
    };
    to[whole..].copy_from_slice(&from[whole..]);
    let (from, to) = (&from[..whole], &mut to[..whole]);
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(
            unsafe_code,
            reason = "a function compiled for a feature of the processor is unsafe to call"
        )]
        // SAFETY: the processor has the feature, as was asked just above.
        return unsafe { bit_unshuffle_avx2(size, from, to) };
    }
    bit_unshuffle_any(size, from, to)
}

/// Undoes the byte shuffle of a block. Bytes beyond the last whole element are not shuffled.
pub(super) fn byte_unshuffle(size: usize, from: &[u8], to: &mut [u8]) -> bool {
    if size == 0 || from.len() != to.len() {
        return false;
    }
    let whole = from.len() / size * size;
    to[whole..].copy_from_slice(&from[whole..]);
    let (from, to) = (&from[..whole], &mut to[..whole]);
    match size {
        1 => to.copy_from_slice(from),
        2 => byte_unshuffle_sized::<2>(from, to),
        4 => byte_unshuffle_sized::<4>(from, to),
        8 => byte_unshuffle_sized::<8>(from, to),
        16 => byte_unshuffle_sized::<16>(from, to),
        _ => {
            let n = whole / size;
            for (i, element) in to.chunks_exact_mut(size).enumerate() {
                for (k, byte) in element.iter_mut().enumerate() {
                    *byte = from[k * n + i];
                }
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, bit by bit.
    fn bit_shuffled(size: usize, elements: &[u8]) -> Vec<u8> {
        let n = elements.len() / size;
        let mut out = vec![0; elements.len()];
        for i in 0..n {
            for k in 0..size {
                for b in 0..8 {
                    let bit = elements[i * size + k] >> b & 1;
                    out[(8 * k + b) * n / 8 + i / 8] |= bit << (i % 8);
                }
            }
        }
        out
    }

    #[test]
    fn bits_and_bytes_come_back() {
        for size in [1, 2, 4, 8, 16] {
            for n in [8, 16, 504, 512, 520, 1024, 4104] {
                let elements: Vec<u8> = (0..n * size).map(|i| ((i * i + i / 7) % 251) as u8).collect();
                let shuffled = bit_shuffled(size, &elements);
                let mut back = vec![0; elements.len()];
                assert!(bit_unshuffle(size, &shuffled, &mut back));
                assert_eq!(back, elements, "{size} {n}");
                back.fill(0);
                assert!(bit_unshuffle_any(size, &shuffled, &mut back));
                assert_eq!(back, elements, "{size} {n} without vectors");
            }
        }
        for size in [1, 2, 3, 4, 5, 8, 16, 24] {
            let elements: Vec<u8> = (0..100 * size + 1).map(|i| (i % 253) as u8).collect();
            let mut shuffled = elements.clone();
            for i in 0..100 {
                for k in 0..size {
                    shuffled[k * 100 + i] = elements[i * size + k];
                }
            }
            let mut back = vec![0; elements.len()];
            assert!(byte_unshuffle(size, &shuffled, &mut back));
            let whole = elements.len() / size * size;
            if whole == 100 * size {
                assert_eq!(back, elements, "{size}");
            }
        }
        assert!(!bit_unshuffle(3, &[0; 24], &mut [0; 24]));
        assert!(!bit_unshuffle(2, &[0; 24], &mut [0; 22]));
    }
}
