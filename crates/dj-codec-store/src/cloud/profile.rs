//! The profiles of the AWS tools, `~/.aws/credentials` and `~/.aws/config`, as far as they hold keys and a region.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use dj_codec_api::{Error, Result};

use crate::Environment;

/// A key and its secret. Not `Debug`, so that nobody prints them.
pub(super) struct Keys {
    pub(super) access_key: String,
    pub(super) secret_key: String,
    pub(super) token: Option<String>,
}

type Profile = BTreeMap<String, String>;

/// The keys of the profile that is in use, its name, and the file that they are in; `None` where there are none.
pub(super) fn keys(environment: &Environment) -> Result<Option<(Keys, String, PathBuf)>> {
    let (name, chosen) = profile_name(environment);
    let config = load(environment, "AWS_CONFIG_FILE", "config", &name)?;
    let shared = load(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials", &name)?;
    if chosen && config.is_none() && shared.is_none() {
        return Err(Error::config(format!("there is no AWS profile named {name:?}"))
            .advise("correct AWS_PROFILE, or unset it"));
    }
    let has = |keys: &[&str]| {
        config
            .as_ref()
            .is_some_and(|(profile, _)| keys.iter().any(|key| profile.contains_key(*key)))
    };
    if has(&["role_arn", "sso_session", "sso_start_url"]) {
        return Err(by_other_means(&name));
    }
    for (profile, file) in shared.iter().chain(&config) {
        let text = |key: &str| profile.get(key).filter(|value| !value.is_empty()).cloned();
        if let (Some(access_key), Some(secret_key)) =
            (text("aws_access_key_id"), text("aws_secret_access_key"))
        {
            let keys = Keys {
                access_key,
                secret_key,
                token: text("aws_session_token"),
            };
            return Ok(Some((keys, name, file.clone())));
        }
    }
    if has(&["credential_process"]) {
        return Err(by_other_means(&name));
    }
    Ok(None)
}

/// The region that the environment or the profile names.
pub(super) fn region(environment: &Environment) -> Result<Option<String>> {
    for name in ["AWS_DEFAULT_REGION", "AWS_REGION"] {
        if let Some(region) = environment.non_empty(name) {
            return Ok(Some(region.into()));
        }
    }
    let config = load(
        environment,
        "AWS_CONFIG_FILE",
        "config",
        &profile_name(environment).0,
    )?;
    Ok(config
        .and_then(|(profile, _)| profile.get("region").cloned())
        .filter(|region| !region.is_empty()))
}

fn by_other_means(name: &str) -> Error {
    Error::config(format!(
        "the AWS profile {name:?} gets its keys by a login or a role, which is not supported"
    ))
    .advise("run: eval \"$(aws configure export-credentials --format env)\"")
}

/// The name of the profile, and whether somebody chose it.
fn profile_name(environment: &Environment) -> (String, bool) {
    ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]
        .iter()
        .find_map(|name| environment.non_empty(name))
        .map_or_else(|| ("default".into(), false), |name| (name.into(), true))
}

fn load(
    environment: &Environment,
    variable: &str,
    file: &str,
    name: &str,
) -> Result<Option<(Profile, PathBuf)>> {
    let path = match (environment.non_empty(variable), environment.home()) {
        (Some(path), home) => match (path.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => environment.cwd().join(path),
        },
        (None, Some(home)) => home.join(".aws").join(file),
        (None, None) => return Ok(None),
    };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(section(&text, name).map(|profile| (profile, path))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::config("the file of AWS profiles cannot be read")
            .at(path.display().to_string())
            .caused_by(error)),
    }
}

/// The settings of one profile in an INI file.
fn section(text: &str, name: &str) -> Option<Profile> {
    let mut found: Option<Profile> = None;
    let mut inside = false;
    for line in text.lines() {
        // Indented lines are settings of a setting.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        if let Some(title) = line
            .trim_end()
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let title = title.trim();
            let title = title
                .strip_prefix("profile ")
                .unwrap_or(title)
                .trim()
                .trim_matches(['"', '\'']);
            inside = title == name;
            if inside {
                found.get_or_insert_default();
            }
        } else if inside
            && let Some((key, value)) = line.split_once('=')
            && let Some(profile) = &mut found
        {
            profile.insert(key.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "# lab\n[default]\nregion = eu-west-1\ns3 =\n  region = no\n\n[profile \"my lab\"]\nRegion=us-west-2\n[profile sso]\nsso_session = x\n";
    const CREDENTIALS: &str = "[default]\naws_access_key_id = AK\naws_secret_access_key = S=K\n[my lab]\naws_access_key_id=A2\naws_secret_access_key=S2\naws_session_token=T2\n[half]\naws_access_key_id=A3\n";

    fn environment(folder: &std::path::Path) -> Environment {
        fs::create_dir_all(folder.join(".aws")).unwrap();
        fs::write(folder.join(".aws/config"), CONFIG).unwrap();
        fs::write(folder.join(".aws/credentials"), CREDENTIALS).unwrap();
        Environment::new(folder).with_home(folder)
    }

    #[test]
    fn profiles_are_read_as_the_aws_tools_write_them() {
        let folder = tempfile::tempdir().unwrap();
        let plain = environment(folder.path());
        let (found, name, file) = keys(&plain).unwrap().unwrap();
        assert_eq!(
            (found.access_key.as_str(), found.secret_key.as_str(), found.token),
            ("AK", "S=K", None)
        );
        assert_eq!(
            (name.as_str(), file),
            ("default", folder.path().join(".aws/credentials"))
        );
        assert_eq!(region(&plain).unwrap().as_deref(), Some("eu-west-1"));

        let lab = plain.clone().with_var("AWS_PROFILE", "my lab");
        let (found, ..) = keys(&lab).unwrap().unwrap();
        assert_eq!(
            (found.access_key.as_str(), found.token.as_deref()),
            ("A2", Some("T2"))
        );
        assert_eq!(region(&lab).unwrap().as_deref(), Some("us-west-2"));
        assert_eq!(
            region(&lab.with_var("AWS_REGION", "r")).unwrap().as_deref(),
            Some("r")
        );

        assert!(
            keys(&plain.clone().with_var("AWS_PROFILE", "half"))
                .unwrap()
                .is_none()
        );
        let error = keys(&plain.clone().with_var("AWS_PROFILE", "sso")).err().unwrap();
        assert!(error.to_string().contains("export-credentials"), "{error}");
        let error = keys(&plain.with_var("AWS_PROFILE", "none")).err().unwrap();
        assert!(
            error.to_string().contains("no AWS profile named \"none\""),
            "{error}"
        );
        assert!(keys(&Environment::new("/nowhere")).unwrap().is_none());
    }
}
