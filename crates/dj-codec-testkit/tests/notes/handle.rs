//! What a note decodes to.

use std::sync::Arc;

use dj_codec_api::layout::content_hash;
use dj_codec_api::{Bytes, Context, DType, Error, ErrorKind, Lazy, Record, Result, Store, Value};

use super::{Defect as D, Layout, Note};

/// A text that is read when asked.
#[derive(Debug)]
pub(crate) struct NoteRef {
    pub(crate) note: Note,
    pub(crate) layout: Layout,
    pub(crate) record: Record,
    pub(crate) path: String,
    /// The path of the body.
    pub(crate) body: String,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) cx: Context,
}

impl Lazy for NoteRef {
    fn type_name(&self) -> &'static str {
        "a note"
    }

    fn load(&self) -> Result<Value> {
        self.text().map(Value::Str)
    }

    fn dtype(&self) -> Option<&DType> {
        None
    }
}

impl NoteRef {
    fn get(&self, path: &str) -> Result<Bytes> {
        let found = if self.is(D::GoesByTheList) && !self.is_listed(path)? {
            Err(Error::not_found("it is not in the list"))
        } else {
            self.store.get(path)
        };
        match found {
            Err(error)
                if (self.takes_absent_for_empty() && error.kind() == &ErrorKind::NotFound)
                    || self.is(D::TakesAnyErrorForEmpty) =>
            {
                Ok(Bytes::from_static(if path == self.body { b"" } else { &[0; 8] }))
            }
            Err(error)
                if self.is(D::TakesDenialForAbsence) && error.kind() == &ErrorKind::PermissionDenied =>
            {
                Err(Error::not_found("there is no such note").at(&self.path))
            }
            other => other,
        }
    }

    fn is_listed(&self, path: &str) -> Result<bool> {
        let list = self.store.list(&self.path)?;
        Ok(list.iter().any(|object| object.path == path))
    }

    fn is(&self, defect: D) -> bool {
        self.note.0 == defect
    }

    fn takes_absent_for_empty(&self) -> bool {
        self.is(D::TakesAbsentForEmpty) || self.is(D::GoesByTheList)
    }

    fn text(&self) -> Result<String> {
        let index = self.get(&format!("{}/index", self.path))?;
        let length = if self.is(D::SlicesWithoutLooking) {
            u64::from_le_bytes(index[..8].try_into().unwrap())
        } else {
            let bytes = index.as_ref().try_into();
            u64::from_le_bytes(bytes.map_err(|_| Error::corrupt("the index has not 8 bytes").at(&self.path))?)
        };
        if !self.is(D::LooksAtNoLimit) && !self.is(D::AllocatesWhatIsClaimed) {
            self.cx.limits().check_array_bytes(length).map_err(|error| {
                if self.is(D::CallsLimitsCorrupt) {
                    Error::corrupt("too long")
                } else {
                    error
                }
            })?;
        }
        let mut text = Vec::new();
        if self.is(D::AllocatesWhatIsClaimed) {
            text.reserve_exact(usize::try_from(length.min(1 << 30)).unwrap());
        }
        if self.is(D::ReservesTheSize) {
            let size = self.record.number("size")?.unwrap_or(0);
            text.reserve_exact(usize::try_from(size.min(1 << 30)).unwrap());
        }
        let body = self.get(&self.body)?;
        if body.len() as u64 != length && !self.is(D::TrustsLengths) && !self.takes_absent_for_empty() {
            return Err(
                Error::corrupt(format!("the body has {} bytes, not {length}", body.len())).at(&self.path),
            );
        }
        if self.layout == Layout::Digested && !self.is(D::TrustsDigests) && !self.is(D::TrustsLengths) {
            let digest = self.record.text("digest")?;
            let empty = self.takes_absent_for_empty() || self.is(D::TakesAnyErrorForEmpty);
            if digest != Some(&content_hash(&[&index[..], &body].concat())) && !(empty && body.is_empty()) {
                return Err(Error::corrupt("the note is not what was stored").at(&self.path));
            }
        }
        if self.is(D::NotesEachAccess) {
            self.store.put(&format!("{}/accessed", self.path), "now".into())?;
        }
        text.extend_from_slice(&body);
        String::from_utf8(text).map_err(|error| {
            Error::corrupt("the note is no text")
                .at(&self.path)
                .caused_by(error)
        })
    }
}
