//! Which crates a release takes with it, by the ranges alone.

use semver::Version;

use crate::published::Published;

pub(super) fn patch(version: &Version) -> Version {
    Version::new(version.major, version.minor, version.patch + 1)
}

/// The next version that ranges do not take for this one.
pub(super) fn breaking(version: &Version) -> Version {
    match version {
        Version { major: 0, minor, .. } => Version::new(0, minor + 1, 0),
        Version { major, .. } => Version::new(major + 1, 0, 0),
    }
}

/// The range of two components in which a version is.
pub(super) fn range(version: &Version) -> String {
    components(version, 2)
}

/// Everything that builds on a crate, in the order of publishing. All dependencies between our crates count as public: each gives its
/// users types of the crates below it, so that two versions of one of these would not go together.
pub(super) fn dependents<'a>(crates: &'a [Published], name: &str) -> Vec<&'a Published> {
    let mut names = vec![name];
    let mut found = Vec::new();
    for published in crates {
        if published
            .needs
            .iter()
            .any(|need| names.contains(&need.name.as_str()))
        {
            names.push(&published.name);
            found.push(published);
        }
    }
    found
}

/// The dependents, with their ranges, in which release-plz would write another range for this version. It keeps the number of components
/// that it finds, so that `0.1` stays for 0.1.1 and `0.1.0` does not.
pub(super) fn rewritten<'a>(
    crates: &'a [Published],
    name: &str,
    version: &Version,
) -> Vec<(&'a str, &'a str)> {
    let needs = crates.iter().flat_map(|published| {
        let of_it = published.needs.iter().filter(|need| need.name == name);
        of_it.map(|need| (published.name.as_str(), need.range.as_str()))
    });
    needs
        .filter(|(_, range)| *range != components(version, range.split('.').count()))
        .collect()
}

fn components(version: &Version, count: usize) -> String {
    let parts = [version.major, version.minor, version.patch].map(|part| part.to_string());
    parts.into_iter().take(count).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::Need;

    fn published(name: &str, needs: &[(&str, &str)]) -> Published {
        Published {
            name: name.into(),
            version: "0.1.0".into(),
            needs: needs
                .iter()
                .map(|(name, range)| Need {
                    name: (*name).into(),
                    range: (*range).into(),
                })
                .collect(),
        }
    }

    #[test]
    fn dependents_are_found_through_others() {
        let crates = [
            published("math", &[]),
            published("api", &[]),
            published("zarr", &[("api", "0.1")]),
            published("photon", &[("zarr", "0.1"), ("math", "0.1")]),
        ];
        let names = |name| {
            let found = dependents(&crates, name).into_iter();
            found.map(|published| published.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names("api"), ["zarr", "photon"]);
        assert_eq!(names("math"), ["photon"]);
        assert!(names("photon").is_empty());
    }

    #[test]
    fn a_range_of_three_components_is_written_anew_for_a_patch() {
        let crates = [
            published("loose", &[("api", "0.1")]),
            published("tight", &[("api", "0.1.0")]),
            published("exact", &[("api", "=0.1.0")]),
        ];
        assert_eq!(
            rewritten(&crates, "api", &Version::new(0, 1, 1)),
            [("tight", "0.1.0"), ("exact", "=0.1.0")]
        );
    }

    #[test]
    fn versions_that_break() {
        assert_eq!(breaking(&Version::new(0, 1, 7)), Version::new(0, 2, 0));
        assert_eq!(breaking(&Version::new(1, 4, 2)), Version::new(2, 0, 0));
        assert_eq!(patch(&Version::new(0, 1, 7)), Version::new(0, 1, 8));
        assert_eq!(range(&Version::new(1, 4, 2)), "1.4");
    }
}
