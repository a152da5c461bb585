//! Table tiers, which DataJoint writes into the names of tables.

use std::fmt;

use serde::Serialize;

/// What kind of table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Tier {
    /// Entered by people: `session`.
    Manual,
    /// Contents that come with the code: `#session_type`.
    Lookup,
    /// Filled from data files: `_recording`.
    Imported,
    /// Computed from other tables: `__spike_count`.
    Computed,
    /// A part of another table: `session__trial`, `__fit__unit`.
    Part,
    /// A table of DataJoint itself: `~log`, `~lineage`, `~~job_table`.
    Hidden,
    /// A name that DataJoint would not give.
    Other,
}

impl Tier {
    /// The tier of a table of this name in the database.
    ///
    /// ```
    /// use dj_codec_db::Tier;
    ///
    /// assert_eq!(Tier::of("__spike_count"), Tier::Computed);
    /// assert_eq!(Tier::of("#stimulus__frame"), Tier::Part);
    /// ```
    #[must_use]
    pub fn of(name: &str) -> Self {
        if name.starts_with('~') {
            return Self::Hidden;
        }
        if master_of(name).is_some() {
            return Self::Part;
        }
        let (tier, base) = split(name);
        if is_base(base) { tier } else { Self::Other }
    }
}

/// The master of a part table, by its name; `None` for every other table.
pub(crate) fn master_of(name: &str) -> Option<&str> {
    let (_, base) = split(name);
    let (master, part) = base.split_once("__")?;
    let length = name.len() - base.len() + master.len();
    (is_base(master) && is_base(part))
        .then(|| name.get(..length))
        .flatten()
}

/// The name without the mark of its tier.
pub(crate) fn without_mark(name: &str) -> &str {
    split(name).1
}

fn split(name: &str) -> (Tier, &str) {
    for (mark, tier) in [("#", Tier::Lookup), ("__", Tier::Computed), ("_", Tier::Imported)] {
        if let Some(base) = name.strip_prefix(mark) {
            return (tier, base);
        }
    }
    (Tier::Manual, name)
}

/// `[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*`
fn is_base(name: &str) -> bool {
    name.split('_').all(|part| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manual => "manual",
            Self::Lookup => "lookup",
            Self::Imported => "imported",
            Self::Computed => "computed",
            Self::Part => "part",
            Self::Hidden => "hidden",
            Self::Other => "other",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_tier() {
        for (name, tier, master) in [
            ("session", Tier::Manual, None),
            ("session_type2", Tier::Manual, None),
            ("#stimulus", Tier::Lookup, None),
            ("_recording", Tier::Imported, None),
            ("__spike_count", Tier::Computed, None),
            ("session__trial", Tier::Part, Some("session")),
            ("#stimulus__frame", Tier::Part, Some("#stimulus")),
            ("_scan__field", Tier::Part, Some("_scan")),
            ("__fit__unit_trace", Tier::Part, Some("__fit")),
            ("~log", Tier::Hidden, None),
            ("~~__fit", Tier::Hidden, None),
            ("Session", Tier::Other, None),
            ("a__b__c", Tier::Other, None),
            ("session_", Tier::Other, None),
            ("", Tier::Other, None),
            ("2p", Tier::Other, None),
        ] {
            assert_eq!((Tier::of(name), master_of(name)), (tier, master), "{name}");
        }
    }
}
