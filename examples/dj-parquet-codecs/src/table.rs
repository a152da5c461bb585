//! What is stored: columns of one length, each of one kind.

use std::collections::HashMap;

use dj_codec_api::{Error, Result};

/// The cells of a column; `None` where one is missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Floating-point numbers.
    Float(Vec<Option<f64>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Texts.
    Text(Vec<Option<String>>),
    /// This many cells that are all missing, of no kind.
    Missing(usize),
}

impl Cells {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Int(cells) => cells.len(),
            Self::Float(cells) => cells.len(),
            Self::Bool(cells) => cells.len(),
            Self::Text(cells) => cells.len(),
            Self::Missing(count) => *count,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one is missing.
    #[must_use]
    pub fn has_missing(&self) -> bool {
        match self {
            Self::Int(cells) => cells.iter().any(Option::is_none),
            Self::Float(cells) => cells.iter().any(Option::is_none),
            Self::Bool(cells) => cells.iter().any(Option::is_none),
            Self::Text(cells) => cells.iter().any(Option::is_none),
            Self::Missing(count) => *count > 0,
        }
    }
}

macro_rules! cells {
    ($($type:ty => $kind:ident;)+) => {$(
        impl From<Vec<$type>> for Cells {
            fn from(cells: Vec<$type>) -> Self {
                Self::$kind(cells.into_iter().map(|cell| Some(cell.into())).collect())
            }
        }

        impl From<Vec<Option<$type>>> for Cells {
            fn from(cells: Vec<Option<$type>>) -> Self {
                Self::$kind(cells.into_iter().map(|cell| cell.map(Into::into)).collect())
            }
        }
    )+};
}

cells! {
    i64 => Int;
    f64 => Float;
    bool => Bool;
    &str => Text;
    String => Text;
}

/// A column: a name and its cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    name: String,
    cells: Cells,
}

impl Column {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its cells.
    #[must_use]
    pub fn cells(&self) -> &Cells {
        &self.cells
    }
}

/// Columns of one length.
///
/// ```
/// use dj_parquet_codecs::{Cells, Table};
///
/// let table = Table::new()
///     .with_column("trial", vec![1, 2, 3])?
///     .with_column("reaction", vec![Some(0.31), None, Some(0.27)])?;
/// assert_eq!(table.rows(), 3);
/// assert_eq!(table.column("trial"), Some(&Cells::from(vec![1, 2, 3])));
/// assert!(table.with_column("choice", vec!["left"]).is_err());
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Column>,
    // Where in `columns` each name is: a file may claim millions of them.
    places: HashMap<String, usize>,
}

impl Table {
    /// No columns yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column.
    ///
    /// # Errors
    /// Where there is a column of that name, it has none, or it is not as long as the others.
    pub fn with_column(mut self, name: &str, cells: impl Into<Cells>) -> Result<Self> {
        let cells = cells.into();
        if name.is_empty() {
            return Err(Error::invalid_value("a column has no name"));
        }
        if self.column(name).is_some() {
            return Err(Error::invalid_value(format!("there are two columns {name:?}")));
        }
        if let Some(first) = self.columns.first()
            && first.cells.len() != cells.len()
        {
            return Err(Error::invalid_value(format!(
                "the column {name:?} has {} cells, {:?} has {}",
                cells.len(),
                first.name,
                first.cells.len()
            )));
        }
        self.places.insert(name.to_owned(), self.columns.len());
        self.columns.push(Column {
            name: name.to_owned(),
            cells,
        });
        Ok(self)
    }

    /// The columns, in their order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The cells of the column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Cells> {
        let column = self.columns.get(*self.places.get(name)?)?;
        Some(&column.cells)
    }

    /// How many cells each column has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.cells.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn many_columns_do_not_take_the_square_of_their_time() {
        let began = Instant::now();
        let names: Vec<String> = (0..300_000).map(|number| format!("c{number}")).collect();
        let table = names.iter().try_fold(Table::new(), |table, name| {
            table.with_column(name, Vec::<i64>::new())
        });
        let table = table.unwrap();
        assert!(table.column("c299999").is_some());
        assert!(table.column("c300000").is_none());
        // A second or so; minutes, were each name compared with all before it.
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        let error = table.with_column("c7", vec![1]).unwrap_err();
        assert_eq!(error.to_string(), "there are two columns \"c7\"");
    }
}
