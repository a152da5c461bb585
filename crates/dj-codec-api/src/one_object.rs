//! Values that are one object in a store: what most codecs with a file format of their own need.

use crate::{Bytes, Context, Error, ErrorKind, Record, Result};

/// How often another random token is tried where a path is taken. With the shortest tokens that DataJoint allows, four
/// characters of 64, a second try is needed once in millions.
const TRIES: usize = 16;

impl Context {
    /// Writes a value's one object to the column's store, under a fresh path that ends in `ext`, and gives the record for the
    /// column, with `path`, `store` and `size`, to which a codec adds its own.
    ///
    /// Nothing existing is ever overwritten, and the object is there whole or not at all.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dj_codec_api::{Context, MemoryStore, StoreMap};
    ///
    /// let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main");
    /// let cx = Context::new(stores).with_field("lab", "session", "notes").with_key("session_id", 1_i64);
    /// let record = cx.write_object(Some(".txt"), "all went well".into())?.with("codec_version", "1.0");
    /// assert!(record.path()?.starts_with("_schema/lab/session/session_id=1/notes_"));
    /// assert_eq!(cx.read_object(&record)?, "all went well");
    /// # Ok::<(), dj_codec_api::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the store cannot be written, or the names of the column make no path. Nothing is left in the store then.
    pub fn write_object(&self, ext: Option<&str>, data: Bytes) -> Result<Record> {
        let store = self.open_column_store()?;
        for _ in 0..TRIES {
            let path = self.new_object_path(&store, ext)?;
            match store.store.put_if_absent(&path, data.clone()) {
                Ok(true) => {
                    return Ok(Record::new()
                        .with("path", path)
                        .with("store", store.name)
                        .with("size", data.len()));
                }
                Ok(false) => {}
                Err(error) => {
                    // The object may be there although the store's answer was lost. Whether or not it can be removed, what
                    // failed is the writing.
                    let _ = store.store.delete(&path);
                    return Err(error.at(path));
                }
            }
        }
        Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{TRIES} random paths for the object were all taken"),
        )
        .at(self.place())
        .advise("raise token_length of the store"))
    }

    /// Reads the one object of a record, all of it: from the path and the store that the record names.
    ///
    /// # Errors
    /// Where it is not there or cannot be read, is larger than the limit on array bytes, or has another `size` than the record
    /// says.
    pub fn read_object(&self, record: &Record) -> Result<Bytes> {
        let path = record.path()?;
        let store = self.open_record_store(record)?.store;
        let size = store
            .head(path)?
            .ok_or_else(|| Error::not_found("there is no such object").at(path))?
            .size;
        self.limits()
            .check_array_bytes(size)
            .map_err(|error| error.at(path))?;
        let bytes = store.get(path)?;
        match record.number("size")? {
            Some(size) if size != bytes.len() as u64 => Err(Error::corrupt(format!(
                "the object has {} bytes, the record says {size}",
                bytes.len()
            ))
            .at(path)
            .advise("bring it back from a backup of the store")),
            _ => Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Limits, MemoryStore, Store as _, StoreMap, Tokens};

    #[derive(Debug)]
    struct OneToken;

    impl Tokens for OneToken {
        fn token(&self, length: i64) -> Result<String> {
            Ok("T".repeat(usize::try_from(length).unwrap()))
        }
    }

    fn lab() -> (Arc<MemoryStore>, Context) {
        let store = Arc::new(MemoryStore::new());
        let stores = StoreMap::new().with("main", store.clone()).with_default("main");
        (store, Context::new(stores).with_field("lab", "session", "notes"))
    }

    #[test]
    fn a_path_that_is_taken_is_left_alone() {
        let (store, cx) = lab();
        let cx = cx.with_tokens(Arc::new(OneToken));
        let first = cx.write_object(None, "first".into()).unwrap();
        let error = cx.write_object(None, "second".into()).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::AlreadyExists);
        assert!(error.to_string().contains("token_length"), "{error}");
        assert_eq!(store.paths().len(), 1);
        assert_eq!(cx.read_object(&first).unwrap(), "first");
    }

    #[test]
    fn an_object_that_is_gone_large_or_another_is_said_so() {
        let (store, cx) = lab();
        let record = cx.write_object(Some(".txt"), "hello".into()).unwrap();
        let path = record.path().unwrap().to_owned();
        assert_eq!(record.number("size").unwrap(), Some(5));
        let tight = cx.clone().with_limits(Limits::default().with_array_bytes(4));
        assert!(matches!(
            tight.read_object(&record).unwrap_err().kind(),
            ErrorKind::Limit { asked: 5, .. }
        ));
        store.put(&path, "other!".into()).unwrap();
        let error = cx.read_object(&record).unwrap_err();
        assert!(
            error.to_string().contains("6 bytes, the record says 5"),
            "{error}"
        );
        store.delete(&path).unwrap();
        assert_eq!(cx.read_object(&record).unwrap_err().kind(), &ErrorKind::NotFound);
        let outside = Record::new().with("path", "../up").with("store", "main");
        assert_eq!(
            cx.read_object(&outside).unwrap_err().kind(),
            &ErrorKind::UnsafePath
        );
    }
}
