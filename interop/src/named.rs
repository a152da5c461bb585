//! The values of `values.py`.

use dj_codecs::api::{Json, Limits, Value, notation};
use serde_json::json;

use crate::failed::Outcome;
use crate::peer::{Peer, value_of};

/// A value of `values.py`.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// What it is there for.
    pub(crate) name: String,
    /// The value, as Python told of it.
    pub(crate) value: Value,
}

impl Named {
    /// All of them.
    pub(crate) fn all(peer: &Peer) -> Outcome<Vec<Self>> {
        let told = peer.ask("values", json!({}))?;
        let told = told.get("values").and_then(Json::as_array);
        let mut values = Vec::new();
        for one in told.ok_or("Python told of no values")? {
            let name = one.get("name").and_then(Json::as_str);
            values.push(Self {
                name: name.ok_or("a value has no name")?.into(),
                value: value_of(one.get("value"))?,
            });
        }
        Ok(values)
    }

    /// What Python fetches when this was inserted. It has arrays of str only as arrays of objects.
    pub(crate) fn fetched(&self) -> Outcome<Value> {
        if !matches!(&self.value, Value::Array(array) if array.dtype().to_string().contains('U')) {
            return Ok(self.value.clone());
        }
        let mut told = notation::to_json(&self.value)?;
        let dtype = told.pointer_mut("/$array/dtype").ok_or("an array has no dtype")?;
        *dtype = "|O".into();
        Ok(notation::from_json(&told, &Limits::default())?)
    }
}
