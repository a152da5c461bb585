//! The element types of Zarr arrays, by the names that Zarr V2 and V3 have for them.

mod v2;
mod v3;

use dj_codec_api::{DType, Error, Kind, Result, TimeBase};

pub(crate) use v2::v2_parse;
pub(crate) use v3::{v3_name, v3_parse};

/// What the elements of a Zarr array are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ElementType {
    /// Elements of one size.
    Fixed(DType),
    /// Texts of any length.
    Text,
    /// Bytes of any length.
    Bytes,
}

impl ElementType {
    /// The type, where elements have one size.
    pub(crate) fn fixed(&self) -> Option<&DType> {
        match self {
            Self::Fixed(dtype) => Some(dtype),
            Self::Text | Self::Bytes => None,
        }
    }
}

/// Whether arrays of this type open in zarr-python, tensorstore and zarrs alike.
pub(crate) fn is_portable(dtype: &DType) -> bool {
    use Kind::{
        Bool, Complex64, Complex128, Float16, Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16,
        UInt32, UInt64,
    };
    matches!(
        dtype.kind(),
        Bool | Int8
            | Int16
            | Int32
            | Int64
            | UInt8
            | UInt16
            | UInt32
            | UInt64
            | Float16
            | Float32
            | Float64
            | Complex64
            | Complex128
    )
}

/// The unit of this name; Zarr has NumPy's names.
fn unit_base(name: &str) -> Option<TimeBase> {
    // The micro sign is what some writers have for micro.
    let name = if name == "\u{3bc}s" || name == "\u{b5}s" {
        "us"
    } else {
        name
    };
    TimeBase::from_name(name)
}

/// How deep structures may nest: beyond any use, and far from the end of the stack.
const STRUCT_DEPTH: usize = 32;

/// Elements of no bytes (`S0`, empty structures) would let a shape of any size pass every limit on bytes.
fn check_size(dtype: DType) -> Result<DType> {
    // No numpy element is larger than an i32 says.
    match dtype.size() {
        0 => Err(Error::unsupported(format!(
            "elements of dtype {} have no bytes, which Zarr cannot hold",
            dtype.numpy_str()
        ))),
        size if i32::try_from(size).is_err() => Err(Error::corrupt(format!(
            "elements of {size} bytes are larger than any that NumPy knows"
        ))),
        _ => Ok(dtype),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_go_there_and_back() {
        for text in [
            "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8",
            "<c16", "|S3", "<U4", "|V5", "<M8[us]", "<M8[25s]", "<m8[D]", "<M8",
        ] {
            let dtype: DType = text.parse().unwrap();
            let fixed = ElementType::Fixed(dtype.clone());
            assert_eq!(v3_parse(&v3_name(&dtype).unwrap()).unwrap(), fixed, "{text}");
            assert_eq!(v2_parse(&json!(text), &[]).unwrap(), fixed, "{text}");
        }
    }

    #[test]
    fn the_names_are_those_of_zarr_python() {
        let name = |text: &str| v3_name(&text.parse().unwrap()).unwrap();
        assert_eq!(name(">i2"), json!("int16"));
        assert_eq!(
            name("<U4"),
            json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 16}})
        );
        assert_eq!(
            name("|S3"),
            json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": 3}})
        );
        assert_eq!(
            name("|V5"),
            json!({"name": "raw_bytes", "configuration": {"length_bytes": 5}})
        );
        assert_eq!(
            name("<M8[25s]"),
            json!({"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 25}})
        );
    }

    #[test]
    fn structures_are_read_in_both_formats() {
        let v2 = json!([
            ["x", "<i4"],
            ["", "|V4"],
            ["y", [["a", ">f8"], ["b", "|u1", [2, 3]]]]
        ]);
        let ElementType::Fixed(dtype) = v2_parse(&v2, &[]).unwrap() else {
            panic!()
        };
        assert_eq!(dtype.size(), 4 + 4 + 8 + 6);
        let Kind::Struct(record) = dtype.kind() else {
            panic!()
        };
        assert_eq!(
            record
                .fields()
                .iter()
                .map(|field| (field.name.as_str(), field.offset))
                .collect::<Vec<_>>(),
            [("x", 0), ("y", 8)]
        );
        let old = json!({"name": "structured", "configuration": {"fields": [["x", "int32"], ["t",
            {"name": "fixed_length_utf32", "configuration": {"length_bytes": 8}}]]}});
        let new = json!({"name": "struct", "configuration": {"fields": [{"name": "x", "data_type": "int32"},
            {"name": "t", "data_type": {"name": "fixed_length_utf32", "configuration": {"length_bytes": 8}}}]}});
        let ElementType::Fixed(dtype) = v3_parse(&old).unwrap() else {
            panic!()
        };
        assert_eq!(v3_parse(&new).unwrap(), ElementType::Fixed(dtype.clone()));
        assert_eq!(v3_name(&dtype).unwrap(), old);
    }

    #[test]
    fn what_zarr_cannot_hold_is_refused_by_name() {
        for text in ["<f16", "<c32"] {
            let dtype: DType = text.parse().unwrap();
            assert!(
                v3_name(&dtype).unwrap_err().to_string().contains("float128"),
                "{text}"
            );
        }
        assert!(v3_name(&"|S0".parse().unwrap()).is_err());
        for wrong in [
            json!("int128"),
            json!("r7"),
            json!("r0"),
            json!({"name": "raw_bytes"}),
            json!({"name": "raw_bytes", "configuration": {"length_bytes": 0}}),
            json!({"name": "raw_bytes", "configuration": {"length_bytes": 1_u64 << 40}}),
            json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 7}}),
            json!(5),
        ] {
            assert!(v3_parse(&wrong).is_err(), "{wrong}");
        }
        for wrong in [json!("|O"), json!("<i3"), json!([["x"]]), json!([]), json!("|V0")] {
            assert!(v2_parse(&wrong, &[]).is_err(), "{wrong}");
        }
        let mut deep = json!("<i4");
        for _ in 0..100 {
            deep = json!([["x", deep]]);
        }
        assert!(v2_parse(&deep, &[]).is_err());
    }
}
