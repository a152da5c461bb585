//! Looking into values without matching on every kind.

use bytes::Bytes;

use super::Value;
use crate::Array;

impl Value {
    /// A dict with keys of text, in this order.
    ///
    /// ```
    /// use dj_codec_api::Value;
    ///
    /// let value = Value::dict([("rate", Value::from(30_000.0)), ("unit", 3_i64.into())]);
    /// assert_eq!(value.get("rate").and_then(Value::as_float), Some(30_000.0));
    /// assert_eq!(value.get("unit").and_then(Value::as_int), Some(3));
    /// assert_eq!(value.get("other"), None);
    /// ```
    pub fn dict<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let text = |(key, value): (K, Self)| (Self::Str(key.into()), value);
        Self::Dict(entries.into_iter().map(text).collect())
    }

    /// What a dict has under a key of text; `None` where it has no such key, or the value is no dict.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_dict()?
            .iter()
            .find_map(|(name, value)| (name.as_str() == Some(key)).then_some(value))
    }

    /// The entries, where the value is a dict.
    #[must_use]
    pub fn as_dict(&self) -> Option<&[(Self, Self)]> {
        match self {
            Self::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, where the value is a list or a tuple.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The text, where the value is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, where the value is bytes.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The array, where the value is one that has been read.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The truth value, where the value is one: Python's, or a scalar of NumPy's.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            Self::Array(array) if array.shape().is_empty() => array.to_vec().ok()?.first().copied(),
            _ => None,
        }
    }

    /// The whole number, where the value is one that fits: Python's, or a scalar of NumPy's. A bool is none.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Array(array) if array.shape().is_empty() => array.to_ints().ok()?.first().copied(),
            _ => None,
        }
    }

    /// The floating-point number, where the value is one: Python's, or a scalar of NumPy's. An int is none.
    #[must_use]
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            Self::Array(array) if array.shape().is_empty() => array.to_floats().ok()?.first().copied(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_of_numpy_are_numbers_too() {
        assert_eq!(Value::from(Array::scalar(7_u16)).as_int(), Some(7));
        assert_eq!(Value::from(Array::scalar(2.5_f32)).as_float(), Some(2.5));
        assert_eq!(Value::from(Array::scalar(true)).as_bool(), Some(true));
        assert_eq!(Value::from(Array::scalar(u64::MAX)).as_int(), None);
        let row = Value::from(Array::from_vec(vec![7_i64], &[1]).unwrap());
        assert_eq!((row.as_int(), row.as_float(), row.as_bool()), (None, None, None));
    }

    #[test]
    fn kinds_are_not_mixed_up() {
        let values = [
            Value::Null,
            true.into(),
            1.into(),
            1.0.into(),
            "1".into(),
            Value::Bytes("1".into()),
        ];
        let found: Vec<_> = values
            .iter()
            .map(|value| {
                [
                    value.as_bool().is_some(),
                    value.as_int().is_some(),
                    value.as_float().is_some(),
                    value.as_str().is_some(),
                    value.as_bytes().is_some(),
                ]
            })
            .collect();
        for (at, kinds) in found.iter().enumerate() {
            for (kind, is) in kinds.iter().enumerate() {
                assert_eq!(*is, at == kind + 1, "{:?}", values[at]);
            }
        }
    }

    #[test]
    fn only_keys_of_text_are_looked_up() {
        let dict = Value::Dict(vec![(1.into(), "a".into()), ("1".into(), "b".into())]);
        assert_eq!(dict.get("1").and_then(Value::as_str), Some("b"));
        assert_eq!(Value::List(vec![]).get("1"), None);
        assert_eq!(Value::Tuple(vec![1.into()]).as_list(), Some(&[Value::Int(1)][..]));
    }
}
