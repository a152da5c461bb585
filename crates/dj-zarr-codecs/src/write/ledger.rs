//! What has been written so far, and what is to be removed where the rest fails.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::Grid;
use crate::inventory::{Inventory, ObjectDigest, ObjectsDigest, Ranges};

/// Takes the objects of an array as they are finished, in any order, and adds them up in the order of their numbers.
pub(super) struct Ledger {
    grid: Grid,
    // The number up to which everything is added up.
    next: u64,
    // What is finished beyond; `None` for a hole.
    early: BTreeMap<u64, Option<ObjectDigest>>,
    // Objects whose put has begun and is not known to have succeeded.
    begun: BTreeSet<u64>,
    written: Ranges,
    holes: Ranges,
    bytes: u64,
    digest: ObjectsDigest,
}

impl Ledger {
    pub(super) fn new(grid: Grid) -> Self {
        Self {
            grid,
            next: 0,
            early: BTreeMap::new(),
            begun: BTreeSet::new(),
            written: Ranges::default(),
            holes: Ranges::default(),
            bytes: 0,
            digest: ObjectsDigest::default(),
        }
    }

    /// An object is about to be put.
    pub(super) fn begin(&mut self, number: u64) {
        self.begun.insert(number);
    }

    /// An object turned out to be there, put by somebody else. It is not to be removed.
    pub(super) fn leave(&mut self, number: u64) {
        self.begun.remove(&number);
    }

    /// An object is written, or (`None`) need not be.
    pub(super) fn finish(&mut self, number: u64, object: Option<ObjectDigest>) {
        self.begun.remove(&number);
        self.early.insert(number, object);
        while let Some(object) = self.early.remove(&self.next) {
            match object {
                Some(object) => {
                    self.written.push(self.next);
                    self.bytes = self.bytes.saturating_add(object.size());
                    self.digest.add(&self.grid.key(self.next), &object);
                }
                None => self.holes.push(self.next),
            }
            self.next += 1;
        }
    }

    /// The key of an object.
    pub(super) fn key(&self, number: u64) -> String {
        self.grid.key(number)
    }

    /// The keys of all objects that are, or may be, there.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> + '_ {
        let early = self
            .early
            .iter()
            .filter(|(_, object)| object.is_some())
            .map(|(&number, _)| number);
        self.written
            .iter()
            .chain(early)
            .chain(self.begun.iter().copied())
            .map(|number| self.grid.key(number))
    }

    /// The inventory, once everything is finished.
    pub(super) fn inventory(&self) -> Inventory {
        Inventory::new(
            self.written.count(),
            self.bytes,
            self.holes.clone(),
            self.digest.clone().finish(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_finishing_makes_no_difference() {
        let object = |number: u64| (number % 3 != 1).then(|| ObjectDigest::of(&number.to_le_bytes()));
        let mut in_order = Ledger::new(Grid::new(&[4], &[1, 2]));
        let mut reversed = Ledger::new(Grid::new(&[4], &[1, 2]));
        for number in 0..10 {
            in_order.finish(number, object(number));
        }
        for number in (0..10).rev() {
            reversed.begin(number);
            reversed.finish(number, object(number));
        }
        assert_eq!(in_order.inventory().to_json(), reversed.inventory().to_json());
        assert_eq!(in_order.inventory().holes(), 3);
        assert_eq!(in_order.keys().count(), 7);
    }

    #[test]
    fn what_may_be_there_is_known() {
        let mut ledger = Ledger::new(Grid::new(&[], &[1]));
        for number in 0..5 {
            ledger.begin(number);
        }
        ledger.finish(0, Some(ObjectDigest::of(b"a")));
        ledger.finish(3, Some(ObjectDigest::of(b"b")));
        ledger.leave(4);
        assert_eq!(ledger.keys().collect::<Vec<_>>(), ["c/0", "c/3", "c/1", "c/2"]);
    }
}
