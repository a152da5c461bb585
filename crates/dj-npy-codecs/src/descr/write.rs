//! `dtype.descr` as Python prints it.

use std::fmt::Write as _;

use dj_codec_api::layout::python_repr as repr;
use dj_codec_api::{DType, Error, Field, Kind, Result, StructType};

/// What `numpy.save` writes as `descr`: a text for plain types, a list of fields with padding between them for
/// structures.
///
/// # Errors
/// Where fields of a structure overlap or are out of order, which `descr` cannot say.
pub(crate) fn descr(dtype: &DType) -> Result<String> {
    match dtype.kind() {
        Kind::Struct(record) => fields(record),
        _ => Ok(repr(&dtype.numpy_str())),
    }
}

fn fields(record: &StructType) -> Result<String> {
    let mut items = Vec::with_capacity(record.fields().len());
    let mut end = 0_usize;
    let padding = |from: usize, to: usize| format!("('', '|V{}')", to.saturating_sub(from));
    for field in record.fields() {
        if field.offset < end {
            return Err(Error::unsupported(format!(
                "field {:?} of the records begins before the one ahead of it ends, which .npy files cannot say",
                field.name
            ))
            .advise("store the records with their fields in order"));
        }
        if field.offset > end {
            items.push(padding(end, field.offset));
        }
        items.push(one_field(field)?);
        end = field.offset.saturating_add(field.size().unwrap_or(usize::MAX));
    }
    if record.size() > end {
        items.push(padding(end, record.size()));
    }
    Ok(format!("[{}]", items.join(", ")))
}

fn one_field(field: &Field) -> Result<String> {
    let name = repr(&field.name);
    let mut out = match &field.title {
        Some(title) => format!("(({}, {name}), ", repr(title)),
        None => format!("({name}, "),
    };
    out.push_str(&descr(&field.dtype)?);
    if !field.shape.is_empty() {
        let _ = write!(out, ", {}", tuple(&field.shape));
    }
    out.push(')');
    Ok(out)
}

/// A shape as Python prints a tuple.
pub(crate) fn tuple(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => format!(
            "({})",
            many.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
        ),
    }
}
