//! Arrays of texts or bytes of any length, which load as arrays of objects.

use data_encoding::BASE64;
use dj_codec_api::value::ObjectArray;
use dj_codec_api::{Error, Json, Result, Value};

use super::ZarrArray;
use crate::dtype::ElementType;
use crate::engine::{Coordinates, in_chunk, parse_variable};

impl ZarrArray {
    /// Reads the whole array.
    ///
    /// # Errors
    /// Where a chunk is damaged or lost, or the array is over a limit.
    pub(super) fn read_objects(&self) -> Result<Value> {
        let opened = &*self.0;
        let (metadata, limits) = (&opened.metadata, &opened.limits);
        if self.shard_shape().is_some() {
            return Err(Error::unsupported("shards of texts are not known here").at(self.path()));
        }
        // Each element takes at least a value in memory.
        let total =
            limits.array_size(&metadata.shape, size_of::<Value>() as u64)? / size_of::<Value>() as u64;
        limits.check_items(total)?;
        let total = usize::try_from(total).map_err(|_| Error::limit("items", total, usize::MAX as u64))?;
        let mut items = vec![self.fill(); total];
        let region = self.region(&[])?;
        let chunk = &metadata.object_shape;
        let count = chunk.iter().try_fold(1_usize, |product, &length| {
            product.checked_mul(usize::try_from(length).ok()?)
        });
        let count = count.ok_or_else(|| Error::limit("items", u64::MAX, limits.items))?;
        limits.check_items(count as u64)?;
        for at in Coordinates::new(&region, chunk) {
            let Some(bytes) = self.reader().read_variable(&at, metadata.chain())? else {
                continue;
            };
            let values = parse_variable(bytes, count, &metadata.element).map_err(|error| {
                in_chunk(
                    "chunk",
                    &at,
                    &opened.folder.object(&metadata.keys.key(&at)),
                    error,
                )
            })?;
            for (position, value) in values.into_iter().enumerate() {
                if let Some(item) = self.place(&at, position).and_then(|place| items.get_mut(place)) {
                    *item = value;
                }
            }
        }
        let shape = metadata
            .shape
            .iter()
            .map(|&length| usize::try_from(length).unwrap_or(usize::MAX))
            .collect();
        Ok(Value::Objects(Box::new(ObjectArray { shape, items })))
    }

    /// The position in the array of the element at a position in a chunk as it is stored; `None` where that is beyond
    /// the array.
    fn place(&self, at: &[u64], position: usize) -> Option<usize> {
        let metadata = &self.0.metadata;
        let chunk = &metadata.object_shape;
        let mut rest = position as u64;
        let mut index = vec![0; chunk.len()];
        for stored in (0..chunk.len()).rev() {
            let axis = metadata
                .chain()
                .order
                .as_ref()
                .map_or(Some(stored), |order| order.get(stored).copied())?;
            let length = *chunk.get(axis)?;
            *index.get_mut(axis)? = at.get(axis)?.checked_mul(length)?.checked_add(rest % length)?;
            rest /= length;
        }
        let mut place = 0_u64;
        for (index, &length) in index.iter().zip(&metadata.shape) {
            if *index >= length {
                return None;
            }
            place = place.checked_mul(length)?.checked_add(*index)?;
        }
        usize::try_from(place).ok()
    }

    /// The value of elements that were never written.
    fn fill(&self) -> Value {
        let metadata = &self.0.metadata;
        let fill = metadata
            .document
            .get("fill_value")
            .and_then(Json::as_str)
            .unwrap_or_default();
        match metadata.element {
            ElementType::Text => Value::from(fill),
            _ => Value::Bytes(BASE64.decode(fill.as_bytes()).unwrap_or_default().into()),
        }
    }
}
