//! What was written of an array: what a 2.0 record says, so that a lost chunk is not taken for one of fill values.

mod digest;
mod ranges;

use std::sync::OnceLock;

use dj_codec_api::{Error, Json, Limits, Record, Result};
use serde_json::json;

pub(crate) use digest::{ObjectDigest, ObjectsDigest};
pub(crate) use ranges::Ranges;

use crate::adapter::Folder;
use crate::write::grid::Grid;

/// The name of the file beside `zarr.json` that lists the holes where a record would grow too large with them.
pub(crate) const INVENTORY_FILE: &str = "inventory.json";
/// Where there are more ranges of holes than this, they go to a file.
const RANGES_IN_RECORD: usize = 64;

/// What was written of an array, as the record in the column says it.
///
/// In the record it is the object `inventory`:
///
/// | key | what |
/// | --- | --- |
/// | `objects` | how many chunk objects there are (shards, where the array has them) |
/// | `bytes` | how many bytes they have together |
/// | `holes` | which chunks were not written, because all their elements equal the fill value: a list of ranges `[first, end]` of chunk numbers, `end` not included. Chunks are numbered in C order over the grid of objects |
/// | `digest` | `sha256:` and the SHA-256 of one line for each object, in the order of their numbers: its key (`c/0/1`), its size and the SHA-256 of its bytes in hexadecimal, with a blank between and a line feed after |
///
/// Where `holes` would be long, it is their number; `file` then names a JSON document beside `zarr.json` whose `holes`
/// is the list, and `file_digest` is its SHA-256.
#[derive(Debug, Clone)]
pub struct Inventory {
    objects: u64,
    bytes: u64,
    holes: Holes,
    digest: String,
}

#[derive(Debug, Clone)]
enum Holes {
    Listed(Ranges),
    InFile {
        name: String,
        count: u64,
        digest: Option<String>,
        read: OnceLock<Ranges>,
    },
}

impl Inventory {
    pub(crate) fn new(objects: u64, bytes: u64, holes: Ranges, digest: String) -> Self {
        Self {
            objects,
            bytes,
            holes: Holes::Listed(holes),
            digest,
        }
    }

    /// How many chunk objects were written: shards, where the array has them.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.objects
    }

    /// How many bytes they have together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many chunks were not written, because all their elements equal the fill value.
    #[must_use]
    pub fn holes(&self) -> u64 {
        match &self.holes {
            Holes::Listed(ranges) => ranges.count(),
            Holes::InFile { count, .. } => *count,
        }
    }

    /// The digest of all that was written, beginning with `sha256:`.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Splits off the holes where they are too many for a record: the inventory without them, and the document that
    /// holds them.
    pub(crate) fn spill(self) -> (Self, Option<Vec<u8>>) {
        let Holes::Listed(ranges) = &self.holes else {
            return (self, None);
        };
        if ranges.len() <= RANGES_IN_RECORD {
            return (self, None);
        }
        let document = json!({ "holes": ranges.to_json() }).to_string().into_bytes();
        let holes = Holes::InFile {
            name: INVENTORY_FILE.into(),
            count: ranges.count(),
            digest: Some(digest::sha256_text(&document)),
            read: OnceLock::from(ranges.clone()),
        };
        (Self { holes, ..self }, Some(document))
    }

    /// The inventory as the record has it.
    pub(crate) fn to_json(&self) -> Json {
        let mut record = Record::new()
            .with("objects", self.objects)
            .with("bytes", self.bytes);
        record = match &self.holes {
            Holes::Listed(ranges) => record.with("holes", ranges.to_json()),
            Holes::InFile {
                name, count, digest, ..
            } => {
                let record = record.with("holes", *count).with("file", name.as_str());
                match digest {
                    Some(digest) => record.with("file_digest", digest.as_str()),
                    None => record,
                }
            }
        };
        record.with("digest", self.digest.as_str()).into_json()
    }

    /// The inventory that a record has; nothing is read.
    ///
    /// # Errors
    /// Where it is no inventory.
    pub(crate) fn from_json(json: &Json) -> Result<Self> {
        let Json::Object(members) = json else {
            return Err(Error::corrupt("the inventory of the stored record is no object"));
        };
        let record = Record::from(members.clone());
        let number = |key: &str| {
            record
                .number(key)?
                .ok_or_else(|| Error::corrupt(format!("the inventory of the stored record has no {key:?}")))
        };
        let holes = match (record.get("holes"), record.text("file")?) {
            (Some(Json::Number(_)), Some(name)) => {
                // A plain name: it must not lead out of the array's folder.
                if name.is_empty() || name.contains(['/', '\\', '\0']) || name == "." || name == ".." {
                    return Err(Error::unsafe_path(format!(
                        "the inventory names the file {name:?}"
                    )));
                }
                Holes::InFile {
                    name: name.to_owned(),
                    count: number("holes")?,
                    digest: record.text("file_digest")?.map(str::to_owned),
                    read: OnceLock::new(),
                }
            }
            (None, _) => Holes::Listed(Ranges::default()),
            (Some(list), _) => Holes::Listed(Ranges::from_json(list)?),
        };
        Ok(Self {
            objects: number("objects")?,
            bytes: number("bytes")?,
            holes,
            digest: record.text("digest")?.unwrap_or_default().to_owned(),
        })
    }

    /// Says whether an object that is not there was never written. `at` are its coordinates in the grid of objects.
    /// Reads the file of holes where there is one and it was not read before.
    ///
    /// # Errors
    /// [`Corrupt`](dj_codec_api::ErrorKind::Corrupt) where it was written and is lost; its text has the coordinates. Also
    /// where the list of holes cannot be read.
    pub(crate) fn check_missing(
        &self,
        at: &[u64],
        grid: &Grid,
        folder: &Folder,
        limits: &Limits,
    ) -> Result<()> {
        let number = grid.number(at);
        if let Some(number) = number
            && self.is_hole(number, folder, limits)?
        {
            return Ok(());
        }
        Err(Error::corrupt(format!(
            "chunk {at:?} is not there, though the stored record says that it was written"
        ))
        .at(folder.object(&number.map_or_else(String::new, |number| grid.key(number))))
        .advise("restore the object from a backup or from the original data"))
    }

    /// Whether the object of this number was never written, because all its elements equal the fill value.
    pub(crate) fn is_hole(&self, number: u64, folder: &Folder, limits: &Limits) -> Result<bool> {
        Ok(self.ranges(folder, limits)?.contains(number))
    }

    /// The holes.
    pub(crate) fn ranges(&self, folder: &Folder, limits: &Limits) -> Result<&Ranges> {
        match &self.holes {
            Holes::Listed(ranges) => Ok(ranges),
            Holes::InFile {
                name,
                count,
                digest,
                read,
            } => {
                if let Some(ranges) = read.get() {
                    return Ok(ranges);
                }
                let ranges = read_file(name, *count, digest.as_deref(), folder, limits)
                    .map_err(|error| error.at(folder.object(name)))?;
                Ok(read.get_or_init(|| ranges))
            }
        }
    }
}

fn read_file(
    name: &str,
    count: u64,
    expected: Option<&str>,
    folder: &Folder,
    limits: &Limits,
) -> Result<Ranges> {
    let lost = || {
        Error::corrupt("the list of the chunks that were not written is not there")
            .advise("restore the object from a backup")
    };
    let size = folder.size(name)?.ok_or_else(lost)?;
    limits.check_metadata_bytes(size)?;
    let document = folder.get(name)?.ok_or_else(lost)?;
    if expected.is_some_and(|expected| digest::sha256_text(&document) != expected) {
        return Err(Error::corrupt(
            "the list of the chunks that were not written is not the one that was written",
        ));
    }
    let json: Json = serde_json::from_slice(&document).map_err(|error| {
        Error::corrupt("the list of the chunks that were not written is no JSON").caused_by(error)
    })?;
    let ranges = Ranges::from_json(json.get("holes").unwrap_or(&Json::Null))?;
    if ranges.count() != count {
        return Err(Error::corrupt(format!(
            "there are {} chunks in the list of those that were not written, the record says {count}",
            ranges.count()
        )));
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(holes: Ranges) -> Inventory {
        Inventory::new(3, 1000, holes, "sha256:00".into())
    }

    #[test]
    fn inventories_round_trip() {
        let inventory = some([0..4, 9..10].into_iter().collect());
        let json = inventory.to_json();
        assert_eq!(
            json,
            json!({"objects": 3, "bytes": 1000, "holes": [[0, 4], [9, 10]], "digest": "sha256:00"})
        );
        let back = Inventory::from_json(&json).unwrap();
        assert_eq!((back.objects(), back.bytes(), back.holes()), (3, 1000, 5));
        assert_eq!(back.to_json(), json);
    }

    #[test]
    fn many_holes_go_to_a_file() {
        let few = some((0..64).map(|n| 2 * n..2 * n + 1).collect());
        assert!(few.spill().1.is_none());
        let many = some((0..65).map(|n| 2 * n..2 * n + 1).collect());
        let (inventory, document) = many.spill();
        let json = inventory.to_json();
        assert_eq!(
            (&json["holes"], &json["file"]),
            (&json!(65), &json!("inventory.json"))
        );
        let document: Json = serde_json::from_slice(&document.unwrap()).unwrap();
        assert_eq!(document["holes"][64], json!([128, 129]));
        assert_eq!(Inventory::from_json(&json).unwrap().holes(), 65);
    }

    #[test]
    fn what_is_no_inventory_is_refused() {
        for wrong in [
            json!(5),
            json!({}),
            json!({"objects": -1, "bytes": 0, "holes": []}),
            json!({"objects": 1, "bytes": 0, "holes": [[4, 4]]}),
            json!({"objects": 1, "bytes": 0, "holes": [[4, 8], [6, 9]]}),
            json!({"objects": 1, "bytes": 0, "holes": [[4]]}),
            json!({"objects": 1, "bytes": 0, "holes": 4}),
            json!({"objects": 1, "bytes": 0, "holes": 4, "file": "../x"}),
        ] {
            assert!(Inventory::from_json(&wrong).is_err(), "{wrong}");
        }
    }
}
