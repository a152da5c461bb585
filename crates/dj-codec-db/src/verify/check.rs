//! The check of one value.

use dj_codec_api::{CheckLevel, Error, ErrorKind};

use crate::audit::objects;
use crate::audit::subject::Subject;
use crate::fault::FaultKind;
use crate::rows::Field;

/// What is wrong with a value; `None` where nothing is.
///
/// `level` is [`CheckLevel::Full`] only where the field was read whole.
pub(super) fn check(subject: &Subject, field: &Field, level: CheckLevel) -> Option<(FaultKind, Error)> {
    if let Some(error) = subject.too_long(field) {
        return Some((FaultKind::WrongValue, error));
    }
    let references = match subject.references(&field.stored) {
        Ok(references) => references,
        Err(wrong) => return Some(wrong),
    };
    let Some(column) = &subject.column else {
        // Nobody here can look into it; that its objects are there, anybody can.
        return references
            .iter()
            .find_map(|reference| present(subject, reference).err());
    };
    // A value of several objects (a folder and its manifest) may look whole to a codec that finds one of them.
    if references.len() > 1
        && let Some(wrong) = references
            .iter()
            .find_map(|reference| present(subject, reference).err())
    {
        return Some(wrong);
    }
    let checked = column
        .format_version(field.stored.clone(), &subject.cx)
        .and_then(|_| {
            if field.whole {
                column.check(field.stored.clone(), &subject.cx, level)
            } else {
                Ok(())
            }
        });
    let error = checked.err()?;
    if error.kind() == &ErrorKind::NotFound {
        // It may be that the object is there, and none of the codec's.
        let there = !references.is_empty()
            && references
                .iter()
                .all(|reference| present(subject, reference).is_ok());
        let kind = if there {
            FaultKind::DamagedObject
        } else {
            FaultKind::MissingObject
        };
        return Some((kind, error));
    }
    Some((FaultKind::of(&error, references.is_empty()), error))
}

fn present(subject: &Subject, reference: &dj_codec_api::Reference) -> Result<(), (FaultKind, Error)> {
    if reference.optional {
        return Ok(());
    }
    let answer = objects::open(&subject.cx, reference.store.as_deref())
        .and_then(|store| objects::one(&store, &reference.path));
    match answer {
        Ok(found) if found.objects > 0 => Ok(()),
        Ok(_) => Err((
            FaultKind::MissingObject,
            Error::not_found("there is no such object")
                .at(reference.path.as_str())
                .advise("bring it back from a backup of the store"),
        )),
        Err(error) => Err((FaultKind::of(&error, false), error)),
    }
}
