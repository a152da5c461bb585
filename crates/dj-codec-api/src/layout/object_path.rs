//! Schema-addressed paths.

use super::key::encode_pk_value;
use super::safe_path::check_path;
use super::token::generate_token;
use crate::{Error, Result, StoreLayout, Value};

/// What the path of a schema-addressed object is made of:
/// `{schema_prefix}/[partition/]{schema}/{table}/{primary key}/{field}_{token}{ext}`.
///
/// ```
/// use dj_codec_api::layout::ObjectPath;
/// use dj_codec_api::{StoreLayout, Value};
///
/// let object = ObjectPath {
///     schema: "lab",
///     table: "session",
///     field: "trace",
///     primary_key: &[("subject".into(), Value::from("m/1")), ("session".into(), Value::from(3))],
///     ext: Some(".npy"),
///     layout: &StoreLayout::default(),
/// };
/// assert_eq!(
///     object.build_with_token("Tok_-123")?,
///     "_schema/lab/session/subject=m%2F1/session=3/trace_Tok_-123.npy"
/// );
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ObjectPath<'a> {
    /// The schema.
    pub schema: &'a str,
    /// The table, as it is named in the database (`#lookup`, `__computed`).
    pub table: &'a str,
    /// The attribute that the object belongs to.
    pub field: &'a str,
    /// The primary key of the row in its order, with the values as they are inserted: Python writes `1.5` for a
    /// `Decimal("1.5")` though the database holds 1.500.
    pub primary_key: &'a [(String, Value)],
    /// The extension; the dot at its beginning may be left out.
    pub ext: Option<&'a str>,
    /// How the store lays out its paths.
    pub layout: &'a StoreLayout,
}

impl ObjectPath<'_> {
    /// The path with a fresh random token of the layout's length, so that no two objects share one.
    ///
    /// # Errors
    /// As [`build_with_token`](Self::build_with_token); also where the system has no random numbers to give.
    pub fn build(&self) -> Result<String> {
        self.build_with_token(&generate_token(self.layout.token_length)?)
    }

    /// The path with this token.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidValue`](crate::ErrorKind::InvalidValue) where schema or table have no name or a value cannot
    /// be a key; [`ErrorKind::UnsafePath`](crate::ErrorKind::UnsafePath) where Python would build a path that
    /// [`check_path`] refuses, as for a schema named `..`.
    pub fn build_with_token(&self, token: &str) -> Result<String> {
        for (what, name) in [("schema", self.schema), ("table", self.table)] {
            if name.is_empty() {
                return Err(Error::invalid_value(format!(
                    "the {what} of a schema-addressed object has no name"
                ))
                .advise("give the context a schema, a table and a field"));
            }
        }
        let mut parts: Vec<String> = Vec::new();
        let prefix = self.layout.schema_prefix.trim_matches('/');
        if !prefix.is_empty() {
            parts.push(prefix.to_owned());
        }
        let partition = partition_attributes(self.layout.partition_pattern.as_deref().unwrap_or_default());
        for &attribute in &partition {
            if let Some((_, value)) = self.primary_key.iter().find(|(name, _)| name == attribute) {
                parts.push(key_part(attribute, value)?);
            }
        }
        parts.push(self.schema.to_owned());
        parts.push(self.table.to_owned());
        for (name, value) in self.primary_key {
            if !partition.contains(&name.as_str()) {
                parts.push(key_part(name, value)?);
            }
        }
        let (dot, ext) = match self.ext.unwrap_or_default() {
            ext if ext.is_empty() || ext.starts_with('.') => ("", ext),
            ext => (".", ext),
        };
        parts.push(format!("{}_{token}{dot}{ext}", self.field));
        let path = parts.join("/");
        check_path(&path)?;
        Ok(path)
    }
}

fn key_part(name: &str, value: &Value) -> Result<String> {
    let value = encode_pk_value(value).map_err(|error| error.at(format!("primary key {name:?}")))?;
    Ok(format!("{name}={value}"))
}

/// The names in braces, in their order, as Python's `re.findall(r"\{(\w+)\}", pattern)` finds them.
fn partition_attributes(pattern: &str) -> Vec<&str> {
    pattern
        .split('{')
        .skip(1)
        .filter_map(|after| after.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn path(schema: &str, table: &str, field: &str, ext: &str) -> Result<String> {
        ObjectPath {
            schema,
            table,
            field,
            primary_key: &[],
            ext: Some(ext),
            layout: &StoreLayout::default(),
        }
        .build_with_token("token")
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for (schema, table, field, ext) in [
            ("..", "t", "f", ""),
            ("s", "..", "f", ""),
            ("s", ".", "f", ""),
            ("s", "t", "../f", ""),
            ("s", "t", "f", "/../../x"),
            ("s\0", "t", "f", ""),
            ("s", "t", "f", "x/"),
            ("s", "a\\..\\b", "f", ""),
        ] {
            let error = path(schema, table, field, ext).unwrap_err();
            assert_eq!(
                error.kind(),
                &ErrorKind::UnsafePath,
                "{schema} {table} {field} {ext}"
            );
        }
        assert_eq!(
            path("", "t", "f", "").unwrap_err().kind(),
            &ErrorKind::InvalidValue
        );
        let layout = StoreLayout {
            schema_prefix: "../x".into(),
            ..Default::default()
        };
        let object = ObjectPath {
            schema: "s",
            table: "t",
            field: "f",
            primary_key: &[],
            ext: None,
            layout: &layout,
        };
        assert!(object.build().is_err());
    }

    #[test]
    fn a_key_that_cannot_be_one_is_named() {
        let object = ObjectPath {
            schema: "s",
            table: "t",
            field: "f",
            primary_key: &[("k".into(), Value::List(vec![]))],
            ext: None,
            layout: &StoreLayout::default(),
        };
        let error = object.build().unwrap_err();
        assert!(error.to_string().starts_with("at primary key \"k\": "), "{error}");
    }

    #[test]
    fn patterns_are_searched_as_python_searches_them() {
        for (pattern, names) in [
            ("{a}/{b}", &["a", "b"][..]),
            ("{{a}}", &["a"]),
            ("{a{b}", &["b"]),
            ("{a b}{c}", &["c"]),
            ("a}{b", &[]),
            ("{}", &[]),
            ("{a}}{b}", &["a", "b"]),
        ] {
            assert_eq!(partition_attributes(pattern), names, "{pattern}");
        }
    }

    #[test]
    fn tokens_are_random_and_of_the_layouts_length() {
        let layout = StoreLayout {
            token_length: 12,
            ..Default::default()
        };
        let object = ObjectPath {
            schema: "s",
            table: "t",
            field: "f",
            primary_key: &[],
            ext: None,
            layout: &layout,
        };
        let (one, other) = (object.build().unwrap(), object.build().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), "_schema/s/t/f_".len() + 12);
    }
}
