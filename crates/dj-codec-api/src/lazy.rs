//! Handles on stored values that are read when asked.

use std::any::Any;
use std::fmt;
use std::ops::Range;

use crate::{Array, DType, Result, Value};

/// A stored value that has not been read: an array in a store, an attached file, a folder.
///
/// An application that knows the codec downcasts to the codec's own type with
/// [`Value::downcast`](crate::Value::downcast), and reads ranges, regions or streams; one that does not calls
/// [`load`](Self::load).
pub trait Lazy: Any + fmt::Debug + Send + Sync {
    /// What it is, in words for messages, such as `"an npy array"`.
    fn type_name(&self) -> &'static str;

    /// Reads all of it: an array as [`Value::Array`](crate::Value::Array), a file or a folder as the digests that
    /// [`Value::File`](crate::Value::File) and [`Value::Folder`](crate::Value::Folder) hold.
    ///
    /// # Errors
    /// Where the stored value cannot be read, is damaged, or is over a limit.
    fn load(&self) -> Result<Value>;

    /// The part of an array whose first index is in this range, as `load` would give it; `None` where the handle reads all or nothing.
    fn load_rows(&self, rows: Range<u64>) -> Option<Result<Array>> {
        let _ = rows;
        None
    }

    /// The shape of an array.
    fn shape(&self) -> Option<&[u64]> {
        None
    }

    /// The dtype of an array.
    fn dtype(&self) -> Option<&DType> {
        None
    }
}
