//! Cells, structs and sparse matrices.

use dj_codec_api::value::{CellArray, SparseMatrix, StructArray};
use dj_codec_api::{Array, DType, Error, Kind, Order, Result, Value};

use super::cursor::{Cursor, element_count};
use crate::order::fortran_to_c_values;
use crate::wire;

impl Cursor<'_> {
    pub(super) fn cell_array(&mut self, depth: usize) -> Result<Value> {
        let at = self.position();
        let shape = self.shape()?;
        let items = self.elements_of(&shape, 1, depth, at)?;
        Ok(CellArray::new(shape.clone(), fortran_to_c_values(items, &shape))?.into())
    }

    /// For each element in Fortran order, its fields in order.
    pub(super) fn struct_array(&mut self, depth: usize) -> Result<Value> {
        let at = self.position();
        let shape = self.shape()?;
        let fields = self.field_names()?;
        if fields.is_empty() {
            return Ok(StructArray::new(shape, fields, Vec::new())?.into());
        }
        let items = self.elements_of(&shape, fields.len(), depth, at)?;
        // Each element moves as a row of its fields.
        let mut rest = items.into_iter();
        let rows: Vec<Value> = (0..element_count(&shape).unwrap_or_default())
            .map(|_| Value::List(rest.by_ref().take(fields.len()).collect()))
            .collect();
        let items = fortran_to_c_values(rows, &shape)
            .into_iter()
            .flat_map(|row| match row {
                Value::List(values) => values,
                other => vec![other],
            })
            .collect();
        Ok(StructArray::new(shape, fields, items)?.into())
    }

    /// Compressed columns, with MATLAB's padding after the last entry.
    pub(super) fn sparse_matrix(&mut self) -> Result<Value> {
        let at = self.position();
        let locate = |error: Error| error.at(format!("byte {at}"));
        let (rows, columns, room) = (self.size()?, self.size()?, self.size()?);
        let (class, complex) = (self.u32()?, self.u32()?);
        let width = self.size_width();
        let starts = columns.saturating_add(1);
        let starts = self.check_room(starts, width, at)?;
        let indptr: Vec<u64> = (0..starts).map(|_| self.size()).collect::<Result<_>>()?;
        let slots = self.check_room(room, width, at)?;
        let mut indices: Vec<u64> = (0..slots).map(|_| self.size()).collect::<Result<_>>()?;
        let kind = match (class, complex) {
            (3, 0) | (6, 0 | 1) => wire::kind_of(class),
            _ => None,
        };
        let kind = kind.ok_or_else(|| {
            locate(Error::corrupt(format!(
                "a sparse matrix has the class {class} and complexity {complex}"
            )))
        })?;
        let real = self.elements(&[slots], kind.clone())?;
        let entries = indptr.last().copied().unwrap_or_default();
        let kept = usize::try_from(entries)
            .ok()
            .filter(|&entries| entries <= slots)
            .ok_or_else(|| {
                locate(Error::corrupt(format!(
                    "a sparse matrix has {entries} entries in room for {slots}"
                )))
            })?;
        indices.truncate(kept);
        let data = if complex == 0 {
            real.rows(0..kept)?
        } else {
            let imaginary = self.elements(&[slots], kind)?;
            let pairs = real
                .to_vec::<f64>()?
                .into_iter()
                .zip(imaginary.to_vec::<f64>()?)
                .take(kept);
            let bytes: Vec<u8> = pairs
                .flat_map(|(real, imaginary)| [real.to_le_bytes(), imaginary.to_le_bytes()])
                .flatten()
                .collect();
            Array::new(DType::new(Kind::Complex128), &[kept], Order::C, bytes.into())?
        };
        let matrix = SparseMatrix {
            shape: [rows, columns],
            indptr,
            indices,
            data,
        };
        matrix.check().map_err(locate)?;
        Ok(matrix.into())
    }
}
