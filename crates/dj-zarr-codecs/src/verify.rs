//! Is everything still there that was written?

use std::collections::HashSet;
use std::ops::ControlFlow;

use dj_codec_api::{CheckLevel, Context, Error, Read, Record, Result};
use rayon::prelude::*;

use crate::adapter::{Folder, absent_is_none};
use crate::array::named;
use crate::inventory::{Inventory, ObjectDigest, ObjectsDigest};
use crate::write::grid::Grid;
use crate::{ZarrCodec, ZarrRecord};

/// How closely [`ZarrCodec::verify`] looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyLevel {
    /// The objects are listed: is each there that was written, and do they have as many bytes together?
    Presence,
    /// Every object is read: are they, bit for bit, those that were written?
    Digest,
}

/// What [`ZarrCodec::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// How many chunk objects are there.
    pub objects: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// How many chunk objects were written and are not there.
    pub missing: u64,
    /// The coordinates of the first of them, at most [`Verification::SHOWN`], in the grid of objects.
    pub first_missing: Vec<Vec<u64>>,
    /// How many chunk objects are there and were not written: chunks that were filled in later, or belong to something
    /// else.
    pub unexpected: u64,
    /// Whether there are as many bytes as were written.
    pub bytes_agree: bool,
    /// Whether the bytes are those that were written; `None` where nobody looked.
    pub digest_agrees: Option<bool>,
}

impl Verification {
    /// How many coordinates of missing objects are shown.
    pub const SHOWN: usize = 100;

    /// Whether nothing is wanting, and nothing was found that should not be there.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.missing == 0 && self.unexpected == 0 && self.bytes_agree && self.digest_agrees != Some(false)
    }
}

impl ZarrCodec {
    /// Compares what is in the store with the inventory of a record of format 2.0.
    ///
    /// Nothing is decoded. At [`VerifyLevel::Presence`] the store is listed, at [`VerifyLevel::Digest`] every object is read
    /// too, a few at a time.
    ///
    /// # Errors
    /// [`Unsupported`](dj_codec_api::ErrorKind::Unsupported) where the record has no inventory, as those of format 1.0;
    /// [`Corrupt`](dj_codec_api::ErrorKind::Corrupt) where inventory and array contradict each other. Also where the
    /// array cannot be opened, the store not be listed, or an object not be read.
    pub fn verify(&self, record: ZarrRecord, cx: &Context, level: VerifyLevel) -> Result<Verification> {
        verify(self, record, cx, level).map_err(named)
    }
}

fn verify(codec: &ZarrCodec, record: ZarrRecord, cx: &Context, level: VerifyLevel) -> Result<Verification> {
    let array = codec.open(record, cx)?;
    let folder = Folder::new(array.store().clone(), array.path());
    let Some(inventory) = array.inventory() else {
        return Err(Error::unsupported(
            "the stored record has no inventory, so nobody knows what was written",
        )
        .at(array.path())
        .advise("rewrite the value in format 2.0 to have one"));
    };
    let object_shape = array.shard_shape().unwrap_or_else(|| array.chunk_shape());
    let grid = Grid::of_shape(array.shape(), object_shape);
    let rows = array
        .shape()
        .first()
        .zip(object_shape.first())
        .map_or(1, |(&length, &chunk)| length.div_ceil(chunk.max(1)));
    let total = rows.saturating_mul(grid.band());
    if inventory.objects().saturating_add(inventory.holes()) != total {
        return Err(Error::corrupt(format!(
            "the inventory has {} objects and {} holes, the array has {total} chunk objects",
            inventory.objects(),
            inventory.holes()
        ))
        .at(array.path()));
    }
    cx.limits().check_items(inventory.objects())?;
    let holes = inventory.ranges(&folder, cx.limits())?;
    let written = || holes.gaps(total).flatten();

    let mut found = Verification {
        objects: 0,
        bytes: 0,
        missing: 0,
        first_missing: Vec::new(),
        unexpected: 0,
        bytes_agree: true,
        digest_agrees: None,
    };
    let mut present = HashSet::new();
    folder.store().visit(folder.path(), &mut |object| {
        let key = object
            .path
            .strip_prefix(folder.path())
            .map(|key| key.trim_start_matches('/'));
        if let Some(key) = key.filter(|key| *key == "c" || key.starts_with("c/")) {
            found.objects += 1;
            found.bytes = found.bytes.saturating_add(object.size);
            match number_of(key, &grid).filter(|&number| number < total && !holes.contains(number)) {
                Some(number) => drop(present.insert(number)),
                None => found.unexpected += 1,
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for number in written().filter(|number| !present.contains(number)) {
        found.missing += 1;
        if found.first_missing.len() < Verification::SHOWN {
            found.first_missing.push(grid.coordinates(number));
        }
    }
    found.bytes_agree = found.bytes == inventory.bytes();
    if level == VerifyLevel::Digest {
        found.digest_agrees =
            Some(found.missing == 0 && digest_agrees(written(), &grid, inventory, &folder)?);
    }
    Ok(found)
}

/// How many bytes of elements are decoded at once to see whether they decode.
const AT_ONCE: u64 = 64 << 20;

/// Compares an array with its inventory, where it has one, and at the closest level decodes all of it, some rows at a time.
pub(crate) fn check(codec: &ZarrCodec, record: Record, cx: &Context, level: CheckLevel) -> Result<()> {
    let array = codec.open(record.clone(), cx)?;
    if array.inventory().is_some() {
        let closely = match level {
            CheckLevel::Full => VerifyLevel::Digest,
            CheckLevel::Presence | CheckLevel::Size => VerifyLevel::Presence,
        };
        let found = verify(codec, ZarrRecord::from_record(record)?, cx, closely)?;
        if !found.is_sound() {
            return Err(Error::corrupt(wanting(&found))
                .at(array.path())
                .advise("bring the array back from a backup of the store"));
        }
    }
    if level < CheckLevel::Full {
        return Ok(());
    }
    let Some((&length, inner)) = array.shape().split_first() else {
        return array.read().map(drop);
    };
    let item = array.dtype().map_or(1, |dtype| dtype.size() as u64).max(1);
    let row = inner
        .iter()
        .fold(item, |bytes, &count| bytes.saturating_mul(count))
        .max(1);
    let band = array
        .shard_shape()
        .unwrap_or_else(|| array.chunk_shape())
        .first()
        .copied();
    let band = band.unwrap_or(1).max(1);
    // Whole chunks, so that none is decoded twice.
    let step = (AT_ONCE / row / band).max(1).saturating_mul(band);
    let mut at = 0;
    while at < length {
        let end = at.saturating_add(step).min(length);
        array.rows(at..end)?;
        at = end;
    }
    Ok(())
}

fn wanting(found: &Verification) -> String {
    let mut wrong = Vec::new();
    if found.missing > 0 {
        let first = found
            .first_missing
            .first()
            .map(|first| format!(", the first of them {first:?}"));
        wrong.push(format!(
            "{} chunk objects are missing{}",
            found.missing,
            first.unwrap_or_default()
        ));
    }
    if found.unexpected > 0 {
        wrong.push(format!(
            "{} objects are there that were not written",
            found.unexpected
        ));
    }
    if !found.bytes_agree && found.missing == 0 {
        wrong.push("the objects have other sizes than were written".into());
    }
    if found.digest_agrees == Some(false) && wrong.is_empty() {
        wrong.push("the objects are not those that were written: their digest is another".into());
    }
    wrong.join("; ")
}

/// The number of the object with this key; `None` where no chunk has such a key.
fn number_of(key: &str, grid: &Grid) -> Option<u64> {
    let coordinates: Vec<u64> = key
        .split('/')
        .skip(1)
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let number = grid.number(&coordinates)?;
    // `c/01` is no chunk.
    (grid.key(number) == key).then_some(number)
}

fn digest_agrees(
    mut numbers: impl Iterator<Item = u64>,
    grid: &Grid,
    inventory: &Inventory,
    folder: &Folder,
) -> Result<bool> {
    let mut digest = ObjectsDigest::default();
    let at_a_time = 2 * rayon::current_num_threads().max(1);
    loop {
        let keys: Vec<String> = numbers
            .by_ref()
            .take(at_a_time)
            .map(|number| grid.key(number))
            .collect();
        if keys.is_empty() {
            return Ok(digest.finish() == inventory.digest());
        }
        let reads: Vec<Read> = keys
            .iter()
            .map(|key| Read {
                path: folder.object(key),
                range: None,
            })
            .collect();
        let objects: Vec<_> = folder
            .store()
            .get_many(&reads)
            .into_iter()
            .map(absent_is_none)
            .collect::<Result<_>>()?;
        let digests: Vec<_> = objects
            .into_par_iter()
            .map(|object| object.map(|bytes| ObjectDigest::of(&bytes)))
            .collect();
        for (key, object) in keys.iter().zip(digests) {
            match object {
                Some(object) => digest.add(key, &object),
                // Gone since it was listed.
                None => return Ok(false),
            }
        }
    }
}
