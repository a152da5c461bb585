//! Cells, structs and sparse matrices.

use dj_codec_api::value::{CellArray, SparseMatrix, StructArray};
use dj_codec_api::{Error, Kind, Order, Result};

use super::Writer;
use crate::wire::code;

impl Writer<'_> {
    pub(super) fn cell_array(&mut self, cell: &CellArray, depth: usize) -> Result<()> {
        self.out.push(code::CELL);
        self.shape(&cell.shape);
        self.elements(&cell.shape, &cell.items, 1, depth)
    }

    pub(super) fn struct_array(&mut self, array: &StructArray, depth: usize) -> Result<()> {
        self.out.push(code::STRUCT);
        self.shape(&array.shape);
        self.field_names(array.fields.iter().map(String::as_str))?;
        if array.fields.is_empty() {
            return Ok(());
        }
        self.elements(&array.shape, &array.items, array.fields.len(), depth)
    }

    /// Compressed columns; no room beyond the entries is kept.
    pub(super) fn sparse_matrix(&mut self, matrix: &SparseMatrix) -> Result<()> {
        matrix.check()?;
        let (class, complex) = match matrix.data.dtype().kind() {
            Kind::Bool => (3_u32, false),
            Kind::Float64 => (6, false),
            Kind::Complex128 => (6, true),
            _ => {
                return Err(Error::invalid_value(format!(
                    "a sparse matrix of dtype {}; MATLAB has logical, double and complex ones",
                    matrix.data.dtype()
                )));
            }
        };
        self.out.push(code::SPARSE);
        let [rows, columns] = matrix.shape;
        for size in [rows, columns, matrix.indices.len() as u64] {
            self.out.extend_from_slice(&size.to_le_bytes());
        }
        self.out.extend_from_slice(&class.to_le_bytes());
        self.out.extend_from_slice(&u32::from(complex).to_le_bytes());
        for index in matrix.indptr.iter().chain(&matrix.indices) {
            self.out.extend_from_slice(&index.to_le_bytes());
        }
        let data = matrix.data.to_little_endian().to_bytes(Order::C);
        if complex {
            for part in [0, 8] {
                self.every_second::<8>(data.get(part..).unwrap_or_default());
            }
        } else {
            self.out.extend_from_slice(&data);
        }
        Ok(())
    }
}
