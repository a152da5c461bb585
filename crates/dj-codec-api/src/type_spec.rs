//! Type specs: how a column names its codec and its store.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// What a column is declared as: a codec (`<blob>`, `<npy@>`, `<zarr@cold>`) or a type of the database (`bytes`,
/// `json`, `varchar(32)`).
///
/// Specs are read exactly as DataJoint reads them, which never fails: spaces around the parts and doubled brackets are
/// ignored. Whether a codec or a type is meant depends on the brackets alone: `blob@main` is the database's type `blob`.
///
/// ```
/// use dj_codec_api::TypeSpec;
///
/// let spec: TypeSpec = "<zarr@cold>".parse()?;
/// assert_eq!((spec.name(), spec.store(), spec.is_codec()), ("zarr", Some("cold"), true));
/// assert_eq!(TypeSpec::codec("zarr").in_store("cold"), spec);
/// assert_eq!(spec.to_string(), "<zarr@cold>");
/// assert_eq!("<npy@>".parse::<TypeSpec>()?.store(), Some(""));
/// assert_eq!("<blob>".parse::<TypeSpec>()?.store(), None);
/// assert!(!"varchar(32)".parse::<TypeSpec>()?.is_codec());
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeSpec {
    name: String,
    store: Option<String>,
    codec: bool,
}

impl TypeSpec {
    /// A codec whose values are in the table: `<name>`.
    #[must_use]
    pub fn codec(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            store: None,
            codec: true,
        }
    }

    /// A type of the database, such as `bytes` or `json`.
    #[must_use]
    pub fn core(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            store: None,
            codec: false,
        }
    }

    /// The same with its values in a store; an empty name means the default store.
    #[must_use]
    pub fn in_store(mut self, store: impl Into<String>) -> Self {
        self.store = Some(store.into());
        self
    }

    /// The name of the codec or type.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The store: `None` where values are in the table (`<blob>`), empty for the default store (`<blob@>`).
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    /// Whether it stands in angle brackets and so names a codec.
    #[must_use]
    pub fn is_codec(&self) -> bool {
        self.codec
    }
}

impl FromStr for TypeSpec {
    type Err = Error;

    /// Reads a spec as DataJoint's `parse_type_spec` does. It never fails: what makes no sense names no codec, and
    /// the lookup says so.
    fn from_str(text: &str) -> Result<Self, Error> {
        let inner = text.trim_matches(['<', '>']).trim_matches(is_python_space);
        let (name, store) = match inner.split_once('@') {
            Some((name, store)) => (
                name.trim_matches(is_python_space),
                Some(store.trim_matches(is_python_space).to_owned()),
            ),
            None => (inner, None),
        };
        Ok(Self {
            name: name.to_owned(),
            store,
            codec: text.starts_with('<') && text.ends_with('>'),
        })
    }
}

/// What Python's `str.strip` strips: Unicode's white space, and the four separators of ASCII that Unicode leaves out.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

impl fmt::Display for TypeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.codec { ("<", ">") } else { ("", "") };
        match &self.store {
            Some(store) => write!(f, "{open}{}@{store}{close}", self.name),
            None => write!(f, "{open}{}{close}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_print_as_they_were() {
        for text in [
            "<blob>",
            "<blob@>",
            "<blob@main>",
            "blob",
            "blob@main",
            "bytes@",
            "varchar(32)",
            "<>",
        ] {
            assert_eq!(text.parse::<TypeSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn only_brackets_make_a_codec() {
        for (text, codec) in [
            ("<blob>", true),
            ("blob@main", false),
            ("<blob", false),
            (" <blob> ", false),
        ] {
            assert_eq!(text.parse::<TypeSpec>().unwrap().is_codec(), codec, "{text}");
        }
    }

    #[test]
    fn python_strips_more_than_rust() {
        assert_eq!(
            "<\u{1f}blob\u{2003}@\u{1c}a >"
                .parse::<TypeSpec>()
                .unwrap()
                .to_string(),
            "<blob@a>"
        );
    }
}
