//! Where two values begin to differ.

use std::fmt;

use dj_codec_api::{Array, ByteOrder, DType, Json, Kind, Order, Value, notation};

/// The first place where a value is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The way to it: `["spikes"][3][0, 17]` is an element of an array in a list in a dict. Empty for the value itself.
    pub path: String,
    /// What was expected there.
    pub expected: String,
    /// What was found there.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "at {}: ", self.path)?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

/// The first place where `found` is not what was expected, in the order of the value; `None` where the two are equal as
/// [`Value`] compares.
///
/// ```
/// use dj_codec_api::Value;
/// use dj_codec_testkit::difference;
///
/// let list = |last: f64| Value::List(vec![1.into(), Value::Tuple(vec!["a".into(), last.into()])]);
/// assert_eq!(difference(&list(2.5), &list(2.5)), None);
/// let difference = difference(&list(2.0), &list(2.5)).unwrap();
/// assert_eq!(difference.to_string(), "at [1][1]: expected 2.5, found 2.0");
/// ```
#[must_use]
pub fn difference(found: &Value, expected: &Value) -> Option<Difference> {
    if found == expected {
        return None;
    }
    Some(inside(found, expected).unwrap_or_else(|| here(shown(found), shown(expected))))
}

/// The value in the notation, cut where it is long.
pub(crate) fn shown(value: &Value) -> String {
    let text = match value {
        // What was decoded and not loaded has no notation.
        Value::Lazy(handle) => handle.type_name().to_owned(),
        _ => notation::to_string(value).unwrap_or_else(|error| error.to_string()),
    };
    short(&text)
}

pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!(
            "{}... ({} bytes)",
            text.get(..end).unwrap_or_default(),
            text.len()
        ),
        None => text.to_owned(),
    }
}

fn here(found: impl Into<String>, expected: impl Into<String>) -> Difference {
    Difference {
        path: String::new(),
        expected: expected.into(),
        found: found.into(),
    }
}

/// The difference within, where both are containers of one kind.
fn inside(found: &Value, expected: &Value) -> Option<Difference> {
    match (found, expected) {
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            items(a, b, &|at| format!("[{at}]"))
        }
        (Value::Set(a), Value::Set(b)) => {
            let missing = b.iter().find(|member| !a.contains(member));
            let extra = a.iter().find(|member| !b.contains(member));
            Some(match (missing, extra) {
                (Some(missing), _) => here("a set without it", format!("the member {}", shown(missing))),
                (None, Some(extra)) => here(format!("the member {}", shown(extra)), "a set without it"),
                (None, None) => here(count(a.len()), count(b.len())),
            })
        }
        (Value::Dict(a), Value::Dict(b)) => {
            for ((a_key, a_value), (b_key, b_value)) in a.iter().zip(b) {
                if a_key != b_key {
                    return Some(here(
                        format!("the key {}", shown(a_key)),
                        format!("the key {}", shown(b_key)),
                    ));
                }
                if let Some(difference) = difference(a_value, b_value) {
                    return Some(difference.below(&format!("[{}]", shown(b_key))));
                }
            }
            Some(here(count(a.len()), count(b.len())))
        }
        (Value::Array(a), Value::Array(b)) => arrays(a, b),
        (Value::Objects(a), Value::Objects(b)) => shaped(&a.shape, &b.shape, &a.items, &b.items),
        (Value::Cell(a), Value::Cell(b)) => shaped(&a.shape, &b.shape, &a.items, &b.items),
        (Value::Struct(a), Value::Struct(b)) if a.shape == b.shape && a.fields == b.fields => {
            items(&a.items, &b.items, &|at| {
                let width = b.fields.len().max(1);
                let field = b.fields.get(at % width).map_or("", String::as_str);
                format!("{}.{field}", index(&b.shape, at / width))
            })
        }
        (Value::Record(a), Value::Record(b)) if a.shape == b.shape && a.fields.len() == b.fields.len() => a
            .fields
            .iter()
            .zip(&b.fields)
            .find_map(|((a_name, a), (b_name, b))| {
                if a_name != b_name {
                    return Some(here(
                        format!("the field {a_name:?}"),
                        format!("the field {b_name:?}"),
                    ));
                }
                difference(a, b).map(|difference| difference.below(&format!(".{b_name}")))
            }),
        (Value::Json(a), Value::Json(b)) => json(a, b),
        _ => None,
    }
}

fn count(items: usize) -> String {
    format!("{items} items")
}

fn items(a: &[Value], b: &[Value], name: &dyn Fn(usize) -> String) -> Option<Difference> {
    let within = a
        .iter()
        .zip(b)
        .enumerate()
        .find_map(|(at, (a, b))| difference(a, b).map(|difference| difference.below(&name(at))));
    within.or_else(|| Some(here(count(a.len()), count(b.len()))))
}

fn shaped(a_shape: &[usize], b_shape: &[usize], a: &[Value], b: &[Value]) -> Option<Difference> {
    if a_shape != b_shape {
        return Some(here(
            format!("the shape {a_shape:?}"),
            format!("the shape {b_shape:?}"),
        ));
    }
    items(a, b, &|at| index(b_shape, at))
}

/// The indices of the element at a position in C order, as `[1, 2]`.
fn index(shape: &[usize], at: usize) -> String {
    format!("{:?}", indices(shape, at))
}

fn indices(shape: &[usize], mut at: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let index = at % length.max(1);
            at /= length.max(1);
            index
        })
        .collect();
    indices.reverse();
    indices
}

fn arrays(a: &Array, b: &Array) -> Option<Difference> {
    if a.dtype().to_little_endian() != b.dtype().to_little_endian() {
        return Some(here(
            format!("the dtype {}", a.dtype()),
            format!("the dtype {}", b.dtype()),
        ));
    }
    if a.shape() != b.shape() {
        return Some(here(
            format!("the shape {:?}", a.shape()),
            format!("the shape {:?}", b.shape()),
        ));
    }
    let same_order = a.dtype() == b.dtype();
    (0..b.len()).find_map(|at| {
        let indices = indices(b.shape(), at);
        let bytes = (a.element_bytes(&indices)?, b.element_bytes(&indices)?);
        if same_order && bytes.0 == bytes.1 {
            return None;
        }
        let scalar = |of: &Array, bytes: &[u8]| {
            let scalar = Array::new(of.dtype().clone(), &[], Order::C, bytes.to_vec().into()).ok()?;
            Some((Value::from(scalar), element(of.dtype(), bytes)))
        };
        let ((a, a_text), (b, b_text)) = (scalar(a, bytes.0)?, scalar(b, bytes.1)?);
        let differs = (a != b).then(|| here(a_text, b_text))?;
        Some(if indices.is_empty() {
            differs
        } else {
            differs.below(&format!("{indices:?}"))
        })
    })
}

/// One element in words: a number where it is one, else its bytes.
fn element(dtype: &DType, bytes: &[u8]) -> String {
    let big = dtype.byte_order() == ByteOrder::Big;
    macro_rules! number {
        ($type:ty) => {
            bytes.try_into().ok().map(|bytes| {
                let number = if big {
                    <$type>::from_be_bytes(bytes)
                } else {
                    <$type>::from_le_bytes(bytes)
                };
                format!("{number:?}")
            })
        };
    }
    let number = match dtype.kind() {
        Kind::Bool | Kind::UInt8 => number!(u8),
        Kind::Int8 => number!(i8),
        Kind::Int16 => number!(i16),
        Kind::Int32 => number!(i32),
        Kind::Int64 | Kind::DateTime64(_) | Kind::TimeDelta64(_) => number!(i64),
        Kind::UInt16 => number!(u16),
        Kind::UInt32 => number!(u32),
        Kind::UInt64 => number!(u64),
        Kind::Float32 => number!(f32),
        Kind::Float64 => number!(f64),
        _ => None,
    };
    number.unwrap_or_else(|| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("the bytes {}", short(&hex))
    })
}

fn json(a: &Json, b: &Json) -> Option<Difference> {
    if a == b {
        return None;
    }
    let text = |json: Option<&Json>| json.map_or_else(|| "nothing".into(), |json| short(&json.to_string()));
    let within = match (a, b) {
        (Json::Object(a), Json::Object(b)) => b.keys().chain(a.keys()).find_map(|key| {
            let (a, b) = (a.get(key), b.get(key));
            let difference = match (a, b) {
                (Some(a), Some(b)) => json(a, b)?,
                _ => here(text(a), text(b)),
            };
            Some(difference.below(&format!("[{key:?}]")))
        }),
        (Json::Array(a), Json::Array(b)) => (0..a.len().max(b.len())).find_map(|at| {
            let (a, b) = (a.get(at), b.get(at));
            let difference = match (a, b) {
                (Some(a), Some(b)) => json(a, b)?,
                _ => here(text(a), text(b)),
            };
            Some(difference.below(&format!("[{at}]")))
        }),
        _ => None,
    };
    within.or_else(|| Some(here(text(Some(a)), text(Some(b)))))
}

impl Difference {
    fn below(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

#[cfg(test)]
mod tests {
    use dj_codec_api::Limits;

    use super::*;

    fn text(found: &str, expected: &str) -> Option<String> {
        let read = |text| notation::from_str(text, &Limits::default()).unwrap();
        difference(&read(found), &read(expected)).map(|difference| difference.to_string())
    }

    #[test]
    fn the_way_to_the_first_difference_is_named() {
        for (found, expected, wanted) in [
            ("[1, 2]", "[1, 2]", None),
            ("1", "1.0", Some("expected 1.0, found 1")),
            ("[1, 2]", "[1, 3]", Some("at [1]: expected 3, found 2")),
            ("[1, 2]", "[1]", Some("expected 1 items, found 2 items")),
            (
                r#"[1, ["a"]]"#,
                r#"[1, ["b"]]"#,
                Some("at [1][0]: expected \"b\", found \"a\""),
            ),
            (
                r#"{"k": [1], "l": 2}"#,
                r#"{"k": [5], "l": 2}"#,
                Some("at [\"k\"][0]: expected 5, found 1"),
            ),
            (
                r#"{"k": 1}"#,
                r#"{"l": 1}"#,
                Some("expected the key \"l\", found the key \"k\""),
            ),
        ] {
            assert_eq!(text(found, expected).as_deref(), wanted, "{found} {expected}");
        }
    }

    #[test]
    fn arrays_differ_in_type_shape_or_an_element() {
        let array =
            |numbers: Vec<i16>, shape: &[usize]| Value::from(Array::from_vec(numbers, shape).unwrap());
        let differs = |a: &Value, b: &Value| difference(a, b).map(|difference| difference.to_string());
        let base = array(vec![1, 2, 3, 4, 5, 6], &[2, 3]);
        assert_eq!(differs(&base, &base), None);
        let other = array(vec![1, 2, 3, 4, 7, 6], &[2, 3]);
        assert_eq!(differs(&base, &other).unwrap(), "at [1, 1]: expected 7, found 5");
        let big = |number: u8| {
            let dtype: DType = ">i2".parse().unwrap();
            Value::from(Array::new(dtype, &[1], Order::C, vec![0, number].into()).unwrap())
        };
        assert_eq!(differs(&big(5), &array(vec![5], &[1])), None);
        assert_eq!(
            differs(&big(5), &array(vec![6], &[1])).unwrap(),
            "at [0]: expected 6, found 5"
        );
        let shaped = array(vec![1, 2, 3, 4, 5, 6], &[3, 2]);
        assert_eq!(
            differs(&base, &shaped).unwrap(),
            "expected the shape [3, 2], found the shape [2, 3]"
        );
        let typed = Value::from(Array::from_vec(vec![1_i32, 2, 3, 4, 5, 6], &[2, 3]).unwrap());
        assert_eq!(
            differs(&base, &typed).unwrap(),
            "expected the dtype int32, found the dtype int16"
        );
    }

    #[test]
    fn members_of_sets_and_documents_are_named() {
        let set = |numbers: &[i64]| Value::Set(numbers.iter().copied().map(Value::Int).collect());
        let text = difference(&set(&[1, 2]), &set(&[2, 3])).unwrap().to_string();
        assert_eq!(text, "expected the member 3, found a set without it");
        assert_eq!(difference(&set(&[1, 2]), &set(&[2, 1])), None);
        let document = |json: Json| Value::Json(Box::new(json));
        let a = document(serde_json::json!({"a": [1, {"b": 2}], "c": 1}));
        let b = document(serde_json::json!({"a": [1, {"b": 3}], "c": 1}));
        assert_eq!(difference(&a, &b).unwrap().path, r#"["a"][1]["b"]"#);
        let b = document(serde_json::json!({"a": [1, {"b": 2}]}));
        assert_eq!(
            difference(&a, &b).unwrap().to_string(),
            r#"at ["c"]: expected nothing, found 1"#
        );
    }
}
