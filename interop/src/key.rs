//! Primary keys in the notation that `peer.py` takes.

use dj_codecs::api::{Json, Uuid, Value};

use crate::failed::{Failed, Outcome};

/// The value of a key's field.
pub(crate) fn value(told: &Json) -> Outcome<Value> {
    let unknown = || Failed::from(format!("{told} is no value of a key"));
    match told {
        Json::String(text) => Ok(Value::from(text.as_str())),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Ok(Value::Int(int)),
            (None, Some(float)) => Ok(Value::Float(float)),
            _ => Err(unknown()),
        },
        Json::Object(_) => {
            let (kind, text) = typed(told).ok_or_else(unknown)?;
            Ok(match kind {
                "date" => Value::Date(text.parse()?),
                "time" => Value::Time(text.parse()?),
                "datetime" => Value::DateTime(text.parse()?),
                "decimal" => Value::Decimal(text.into()),
                "uuid" => Value::Uuid(Uuid::parse_str(text).map_err(|_| unknown())?),
                _ => return Err(unknown()),
            })
        }
        _ => Err(unknown()),
    }
}

/// The arguments of `dj-codec` for a key's field.
pub(crate) fn arguments(name: &str, told: &Json) -> Outcome<Vec<String>> {
    let (kind, text) = match (told, typed(told)) {
        (_, Some((kind, text))) => (kind, text.to_owned()),
        (Json::String(text), _) => ("str", text.clone()),
        (Json::Number(number), _) if number.is_f64() => ("float", number.to_string()),
        (Json::Number(number), _) => ("int", number.to_string()),
        _ => return Err(format!("{told} is no value of a key").into()),
    };
    Ok(vec![
        "--key".into(),
        format!("{name}={text}"),
        "--key-type".into(),
        format!("{name}={kind}"),
    ])
}

/// The kind and the text of `{"$KIND": "TEXT"}`.
fn typed(told: &Json) -> Option<(&str, &str)> {
    let (kind, text) = told.as_object()?.iter().next()?;
    Some((kind.strip_prefix('$')?, text.as_str()?))
}
