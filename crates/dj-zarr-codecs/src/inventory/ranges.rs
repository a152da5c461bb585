//! A set of whole numbers as sorted ranges.

use std::ops::Range;

use dj_codec_api::{Error, Json, Result};

/// Numbers as sorted ranges that do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// Adds a number that is larger than all before.
    pub(crate) fn push(&mut self, number: u64) {
        match self.0.last_mut() {
            Some(last) if last.end == number => last.end = number.saturating_add(1),
            _ => self.0.push(number..number.saturating_add(1)),
        }
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|range| range.end <= number);
        self.0.get(after).is_some_and(|range| range.contains(&number))
    }

    /// How many numbers there are.
    pub(crate) fn count(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |count, range| count.saturating_add(range.end - range.start))
    }

    /// How many ranges there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().cloned().flatten()
    }

    /// The ranges between, of the numbers below `end`.
    pub(crate) fn gaps(&self, end: u64) -> impl Iterator<Item = Range<u64>> + '_ {
        let starts = std::iter::once(0).chain(self.0.iter().map(|range| range.end));
        let ends = self.0.iter().map(|range| range.start).chain(std::iter::once(end));
        starts
            .zip(ends)
            .map(move |(from, until)| from..until.min(end))
            .filter(|gap| !gap.is_empty())
    }

    /// A list of pairs, the end not included.
    pub(crate) fn to_json(&self) -> Json {
        self.0
            .iter()
            .map(|range| Json::from(vec![range.start, range.end]))
            .collect()
    }

    /// # Errors
    /// Where it is no list of pairs, or they are not sorted.
    pub(crate) fn from_json(json: &Json) -> Result<Self> {
        let wrong = || Error::corrupt("the holes of the inventory are no sorted list of pairs [first, end]");
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for pair in json.as_array().ok_or_else(wrong)? {
            let range = match pair.as_array().map(Vec::as_slice) {
                Some([start, end]) => start.as_u64().ok_or_else(wrong)?..end.as_u64().ok_or_else(wrong)?,
                _ => return Err(wrong()),
            };
            if range.is_empty() || ranges.last().is_some_and(|last| last.end > range.start) {
                return Err(wrong());
            }
            ranges.push(range);
        }
        Ok(Self(ranges))
    }
}

#[cfg(test)]
impl FromIterator<Range<u64>> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range<u64>>>(ranges: I) -> Self {
        Self(ranges.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_each_other_become_one_range() {
        let mut ranges = Ranges::default();
        for number in [0, 1, 2, 7, 8, 20] {
            ranges.push(number);
        }
        assert_eq!(ranges.to_json(), serde_json::json!([[0, 3], [7, 9], [20, 21]]));
        assert_eq!((ranges.count(), ranges.len()), (6, 3));
        for number in 0..30 {
            assert_eq!(
                ranges.contains(number),
                [0, 1, 2, 7, 8, 20].contains(&number),
                "{number}"
            );
        }
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [0, 1, 2, 7, 8, 20]);
        assert_eq!(ranges.gaps(23).collect::<Vec<_>>(), [3..7, 9..20, 21..23]);
        assert_eq!(ranges.gaps(10).collect::<Vec<_>>(), [3..7, 9..10]);
        assert_eq!(Ranges::default().gaps(2).next(), Some(0..2));
        assert_eq!(Ranges::default().gaps(0).next(), None);
    }
}
