//! What a path in a store may be.

use crate::{Error, Result};

/// The longest path that is accepted, in bytes: the longest that Linux takes. Object stores allow 1024.
pub const MAX_PATH_BYTES: usize = 4096;

/// Checks that a path stays within the store or folder that it is taken in, on every system.
///
/// Refused are: nothing at all, absolute paths (`/a`, `\a`, `C:a`), `.` and `..` between slashes or backslashes, NUL, a
/// slash at the end, and more than [`MAX_PATH_BYTES`]. Everything else is a name: `%2F`, `:`, `*`, spaces, any Unicode.
///
/// An empty part in the middle (`a//b`) is accepted, since it leads nowhere else and Python writes such paths (with a 0
/// in `subfolding`). A file system reads it as `a/b`; in an object store it is a name of its own.
///
/// # Errors
/// [`ErrorKind::UnsafePath`](crate::ErrorKind::UnsafePath), saying why.
///
/// ```
/// use dj_codec_api::layout::check_path;
///
/// assert!(check_path("_schema/lab/session/p=a%2Fb/x_Tok_-123.npy").is_ok());
/// for path in ["", "/etc/passwd", "a/../../b", "a\\..\\b", "C:b", "a/", "a\0b"] {
///     assert!(check_path(path).is_err(), "{path}");
/// }
/// ```
pub fn check_path(path: &str) -> Result<()> {
    let wrong = if path.is_empty() {
        "the path is empty"
    } else if path.len() > MAX_PATH_BYTES {
        "the path is over 4096 bytes long"
    } else if path.starts_with(['/', '\\']) || has_drive(path) {
        "the path is absolute"
    } else if path.contains('\0') {
        "the path holds a NUL"
    } else if path.ends_with('/') {
        "the path ends with a slash and so names no object"
    } else if path
        .split(['/', '\\'])
        .any(|part| matches!(part.trim_end_matches(' '), "." | ".."))
    {
        // Backslashes separate on Windows, which also drops spaces at the end of a name.
        "the path has a part . or .."
    } else {
        return Ok(());
    };
    Err(Error::unsafe_path(wrong)
        .at(shown(path))
        .advise("paths are relative to the store's location and stay in it"))
}

/// `C:`, which on Windows makes a path that forgets the folder it is joined to.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn shown(path: &str) -> String {
    let short: String = path.chars().take(120).collect();
    let dots = if short.len() < path.len() { "..." } else { "" };
    format!("{short:?}{dots}")
}

/// The same path without `.`, `..` and empty parts, for paths that people wrote: `./raw//a/../b` is `raw/b`.
///
/// `..` is taken by the letter, so a folder that is a link elsewhere makes a difference.
///
/// # Errors
/// [`ErrorKind::UnsafePath`](crate::ErrorKind::UnsafePath) where the path is absolute, leads outside, or
/// [`check_path`] refuses what is left of it.
pub fn normalize_path(path: &str) -> Result<String> {
    if path.starts_with('/') {
        check_path(path)?;
    }
    let Some(parts) = resolve(path, &['/']) else {
        return Err(Error::unsafe_path("the path leads outside of the store")
            .at(shown(path))
            .advise("paths are relative to the store's location and stay in it"));
    };
    let path = parts.join("/");
    check_path(&path)?;
    Ok(path)
}

/// The parts that are left when `.`, `..` and empty ones are resolved; `None` where they lead outside.
pub(super) fn resolve<'a>(path: &'a str, separators: &[char]) -> Option<Vec<&'a str>> {
    let mut parts = Vec::new();
    for part in path.split(separators) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn odd_names_are_names() {
        for path in [
            "a",
            "a/b",
            "50%25/x",
            "k=a%2Fb/é 日本/*?:|<>\"",
            "k=a:b:c/d",
            "ab:c",
            "a/C:b",
            "...",
            "a/.../b",
            ".hidden",
            "a..b/..c/d..",
            "_hash/lab//ug/x",
            "a\\b",
            "tab\there",
            "~/x",
            "#lookup/x",
            " ",
        ] {
            check_path(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        }
        check_path(&"x".repeat(MAX_PATH_BYTES)).unwrap();
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let long = "x".repeat(MAX_PATH_BYTES + 1);
        for path in [
            "",
            "/",
            "/a",
            "//a",
            "\\a",
            "\\\\server\\share",
            "c:",
            "C:\\x",
            "z:/x",
            ".",
            "..",
            "a/.",
            "a/..",
            "./a",
            "../a",
            "a/./b",
            "a/../b",
            "a\\..\\b",
            "..\\a",
            "a/..\\b",
            "a/.. /b",
            "a/. ",
            "a/",
            "a//",
            "\0",
            "a/b\0c",
            &long,
        ] {
            let error = check_path(path).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{path:?}");
            assert!(error.to_string().len() < 400);
        }
    }

    #[test]
    fn a_refused_path_is_shown_and_cut_where_it_is_long() {
        let at = |path: &str| check_path(path).unwrap_err().to_string();
        assert!(at("/é").contains("\"/é\""), "{}", at("/é"));
        assert!(!at("/é").contains("..."));
        let long = format!("/{}", "é".repeat(120));
        let cut = format!("\"/{}\"...", "é".repeat(119));
        assert!(at(&long).contains(&cut), "{}", at(&long));
    }

    #[test]
    fn written_paths_are_made_plain() {
        for (path, plain) in [
            ("./raw//a/../b", "raw/b"),
            ("raw/", "raw"),
            ("a/b", "a/b"),
            ("a/b/../../c", "c"),
        ] {
            assert_eq!(normalize_path(path).unwrap(), plain);
        }
        for path in [
            "",
            ".",
            "..",
            "a/../..",
            "a/../../a",
            "/a",
            "a/..",
            "a\\..\\..\\b",
        ] {
            assert!(normalize_path(path).is_err(), "{path:?}");
        }
    }
}
