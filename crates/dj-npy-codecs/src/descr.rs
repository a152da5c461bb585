//! Element types as Python literals: NumPy's `dtype.descr`, which headers hold, and `str(dtype)`, which records hold.

mod layout;
mod write;

use dj_codec_api::{DType, Error, Field, Kind, Limits, Result, StructType};

use crate::literal::{Literal, parse};
use layout::{aligned, alignment};
pub(crate) use write::{descr, tuple};

/// The type that a record names in its `dtype`: `str(dtype)` of NumPy, of any type.
///
/// # Errors
/// Where the text is no type that arrays in `.npy` files have.
pub(crate) fn dtype_from_record(text: &str, limits: &Limits) -> Result<DType> {
    let text = text.trim();
    // A record array names its scalar type beside its fields.
    let text = text
        .strip_prefix("(numpy.record, ")
        .and_then(|text| text.strip_suffix(')'))
        .unwrap_or(text);
    if text.starts_with(['[', '{']) {
        limits.check_metadata_bytes(text.len() as u64)?;
        return dtype_from_literal(&parse(text, false, limits)?, false, limits);
    }
    simple(text)
}

/// The type that a literal stands for. `align` is that of the dict around it: NumPy writes nested structures without
/// their offsets there.
///
/// # Errors
/// Where it stands for none, for Python objects, or one that is over a limit.
pub(crate) fn dtype_from_literal(literal: &Literal, align: bool, limits: &Limits) -> Result<DType> {
    match literal {
        Literal::Str(text) => simple(text),
        Literal::List(fields) => from_fields(fields, align, limits),
        Literal::Dict(_) => from_dict(literal, align, limits),
        Literal::Tuple(_) => Err(Error::corrupt(
            "a type with a shape of its own stands where a plain type should",
        )),
        other => Err(Error::corrupt(format!(
            "{} stands where a type should",
            other.kind()
        ))),
    }
}

fn simple(text: &str) -> Result<DType> {
    let letters = text.trim_start_matches(['<', '>', '|', '=']);
    let objects = letters == "object"
        || letters
            .strip_prefix('O')
            .is_some_and(|size| size.bytes().all(|b| b.is_ascii_digit()));
    if objects {
        return Err(
            Error::unsupported("the elements are Python objects, which only Python can read").advise(
                "store them with <blob>, or convert them to numbers, fixed-length texts or records first",
            ),
        );
    }
    match letters {
        // `str(dtype)` leaves a width of 0 out.
        "S" | "U" | "V" => format!("{text}0").parse(),
        _ => text.parse(),
    }
}

/// The elements of a field: their type and the shape of the field.
struct Format {
    dtype: DType,
    shape: Vec<usize>,
}

impl Format {
    fn read(literal: &Literal, align: bool, limits: &Limits) -> Result<Self> {
        if let Literal::Tuple(parts) = literal
            && let [base, shape] = parts.as_slice()
        {
            let inner = Self::read(base, align, limits)?;
            return inner.with_shape(shape, limits);
        }
        let dtype = dtype_from_literal(literal, align, limits)?;
        Ok(Self {
            dtype,
            shape: Vec::new(),
        })
    }

    /// The same with dimensions before those that it has.
    fn with_shape(self, shape: &Literal, limits: &Limits) -> Result<Self> {
        let one = std::slice::from_ref(shape);
        let mut whole = lengths(shape.members().unwrap_or(one))?;
        whole.extend(self.shape);
        limits.array_size(&as_u64(&whole), self.dtype.size() as u64)?;
        Ok(Self {
            dtype: self.dtype,
            shape: whole,
        })
    }

    /// The field of this format at this place.
    fn field(self, name: &Name, offset: usize) -> Field {
        let mut field = Field::new(name.name.clone(), self.dtype, offset);
        field.title.clone_from(&name.title);
        field.shape = self.shape;
        field
    }
}

struct Name {
    name: String,
    title: Option<String>,
}

impl Name {
    /// `'name'`, or `('title', 'name')`.
    fn read(literal: &Literal) -> Result<Self> {
        match literal {
            Literal::Str(name) => Ok(Self {
                name: name.clone(),
                title: None,
            }),
            Literal::Tuple(parts) => match parts.as_slice() {
                [Literal::Str(title), Literal::Str(name)] => Ok(Self {
                    name: name.clone(),
                    title: Some(title.clone()),
                }),
                _ => Err(Error::corrupt(
                    "the name of a field is neither a text nor a title and a text",
                )),
            },
            other => Err(Error::corrupt(format!("the name of a field is {}", other.kind()))),
        }
    }
}

/// `[(name, format), (name, format, shape), ...]`, where nameless raw bytes are padding.
fn from_fields(literals: &[Literal], align: bool, limits: &Limits) -> Result<DType> {
    let mut fields = Vec::new();
    let mut end = 0_usize;
    let mut widest = 1;
    for literal in literals {
        let (name, mut format, shape) = match literal.members() {
            Some([name, format]) => (Name::read(name)?, Format::read(format, align, limits)?, None),
            Some([name, format, shape]) => (
                Name::read(name)?,
                Format::read(format, align, limits)?,
                Some(shape),
            ),
            _ => {
                return Err(Error::corrupt(
                    "a field is not a name, a format and perhaps a shape",
                ));
            }
        };
        if let Some(shape) = shape {
            format = format.with_shape(shape, limits)?;
        }
        if align {
            widest = widest.max(alignment(&format.dtype));
            end = aligned(end, alignment(&format.dtype))?;
        }
        let padding =
            name.name.is_empty() && name.title.is_none() && matches!(format.dtype.kind(), Kind::Void(_));
        let field = format.field(&name, end);
        end = field
            .size()
            .and_then(|size| end.checked_add(size))
            .ok_or_else(|| Error::limit("array bytes", u64::MAX, limits.array_bytes))?;
        limits.check_array_bytes(end as u64)?;
        if !padding {
            fields.push(field);
        }
    }
    let size = if align { aligned(end, widest)? } else { end };
    Ok(DType::new(Kind::Struct(StructType::new(fields, size)?)))
}

/// `{'names': ..., 'formats': ..., 'offsets': ..., 'titles': ..., 'itemsize': ..., 'aligned': ...}`.
fn from_dict(dict: &Literal, align: bool, limits: &Limits) -> Result<DType> {
    let list = |key: &str| {
        let members = dict.key(key).and_then(Literal::members);
        members.ok_or_else(|| Error::corrupt(format!("a type has no list of {key}")))
    };
    let (names, formats) = (list("names")?, list("formats")?);
    let offsets = lengths(list("offsets")?)?;
    let titles = dict.key("titles").and_then(Literal::members);
    let align = align || dict.key("aligned") == Some(&Literal::Bool(true));
    if names.len() != formats.len()
        || names.len() != offsets.len()
        || titles.is_some_and(|titles| titles.len() != names.len())
    {
        return Err(Error::corrupt(
            "the fields of a type have unequal numbers of names, formats, offsets and titles",
        ));
    }
    let mut fields = Vec::with_capacity(names.len());
    for (index, ((name, format), offset)) in names.iter().zip(formats).zip(offsets).enumerate() {
        let mut name = Name::read(name)?;
        if let Some(Literal::Str(title)) = titles.and_then(|titles| titles.get(index)) {
            name.title = Some(title.clone());
        }
        fields.push(Format::read(format, align, limits)?.field(&name, offset));
    }
    let size = match dict.key("itemsize") {
        Some(Literal::Int(size)) => usize::try_from(*size)
            .map_err(|_| Error::corrupt(format!("a type has a size of {size} bytes")))?,
        _ => return Err(Error::corrupt("a type does not tell its size")),
    };
    limits.check_array_bytes(size as u64)?;
    Ok(DType::new(Kind::Struct(StructType::new(fields, size)?)))
}

/// Lengths or offsets: whole numbers that are not negative.
pub(crate) fn lengths(literals: &[Literal]) -> Result<Vec<usize>> {
    literals
        .iter()
        .map(|literal| match literal {
            Literal::Int(length) => usize::try_from(*length)
                .map_err(|_| Error::corrupt(format!("a length of {length} stands in a shape"))),
            other => Err(Error::corrupt(format!("{} stands in a shape", other.kind()))),
        })
        .collect()
}

pub(crate) fn as_u64(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|&length| length as u64).collect()
}

/// Whether two types have the same elements, as far as `str(dtype)` tells: byte order, which a record of the machine's own
/// order does not name, and the padding of nested structures, which NumPy leaves out, do not count.
pub(crate) fn same_elements(a: &DType, b: &DType) -> bool {
    match (a.kind(), b.kind()) {
        (Kind::Struct(a), Kind::Struct(b)) => {
            a.fields().len() == b.fields().len()
                && a.fields()
                    .iter()
                    .zip(b.fields())
                    .all(|(a, b)| a.name == b.name && a.shape == b.shape && same_elements(&a.dtype, &b.dtype))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DType> {
        dtype_from_record(text, &Limits::default())
    }

    fn offsets(dtype: &DType) -> (Vec<usize>, usize) {
        let Kind::Struct(record) = dtype.kind() else {
            panic!("{dtype} is no structure")
        };
        (
            record.fields().iter().map(|field| field.offset).collect(),
            record.size(),
        )
    }

    #[test]
    fn texts_of_structures_are_read() {
        // Each text was printed by NumPy 2.4.6, with the offsets and the size that NumPy has.
        let cases: [(&str, &[usize], usize); 6] = [
            (
                "[('a', 'i1'), ('b', '?'), ('c', 'S5'), ('d', 'V3'), ('e', '<U2'), ('f', '>M8[us]'), ('t', '<m8'), ('g', 'S')]",
                &[0, 1, 2, 7, 10, 18, 26, 34],
                34,
            ),
            (
                "{'names': ['a', 'b'], 'formats': ['i1', '<f8'], 'offsets': [0, 4], 'itemsize': 20}",
                &[0, 4],
                20,
            ),
            ("[(('tt', 'a'), 'i1'), ('b', '<f4', (2, 3))]", &[0, 1], 25),
            (
                "{'names': ['a', 'b'], 'formats': ['i1', ('<f4', (2, 3))], 'offsets': [0, 4], 'titles': ['tt', None], 'itemsize': 28, 'aligned': True}",
                &[0, 4],
                28,
            ),
            (
                "{'names': ['o', 'z'], 'formats': [[('a', 'i1'), ('b', '<f8')], 'i1'], 'offsets': [0, 16], 'itemsize': 24, 'aligned': True}",
                &[0, 16],
                24,
            ),
            ("(numpy.record, [('x', '<i4'), ('y', '<f8')])", &[0, 4], 12),
        ];
        for (text, expected, size) in cases {
            assert_eq!(offsets(&read(text).unwrap()), (expected.to_vec(), size), "{text}");
        }
        let nested = read(cases[4].0).unwrap();
        let Kind::Struct(record) = nested.kind() else {
            panic!()
        };
        assert_eq!(offsets(&record.fields()[0].dtype), (vec![0, 8], 16));
    }

    #[test]
    fn a_structure_begins_where_its_widest_field_may() {
        let text = "{'names': ['o', 'z'], 'formats': [[('a', 'i1'), ('b', [('c', 'i1'), ('d', '<f8')])], 'i1'], \
                    'offsets': [0, 24], 'itemsize': 32, 'aligned': True}";
        let dtype = read(text).unwrap();
        let Kind::Struct(record) = dtype.kind() else {
            panic!()
        };
        assert_eq!(offsets(&record.fields()[0].dtype), (vec![0, 8], 24));
    }

    #[test]
    fn titles_and_shapes_are_kept() {
        let dtype = read("[(('tt', 'a'), 'i1'), ('b', '<f4', (2, 3))]").unwrap();
        let Kind::Struct(record) = dtype.kind() else {
            panic!()
        };
        assert_eq!(record.fields()[0].title.as_deref(), Some("tt"));
        assert_eq!(record.fields()[1].shape, [2, 3]);
        assert_eq!(record.fields()[1].dtype, "<f4".parse().unwrap());
    }

    #[test]
    fn shapes_within_shapes_join() {
        let dtype = read("[('a', (('<i2', (3,)), 2), 4)]").unwrap();
        let Kind::Struct(record) = dtype.kind() else {
            panic!()
        };
        assert_eq!(
            (record.fields()[0].shape.as_slice(), record.size()),
            (&[4, 2, 3][..], 48)
        );
    }

    #[test]
    fn objects_are_refused_wherever_they_are() {
        for text in [
            "object",
            "O",
            "|O",
            "|O8",
            "[('a', 'O')]",
            "[('a', [('b', '|O')], (2,))]",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains("Python objects"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            "",
            "[1]",
            "[('a',)]",
            "[('a', 'i1', (2,), 3)]",
            "[('a', 'i1'), ('a', 'i1')]",
            "[(3, 'i1')]",
            "[('a', None)]",
            "[('a', 'i1', (-1,))]",
            "[('a', 'i1', (2.0,))]",
            "('<f4', (2,))",
            "{'names': ['a']}",
            "[(('t', 'u', 'a'), 'i1')]",
            "{'names': ['a'], 'formats': ['i1'], 'offsets': [], 'itemsize': 1}",
            "{'names': ['a'], 'formats': ['i8'], 'offsets': [1], 'itemsize': 8}",
            "{'names': ['a'], 'formats': ['i8'], 'offsets': [0], 'itemsize': -8}",
            "{'names': ['a'], 'formats': ['i8'], 'offsets': [0]}",
            "[('a', 'i1', (9223372036854775807, 9223372036854775807))]",
            "[('a', 'V2147483647', 1000), ('b', 'V2147483647', 1000)]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn byte_order_and_padding_make_no_difference_to_the_elements() {
        let same = |a: &str, b: &str| same_elements(&read(a).unwrap(), &read(b).unwrap());
        assert!(same("float64", ">f8"));
        assert!(!same("float64", "int64"));
        assert!(same(
            "[('a', '>i4')]",
            "{'names': ['a'], 'formats': ['<i4'], 'offsets': [4], 'itemsize': 8}"
        ));
        assert!(!same("[('a', '>i4')]", "[('b', '>i4')]"));
        assert!(!same("[('a', '>i4')]", "[('a', '>i4', (1,))]"));
    }
}
