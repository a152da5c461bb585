//! Whether what a stored value refers to is there.

use std::ops::ControlFlow;

use crate::codec::Reference;
use crate::{Context, Error, Json, Record, Result, Value};

/// How closely [`Codec::check`](crate::Codec::check) looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckLevel {
    /// Are the objects there that the value needs?
    Presence,
    /// Have they the size that was written, too?
    Size,
    /// Is every byte what was written, as far as anything tells, and does the value decode?
    Full,
}

/// Are these objects there, and of the size that the record says?
pub(crate) fn references(
    references: &[Reference],
    stored: &Value,
    cx: &Context,
    level: CheckLevel,
) -> Result<()> {
    for reference in references.iter().filter(|reference| !reference.optional) {
        let mut named = Record::new().with("path", reference.path.as_str());
        if let Some(store) = &reference.store {
            named = named.with("store", store.as_str());
        }
        let store = cx.open_record_store(&named)?.store;
        match store.head(&reference.path)? {
            Some(object) if level >= CheckLevel::Size => {
                let said = size_of(stored).filter(|_| references.len() == 1);
                if let Some(said) = said.filter(|said| *said != object.size) {
                    return Err(Error::corrupt(format!(
                        "the object has {} bytes, the record says {said}",
                        object.size
                    ))
                    .at(reference.path.as_str())
                    .advise("bring it back from a backup of the store"));
                }
            }
            Some(_) => {}
            None => {
                let mut found = false;
                store.visit(&reference.path, &mut |_| {
                    found = true;
                    Ok(ControlFlow::Break(()))
                })?;
                if !found {
                    return Err(
                        Error::not_found("there is no such object, and no folder of that name")
                            .at(reference.path.as_str())
                            .advise("bring it back from a backup of the store"),
                    );
                }
            }
        }
    }
    Ok(())
}

/// The size that the record of one object says. That of a folder counts what its codec says it counts.
fn size_of(stored: &Value) -> Option<u64> {
    let record = Record::from_value(stored.clone()).ok()?;
    let folder = record.get("is_dir").and_then(Json::as_bool).unwrap_or(false);
    record.number("size").ok().flatten().filter(|_| !folder)
}
