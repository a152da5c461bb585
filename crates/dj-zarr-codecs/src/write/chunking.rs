//! Chooses the shapes of chunks and of shards.

use dj_codec_api::{Error, Result};

/// What a chunk holds before compression: small enough that one frame costs little, large enough for a store with
/// latency and for Blosc's blocks. Chosen chunks have between a quarter of it and twice as much.
const TARGET_BYTES: u64 = 4 << 20;
/// More objects than this make listing, copying and deleting an array slow.
const MANY_OBJECTS: u64 = 10_000;
/// A shard's largest size before compression. A shard is in memory, compressed, until it is full.
const SHARD_BYTES: u64 = 1 << 30;

/// The index of a shard takes 16 bytes for each chunk, and is read before the first of them.
const MOST_CHUNKS_IN_SHARD: u64 = 1 << 20;

/// A chunk shape for an array of this shape: 1 to 8 MiB, cut along the first axis first. The first length is `None`
/// where nobody knows it yet.
pub(super) fn choose_chunks(first: Option<u64>, row_shape: &[u64], item_size: u64) -> Vec<u64> {
    let mut chunk: Vec<u64> = Vec::with_capacity(row_shape.len() + 1);
    let lengths = std::iter::once(first).chain(row_shape.iter().copied().map(Some));
    for (axis, length) in lengths.enumerate() {
        let below: u64 = row_shape
            .iter()
            .skip(axis)
            .fold(item_size.max(1), |bytes, &length| {
                bytes.saturating_mul(length.max(1))
            });
        // Once an axis is left whole, so are those after it: only then do they fit.
        let fitting = if below > 2 * TARGET_BYTES {
            1
        } else {
            (TARGET_BYTES / below).max(1)
        };
        chunk.push(match length.map(|length| length.max(1)) {
            None => fitting,
            Some(length) if length.saturating_mul(below) <= 2 * TARGET_BYTES => length,
            // The same number of chunks, all of about the same length.
            Some(length) => length.div_ceil(length.div_ceil(fitting)),
        });
    }
    chunk
}

/// The chunk shape that zarr-python 3.1 chooses, in the same floating-point steps.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as NumPy does"
)]
pub(super) fn choose_zarr_python_chunks(shape: &[u64], item_size: u64) -> Vec<u64> {
    const INCREMENT: f64 = 256.0 * 1024.0;
    const LEAST: f64 = 128.0 * 1024.0;
    const MOST: f64 = 64.0 * 1024.0 * 1024.0;
    let mut chunks: Vec<f64> = shape.iter().map(|&length| length.max(1) as f64).collect();
    let item_size = item_size as f64;
    let elements = |chunks: &[f64]| chunks.iter().product::<f64>();
    let total = elements(&chunks) * item_size;
    let target = (INCREMENT * 2f64.powf((total / (1024.0 * 1024.0)).log10())).clamp(LEAST, MOST);
    let axes = chunks.len();
    for step in 0usize.. {
        let bytes = elements(&chunks) * item_size;
        let near = bytes < target || (bytes - target).abs() / target < 0.5;
        if (near && bytes < MOST) || elements(&chunks) <= 1.0 {
            break;
        }
        // `%` by zero cannot happen: an array without axes has one element.
        if let Some(length) = chunks.get_mut(step.checked_rem(axes).unwrap_or(0)) {
            *length = (*length / 2.0).ceil();
        }
    }
    chunks.iter().map(|&length| length as u64).collect()
}

/// A shard shape where chunks alone would make very many objects, else `None`. Shards grow along the last axis
/// first: then few are open at a time while rows come in.
pub(super) fn choose_shards(shape: &[u64], chunk: &[u64], item_size: u64) -> Option<Vec<u64>> {
    let counts: Vec<u64> = shape
        .iter()
        .zip(chunk)
        .map(|(&length, &chunk)| length.div_ceil(chunk.max(1)))
        .collect();
    let objects = counts
        .iter()
        .fold(1u64, |product, &count| product.saturating_mul(count));
    if objects <= MANY_OBJECTS {
        return None;
    }
    let chunk_bytes = chunk.iter().fold(item_size.max(1), |product, &length| {
        product.saturating_mul(length)
    });
    let most = (SHARD_BYTES / chunk_bytes.max(1)).clamp(1, MOST_CHUNKS_IN_SHARD);
    let mut needed = objects.div_ceil(MANY_OBJECTS).min(most);
    let mut shard = chunk.to_vec();
    for (length, &count) in shard.iter_mut().zip(&counts).rev() {
        let factor = needed.min(count);
        *length = length.saturating_mul(factor);
        // Rounded down, or the shard would outgrow its limit.
        needed = needed.checked_div(factor).map_or(needed, |rest| rest.max(1));
    }
    (shard != chunk).then_some(shard)
}

/// Checks a chunk shape that a caller gave.
pub(super) fn check_chunks(chunk: &[u64], axes: usize) -> Result<()> {
    if chunk.len() != axes {
        return Err(Error::invalid_value(format!(
            "the chunk shape {chunk:?} has {} dimensions, the array has {axes}",
            chunk.len()
        )));
    }
    if chunk.contains(&0) {
        return Err(Error::invalid_value(format!(
            "the chunk shape {chunk:?} has a length of 0"
        )));
    }
    Ok(())
}

/// Checks a shard shape that a caller gave.
pub(super) fn check_shards(shard: &[u64], chunk: &[u64]) -> Result<()> {
    let fits = shard.len() == chunk.len()
        && shard
            .iter()
            .zip(chunk)
            .all(|(&shard, &chunk)| shard > 0 && shard.checked_rem(chunk) == Some(0));
    let count = shard.iter().zip(chunk).try_fold(1u64, |count, (&shard, &chunk)| {
        count.checked_mul(shard.checked_div(chunk).unwrap_or(1))
    });
    if fits && count.is_none_or(|count| count > MOST_CHUNKS_IN_SHARD) {
        return Err(Error::invalid_value(format!(
            "a shard of shape {shard:?} has more than {MOST_CHUNKS_IN_SHARD} chunks of shape {chunk:?}"
        ))
        .advise("choose smaller shards or larger chunks"));
    }
    if fits {
        return Ok(());
    }
    Err(Error::invalid_value(format!(
        "the shard shape {shard:?} is no multiple of the chunk shape {chunk:?}"
    ))
    .advise("make each length of the shard a multiple of the chunk's"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_chunks_have_one_to_eight_mebibytes() {
        for (shape, item) in [
            (&[1000, 512, 512][..], 2),
            (&[1_000_000][..], 8),
            (&[1_000_000_000][..], 1),
            (&[7, 20_000, 20_000][..], 4),
            (&[2, 3, 5, 100_000_000][..], 2),
            (&[3, 4_000, 4_000][..], 8),
            (&[1 << 40, 3][..], 4),
            (&[13, 1024, 1024][..], 8),
        ] {
            let chunk = choose_chunks(Some(shape[0]), &shape[1..], item);
            let bytes = chunk.iter().product::<u64>() * item;
            assert!(
                (1 << 20..=8 << 20).contains(&bytes),
                "{shape:?}: {chunk:?} of {bytes} bytes"
            );
        }
    }

    #[test]
    fn the_first_axis_is_cut_first() {
        assert_eq!(choose_chunks(Some(1000), &[512, 512], 2), [8, 512, 512]);
        assert_eq!(choose_chunks(None, &[512, 512], 2), [8, 512, 512]);
        assert_eq!(choose_chunks(Some(5), &[7, 11], 8), [5, 7, 11]);
        assert_eq!(choose_chunks(Some(0), &[2], 4), [1, 2]);
        assert_eq!(choose_chunks(Some(3), &[0, 2], 4), [3, 1, 2]);
        assert_eq!(choose_chunks(Some(10), &[2048, 2048], 2), [1, 2048, 2048]);
        assert_eq!(choose_chunks(Some(10), &[4096, 4096], 2), [1, 512, 4096]);
    }

    #[test]
    fn zarr_python_is_followed() {
        // What zarr 3.1.6 answers.
        for (shape, item, chunk) in [
            (&[280, 1000][..], 1, &[140, 1000][..]),
            (&[280, 1000], 8, &[70, 500]),
            (&[1000, 512, 512], 2, &[125, 64, 128]),
            (&[1000, 512, 512], 8, &[63, 64, 64]),
            (&[1_000_000], 8, &[62_500]),
            (&[3, 4000, 4000], 2, &[1, 500, 1000]),
            (&[100_000, 3], 8, &[25_000, 2]),
            (&[0, 2], 4, &[1, 2]),
            (&[3, 0, 2], 4, &[3, 1, 2]),
            (&[], 8, &[]),
        ] {
            assert_eq!(choose_zarr_python_chunks(shape, item), chunk, "{shape:?} {item}");
        }
    }

    #[test]
    fn very_many_objects_are_put_into_shards() {
        assert_eq!(choose_shards(&[1000, 512, 512], &[8, 512, 512], 2), None);
        let (shape, chunk) = ([100_000, 512, 512], [1, 128, 512]);
        let shard = choose_shards(&shape, &chunk, 2).unwrap();
        let objects: u64 = shape
            .iter()
            .zip(&shard)
            .map(|(&length, &shard): (&u64, &u64)| length.div_ceil(shard))
            .product();
        assert!(objects <= 20_000, "{shard:?} makes {objects}");
        assert!(check_shards(&shard, &chunk).is_ok());
        assert_eq!(choose_shards(&[1 << 40], &[1 << 20], 2).unwrap(), [105 << 20]);
        // Never over the limit, however many objects are left.
        assert_eq!(choose_shards(&[1 << 50], &[1 << 20], 2).unwrap(), [512 << 20]);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        assert!(
            check_chunks(&[1, 2], 3)
                .unwrap_err()
                .to_string()
                .contains("2 dimensions")
        );
        assert!(check_chunks(&[1, 0], 2).is_err());
        assert!(check_shards(&[4, 4], &[2, 3]).is_err());
        assert!(check_shards(&[4], &[2, 2]).is_err());
        assert!(
            check_shards(&[1 << 40], &[1])
                .unwrap_err()
                .to_string()
                .contains("more than")
        );
    }
}
