//! What DataJoint writes into the comments of columns.

use dj_codec_api::TypeSpec;

/// What the comment of a column says of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Declared {
    /// Nothing: a type of the database itself, or a column that was made without DataJoint.
    Nothing,
    /// A core type of DataJoint: `uuid`, `float32`, `varchar(32)`.
    Core(String),
    /// A codec: `<zarr@main>`, as it is written in the comment.
    Codec(String),
    /// A declaration of DataJoint before 2.0 that names a store or a type of its own: `external-raw`, `blob@raw`,
    /// `attach`, `filepath@raw`. The value is what stands between the colons.
    Old(String),
}

/// Splits the comment of a column into the type that it declares and the text for people.
///
/// ```
/// use dj_codec_db::{Declared, parse_comment};
///
/// let (declared, text) = parse_comment(":<zarr@main>:raw trace");
/// assert_eq!((declared, text), (Declared::Codec("<zarr@main>".into()), "raw trace"));
/// assert_eq!(parse_comment(":uuid:").0, Declared::Core("uuid".into()));
/// assert_eq!(parse_comment(":external-raw:movie").0, Declared::Old("external-raw".into()));
/// assert_eq!(parse_comment("raw trace").0, Declared::Nothing);
/// ```
#[must_use]
pub fn parse_comment(comment: &str) -> (Declared, &str) {
    let parts = comment
        .strip_prefix(':')
        .and_then(|rest| rest.split_once(':'))
        .filter(|(kind, _)| !kind.is_empty());
    let Some((kind, text)) = parts else {
        return (Declared::Nothing, comment);
    };
    (of_type(kind), text)
}

fn of_type(kind: &str) -> Declared {
    if kind.starts_with('<') {
        return Declared::Codec(kind.to_owned());
    }
    let name = kind.split('@').next().unwrap_or(kind);
    let old = ["blob", "attach", "filepath"].contains(&name) || name.starts_with("external");
    if old {
        Declared::Old(kind.to_owned())
    } else {
        Declared::Core(kind.to_owned())
    }
}

/// The codec of DataJoint 2 that reads what a declaration before 2.0 wrote into the table itself; `None` for one whose
/// values are found through a table of stores (`~external_raw`), which no codec reads.
pub(crate) fn codec_of_old(kind: &str) -> Option<TypeSpec> {
    (kind == "attach").then(|| TypeSpec::codec("attach"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_as_datajoint_reads_them() {
        let core = |text: &str| Declared::Core(text.into());
        let codec = |text: &str| Declared::Codec(text.into());
        let old = |text: &str| Declared::Old(text.into());
        for (comment, declared, text) in [
            ("", Declared::Nothing, ""),
            (
                "a comment: with colons",
                Declared::Nothing,
                "a comment: with colons",
            ),
            ("::", Declared::Nothing, "::"),
            (":half", Declared::Nothing, ":half"),
            (":<blob>:", codec("<blob>"), ""),
            (":<npy@>:one array", codec("<npy@>"), "one array"),
            (":<zarr@main>:a: b", codec("<zarr@main>"), "a: b"),
            (
                ":<graph>:an adapter of 0.12",
                codec("<graph>"),
                "an adapter of 0.12",
            ),
            (":enum('a','b'):", core("enum('a','b')"), ""),
            (":decimal(10, 3):", core("decimal(10, 3)"), ""),
            (":bytes:", core("bytes"), ""),
            (":uuid:", core("uuid"), ""),
            (":blob@raw:", old("blob@raw"), ""),
            (":attach:", old("attach"), ""),
            (":attach@raw:x", old("attach@raw"), "x"),
            (":filepath@raw:", old("filepath@raw"), ""),
            (":external:", old("external"), ""),
            (":external-raw:", old("external-raw"), ""),
        ] {
            assert_eq!(parse_comment(comment), (declared, text), "{comment}");
        }
    }
}
