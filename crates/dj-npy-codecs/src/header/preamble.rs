//! The first bytes of a file: magic, version, and the length of the header.

use dj_codec_api::{Error, ErrorKind, FormatVersion, Limits, Result};

use super::{MAGIC, PREFIX};
use crate::NpyVersion;
use crate::version::FORMATS;

/// Where the text of a header is, as the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preamble {
    pub(crate) version: NpyVersion,
    /// Where the text begins.
    pub(crate) text_start: usize,
    /// Where the text ends and the data begin.
    pub(crate) data_start: usize,
}

impl Preamble {
    /// The bytes that tell all of it, whatever the version.
    pub(crate) const BYTES: usize = PREFIX + 4;

    /// Reads the first bytes of a file.
    pub(crate) fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let version = version(bytes)?;
        let text_start = PREFIX + version.length_bytes();
        let Some(length) = bytes.get(PREFIX..text_start) else {
            return Err(short(
                "the length of the header",
                version.length_bytes(),
                bytes.len() - PREFIX,
            ));
        };
        let length = length
            .iter()
            .rev()
            .fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
        limits.check_metadata_bytes(length)?;
        let data_start = usize::try_from(length)
            .ok()
            .and_then(|length| text_start.checked_add(length));
        Ok(Self {
            version,
            text_start,
            data_start: data_start
                .ok_or_else(|| Error::limit("metadata bytes", length, limits.metadata_bytes))?,
        })
    }
}

/// The version that the first bytes of a file tell.
pub(crate) fn version(bytes: &[u8]) -> Result<NpyVersion> {
    if bytes.is_empty() {
        return Err(Error::corrupt("the file is empty"));
    }
    let start = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if !MAGIC.starts_with(start) {
        let found = start
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" ");
        return Err(Error::corrupt(format!(
            "this is no .npy file: it begins with the bytes {found}, not with {}",
            "93 4e 55 4d 50 59 (\"\\x93NUMPY\")"
        )));
    }
    let Some(&[major, minor]) = bytes.get(MAGIC.len()..PREFIX) else {
        return Err(short("the first bytes", PREFIX, bytes.len()));
    };
    let found = FormatVersion::new(u64::from(major), u64::from(minor));
    NpyVersion::from_format_version(found).ok_or_else(|| unknown(found))
}

fn unknown(found: FormatVersion) -> Error {
    let supported: Vec<_> = NpyVersion::ALL
        .iter()
        .map(|version| version.format_version())
        .collect();
    let known: Vec<_> = supported.iter().map(ToString::to_string).collect();
    Error::new(
        ErrorKind::UnsupportedFormat { found, supported },
        format!(
            "NPY version {found} is not known here; known are {}",
            known.join(", ")
        ),
    )
    .advise(format!("upgrade {} or migrate the data", FORMATS.crate_name))
}

pub(super) fn short(what: &str, wanted: usize, found: usize) -> Error {
    Error::corrupt(format!(
        "the file is cut short: {what} should take {wanted} bytes, there are {found}"
    ))
}
