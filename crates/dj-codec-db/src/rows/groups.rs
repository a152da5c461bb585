//! Rows in groups that are looked at together.

use std::time::Duration;

use dj_codec_api::{Json, Result, Stored};

use super::{Field, Row, Rows};

/// How long a group waits for one more row. The rows that it has count against the budget of the query, and the next one may
/// be so large that it waits for them.
const PATIENCE: Duration = Duration::from_millis(50);

/// The rows of a query in groups.
#[derive(Debug)]
pub(crate) struct Groups {
    rows: Rows,
    most: usize,
    bytes: u64,
}

impl Groups {
    /// Groups of so many rows at most, which end with the row by which they have so many bytes.
    pub(crate) fn new(rows: Rows, most: usize, bytes: u64) -> Self {
        Self { rows, most, bytes }
    }

    /// The next group, which has a row at least; `None` behind the last one.
    ///
    /// # Errors
    /// As [`Rows::next`].
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Row>>> {
        let Some(first) = self.rows.next().await? else {
            return Ok(None);
        };
        let mut bytes = length(&first);
        let mut group = vec![first];
        while group.len() < self.most && bytes < self.bytes {
            let Ok(next) = tokio::time::timeout(PATIENCE, self.rows.next()).await else {
                break;
            };
            let Some(row) = next? else {
                break;
            };
            bytes = bytes.saturating_add(length(&row));
            group.push(row);
        }
        Ok(Some(group))
    }
}

/// The bytes that a row has of its values.
fn length(row: &Row) -> u64 {
    let read = |field: &Field| match &field.stored {
        Stored::Bytes(bytes) => bytes.len() as u64,
        Stored::Json(Json::String(text)) if !field.whole => text.len() as u64,
        _ => field.length,
    };
    row.fields.iter().map(read).sum()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use tokio::sync::{Semaphore, mpsc};

    use super::super::field;
    use super::*;
    use crate::Key;
    use crate::heading::Storage;

    /// A row that counts against no budget.
    pub(crate) fn row(field: Field) -> Row {
        Row {
            key: Key::default(),
            fields: vec![field],
            _share: None,
        }
    }

    /// Rows of these lengths, each of which waits for its share of the budget, as those of a query do.
    fn rows(lengths: &'static [u32], budget: u32) -> Rows {
        let (sender, rows) = mpsc::channel(64);
        let shares = Arc::new(Semaphore::new(budget as usize));
        let reader = tokio::spawn(async move {
            for &length in lengths {
                let share = Arc::clone(&shares).acquire_many_owned(length.min(budget)).await;
                let value = bytes::Bytes::from(vec![0; length as usize]);
                // Most of the value was not read.
                let mut row = row(field(Storage::Bytes, Some(value), Some(1 << 40)));
                row._share = share.ok();
                if sender.send(Ok(row)).await.is_err() {
                    return;
                }
            }
        });
        Rows { rows, reader }
    }

    async fn lengths(mut groups: Groups) -> Vec<Vec<u64>> {
        let mut all = Vec::new();
        while let Some(group) = groups.next().await.unwrap() {
            all.push(group.iter().map(length).collect());
        }
        all
    }

    #[tokio::test]
    async fn groups_end_by_rows_or_by_bytes() {
        let groups = Groups::new(rows(&[1, 1, 1, 9, 1, 1], 100), 4, 10);
        assert_eq!(lengths(groups).await, [vec![1, 1, 1, 9], vec![1, 1]]);
        let groups = Groups::new(rows(&[12, 5, 5, 1], 100), 4, 10);
        assert_eq!(lengths(groups).await, [vec![12], vec![5, 5], vec![1]]);
        assert!(lengths(Groups::new(rows(&[], 100), 4, 10)).await.is_empty());
    }

    #[tokio::test]
    async fn a_row_that_waits_for_those_before_it_gets_its_turn() {
        let groups = Groups::new(rows(&[3, 50, 3, 2], 8), 4, 100);
        assert_eq!(lengths(groups).await, [vec![3], vec![50], vec![3, 2]]);
    }
}
