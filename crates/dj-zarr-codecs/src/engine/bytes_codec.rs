//! The codecs from bytes to bytes that are undone here, each within the size that its output may have.

use std::borrow::Cow;
use std::io::Read;

use dj_codec_api::{Error, Json, Result};

use super::blosc;
use super::filter::Filter;

/// A codec from bytes to bytes, or a filter of numcodecs, which is one too where it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BytesCodec {
    Blosc,
    Zstd,
    Gzip,
    Zlib,
    Bz2,
    /// A length of four bytes, then one LZ4 block, as numcodecs has it.
    Lz4,
    Checksum {
        kind: Checksum,
        at_end: bool,
    },
    /// Byte shuffle over elements of this size.
    Shuffle(usize),
    Filter(Filter),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksum {
    Crc32c,
    Crc32,
    Adler32,
    Fletcher32,
}

/// How many bytes a codec may decode to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Exactly(usize),
    AtMost(usize),
}

impl Size {
    fn limit(self) -> usize {
        match self {
            Self::Exactly(size) | Self::AtMost(size) => size,
        }
    }

    fn check(self, length: usize) -> Result<()> {
        match self {
            Self::Exactly(size) if length != size => Err(Error::corrupt(format!(
                "it decodes to {length} bytes where {size} belong"
            ))),
            Self::AtMost(size) if length > size => {
                Err(Error::limit("chunk bytes", length as u64, size as u64))
            }
            _ => Ok(()),
        }
    }
}

const CHECKSUM_BYTES: usize = 4;

impl BytesCodec {
    /// The codec of this name, of Zarr V3 or numcodecs; `None` where there is none here.
    ///
    /// # Errors
    /// Where its configuration makes no sense.
    pub(super) fn parse(name: &str, configuration: &Json) -> Result<Option<Self>> {
        let at_end = |default: bool| match configuration.get("location").and_then(Json::as_str) {
            None => Ok(default),
            Some("start") => Ok(false),
            Some("end") => Ok(true),
            Some(other) => Err(Error::corrupt(format!("a checksum cannot be at {other:?}"))),
        };
        // Zarr V3's crc32c has no other place than the end; that of numcodecs says where.
        Ok(Some(match name {
            "blosc" => Self::Blosc,
            "zstd" => Self::Zstd,
            "gzip" => Self::Gzip,
            "zlib" => Self::Zlib,
            "bz2" => Self::Bz2,
            "lz4" => Self::Lz4,
            "crc32c" => Self::Checksum {
                kind: Checksum::Crc32c,
                at_end: at_end(true)?,
            },
            "crc32" => Self::Checksum {
                kind: Checksum::Crc32,
                at_end: at_end(false)?,
            },
            "adler32" => Self::Checksum {
                kind: Checksum::Adler32,
                at_end: at_end(false)?,
            },
            "fletcher32" => Self::Checksum {
                kind: Checksum::Fletcher32,
                at_end: true,
            },
            "shuffle" => match configuration.get("elementsize").map_or(Some(4), Json::as_u64) {
                Some(size @ 1..=65_536) => Self::Shuffle(usize::try_from(size).unwrap_or(1)),
                _ => return Err(Error::corrupt("the codec shuffle has no proper elementsize")),
            },
            _ => return Ok(Filter::parse(name, configuration)?.map(Self::Filter)),
        }))
    }

    /// How many bytes the codec makes of `decoded` ones; `None` where that depends on what they are.
    pub(super) fn encoded_size(&self, decoded: Option<usize>) -> Option<usize> {
        match self {
            Self::Checksum { .. } => decoded?.checked_add(CHECKSUM_BYTES),
            Self::Shuffle(_) => decoded,
            Self::Filter(filter) => filter.encoded_size(decoded?),
            _ => None,
        }
    }

    /// Undoes the codec.
    ///
    /// # Errors
    /// Where the bytes are damaged, or decode to another size.
    pub(super) fn decode<'a>(&self, encoded: Cow<'a, [u8]>, size: Size) -> Result<Cow<'a, [u8]>> {
        let decoded = match self {
            Self::Checksum { kind, at_end } => {
                let body = kind.check(&encoded, *at_end)?;
                let (start, end) = (body.start, body.end);
                match encoded {
                    Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(start..end).unwrap_or_default()),
                    Cow::Owned(mut bytes) => {
                        bytes.truncate(end);
                        bytes.drain(..start);
                        Cow::Owned(bytes)
                    }
                }
            }
            Self::Blosc => Cow::Owned(blosc::decode(&encoded, size.limit())?),
            Self::Filter(filter) => filter.decode(encoded, size.limit())?,
            _ => match size {
                Size::Exactly(length) => {
                    let mut out = vec![0; length];
                    self.decode_into(&encoded, &mut out)?;
                    Cow::Owned(out)
                }
                Size::AtMost(limit) => Cow::Owned(self.decode_unknown(&encoded, limit)?),
            },
        };
        size.check(decoded.len())?;
        Ok(decoded)
    }

    /// Undoes the codec straight into `out`, whose length it must decode to.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub(super) fn decode_into(&self, encoded: &[u8], out: &mut [u8]) -> Result<()> {
        let wrong = |length: usize, out: &[u8]| {
            Err(Error::corrupt(format!(
                "it decodes to {length} bytes where {} belong",
                out.len()
            )))
        };
        match self {
            Self::Blosc => blosc::decode_into(encoded, out),
            Self::Zstd => match blosc::zstd_into(encoded, out)? {
                length if length == out.len() => Ok(()),
                length => wrong(length, out),
            },
            Self::Lz4 => {
                let block = lz4_block(encoded, Size::Exactly(out.len()))?;
                match lz4_flex::block::decompress_into(block, out) {
                    Ok(length) if length == out.len() => Ok(()),
                    Ok(length) => wrong(length, out),
                    Err(error) => Err(Error::corrupt("the LZ4 data is damaged").caused_by(error)),
                }
            }
            Self::Gzip | Self::Zlib | Self::Bz2 => {
                let mut stream = self.stream(encoded);
                stream
                    .read_exact(out)
                    .map_err(|error| self.damaged().caused_by(error))?;
                match stream.read(&mut [0]) {
                    Ok(0) => Ok(()),
                    Ok(_) => Err(Error::corrupt(format!(
                        "it decodes to more than the {} bytes that belong",
                        out.len()
                    ))),
                    Err(error) => Err(self.damaged().caused_by(error)),
                }
            }
            Self::Shuffle(size) => {
                if super::bitshuffle::byte_unshuffle(*size, encoded, out) {
                    return Ok(());
                }
                wrong(encoded.len(), out)
            }
            Self::Checksum { .. } | Self::Filter(_) => {
                let decoded = self.decode(Cow::Borrowed(encoded), Size::Exactly(out.len()))?;
                if decoded.len() != out.len() {
                    return wrong(decoded.len(), out);
                }
                out.copy_from_slice(&decoded);
                Ok(())
            }
        }
    }

    /// Whether the first bytes can be had without the rest, which costs more for each byte than all of them.
    pub(super) fn has_prefix(&self) -> bool {
        matches!(self, Self::Zstd | Self::Gzip | Self::Zlib | Self::Bz2)
    }

    /// Undoes the codec as far as `out` goes.
    ///
    /// # Errors
    /// Where the bytes are damaged so far, or fewer.
    pub(super) fn decode_prefix(&self, encoded: &[u8], out: &mut [u8]) -> Result<()> {
        self.stream(encoded)
            .read_exact(out)
            .map_err(|error| self.damaged().caused_by(error))
    }

    fn decode_unknown(&self, encoded: &[u8], limit: usize) -> Result<Vec<u8>> {
        match self {
            Self::Lz4 => {
                let length =
                    u32::from_le_bytes(*encoded.first_chunk::<4>().ok_or_else(|| self.damaged())?) as usize;
                Size::AtMost(limit).check(length)?;
                let mut out = vec![0; length];
                self.decode_into(encoded, &mut out)?;
                Ok(out)
            }
            Self::Shuffle(_) => {
                let mut out = vec![0; encoded.len()];
                self.decode_into(encoded, &mut out)?;
                Ok(out)
            }
            _ => {
                let mut out = Vec::new();
                // One byte more than allowed tells too much from enough.
                let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
                self.stream(encoded)
                    .take(bound)
                    .read_to_end(&mut out)
                    .map_err(|error| self.damaged().caused_by(error))?;
                Ok(out)
            }
        }
    }

    fn stream<'a>(&self, encoded: &'a [u8]) -> Box<dyn Read + 'a> {
        match self {
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(encoded)),
            Self::Zlib => Box::new(flate2::read::ZlibDecoder::new(encoded)),
            Self::Bz2 => Box::new(bzip2::read::MultiBzDecoder::new(encoded)),
            _ => match zstd::stream::read::Decoder::with_buffer(encoded) {
                Ok(stream) => Box::new(stream),
                // There is no memory for the context: nothing can be read.
                Err(error) => Box::new(Failed(Some(error))),
            },
        }
    }

    fn damaged(&self) -> Error {
        let name = match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Bz2 => "bzip2",
            Self::Lz4 => "LZ4",
            _ => "zstd",
        };
        Error::corrupt(format!("the {name} data is damaged or cut short"))
    }
}

/// A stream that could not be opened.
struct Failed(Option<std::io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn lz4_block(encoded: &[u8], size: Size) -> Result<&[u8]> {
    let (length, block) = encoded
        .split_first_chunk::<4>()
        .ok_or_else(|| Error::corrupt("the LZ4 data is shorter than its length"))?;
    size.check(u32::from_le_bytes(*length) as usize)?;
    Ok(block)
}

impl Checksum {
    /// Checks the sum and says where the bytes are that it is of.
    fn check(self, bytes: &[u8], at_end: bool) -> Result<std::ops::Range<usize>> {
        let cut = || Error::corrupt("it is shorter than its checksum");
        let (body, sum) = if at_end {
            let (_, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(cut)?;
            (0..bytes.len() - CHECKSUM_BYTES, sum)
        } else {
            let (sum, _) = bytes.split_first_chunk::<CHECKSUM_BYTES>().ok_or_else(cut)?;
            (CHECKSUM_BYTES..bytes.len(), sum)
        };
        let data = bytes.get(body.clone()).unwrap_or_default();
        let (name, computed) = match self {
            Self::Crc32c => ("CRC-32C", crc32c::crc32c(data)),
            Self::Crc32 => {
                let mut crc = flate2::Crc::new();
                crc.update(data);
                ("CRC-32", crc.sum())
            }
            Self::Adler32 => ("Adler-32", adler32(data)),
            Self::Fletcher32 => ("Fletcher-32", fletcher32(data)),
        };
        if computed == u32::from_le_bytes(*sum) {
            return Ok(body);
        }
        Err(Error::corrupt(format!(
            "its {name} is wrong: it was damaged or only partly written"
        ))
        .advise("restore the object from a backup or from the original data"))
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    // So many bytes do not overflow the sums.
    for block in data.chunks(5552) {
        for &byte in block {
            a += u32::from(byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    b << 16 | a
}

/// Fletcher-32 as HDF5 computes it: over big-endian words, an odd byte last.
fn fletcher32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (0u32, 0u32);
    let fold = |sum: u32| (sum & 0xffff) + (sum >> 16);
    let (words, odd) = data.as_chunks::<2>();
    for block in words.chunks(360) {
        for &word in block {
            a += u32::from(u16::from_be_bytes(word));
            b += a;
        }
        a = fold(a);
        b = fold(b);
    }
    if let [byte] = odd {
        a += u32::from(*byte) << 8;
        b += a;
        a = fold(a);
        b = fold(b);
    }
    fold(b) << 16 | fold(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_known_ones() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        // What numcodecs.fletcher32 appends to these.
        assert_eq!(fletcher32(b"abcdef").to_le_bytes(), [0x2d, 0x2a, 0x56, 0x50]);
        assert_eq!(fletcher32(b"abcde").to_le_bytes(), [0xc7, 0x29, 0xf0, 0x4f]);
        let mut long: Vec<u8> = (0..9).flat_map(|_| 0..=255).collect();
        long.extend([0xff; 3001]);
        assert_eq!(fletcher32(&long).to_le_bytes(), [0x3e, 0xc1, 0xc1, 0x5f]);
    }

    #[test]
    fn bombs_stop_at_the_limit() {
        let zeros = vec![0u8; 1 << 20];
        let bomb = zstd::bulk::compress(&zeros, 3).unwrap();
        for size in [Size::AtMost(1000), Size::Exactly(1000)] {
            assert!(
                BytesCodec::Zstd.decode(Cow::Borrowed(&bomb), size).is_err(),
                "{size:?}"
            );
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, &zeros).unwrap();
        let gzip = gzip.finish().unwrap();
        assert!(
            BytesCodec::Gzip
                .decode(Cow::Borrowed(&gzip), Size::AtMost(1000))
                .is_err()
        );
        assert_eq!(
            BytesCodec::Gzip
                .decode(Cow::Borrowed(&gzip), Size::AtMost(1 << 20))
                .unwrap(),
            zeros
        );
        assert!(
            BytesCodec::Gzip
                .decode(Cow::Borrowed(&gzip), Size::Exactly((1 << 20) - 1))
                .is_err()
        );
    }
}
