//! The magic, and what is compressed.

use bytes::Bytes;
use dj_codec_api::{Error, Limits, Result};
use zlib_rs::{Inflate, InflateFlush, Status};

use super::cursor::Dims;
use crate::Protocol;
use crate::wire::{DJ0, MYM, ZLIB};

/// How much is decompressed at a time.
const INFLATE_STEP: usize = 1 << 20;

/// A blob without its magic and its compression.
pub(crate) struct Envelope {
    pub(crate) protocol: Protocol,
    /// How wide the length before the compressed bytes was; `None` where nothing is compressed.
    pub(crate) length: Option<Dims>,
    pub(crate) body: Bytes,
}

/// A compressed blob, not decompressed.
struct Compressed<'a> {
    dims: Dims,
    length: u64,
    data: &'a [u8],
}

impl<'a> Compressed<'a> {
    /// What is compressed, `None` where nothing is.
    fn of(blob: &'a [u8]) -> Result<Option<Self>> {
        let Some(rest) = blob.strip_prefix(ZLIB.as_slice()) else {
            return Ok(None);
        };
        let wide = rest.split_first_chunk::<8>().map(|(length, data)| Self {
            dims: Dims::Bits64,
            length: u64::from_le_bytes(*length),
            data,
        });
        let narrow = rest.split_first_chunk::<4>().map(|(length, data)| Self {
            dims: Dims::Bits32,
            length: u64::from(u32::from_le_bytes(*length)),
            data,
        });
        // A zlib stream begins with a byte whose lower half is 8, and the two first bytes are a multiple of 31.
        let is_zlib = |data: &[u8]| {
            data.first_chunk::<2>()
                .is_some_and(|two| two[0] & 0x0f == 8 && u16::from_be_bytes(*two).is_multiple_of(31))
        };
        let found = [wide, narrow]
            .into_iter()
            .flatten()
            .find(|found| is_zlib(found.data));
        found
            .map(Some)
            .ok_or_else(|| Error::corrupt("a compressed blob holds no zlib stream"))
    }
}

/// Takes the magic off, and decompresses. Takes off wrappers of other blobs, where asked to.
pub(crate) fn open(blob: &Bytes, unwrapping: bool, limits: &Limits) -> Result<Envelope> {
    let bare = |blob: Bytes| {
        if unwrapping {
            unwrap(&blob, limits)
        } else {
            Ok(blob)
        }
    };
    let blob = bare(blob.clone())?;
    let compressed = Compressed::of(&blob)?;
    let length = compressed.as_ref().map(|compressed| compressed.dims);
    let plain = match &compressed {
        Some(Compressed { length, data, .. }) => bare(inflate(data, *length, limits)?)?,
        None => blob.clone(),
    };
    let (protocol, body) = protocol(&plain)?;
    Ok(Envelope {
        protocol,
        length,
        body,
    })
}

/// The format of a blob, whether it is compressed, and how many bytes it has when it is not: from its front.
pub(crate) fn peek(blob: &Bytes, limits: &Limits) -> Result<(Protocol, bool, u64)> {
    let Some(Compressed { length, data, .. }) = Compressed::of(blob)? else {
        return protocol(blob).map(|(protocol, _)| (protocol, false, blob.len() as u64));
    };
    limits.check_decompressed_bytes(length)?;
    let mut front = [0; 16];
    let mut state = Inflate::new(true, 15);
    let status = state.decompress(data, &mut front, InflateFlush::NoFlush);
    status.map_err(|error| undecompressed(error.as_str()))?;
    let front = front.get(..state.total_out() as usize).unwrap_or_default();
    protocol(&Bytes::copy_from_slice(front)).map(|(protocol, _)| (protocol, true, length))
}

fn undecompressed(why: &str) -> Error {
    Error::corrupt(format!("a compressed blob cannot be decompressed: {why}"))
}

fn inflate(data: &[u8], length: u64, limits: &Limits) -> Result<Bytes> {
    limits.check_decompressed_bytes(length)?;
    // Deflate makes at most 1032 bytes of one, so a length beyond that is a lie, and no memory is given for it.
    let most = (data.len() as u64).saturating_mul(1032).saturating_add(64);
    let mismatch = |found: String| {
        Error::corrupt(format!(
            "a compressed blob should have {length} bytes, and has {found}"
        ))
    };
    if length > most {
        return Err(mismatch(format!("at most {most}")));
    }
    let room =
        usize::try_from(length).map_err(|_| Error::limit("decompressed bytes", length, usize::MAX as u64))?;
    let mut plain = Vec::new();
    plain
        .try_reserve_exact(room)
        .map_err(|error| Error::limit("decompressed bytes", length, 0).caused_by(error))?;
    let mut state = Inflate::new(true, 15);
    loop {
        let (taken, made) = (state.total_in(), state.total_out());
        // Room is made as it is needed: a length that lies touches no memory.
        if made == plain.len() as u64 {
            plain.resize(room.min(plain.len().saturating_add(INFLATE_STEP)), 0);
        }
        // One byte of room beyond the announced length shows whether there is more.
        let mut beyond = [0_u8];
        let target = match plain.get_mut(made as usize..) {
            Some(target) if !target.is_empty() => target,
            _ => &mut beyond,
        };
        let rest = data.get(taken as usize..).unwrap_or_default();
        let status = state
            .decompress(rest, target, InflateFlush::NoFlush)
            .map_err(|error| undecompressed(error.as_str()))?;
        if state.total_out() > length {
            return Err(mismatch("more".into()));
        }
        match status {
            Status::StreamEnd if state.total_out() == length => return Ok(plain.into()),
            Status::StreamEnd => return Err(mismatch(state.total_out().to_string())),
            _ if state.total_in() == taken && state.total_out() == made => {
                return Err(undecompressed("it ends early"));
            }
            _ => {}
        }
    }
}

fn protocol(blob: &Bytes) -> Result<(Protocol, Bytes)> {
    let (protocol, magic) = if blob.starts_with(MYM) {
        (Protocol::Mym, MYM)
    } else if blob.starts_with(DJ0) {
        (Protocol::Dj0, DJ0)
    } else {
        return Err(no_blob(blob));
    };
    let body = blob.slice(magic.len()..);
    // Found in the field: a client packed what was packed already.
    if [MYM.as_slice(), DJ0, ZLIB]
        .iter()
        .any(|magic| body.starts_with(magic))
    {
        return Err(Error::corrupt(format!(
            "a blob is wrapped in another: {protocol} around {}",
            body_name(&body)
        ))
        .advise("unwrap it with UnpackOptions::with_unwrap, and insert the value again"));
    }
    Ok((protocol, body))
}

/// Takes wrappers of other blobs off: what is inside is a blob of its own.
fn unwrap(blob: &Bytes, limits: &Limits) -> Result<Bytes> {
    let mut blob = blob.clone();
    for _ in 0..limits.depth {
        let inner = [MYM, DJ0]
            .iter()
            .find_map(|magic| blob.strip_prefix(magic.as_slice()));
        match inner {
            Some(inner)
                if [MYM.as_slice(), DJ0, ZLIB]
                    .iter()
                    .any(|magic| inner.starts_with(magic)) =>
            {
                blob = blob.slice(MYM.len()..);
            }
            _ => return Ok(blob),
        }
    }
    Err(Error::limit(
        "nesting depth",
        limits.depth as u64 + 1,
        limits.depth as u64,
    ))
}

fn body_name(body: &[u8]) -> &'static str {
    if body.starts_with(ZLIB) {
        "ZL123"
    } else if body.starts_with(DJ0) {
        "dj0"
    } else {
        "mYm"
    }
}

/// Says what the bytes look like instead.
fn no_blob(bytes: &[u8]) -> Error {
    let first = bytes.get(..bytes.len().min(24)).unwrap_or_default();
    let printable = |byte: &u8| (0x20..0x7f).contains(byte) || byte.is_ascii_whitespace();
    if bytes.is_empty() {
        return Error::corrupt("there are no bytes, and so there is no blob");
    }
    let error = Error::corrupt(format!(
        "the bytes are no blob: they begin with \"{}\"",
        first.escape_ascii()
    ));
    if first.iter().all(printable) {
        return error.advise("it looks like text: some clients stored the text of an array; its values have to be inserted again");
    }
    error.advise("a blob begins with mYm, dj0 or ZL123 and a NUL")
}
