//! Names of files: what Python takes for the stem and the suffix, and which names may be written to a folder.

use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, Result};

/// The longest name that common file systems take, in bytes.
const LONGEST: usize = 255;

/// The devices that Windows sees behind a name in any folder, with any extension.
const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Whose rules a name has to obey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// A name is bytes without a slash.
    Unix,
    /// Some characters and names mean something else.
    Windows,
}

impl Rules {
    /// Those of the system that this is built for.
    pub(crate) const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// The name without its suffix, and the suffix with its dot, as `PurePath.stem` and `PurePath.suffix` of Python: a dot at
/// the beginning or the end is part of the name.
pub(crate) fn split_suffix(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && dot + 1 < name.len() => name.split_at(dot),
        _ => (name, ""),
    }
}

/// Checks that a stored name is that of a file in whatever folder it is joined to, on this system.
///
/// Refused everywhere: nothing, `.` and `..`, slashes and backslashes, a drive, control characters, more than 255
/// bytes. On Windows also what it takes for a device, a stream of another file, or another name.
pub(crate) fn check_file_name(name: &str, rules: Rules) -> Result<()> {
    let wrong = if name.is_empty() {
        Some("the file has no name")
    } else if name.contains(['/', '\\']) {
        Some("the stored name has a slash or backslash, and would lead to another folder")
    } else if check_path(name).is_err() {
        Some("the stored name is no name of a file, but leads elsewhere")
    } else if name.chars().any(char::is_control) {
        Some("the stored name has control characters")
    } else if name.len() > LONGEST {
        Some("the stored name is over 255 bytes long")
    } else if rules == Rules::Windows {
        windows_trap(name)
    } else {
        None
    };
    match wrong {
        None => Ok(()),
        Some(wrong) => Err(Error::unsafe_path(wrong)
            .at(shown(name))
            .advise("choose a name with save_as")),
    }
}

/// What Windows would make of a name that is harmless elsewhere.
pub(crate) fn windows_trap(name: &str) -> Option<&'static str> {
    if name.contains([':', '<', '>', '"', '|', '?', '*', '\\']) {
        return Some("the stored name has characters that mean something else on Windows");
    }
    if name.ends_with(['.', ' ']) {
        return Some("the stored name ends with a dot or a space, which Windows drops");
    }
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end_matches(' ')
        .to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|rest| {
            matches!(
                rest,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    });
    (numbered || DEVICES.contains(&stem.as_str())).then_some("the stored name is that of a device on Windows")
}

/// A name in a message: in quotes, its control characters escaped, and not too long.
pub(crate) fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    let dots = if short.len() < name.len() { "..." } else { "" };
    format!("{short:?}{dots}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_and_suffixes_are_pythons() {
        for (name, stem, suffix) in [
            ("note.txt", "note", ".txt"),
            ("a.tar.gz", "a.tar", ".gz"),
            (".bashrc", ".bashrc", ""),
            (".a.b", ".a", ".b"),
            ("a.", "a.", ""),
            ("..a", ".", ".a"),
            ("plain", "plain", ""),
            ("é.ü", "é", ".ü"),
            ("", "", ""),
        ] {
            assert_eq!(split_suffix(name), (stem, suffix), "{name}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused_on_every_system() {
        for name in [
            "",
            ".",
            "..",
            "../x",
            "/etc/passwd",
            "a/b",
            "..\\x",
            "a\\b",
            "\\\\server\\share",
            "C:x",
            "c:",
            "C:\\x",
            "a\0b",
            "a\nb",
            "\u{7f}",
            ".. ",
            &"x".repeat(256),
            &"é".repeat(128),
        ] {
            for rules in [Rules::Unix, Rules::Windows] {
                assert!(check_file_name(name, rules).is_err(), "{name:?} {rules:?}");
            }
        }
    }

    #[test]
    fn names_that_only_windows_misreads_are_refused_there() {
        for name in [
            "12:30.txt",
            "ab:stream",
            "CON",
            "con.txt",
            "Nul .tar.gz",
            "com1",
            "LPT9.x",
            "COM¹",
            "what?.txt",
            "a*",
            "a\"b",
            "a|b",
            "a<b>",
            "end.",
            "end ",
            "AUX",
            "prn.",
            "conin$",
        ] {
            assert!(check_file_name(name, Rules::Windows).is_err(), "{name:?}");
            assert!(check_file_name(name, Rules::Unix).is_ok(), "{name:?}");
        }
        for name in [
            "note.txt",
            "résumé 1.txt",
            "...",
            "..x",
            "com10",
            "console",
            "50%25.txt",
            "日本",
            &"x".repeat(255),
        ] {
            assert!(check_file_name(name, Rules::Unix).is_ok(), "{name:?}");
        }
        for name in [
            "note.txt",
            "résumé 1.txt",
            "..x",
            "com10",
            "com",
            "console.log",
            "50%25.txt",
            "日本",
        ] {
            assert!(check_file_name(name, Rules::Windows).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn a_name_in_a_message_is_quoted_and_cut_after_80_characters() {
        for (name, text) in [
            ("", "\"\"".to_owned()),
            ("a\n\u{7f}", "\"a\\n\\u{7f}\"".to_owned()),
            (&"é".repeat(80), format!("\"{}\"", "é".repeat(80))),
            (&"é".repeat(81), format!("\"{}\"...", "é".repeat(80))),
        ] {
            assert_eq!(shown(name), text);
        }
    }
}
