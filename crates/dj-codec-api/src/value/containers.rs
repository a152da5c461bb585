//! Arrays whose elements are values, and what is reported of files.

use bytes::Bytes;

use super::Value;
use crate::{Array, Error, Result};

/// A NumPy array of dtype object: values of any kind, in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectArray {
    /// The lengths of the dimensions.
    pub shape: Vec<usize>,
    /// The elements in C order.
    pub items: Vec<Value>,
}

/// A structured array, each field as an array of the record's shape (a sub-array field with its own appended).
#[derive(Debug, Clone, PartialEq)]
pub struct RecordArray {
    /// The lengths of the dimensions.
    pub shape: Vec<usize>,
    /// Names and columns, in order.
    pub fields: Vec<(String, Value)>,
}

/// A MATLAB char array: UTF-16 code units in C order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharArray {
    /// The lengths of the dimensions; a line of text is `[1, n]`.
    pub shape: Vec<usize>,
    /// The code units in C order.
    pub units: Vec<u16>,
}

/// A MATLAB cell array.
#[derive(Debug, Clone, PartialEq)]
pub struct CellArray {
    /// The lengths of the dimensions.
    pub shape: Vec<usize>,
    /// The cells in C order.
    pub items: Vec<Value>,
}

/// A MATLAB struct array.
#[derive(Debug, Clone, PartialEq)]
pub struct StructArray {
    /// The lengths of the dimensions.
    pub shape: Vec<usize>,
    /// The names of the fields.
    pub fields: Vec<String>,
    /// The values in C order of the elements, those of one element in the order of the fields.
    pub items: Vec<Value>,
}

impl StructArray {
    /// The values of each element, in C order.
    pub fn rows(&self) -> impl Iterator<Item = &[Value]> {
        // `chunks` of zero is not allowed; a struct without fields has no values to give.
        self.items.chunks(self.fields.len().max(1))
    }
}

/// A MATLAB sparse matrix in compressed columns, without the padding that MATLAB keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseMatrix {
    /// Rows and columns.
    pub shape: [u64; 2],
    /// For each column where its entries begin, and the number of entries at the end.
    pub indptr: Vec<u64>,
    /// The row of each entry.
    pub indices: Vec<u64>,
    /// The entries, one-dimensional.
    pub data: Array,
}

/// A stored file as it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// The name, or for a file in a folder the path within it.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 of the contents, in lower-case hexadecimal.
    pub sha256: String,
}

fn check_count(what: &str, shape: &[usize], count: usize, each: usize) -> Result<()> {
    let wanted = shape
        .iter()
        .chain([&each])
        .try_fold(1_usize, |product, &length| product.checked_mul(length));
    if wanted == Some(count) {
        return Ok(());
    }
    Err(Error::corrupt(format!(
        "{what} of shape {shape:?} holds {count} values"
    )))
}

impl ObjectArray {
    /// An array of objects.
    ///
    /// # Errors
    /// Where the number of items is not what the shape asks for.
    pub fn new(shape: Vec<usize>, items: Vec<Value>) -> Result<Self> {
        check_count("an array of objects", &shape, items.len(), 1)?;
        Ok(Self { shape, items })
    }
}

impl CellArray {
    /// A cell array.
    ///
    /// # Errors
    /// Where the number of cells is not what the shape asks for.
    pub fn new(shape: Vec<usize>, items: Vec<Value>) -> Result<Self> {
        check_count("a cell array", &shape, items.len(), 1)?;
        Ok(Self { shape, items })
    }
}

impl StructArray {
    /// A struct array.
    ///
    /// # Errors
    /// Where the number of values is not what shape and fields ask for.
    pub fn new(shape: Vec<usize>, fields: Vec<String>, items: Vec<Value>) -> Result<Self> {
        check_count("a struct array", &shape, items.len(), fields.len())?;
        Ok(Self { shape, fields, items })
    }
}

impl CharArray {
    /// A char array.
    ///
    /// # Errors
    /// Where the number of code units is not what the shape asks for.
    pub fn new(shape: Vec<usize>, units: Vec<u16>) -> Result<Self> {
        check_count("a char array", &shape, units.len(), 1)?;
        Ok(Self { shape, units })
    }

    /// A line of text.
    #[must_use]
    pub fn line(text: &str) -> Self {
        let units: Vec<u16> = text.encode_utf16().collect();
        Self {
            shape: vec![1, units.len()],
            units,
        }
    }

    /// The text of a single line; `None` for a matrix of characters or halves of surrogate pairs.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        let one_line = self.shape.iter().filter(|&&length| length != 1).count() <= 1;
        one_line.then(|| String::from_utf16(&self.units).ok()).flatten()
    }
}

impl SparseMatrix {
    /// Checks that the columns are in order and every row index is within the matrix.
    ///
    /// # Errors
    /// Where they are not.
    pub fn check(&self) -> Result<()> {
        let entries = self.indices.len() as u64;
        let [rows, columns] = self.shape;
        let ordered = self.indptr.first() == Some(&0)
            && self.indptr.last() == Some(&entries)
            && self.indptr.is_sorted()
            && (self.indptr.len() as u64).checked_sub(1) == Some(columns);
        if !ordered
            || self.indices.iter().any(|&row| row >= rows)
            || self.data.shape() != [self.indices.len()]
        {
            return Err(Error::corrupt(
                "the columns of a sparse matrix contradict each other",
            ));
        }
        Ok(())
    }
}

impl From<ObjectArray> for Value {
    fn from(array: ObjectArray) -> Self {
        Self::Objects(Box::new(array))
    }
}

impl From<RecordArray> for Value {
    fn from(array: RecordArray) -> Self {
        Self::Record(Box::new(array))
    }
}

impl From<CharArray> for Value {
    fn from(array: CharArray) -> Self {
        Self::Chars(Box::new(array))
    }
}

impl From<CellArray> for Value {
    fn from(array: CellArray) -> Self {
        Self::Cell(Box::new(array))
    }
}

impl From<StructArray> for Value {
    fn from(array: StructArray) -> Self {
        Self::Struct(Box::new(array))
    }
}

impl From<SparseMatrix> for Value {
    fn from(matrix: SparseMatrix) -> Self {
        Self::Sparse(Box::new(matrix))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Bytes::copy_from_slice(bytes))
    }
}
