//! Which chunk is where: chunks are numbered in C order, so that the rows that come first have the first numbers.

/// The grid of an array's chunks. The first axis has no end, for nobody may know yet how long it gets.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    // How many chunks there are along each axis but the first.
    across: Vec<u64>,
    // Arrays of no dimensions have one chunk, whose key has no numbers.
    scalar: bool,
    keys: Keys,
}

/// How the keys of chunks look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// `c/0/1`, Zarr V3's default.
    V3,
    /// `0.1`, as zarr-python 2 has them.
    V2,
}

impl Grid {
    /// The grid of an array whose rows have `row_shape` in chunks of `chunk`; for an array of no dimensions both
    /// are empty.
    pub(crate) fn new(row_shape: &[u64], chunk: &[u64]) -> Self {
        let across = row_shape
            .iter()
            .zip(chunk.iter().skip(1))
            .map(|(&length, &chunk)| length.div_ceil(chunk.max(1)));
        Self {
            across: across.collect(),
            scalar: chunk.is_empty(),
            keys: Keys::V3,
        }
    }

    /// The same grid with other keys.
    pub(crate) fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// The grid of an array of this shape.
    pub(crate) fn of_shape(shape: &[u64], chunk: &[u64]) -> Self {
        Self::new(shape.get(1..).unwrap_or_default(), chunk)
    }

    /// How many chunks there are to one along the first axis.
    pub(crate) fn band(&self) -> u64 {
        self.across
            .iter()
            .fold(1, |product, &count| product.saturating_mul(count))
    }

    /// Where the chunk of this number is.
    pub(crate) fn coordinates(&self, number: u64) -> Vec<u64> {
        if self.scalar {
            return Vec::new();
        }
        let mut rest = number;
        let mut coordinates: Vec<u64> = self
            .across
            .iter()
            .rev()
            .map(|&count| {
                let count = count.max(1);
                let at = rest % count;
                rest /= count;
                at
            })
            .collect();
        coordinates.push(rest);
        coordinates.reverse();
        coordinates
    }

    /// The number of the chunk at these coordinates; `None` where they are not of this grid.
    pub(crate) fn number(&self, coordinates: &[u64]) -> Option<u64> {
        if self.scalar {
            return coordinates.is_empty().then_some(0);
        }
        let (&first, rest) = coordinates.split_first()?;
        if rest.len() != self.across.len() {
            return None;
        }
        rest.iter()
            .zip(&self.across)
            .try_fold(first, |number, (&at, &count)| {
                if at >= count {
                    return None;
                }
                number.checked_mul(count)?.checked_add(at)
            })
    }

    /// The key of a chunk below the array's folder.
    pub(crate) fn key(&self, number: u64) -> String {
        if self.keys == Keys::V2 {
            let numbers: Vec<String> = self.coordinates(number).iter().map(u64::to_string).collect();
            return if numbers.is_empty() {
                "0".into()
            } else {
                numbers.join(".")
            };
        }
        let mut key = String::from("c");
        for at in self.coordinates(number) {
            key.push('/');
            key.push_str(&at.to_string());
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_coordinates_round_trip() {
        let grid = Grid::new(&[5, 7], &[2, 2, 3]);
        assert_eq!(grid.band(), 9);
        for number in 0..40 {
            assert_eq!(grid.number(&grid.coordinates(number)), Some(number));
        }
        assert_eq!(grid.coordinates(13), [1, 1, 1]);
        assert_eq!(grid.key(13), "c/1/1/1");
        assert_eq!(grid.clone().with_keys(Keys::V2).key(13), "1.1.1");
        assert_eq!(grid.number(&[0, 3, 0]), None);
        assert_eq!(grid.number(&[0, 0]), None);
    }

    #[test]
    fn a_scalar_has_one_chunk() {
        let grid = Grid::new(&[], &[]);
        assert_eq!((grid.band(), grid.key(0)), (1, "c".to_owned()));
        assert_eq!(grid.number(&[]), Some(0));
        assert_eq!(grid.with_keys(Keys::V2).key(0), "0");
        let line = Grid::new(&[], &[4]);
        assert_eq!((line.band(), line.key(3)), (1, "c/3".to_owned()));
        assert_eq!(line.number(&[3]), Some(3));
    }

    #[test]
    fn rows_of_no_elements_have_no_chunks() {
        assert_eq!(Grid::new(&[0, 4], &[2, 1, 4]).band(), 0);
    }
}
