//! Objects that are stored once more.

use dj_codec_api::{Context, Record, Result};

use super::ObjectCodec;
use crate::object_ref::ObjectRef;

impl ObjectCodec {
    /// Stores what another record refers to once more: for another row, in another store.
    ///
    /// # Errors
    /// Where it cannot be read, is not what its record says, or cannot be written. Nothing is left in the store then.
    pub fn copy(&self, stored: &ObjectRef, cx: &Context) -> Result<Record> {
        if !stored.is_dir() {
            return self.write_stream(&mut stored.open()?, stored.ext(), cx);
        }
        let files = stored.checked_files()?;
        let staged = self.stage_folder(stored.ext(), cx)?;
        stored.each_file(&files, &mut |file, source| {
            staged.put_stream(&file.path, source).map(|_| ())
        })?;
        staged.finish_with_written()
    }
}
