//! The header of an `.npy` file: what the bytes after it are.

mod entries;
mod preamble;

use std::io::{ErrorKind as IoErrorKind, Read};

use dj_codec_api::{DType, Error, ErrorKind, Limits, Order, Result};

use crate::NpyVersion;
use crate::descr::{descr, tuple};
pub(crate) use entries::check_size;
use preamble::short;
pub(crate) use preamble::{Preamble, version};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Magic and version.
pub(crate) const PREFIX: usize = 8;
/// The data begin at a multiple of this.
const ALIGNMENT: usize = 64;
/// NumPy leaves room for the number of rows to grow to this many digits.
const GROWTH_DIGITS: usize = 21;

/// What an `.npy` file says of its array: version, dtype, shape, order of the elements, and where they begin.
///
/// ```
/// use dj_codec_api::{Array, Limits};
/// use dj_npy_codecs::Header;
///
/// let header = Header::for_array(&Array::from_vec(vec![1.0_f32; 6], &[2, 3])?)?;
/// let bytes = header.to_bytes()?;
/// assert_eq!(bytes.len(), 128);
/// assert_eq!(Header::parse(&bytes, &Limits::default())?, header);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    version: NpyVersion,
    dtype: DType,
    shape: Vec<usize>,
    order: Order,
    data_start: usize,
}

impl Header {
    /// The header that `numpy.save` gives this array. Arrays that stand in Fortran order stay so; all that are neither
    /// in C nor in Fortran order are written in C order. The version is the first that can hold the header.
    ///
    /// # Errors
    /// Where NumPy could not say the dtype: records whose fields overlap or are out of order.
    pub fn for_array(array: &dj_codec_api::Array) -> Result<Self> {
        let fortran = array.is_contiguous(Order::Fortran) && !array.is_contiguous(Order::C);
        let order = if fortran { Order::Fortran } else { Order::C };
        Self::new(array.dtype().clone(), array.shape(), order)
    }

    /// The header of an array of this dtype, shape and order, in the first version that can hold it.
    ///
    /// # Errors
    /// As [`for_array`](Self::for_array).
    pub fn new(dtype: DType, shape: &[usize], order: Order) -> Result<Self> {
        let mut header = Self {
            version: NpyVersion::V1,
            dtype,
            shape: shape.to_vec(),
            order,
            data_start: 0,
        };
        let text = header.text()?;
        for version in NpyVersion::ALL {
            if let Some(bytes) = wrap(&text, version) {
                header.version = version;
                header.data_start = bytes.len();
                return Ok(header);
            }
        }
        Err(Error::unsupported("the header would be longer than 4 GiB"))
    }

    /// The same header in another version.
    ///
    /// # Errors
    /// Where the version cannot hold it: 1.0 holds 65,535 bytes, and only 3.0 holds names of fields beyond latin-1.
    pub fn with_version(mut self, version: NpyVersion) -> Result<Self> {
        let bytes = wrap(&self.text()?, version).ok_or_else(|| {
            Error::unsupported(format!(
                "NPY version {} cannot hold the header of this array",
                version.format_version()
            ))
            .advise(format!(
                "write version {}, which is the first that can",
                self.version.format_version()
            ))
        })?;
        self.version = version;
        self.data_start = bytes.len();
        Ok(self)
    }

    /// Reads the header at the beginning of `bytes`, which may hold more.
    ///
    /// # Errors
    /// Where it is damaged, ends early, is of a version that is not known, says what no array can be, or is over a limit.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let preamble = Preamble::parse(bytes, limits)?;
        let Some(text) = bytes.get(preamble.text_start..preamble.data_start) else {
            let wanted = preamble.data_start - preamble.text_start;
            return Err(short("the header", wanted, bytes.len() - preamble.text_start));
        };
        Self::from_text(preamble, text, limits)
    }

    /// Reads the header from a stream, and nothing after it.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); also where the stream cannot be read.
    pub fn read(source: &mut impl Read, limits: &Limits) -> Result<Self> {
        let mut bytes = Vec::with_capacity(256);
        fill(source, &mut bytes, PREFIX)?;
        let length = version(&bytes)?.length_bytes();
        fill(source, &mut bytes, PREFIX + length)?;
        let preamble = Preamble::parse(&bytes, limits)?;
        fill(source, &mut bytes, preamble.data_start)?;
        Self::parse(&bytes, limits)
    }

    fn from_text(preamble: Preamble, text: &[u8], limits: &Limits) -> Result<Self> {
        let version = preamble.version;
        let text = version
            .decode(text)
            .ok_or_else(|| Error::corrupt("the header is no UTF-8"))?;
        // Python 2 wrote long integers as `3L`; it knew versions 1.0 and 2.0.
        let (dtype, shape, order) = entries::read(&text, version != NpyVersion::V3, limits)?;
        Ok(Self {
            version,
            dtype,
            shape,
            order,
            data_start: preamble.data_start,
        })
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> NpyVersion {
        self.version
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The lengths of the dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The order that the elements stand in.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// Where the elements begin, in bytes from the beginning of the file.
    #[must_use]
    pub fn data_start(&self) -> usize {
        self.data_start
    }

    /// The bytes of all elements together.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        // Checked when the header was read; one that is made for an array fits in memory.
        self.shape
            .iter()
            .fold(self.dtype.size(), |size, &length| size.saturating_mul(length))
    }

    /// The header as it stands at the beginning of the file, its padding and the newline at its end included.
    ///
    /// # Errors
    /// As [`for_array`](Self::for_array).
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        wrap(&self.text()?, self.version)
            .ok_or_else(|| Error::unsupported("the version cannot hold the header"))
    }

    fn text(&self) -> Result<String> {
        let fortran = self.order == Order::Fortran;
        let mut text = format!(
            "{{'descr': {}, 'fortran_order': {}, 'shape': {}, }}",
            descr(&self.dtype)?,
            if fortran { "True" } else { "False" },
            tuple(&self.shape)
        );
        let growing = if fortran {
            self.shape.last()
        } else {
            self.shape.first()
        };
        if let Some(length) = growing {
            let room = GROWTH_DIGITS.saturating_sub(length.to_string().len());
            text.extend(std::iter::repeat_n(' ', room));
        }
        Ok(text)
    }
}

/// Reads on until `bytes` has `length` bytes or the stream ends.
fn fill(source: &mut impl Read, bytes: &mut Vec<u8>, length: usize) -> Result<()> {
    let missing = length.saturating_sub(bytes.len());
    source
        .take(missing as u64)
        .read_to_end(bytes)
        .map_err(|error| unreadable(&error))?;
    Ok(())
}

/// What went wrong with a file, by what its reader says.
pub(crate) fn unreadable(error: &std::io::Error) -> Error {
    let message = match error.kind() {
        IoErrorKind::NotFound => return Error::not_found("there is no such file"),
        IoErrorKind::PermissionDenied => {
            return Error::new(ErrorKind::PermissionDenied, "the file may not be read");
        }
        _ => format!("the file could not be read: {error}"),
    };
    Error::store(message)
}

/// A header's text with what goes before and after it; `None` where the version cannot hold it.
fn wrap(text: &str, version: NpyVersion) -> Option<Vec<u8>> {
    let text = version.encode(text)?;
    let start = PREFIX + version.length_bytes();
    let unpadded = text.len() + 1;
    // As NumPy has it: where nothing would be missing, a whole step is added.
    let padding = ALIGNMENT - (start + unpadded) % ALIGNMENT;
    let length = u32::try_from(unpadded + padding).ok()?;
    if version == NpyVersion::V1 && length > u32::from(u16::MAX) {
        return None;
    }
    let mut bytes = Vec::with_capacity(start + unpadded + padding);
    bytes.extend_from_slice(MAGIC);
    bytes.extend([version.major(), 0]);
    bytes.extend(length.to_le_bytes().into_iter().take(version.length_bytes()));
    bytes.extend_from_slice(&text);
    bytes.resize(bytes.len() + padding, b' ');
    bytes.push(b'\n');
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: [u8; 2], text: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(version);
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        bytes.extend(&length[..if version[0] == 1 { 2 } else { 4 }]);
        bytes.extend(text.as_bytes());
        bytes
    }

    fn parse(text: &str) -> Result<Header> {
        Header::parse(&file([1, 0], text), &Limits::default())
    }

    #[test]
    fn keys_come_in_any_order_and_spacing() {
        let header = parse("{\"shape\":(3L , 4),'descr':'>i2'  ,\n'fortran_order':True}  \n").unwrap();
        assert_eq!(header.shape(), [3, 4]);
        assert_eq!(header.order(), Order::Fortran);
        assert_eq!(header.dtype().numpy_str(), ">i2");
        assert_eq!(header.nbytes(), 24);
    }

    #[test]
    fn headers_are_numpys_to_the_byte() {
        // Written by `numpy.lib.format.write_array_header_1_0`, without the magic and the length.
        let header = Header::new("<f8".parse().unwrap(), &[1000, 2], Order::C).unwrap();
        let text =
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1000, 2), }".to_owned() + &" ".repeat(17);
        let bytes = header.to_bytes().unwrap();
        assert_eq!(bytes[10..10 + text.len()], *text.as_bytes());
        assert_eq!((bytes.len(), bytes[8], bytes[127]), (128, 118, b'\n'));
        // Room is left for the axis that grows, which in Fortran order is the last.
        let header = Header::new("<f8".parse().unwrap(), &[1000, 2], Order::Fortran).unwrap();
        assert!(String::from_utf8(header.to_bytes().unwrap()).is_err());
        assert_eq!(header.data_start(), 128);
    }

    #[test]
    fn the_version_is_the_first_that_holds_the_header() {
        let record = |name: &str| {
            let text = format!("{{'descr': [('{name}', '<i2')], 'fortran_order': False, 'shape': ()}}");
            Header::parse(&file([2, 0], &text), &Limits::default())
        };
        let latin = record("\\xe9").unwrap();
        let rewritten = Header::new(latin.dtype().clone(), &[], Order::C).unwrap();
        assert_eq!(rewritten.version(), NpyVersion::V1);
        assert_eq!(
            Header::parse(&rewritten.to_bytes().unwrap(), &Limits::default()).unwrap(),
            rewritten
        );
        let kanji = Header::new(record("\\u65e5").unwrap().dtype().clone(), &[], Order::C).unwrap();
        assert_eq!(kanji.version(), NpyVersion::V3);
        assert!(kanji.clone().with_version(NpyVersion::V2).is_err());
        let long = record(&"x".repeat(65_400)).unwrap();
        assert_eq!(
            Header::new(long.dtype().clone(), &[], Order::C)
                .unwrap()
                .version(),
            NpyVersion::V1
        );
        let longer = record(&"x".repeat(65_480)).unwrap();
        let longer = Header::new(longer.dtype().clone(), &[], Order::C).unwrap();
        assert_eq!(longer.version(), NpyVersion::V2);
        assert!(longer.with_version(NpyVersion::V1).is_err());
    }

    #[test]
    fn contradictory_headers_are_refused_in_words() {
        let cases = [
            ("{'descr': '<i4', 'fortran_order': False}", "\"shape\" is missing"),
            (
                "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), 'x': 1}",
                "\"x\" does not belong",
            ),
            (
                "{'descr': '<i4', 'fortran_order': 0, 'shape': (2,)}",
                "fortran_order is an int",
            ),
            (
                "{'descr': '<i4', 'fortran_order': False, 'shape': [2]}",
                "the shape is a list",
            ),
            (
                "{'descr': '<i4', 'fortran_order': False, 'shape': (-2,)}",
                "a length of -2",
            ),
            (
                "{'descr': '<i4', 'fortran_order': False, 'shape': (True,)}",
                "a bool stands in a shape",
            ),
            (
                "{'descr': ('<i4', (2,)), 'fortran_order': False, 'shape': (2,)}",
                "a shape of its own",
            ),
            (
                "{'descr': '<q9', 'fortran_order': False, 'shape': (2,)}",
                "\"<q9\" is not a dtype",
            ),
            (
                "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
                "Python objects",
            ),
            ("[1, 2]", "it is a list"),
        ];
        for (text, message) in cases {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
        let error = parse("[1, 2]").unwrap_err();
        assert_eq!(error.message(), "the header is damaged: it is a list, not a dict");
    }

    #[test]
    fn a_length_that_is_cut_is_told_with_figures() {
        for (after_magic, wanted, found) in [
            (&[1, 0][..], 2, 0),
            (&[1, 0, 118], 2, 1),
            (&[2, 0, 118, 0, 0], 4, 3),
        ] {
            let file = [&MAGIC[..], after_magic].concat();
            let error = Header::parse(&file, &Limits::default()).unwrap_err();
            assert_eq!(
                error.message(),
                format!(
                    "the file is cut short: the length of the header should take {wanted} bytes, there are {found}"
                )
            );
        }
    }

    #[test]
    fn what_the_system_says_of_a_file_is_told_apart() {
        let kind = |kind: IoErrorKind| unreadable(&kind.into()).kind().clone();
        assert_eq!(kind(IoErrorKind::NotFound), ErrorKind::NotFound);
        assert_eq!(kind(IoErrorKind::PermissionDenied), ErrorKind::PermissionDenied);
        assert_eq!(kind(IoErrorKind::TimedOut), ErrorKind::Store);
    }

    #[test]
    fn limits_hold() {
        let what = |text: &str, limits: &Limits| match Header::parse(&file([1, 0], text), limits)
            .unwrap_err()
            .kind()
        {
            ErrorKind::Limit { what, .. } => *what,
            other => panic!("{text}: {other:?}"),
        };
        let shaped = |shape: &str| format!("{{'descr': '<i4', 'fortran_order': False, 'shape': {shape}}}");
        let limits = Limits::default();
        assert_eq!(
            what(&shaped("(4294967296, 4294967296, 2)"), &limits),
            "array bytes"
        );
        assert_eq!(
            what(&shaped("(4294967296, 4294967296, 0)"), &limits),
            "array bytes"
        );
        // More than an address can count, less than 64 bits can.
        assert_eq!(what(&shaped("(2305843009213693952,)"), &limits), "array bytes");
        assert!(parse(&shaped("(1099511627776, 0)")).is_ok());
        assert_eq!(
            what(&shaped(&format!("({})", "1,".repeat(65))), &limits),
            "dimensions"
        );
        assert_eq!(
            what(&shaped("(3, 4)"), &limits.clone().with_metadata_bytes(40)),
            "metadata bytes"
        );
        assert_eq!(
            what(&shaped("(3, 4)"), &limits.clone().with_depth(1)),
            "nesting depth"
        );
        assert_eq!(what(&shaped("(3, 4)"), &limits.clone().with_items(5)), "items");
        assert_eq!(
            what(&shaped("(1000000000000,)").replace("<i4", "|V0"), &limits),
            "items"
        );
        // The length of a header is refused before anything of that length is read.
        let absurd = [&MAGIC[..], &[2, 0, 255, 255, 255, 255]].concat();
        assert!(matches!(
            Header::read(&mut absurd.as_slice(), &limits).unwrap_err().kind(),
            ErrorKind::Limit {
                what: "metadata bytes",
                ..
            }
        ));
    }

    #[test]
    fn an_unknown_version_says_what_to_do() {
        let error = Header::parse(&file([4, 0], "{}"), &Limits::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }));
        assert_eq!(
            error.to_string(),
            "NPY version 4.0 is not known here; known are 1.0, 2.0, 3.0; upgrade dj-npy-codecs or migrate the data"
        );
        assert!(Header::parse(&file([1, 1], "{}"), &Limits::default()).is_err());
    }
}
