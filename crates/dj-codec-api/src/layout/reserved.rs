//! The sections of a store that `<filepath@>` keeps out of.

use super::safe_path::{normalize_path, resolve};
use crate::{Error, Result, StoreLayout};

/// The path that a `<filepath@>` value is kept under: `path` without `.`, `..` and empty parts, if it is one that a file of
/// the user's own may have.
///
/// Python compares the text alone, so that `./_hash/x` and `raw/../_hash/x` pass; here they do not. A section's own
/// folder (`_schema`) may be named, as in Python, what is in it may not.
///
/// # Errors
/// [`ErrorKind::InvalidValue`](crate::ErrorKind::InvalidValue) where the path is in the store's section of
/// hash-addressed or schema-addressed objects, or outside of its `filepath_prefix`;
/// [`ErrorKind::UnsafePath`](crate::ErrorKind::UnsafePath) where it leads outside of the store.
///
/// ```
/// use dj_codec_api::StoreLayout;
/// use dj_codec_api::layout::check_filepath;
///
/// let layout = StoreLayout::default();
/// assert_eq!(check_filepath("./raw/a.bin", &layout)?, "raw/a.bin");
/// assert!(check_filepath("raw/../_hash/x", &layout).is_err());
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
pub fn check_filepath(path: &str, layout: &StoreLayout) -> Result<String> {
    // On Windows a backslash would lead into the section as well. Elsewhere it is a letter, and `..` goes further up.
    let parts = resolve(path, &['/', '\\']).unwrap_or_default();
    for (setting, prefix) in sections(layout) {
        if is_within(&parts, prefix) || is_within_as_python_sees_it(path, prefix) {
            return Err(managed(path, setting, prefix));
        }
    }
    let plain = normalize_path(path)?;
    let readings = [
        parts,
        resolve(&plain, &['/']).unwrap_or_default(),
        resolve(&plain, &['/', '\\']).unwrap_or_default(),
    ];
    for (setting, prefix) in sections(layout) {
        if readings.iter().any(|parts| is_within(parts, prefix)) {
            return Err(managed(path, setting, prefix));
        }
    }
    if let Some(prefix) = layout
        .filepath_prefix
        .as_deref()
        .filter(|prefix| !prefix.is_empty())
        && !readings.iter().all(|parts| is_within(parts, prefix))
    {
        return Err(
            Error::invalid_value(format!("files must be below {prefix:?} (filepath_prefix)"))
                .at(format!("{path:?}"))
                .advise("move the file there, or change filepath_prefix in the store's configuration"),
        );
    }
    Ok(plain)
}

/// The sections that DataJoint manages, by their settings.
fn sections(layout: &StoreLayout) -> [(&'static str, &str); 2] {
    [
        ("hash_prefix", &layout.hash_prefix),
        ("schema_prefix", &layout.schema_prefix),
    ]
}

fn managed(path: &str, setting: &str, prefix: &str) -> Error {
    Error::invalid_value(format!(
        "files may not be in the section {prefix:?} ({setting}), which DataJoint manages"
    ))
    .at(format!("{path:?}"))
    .advise("keep files of your own in another folder of the store")
}

/// Whether the parts lead to something in the section, and not just to its folder.
fn is_within(parts: &[&str], prefix: &str) -> bool {
    let section = resolve(prefix, &['/', '\\']).unwrap_or_default();
    !section.is_empty() && parts.len() > section.len() && parts.starts_with(&section)
}

/// DataJoint's own comparison, so that nothing is accepted that Python refuses (`_schema/`).
fn is_within_as_python_sees_it(path: &str, prefix: &str) -> bool {
    let section = prefix.trim_matches('/');
    !section.is_empty()
        && path
            .trim_start_matches('/')
            .strip_prefix(section)
            .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn no_spelling_leads_into_a_section() {
        let layout = StoreLayout::default();
        for path in [
            "_hash/x",
            "./_hash/x",
            "raw/../_hash/x",
            "_hash//x",
            "/_hash/x",
            "_hash/./x",
            "a/b/../../_schema/x",
            "_schema/",
            "_hash\\x",
            ".\\_hash\\x",
            "_hash/../_schema/x",
            ".//_hash/a/..//b",
            // Read with backslashes as letters, and read by Windows.
            "a\\b/../_schema/x",
            "a/../_hash\\x",
        ] {
            let error = check_filepath(path, &layout).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::InvalidValue, "{path}");
        }
        for path in ["", "..", "../_hash/x", "/raw/x", "raw/../../x", "C:/x"] {
            let error = check_filepath(path, &layout).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{path}");
        }
        for path in ["raw/_hash/x", "_hashes/x", "_HASH/x", "_schema", "raw/x"] {
            assert_eq!(check_filepath(path, &layout).unwrap(), path);
        }
        assert_eq!(
            check_filepath("_hash/../raw", &layout).unwrap_err().kind(),
            &ErrorKind::InvalidValue
        );
    }

    #[test]
    fn sections_are_found_however_the_configuration_writes_them() {
        let layout = StoreLayout {
            hash_prefix: "./a//b/".into(),
            filepath_prefix: Some("/in/".into()),
            ..Default::default()
        };
        assert!(check_filepath("a/b/c", &layout).is_err());
        assert!(check_filepath("in/../a/b/c", &layout).is_err());
        assert!(check_filepath("in", &layout).is_err());
        assert!(check_filepath("in/../out/x", &layout).is_err());
        assert_eq!(check_filepath("out/../in/x", &layout).unwrap(), "in/x");
        for outside in ["in/a\\b/../../out/x", "in/a\\b/../../../in/x"] {
            assert!(check_filepath(outside, &layout).is_err(), "{outside}");
        }
    }
}
