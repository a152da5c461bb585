//! One value: decoded, encoded anew, and compared with what it was.

use dj_codec_api::{Column, Context, Error, FormatVersion, Result, Stored};

use super::aim::Aim;
use super::compare::difference;

/// What becomes of a value.
#[derive(Debug)]
pub(super) enum Recoded {
    /// It is what it should be.
    Already,
    /// This.
    New {
        stored: Stored,
        from: Option<FormatVersion>,
        to: Option<FormatVersion>,
    },
}

/// How a column's values are migrated.
#[derive(Debug, Clone)]
pub(super) struct Recoding {
    pub(super) column: Column,
    pub(super) aim: Aim,
    pub(super) allow_downgrade: bool,
}

impl Recoding {
    /// Encodes a value anew, where it is not what it should be yet: read in one context, written in the other.
    ///
    /// # Errors
    /// Where the value cannot be read, written, or be exactly the same in the other format. What was written stays then.
    pub(super) fn recode(&self, stored: &Stored, cx: &Context, writing: &Context) -> Result<Recoded> {
        let column = &self.column;
        let (reader, from) = match &self.aim {
            Aim::Format(to) => match self.found(stored, *to, cx)? {
                Some(found) => (column, Some(found)),
                None => return Ok(Recoded::Already),
            },
            Aim::Unwrapped(_)
                if column
                    .decode(stored.clone(), cx)
                    .and_then(|value| value.load())
                    .is_ok() =>
            {
                return Ok(Recoded::Already);
            }
            Aim::Unwrapped(reader) => (reader, None),
            Aim::Into(target) => return target.convert(column, stored, cx, writing),
        };
        let value = reader.decode(stored.clone(), cx)?;
        let asked = match self.aim {
            Aim::Format(to) => writing.clone().with_format_version(to),
            _ => writing.clone(),
        };
        let new = column.reencode(value.clone(), stored, &asked)?;
        let to = column.format_version(new.clone(), writing)?;
        if let Aim::Format(wanted) = self.aim
            && to != Some(wanted)
        {
            let wrote = to.map_or_else(|| "none".to_owned(), |version| version.to_string());
            return Err(Error::unsupported(format!(
                "asked for format {wanted}, the codec wrote {wrote} for this value"
            )));
        }
        let again = column.decode(new.clone(), writing)?;
        match difference(&value, &again)? {
            None => Ok(Recoded::New {
                stored: new,
                from,
                to,
            }),
            Some(different) => Err(Error::unsupported(format!(
                "the value would not be exactly the same: {different}"
            ))),
        }
    }

    /// The format of a value that has to be migrated; `None` where it has the right one.
    fn found(&self, stored: &Stored, to: FormatVersion, cx: &Context) -> Result<Option<FormatVersion>> {
        let found = self
            .column
            .format_version(stored.clone(), cx)?
            .ok_or_else(|| Error::unsupported("the value has no format version"))?;
        if found == to {
            return Ok(None);
        }
        if found > to && !self.allow_downgrade {
            return Err(newer(found, to));
        }
        let info = super::aim::outermost(&self.column)?;
        if !info.reads.iter().any(|format| format.version == found) {
            return Err(Error::unsupported(format!(
                "the value is of format {found}, of which this build may miss something"
            ))
            .advise(format!("upgrade {}", info.crate_name)));
        }
        Ok(Some(found))
    }
}

pub(super) fn newer(found: FormatVersion, to: FormatVersion) -> Error {
    Error::unsupported(format!(
        "format {found} is newer than {to}, and a downgrade was not allowed"
    ))
    .advise("allow it (--allow-downgrade) where older programs have to read the values")
}
