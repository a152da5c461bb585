//! A column that is fetched or inserted: made by a codec, or plain.

use dj_codec_api::{Column, Context, Error, Json, Registry, Result, Stored, Value};

use crate::comment::{Declared, codec_of_old};
use crate::heading::{Attribute, Storage, Table};
use crate::key::KeyField;
use crate::location::Backend;
use crate::rows::Extent;

/// A column of a table with what turns its values.
#[derive(Debug)]
pub(super) struct FieldKind {
    pub(super) name: String,
    pub(super) how: How,
}

/// How its values are turned.
#[derive(Debug)]
pub(super) enum How {
    /// By codecs. The context names the field.
    Codec(Box<Column>, Box<Context>),
    /// They are bytes to DataJoint.
    Bytes,
    /// They are a JSON document.
    Json,
    /// Everything else travels as text.
    Plain(KeyField),
}

impl FieldKind {
    /// # Errors
    /// Where this build does not have the codec, or no codec reads what was declared before DataJoint 2.0.
    pub(super) fn new(
        table: &Table,
        attribute: &Attribute,
        backend: Backend,
        registry: &Registry,
        cx: &Context,
    ) -> Result<Self> {
        let place = || format!("{}.{}.{}", table.schema, table.name, attribute.name);
        let spec = match &attribute.declared {
            Declared::Codec(spec) => Some(spec.clone()),
            Declared::Old(kind) => Some(
                codec_of_old(kind)
                    .ok_or_else(|| {
                        Error::unsupported(format!(
                            "the column was declared as {kind:?} before DataJoint 2.0"
                        ))
                        .at(place())
                        .advise("migrate the schema to DataJoint 2, which refuses such columns")
                    })?
                    .to_string(),
            ),
            Declared::Nothing | Declared::Core(_) => None,
        };
        let how = match (spec, attribute.storage()) {
            (Some(spec), _) => {
                let column = Column::resolve(&spec, registry).map_err(|error| error.at(place()))?;
                let cx = cx.clone().with_field(&table.schema, &table.name, &attribute.name);
                How::Codec(Box::new(column), Box::new(cx))
            }
            (None, Storage::Bytes) => How::Bytes,
            (None, Storage::Json) if is_json(attribute) => How::Json,
            (None, _) => How::Plain(KeyField::new(attribute, backend)),
        };
        Ok(Self {
            name: attribute.name.clone(),
            how,
        })
    }

    /// How a query asks for it.
    pub(super) fn extent(&self) -> Extent {
        match self.how {
            How::Plain(_) => Extent::Text,
            _ => Extent::Whole,
        }
    }

    /// The value of what the column holds. `arrays`: lazy arrays are read, too.
    pub(super) fn decode(&self, stored: Stored, arrays: bool) -> Result<Value> {
        match (&self.how, stored) {
            (_, Stored::Null) => Ok(Value::Null),
            (How::Codec(column, cx), stored) => match column.decode(stored, cx)? {
                Value::Lazy(handle) if arrays && (handle.dtype().is_some() || handle.shape().is_some()) => {
                    handle.load()
                }
                value => Ok(value),
            },
            (How::Plain(field), Stored::Json(Json::String(text))) => field.value(&text),
            (_, Stored::Bytes(bytes)) => Ok(Value::Bytes(bytes)),
            (_, Stored::Json(json)) => Ok(Value::from(json)),
        }
    }
}

/// Whether a column of text or JSON is JSON to DataJoint: MariaDB keeps it as text.
fn is_json(attribute: &Attribute) -> bool {
    attribute.sql_type.starts_with("json") || attribute.declared == Declared::Core("json".into())
}
