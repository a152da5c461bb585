//! How many bytes may be in flight, and how many bytes a value will take.

use std::sync::Arc;

use dj_codec_api::{DType, Record, Stored, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which bytes are counted.
const UNIT: u64 = 1 << 10;
/// What a value counts as whose record does not say how large it is.
const UNKNOWN: u64 = 1 << 20;
/// What an element counts as whose type is not known here: a structure, perhaps.
const ELEMENT: u64 = 16;

/// How much may be in flight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) bytes: u64,
    pub(super) values: usize,
}

impl Flight {
    /// No more values than this: each has a thread.
    pub(super) const MOST: usize = 1 << 12;
}

impl Default for Flight {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            values: 128,
        }
    }
}

/// A number of bytes, of which shares are taken and given back.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    shares: Arc<Semaphore>,
    units: u32,
}

/// A share of a budget; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(super) fn new(bytes: u64) -> Self {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).max(1);
        Self {
            shares: Arc::new(Semaphore::new(units as usize)),
            units,
        }
    }

    /// Waits until so many bytes are free. Who wants more than there ever are waits until nobody has any. First come, first
    /// served: a small value does not overtake a large one for ever.
    pub(super) async fn take(&self, bytes: u64) -> Share {
        let units = u32::try_from(bytes.div_ceil(UNIT))
            .unwrap_or(u32::MAX)
            .clamp(1, self.units);
        Share {
            _permit: Arc::clone(&self.shares).acquire_many_owned(units).await.ok(),
        }
    }
}

/// How many bytes a stored value takes when it is decoded, as far as it says so itself without being read.
pub(super) fn expected_bytes(stored: &Stored) -> u64 {
    match stored {
        Stored::Null => 0,
        Stored::Bytes(bytes) => bytes.len() as u64,
        Stored::Json(json) => Record::from_json(json.clone())
            .ok()
            .and_then(|record| of_record(&record))
            .unwrap_or(UNKNOWN),
    }
}

fn of_record(record: &Record) -> Option<u64> {
    if let Ok(Some(shape)) = record.shape("shape") {
        let text = record.text("dtype").ok().flatten()?;
        let element = text.parse::<DType>().map_or(ELEMENT, |dtype| dtype.size() as u64);
        return Some(
            shape
                .iter()
                .fold(element, |bytes, length| bytes.saturating_mul(*length)),
        );
    }
    record.number("size").ok().flatten()
}

/// How many bytes a value takes in memory, or will take where it is a handle. A file that is to be stored is a stream.
pub(super) fn value_bytes(value: &Value) -> u64 {
    let mut bytes = 0_u64;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        bytes = bytes.saturating_add(match value {
            Value::Bytes(held) => held.len() as u64,
            Value::Str(text) | Value::Decimal(text) => text.len() as u64,
            Value::Array(array) => array.nbytes() as u64,
            Value::Lazy(handle) => handle.shape().map_or(UNKNOWN, |shape| {
                let element = handle.dtype().map_or(ELEMENT, |dtype| dtype.size() as u64);
                shape
                    .iter()
                    .fold(element, |bytes, length| bytes.saturating_mul(*length))
            }),
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
                open.extend(items);
                0
            }
            Value::Dict(entries) => {
                open.extend(entries.iter().flat_map(|(key, value)| [key, value]));
                0
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 8,
            Value::Path(_) => UNKNOWN,
            _ => ELEMENT,
        });
    }
    bytes
}

/// The same of a value that goes into the table itself, as a file does with all that is in it.
pub(super) fn in_table_bytes(value: &Value) -> u64 {
    match value {
        Value::Path(path) => std::fs::metadata(path).map_or(UNKNOWN, |file| file.len()),
        other => value_bytes(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_value_takes_is_told_by_its_record() {
        for (stored, bytes) in [
            (Stored::Null, 0),
            (Stored::Bytes("abc".into()), 3),
            (
                Stored::Json(json!({"path": "a", "shape": [100, 125], "dtype": "float64"})),
                100_000,
            ),
            (Stored::Json(json!({"path": "a", "shape": [], "dtype": "<i2"})), 2),
            (
                Stored::Json(json!({"path": "a", "shape": [0, 5], "dtype": "int8"})),
                0,
            ),
            (
                Stored::Json(json!({"path": "a", "shape": [3], "dtype": "[('x', '<i4')]"})),
                48,
            ),
            (
                Stored::Json(json!({"path": "a", "size": 12_345, "hash": "x"})),
                12_345,
            ),
            (Stored::Json(json!("{\"path\": \"a\", \"size\": 7}")), 7),
            (Stored::Json(json!({"path": "a"})), UNKNOWN),
            (
                Stored::Json(json!({"path": "a", "shape": "odd", "size": -1})),
                UNKNOWN,
            ),
            (Stored::Json(json!([1])), UNKNOWN),
            (
                Stored::Json(json!({"shape": [u64::MAX, u64::MAX], "dtype": "int8"})),
                u64::MAX,
            ),
        ] {
            assert_eq!(expected_bytes(&stored), bytes, "{stored:?}");
        }
    }

    #[test]
    fn what_a_value_takes_is_told_by_the_value() {
        let array = Value::from(dj_codec_api::Array::from_vec(vec![1.0_f64; 6], &[2, 3]).unwrap());
        let pair = (Value::from("ab"), Value::Bytes("cde".into()));
        let nested = Value::List(vec![array.clone(), Value::Dict(vec![pair]), Value::Int(1)]);
        assert_eq!(
            [
                value_bytes(&array),
                value_bytes(&nested),
                value_bytes(&Value::Null)
            ],
            [48, 61, 8]
        );
    }

    #[test]
    fn a_file_that_goes_into_the_table_counts_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.bin");
        std::fs::write(&path, vec![7; 3_000_000]).unwrap();
        let file = Value::Path(path);
        assert_eq!((value_bytes(&file), in_table_bytes(&file)), (UNKNOWN, 3_000_000));
        assert_eq!(in_table_bytes(&Value::Path(folder.path().join("none"))), UNKNOWN);
        assert_eq!(in_table_bytes(&Value::from("abc")), 3);
    }

    #[tokio::test]
    async fn who_wants_more_than_there_is_goes_alone() {
        let budget = Budget::new(10 * UNIT);
        let one = budget.take(u64::MAX).await;
        assert_eq!(budget.shares.available_permits(), 0);
        drop(one);
        let (some, none) = (budget.take(3 * UNIT).await, budget.take(0).await);
        assert_eq!(budget.shares.available_permits(), 6);
        drop((some, none));
        assert_eq!(budget.shares.available_permits(), 10);
    }
}
