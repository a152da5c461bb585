//! Values that were found in an older data format than their codec writes today.

use std::fmt;
use std::sync::Arc;

use crate::{Column, Context, FormatStatus, FormatVersion, Record, Reference, Result, Stored, Value};

/// A value that was decoded, and is stored in an older data format than its codec writes today: what
/// [`Context::on_outdated`] hands to an application that migrates what it comes upon.
///
/// It holds what the application needs to write the value anew: [`reencode`](Self::reencode) gives what the column is to
/// hold instead. Writing that into the row, and only then removing the objects of the old value ([`references`](Self::references)),
/// is the application's, for only that knows the row.
#[derive(Debug)]
pub struct Outdated<'a> {
    pub(crate) column: &'a Column,
    pub(crate) stored: &'a Stored,
    pub(crate) value: &'a Value,
    pub(crate) cx: &'a Context,
    pub(crate) found: FormatVersion,
    pub(crate) current: FormatVersion,
    pub(crate) status: FormatStatus,
}

impl Outdated<'_> {
    /// The name of the codec.
    #[must_use]
    pub fn codec(&self) -> &str {
        self.column.chain().first().map_or("", |codec| codec.name())
    }

    /// The data format that the value is stored in.
    #[must_use]
    pub fn found(&self) -> FormatVersion {
        self.found
    }

    /// The data format that the codec writes today.
    #[must_use]
    pub fn current(&self) -> FormatVersion {
        self.current
    }

    /// How the format that was found stands: legacy, or deprecated with what to do.
    #[must_use]
    pub fn status(&self) -> FormatStatus {
        self.status
    }

    /// The column.
    #[must_use]
    pub fn column(&self) -> &Column {
        self.column
    }

    /// What the column holds.
    #[must_use]
    pub fn stored(&self) -> &Stored {
        self.stored
    }

    /// What it decoded to, a lazy handle perhaps.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.value
    }

    /// The context of the decoding. Its field and key are those of the new objects' paths, so an application that migrates sets
    /// them for decoding too.
    #[must_use]
    pub fn context(&self) -> &Context {
        self.cx
    }

    /// The objects that the old value has in stores.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        self.column.referenced_paths(self.stored)
    }

    /// Encodes the value in the current format, under new paths where it is in a store, and gives what the column is to
    /// hold. Keys of the old record that are not the codec's own are in the new one too. The old value is not touched.
    ///
    /// # Errors
    /// Where the value cannot be read or written. Nothing is left in a store then.
    pub fn reencode(&self) -> Result<Stored> {
        let cx = self.cx.clone().without_format_version();
        self.column.reencode(self.value.clone(), self.stored, &cx)
    }
}

impl Column {
    /// Encodes a value that was decoded from `old` anew: in the format that the context asks for, else in the current one. Keys of
    /// the old record that are not the codec's own are in the new one too. The old value is not touched.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn reencode(&self, value: Value, old: &Stored, cx: &Context) -> Result<Stored> {
        let new = self.encode(value, &cx.clone().without_outdated_hook())?;
        let Stored::Json(new) = new else {
            return Ok(new);
        };
        // The old record may have come as text, or as the bytes of that.
        let old = self.open_stored(old.clone()).and_then(Record::from_value);
        let (Ok(record), Ok(old)) = (Record::from_json(new.clone()), old) else {
            return Ok(Stored::Json(new));
        };
        let own = self.chain().last().map_or(&[][..], |codec| codec.record_keys());
        Ok(Stored::Json(record.keeping(&old, own).into_json()))
    }
}

/// What a context calls for each outdated value.
#[derive(Clone)]
pub(crate) struct Hook(pub(crate) Arc<dyn Fn(&Outdated<'_>) + Send + Sync>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}
