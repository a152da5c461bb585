//! Whether two values are the same, bit for bit.

use dj_codec_api::{Error, Lazy, Result, Value};

/// So many bytes of an array are compared at a time.
const PART: u64 = 64 << 20;

/// What is different, in words; `None` where the two are the same: dtype, shape and every bit of arrays, byte order apart; values
/// of every kind with their kind. Arrays in stores are read in parts where their codecs can.
///
/// # Errors
/// Where either cannot be read.
pub(super) fn difference(old: &Value, new: &Value) -> Result<Option<String>> {
    match (old, new) {
        (Value::Lazy(a), Value::Lazy(b)) => {
            if let Some(different) = headers(a.as_ref(), b.as_ref()) {
                return Ok(Some(different));
            }
            if let Some(outcome) = parts(a.as_ref(), b.as_ref())? {
                return Ok(outcome);
            }
            Ok(whole(&a.load()?, &b.load()?))
        }
        (Value::Lazy(a), b) => Ok(whole(&a.load()?, b)),
        (a, Value::Lazy(b)) => Ok(whole(a, &b.load()?)),
        (a, b) => Ok(whole(a, b)),
    }
}

fn whole(old: &Value, new: &Value) -> Option<String> {
    if old == new {
        return None;
    }
    let kinds = (old.type_name(), new.type_name());
    Some(match (old, new) {
        (Value::Array(a), Value::Array(b)) if a.dtype() != b.dtype() || a.shape() != b.shape() => format!(
            "{} of shape {:?} became {} of shape {:?}",
            a.dtype(),
            a.shape(),
            b.dtype(),
            b.shape()
        ),
        (Value::Array(_), Value::Array(_)) => "elements of the array are different".into(),
        _ if kinds.0 != kinds.1 => format!("{} became {}", kinds.0, kinds.1),
        _ => "the value is different".into(),
    })
}

fn headers(old: &dyn Lazy, new: &dyn Lazy) -> Option<String> {
    if let (Some(a), Some(b)) = (old.shape(), new.shape())
        && a != b
    {
        return Some(format!("the shape {a:?} became {b:?}"));
    }
    if let (Some(a), Some(b)) = (old.dtype(), new.dtype())
        && a.to_little_endian() != b.to_little_endian()
    {
        return Some(format!("the dtype {a} became {b}"));
    }
    None
}

/// Compares rows, some at a time; `None` where either handle reads all or nothing.
fn parts(old: &dyn Lazy, new: &dyn Lazy) -> Result<Option<Option<String>>> {
    let (Some(shape), Some(dtype)) = (old.shape(), old.dtype()) else {
        return Ok(None);
    };
    let Some((&rows, others)) = shape.split_first() else {
        return Ok(None);
    };
    let row = others
        .iter()
        .try_fold(dtype.size().max(1) as u64, |size, &length| {
            size.checked_mul(length)
        })
        .ok_or_else(|| Error::limit("array bytes", u64::MAX, PART))?;
    let step = (PART / row.max(1)).max(1);
    let mut first = 0_u64;
    loop {
        let range = first..rows.min(first.saturating_add(step));
        let (Some(a), Some(b)) = (old.load_rows(range.clone()), new.load_rows(range.clone())) else {
            return Ok(None);
        };
        if let Some(different) = whole(&Value::from(a?), &Value::from(b?)) {
            return Ok(Some(Some(format!("rows {first} to {}: {different}", range.end))));
        }
        if range.end >= rows {
            return Ok(Some(None));
        }
        first = range.end;
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use dj_codec_api::{Array, DType, Order};

    use super::*;

    /// An array that gives rows, or does not.
    #[derive(Debug)]
    struct Handle {
        array: Array,
        shape: Vec<u64>,
        rows: bool,
    }

    impl Handle {
        fn lazy(array: &Array, rows: bool) -> Value {
            Value::lazy(Self {
                array: array.clone(),
                shape: array.shape().iter().map(|&length| length as u64).collect(),
                rows,
            })
        }
    }

    impl Lazy for Handle {
        fn type_name(&self) -> &'static str {
            "a handle"
        }

        fn load(&self) -> Result<Value> {
            assert!(!self.rows, "it can be read in parts");
            Ok(Value::from(self.array.clone()))
        }

        fn load_rows(&self, rows: Range<u64>) -> Option<Result<Array>> {
            self.rows
                .then(|| self.array.rows(rows.start as usize..rows.end as usize))
        }

        fn shape(&self) -> Option<&[u64]> {
            Some(&self.shape)
        }

        fn dtype(&self) -> Option<&DType> {
            Some(self.array.dtype())
        }
    }

    #[test]
    fn arrays_are_compared_by_every_bit() {
        let one = Array::from_vec(vec![1.0_f64, -0.0, f64::NAN, 4.0, 5.0, 6.0], &[3, 2]).unwrap();
        let zero = Array::from_vec(vec![1.0_f64, 0.0, f64::NAN, 4.0, 5.0, 6.0], &[3, 2]).unwrap();
        let flat = Array::from_vec(vec![1.0_f64, -0.0, f64::NAN, 4.0, 5.0, 6.0], &[6]).unwrap();
        let typed = Array::from_vec(vec![1_u64, 0, 3, 4, 5, 6], &[3, 2]).unwrap();
        for rows in [true, false] {
            let differs =
                |a: &Array, b: &Array| difference(&Handle::lazy(a, rows), &Handle::lazy(b, rows)).unwrap();
            assert_eq!(differs(&one, &one), None);
            assert!(differs(&one, &zero).unwrap().contains("elements"));
            assert!(differs(&one, &flat).unwrap().contains("shape [3, 2] became [6]"));
            assert!(differs(&one, &typed).unwrap().contains("float64 became uint64"));
        }
        // One of the two reads all or nothing.
        let mixed = difference(&Handle::lazy(&one, false), &Handle::lazy(&one, false)).unwrap();
        assert_eq!(mixed, None);
        assert_eq!(
            difference(&Handle::lazy(&one, false), &one.clone().into()).unwrap(),
            None
        );
    }

    #[test]
    fn the_byte_order_is_not_the_value_and_the_kind_is() {
        let array = |dtype: &str, bytes: [u8; 2]| {
            Value::from(Array::new(dtype.parse().unwrap(), &[1], Order::C, bytes.to_vec().into()).unwrap())
        };
        assert_eq!(
            difference(&array(">i2", [0, 5]), &array("<i2", [5, 0])).unwrap(),
            None
        );
        assert!(
            difference(&array(">i2", [0, 5]), &array("<i2", [0, 5]))
                .unwrap()
                .is_some()
        );
        let words = difference(&Value::Int(1), &Value::Float(1.0)).unwrap().unwrap();
        assert!(words.contains("became"), "{words}");
        assert_eq!(difference(&Value::Null, &Value::Null).unwrap(), None);
    }
}
