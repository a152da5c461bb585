//! Finding and merging the configuration, checked against what datajoint 2.3.5 does in the same folders.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use dj_codec_api::ErrorKind;
use dj_codec_store::{Config, Environment, Origin};
use serde_json::{Value, json};
use tempfile::TempDir;

const FILE: &str = r#"{"stores": {"default": "a", "a": {"protocol": "file", "location": "/x"}}}"#;

/// A project of these files, and the environment of a program that runs in its folder `cwd`.
struct Project {
    folder: TempDir,
    environment: Environment,
}

impl Project {
    fn new(files: &[(&str, &str)], cwd: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The search must not leave the folder, whatever is above it.
        let root = folder.path().join("project");
        fs::create_dir_all(root.join(cwd)).unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let environment =
            Environment::new(root.join(cwd)).with_system_secrets(folder.path().join("run-secrets"));
        Self { folder, environment }
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.environment = self.environment.with_var(name, value);
        self
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    fn discover(&self) -> Config {
        Config::discover(&self.environment).unwrap()
    }
}

/// The value of a setting of a store that may be invalid otherwise.
fn setting(config: &Config, store: &str, key: &str) -> Option<String> {
    let mut stores = config.store_spec(Some(store)).ok()?.settings().clone();
    Some(stores.remove(key)?.as_str()?.to_owned())
}

#[test]
fn the_file_is_searched_for_upwards() {
    let project = Project::new(&[("datajoint.json", FILE), ("s/t/x", "")], "s/t");
    let config = project.discover();
    assert_eq!(config.default_name(), Some("a"));
    assert_eq!(
        config.file(),
        Some(project.root().join("datajoint.json").as_path())
    );
    assert_eq!(
        config.origin("a"),
        Some(&Origin::File(project.root().join("datajoint.json")))
    );
}

#[test]
fn the_nearest_file_wins() {
    let near = r#"{"stores": {"b": {"protocol": "file", "location": "/y"}}}"#;
    let project = Project::new(
        &[
            ("datajoint.json", FILE),
            ("s/datajoint.json", near),
            ("s/t/x", ""),
        ],
        "s/t",
    );
    assert_eq!(project.discover().names(), ["b"]);
}

#[test]
fn the_search_ends_at_the_root_of_a_repository() {
    for marker in ["s/.git", "s/.hg"] {
        let project = Project::new(&[("datajoint.json", FILE), (marker, ""), ("s/t/x", "")], "s/t");
        let config = project.discover();
        assert!(config.names().is_empty() && config.file().is_none());
        let error = config.store_spec(None).unwrap_err();
        assert!(
            error.to_string().contains("stores.default is not configured"),
            "{error}"
        );
    }
    // The root itself is still searched.
    let project = Project::new(&[("datajoint.json", FILE), (".git", ""), ("s/t/x", "")], "s/t");
    assert_eq!(project.discover().names(), ["a"]);
}

#[test]
fn a_folder_of_that_name_is_not_a_file() {
    let project = Project::new(&[("datajoint.json", FILE), ("s/datajoint.json/x", "")], "s");
    assert_eq!(project.discover().names(), ["a"]);
}

#[test]
fn secrets_fill_what_is_unset() {
    let file = r#"{"stores": {"c": {"protocol": "s3", "endpoint": "e", "bucket": "b", "location": "l",
                                    "access_key": "from file"}}}"#;
    let project = Project::new(
        &[
            ("datajoint.json", file),
            (".secrets/stores.c.access_key", "from secret"),
            (".secrets/stores.c.secret_key", "  key \n"),
            (".secrets/stores.new.protocol", "memory"),
            (".secrets/database.password", "no store"),
            (".secrets/.stores.c.stage", "hidden"),
            (".secrets/stores.c.a.b", "too many parts"),
        ],
        "",
    );
    let config = project.discover();
    assert_eq!(setting(&config, "c", "access_key").as_deref(), Some("from file"));
    assert_eq!(setting(&config, "c", "secret_key").as_deref(), Some("key"));
    assert_eq!(setting(&config, "new", "protocol").as_deref(), Some("memory"));
    assert_eq!(config.names(), ["c", "new"]);
    let secrets = project.root().join(".secrets");
    assert_eq!(config.secrets_folder(), Some(secrets.as_path()));
    assert_eq!(
        config.setting_origin("c", "secret_key"),
        Some(&Origin::Secret(secrets.join("stores.c.secret_key")))
    );
    assert_eq!(
        config.setting_origin("c", "access_key"),
        Some(&Origin::File(project.root().join("datajoint.json")))
    );
    assert_eq!(config.setting_origin("c", "nothing"), None);
}

#[test]
fn system_secrets_count_where_the_project_has_none() {
    let project = Project::new(&[("datajoint.json", FILE)], "");
    let system = project.folder.path().join("run-secrets");
    fs::create_dir(&system).unwrap();
    fs::write(system.join("stores.a.stage"), "/stage").unwrap();
    assert_eq!(
        setting(&project.discover(), "a", "stage").as_deref(),
        Some("/stage")
    );
    fs::create_dir(project.root().join(".secrets")).unwrap();
    assert_eq!(setting(&project.discover(), "a", "stage"), None);
}

#[test]
fn secrets_of_a_folder_without_a_file_are_not_the_projects() {
    let project = Project::new(&[(".secrets/stores.a.stage", "/stage")], "");
    assert!(project.discover().names().is_empty());
}

#[test]
fn a_secret_for_what_is_no_store_is_an_error() {
    let project = Project::new(
        &[("datajoint.json", FILE), (".secrets/stores.default.k", "v")],
        "",
    );
    let error = Config::discover(&project.environment).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    assert!(error.to_string().contains("stores.default"), "{error}");
}

#[test]
fn dj_stores_replaces_the_stores_of_the_file() {
    let stores = r#"{"default": "b", "b": {"protocol": "file", "location": "/y"}}"#;
    let files = [("datajoint.json", FILE), (".secrets/stores.b.stage", "/stage")];
    let config = Project::new(&files, "").var("DJ_STORES", stores).discover();
    assert_eq!(
        (config.names(), config.default_name()),
        (vec!["b".to_owned()], Some("b"))
    );
    assert_eq!(setting(&config, "b", "stage").as_deref(), Some("/stage"));
    assert_eq!(config.origin("b"), Some(&Origin::Variable("DJ_STORES")));
    // Empty is unset.
    assert_eq!(
        Project::new(&files, "")
            .var("DJ_STORES", "")
            .discover()
            .default_name(),
        Some("a")
    );
}

#[test]
fn dj_stores_must_be_a_json_object() {
    for text in ["[]", "{", " ", "5", r#""hunter2""#] {
        let project = Project::new(&[("datajoint.json", FILE)], "").var("DJ_STORES", text);
        let error = Config::discover(&project.environment).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config, "{text}");
        assert!(
            error.to_string().contains("DJ_STORES") && !error.report().contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn files_are_ignored_on_request() {
    let files = [("datajoint.json", FILE), (".secrets/stores.b.stage", "/stage")];
    for value in ["true", "True", "TRUE", "1", "yes", "on", "t", "y"] {
        let project = Project::new(&files, "").var("DJ_IGNORE_CONFIG_FILE", value);
        assert!(project.discover().names().is_empty(), "{value}");
        let project = project.var("DJ_STORES", r#"{"b": {"protocol": "memory"}}"#);
        let config = project.discover();
        assert_eq!(
            (config.names(), setting(&config, "b", "stage")),
            (vec!["b".to_owned()], None)
        );
    }
    for value in ["0", "no", "off", "f", "n", "false"] {
        let project = Project::new(&files, "").var("DJ_IGNORE_CONFIG_FILE", value);
        assert_eq!(project.discover().default_name(), Some("a"), "{value}");
    }
    for value in ["", " true", "2", "maybe"] {
        let project = Project::new(&files, "").var("DJ_IGNORE_CONFIG_FILE", value);
        let error = Config::discover(&project.environment).unwrap_err();
        assert!(error.to_string().contains("DJ_IGNORE_CONFIG_FILE"), "{error}");
    }
    // pydantic does not mind the case of the name.
    assert!(
        Project::new(&files, "")
            .var("dj_ignore_config_file", "true")
            .discover()
            .names()
            .is_empty()
    );
}

#[test]
fn a_file_that_says_so_keeps_secrets_from_being_read() {
    let secret = (".secrets/stores.zz.k", "v");
    for (text, names) in [
        (r#"{"ignore_config_file": true, "stores": {"a": {}}}"#, vec!["a"]),
        (r#"{"ignore_config_file": 1.0, "stores": {"a": {}}}"#, vec!["a"]),
        (
            r#"{"ignore_config_file": false, "stores": {"a": {}}}"#,
            vec!["a", "zz"],
        ),
        // What cannot be read ends the reading of the file.
        (
            r#"{"ignore_config_file": "maybe", "stores": {"a": {}}}"#,
            vec!["zz"],
        ),
        (r#"{"ignore_config_file": 2, "stores": {"a": {}}}"#, vec!["zz"]),
        (r#"{"ignore_config_file": null, "stores": {"a": {}}}"#, vec!["zz"]),
    ] {
        assert_eq!(
            Project::new(&[("datajoint.json", text), secret], "")
                .discover()
                .names(),
            names,
            "{text}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_used_is_a_warning_that_errors_repeat() {
    for text in [
        "[1]",
        "{",
        r#"{"stores": 5}"#,
        r#"{"stores": null, "stores.a.b": 1}"#,
    ] {
        let config = Project::new(&[("datajoint.json", text)], "").discover();
        assert!(config.names().is_empty(), "{text}");
        assert_eq!(config.warnings().len(), 1, "{text}");
        let error = config.store_spec(Some("a")).unwrap_err().to_string();
        assert!(
            error.contains("datajoint.json was not read to its end"),
            "{error}"
        );
        let project = Project::new(&[("datajoint.json", text)], "");
        let error = Config::from_file("datajoint.json", &project.environment).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config, "{text}");
    }
}

#[test]
fn flat_keys_merge_in_order() {
    for (text, expected) in [
        (
            r#"{"stores.a.location": "/y", "stores": {"b": {}}}"#,
            json!({"a": {"location": "/y"}, "b": {}}),
        ),
        (
            r#"{"stores": {"a": {}}, "stores.a.location": "/y"}"#,
            json!({"a": {"location": "/y"}}),
        ),
        (
            r#"{"stores.a.location": "/y", "stores": {"a": {}}}"#,
            json!({"a": {}}),
        ),
        (r#"{"stores": {"a": {}}, "stores": {"b": {}}}"#, json!({"b": {}})),
        (r#"{"stores.a.b.c": 1}"#, json!({})),
        (
            r#"{"stores.default": "a", "stores": {"a": {}}}"#,
            json!({"a": {}}),
        ),
        (
            r#"{"stores": {"default": "a"}, "stores.default.location": "/y"}"#,
            json!({}),
        ),
    ] {
        let config = Project::new(&[("datajoint.json", text)], "").discover();
        let names: Vec<&String> = expected.as_object().unwrap().keys().collect();
        assert_eq!(config.names().iter().collect::<Vec<_>>(), names, "{text}");
        for name in names {
            let origin = config.setting_origin(name, "location");
            assert_eq!(
                origin.is_some(),
                expected[name].get("location").is_some(),
                "{text}"
            );
        }
    }
    let config = Project::new(
        &[(
            "datajoint.json",
            r#"{"stores.default": "a", "stores": {"a": {}}}"#,
        )],
        "",
    )
    .discover();
    assert_eq!(config.default_name(), None);
    assert!(
        config.warnings()[0].contains("ignores the key \"stores.default\""),
        "{:?}",
        config.warnings()
    );
}

#[test]
fn a_named_file_is_the_only_one() {
    let other = r#"{"stores": {"b": {"protocol": "file", "location": "/y"}}}"#;
    let files = [
        ("datajoint.json", FILE),
        ("conf/lab.json", other),
        ("conf/.secrets/stores.b.stage", "/s"),
    ];
    let project = Project::new(&files, "")
        .var("DJ_STORES", "{}")
        .var("DJ_IGNORE_CONFIG_FILE", "true");
    let config = Config::from_file("conf/lab.json", &project.environment).unwrap();
    assert_eq!(
        (config.names(), setting(&config, "b", "stage")),
        (vec!["b".to_owned()], Some("/s".into()))
    );
    let error = Config::from_file("conf/none.json", &project.environment).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    assert!(
        error.to_string().contains("none.json") && error.report().contains("No such file"),
        "{}",
        error.report()
    );
}

#[test]
fn a_program_can_build_its_own() {
    let config = Config::single_folder("main", Path::new("/data"));
    assert_eq!(
        (config.default_name(), config.filepath_default_name()),
        (Some("main"), Some("main"))
    );
    assert_eq!(config.store_spec(None).unwrap().location(), "/data");
    assert_eq!(config.origin("main"), Some(&Origin::Program));
    let settings = json!({"protocol": "memory"}).as_object().unwrap().clone();
    let config = Config::new()
        .with_store("default", settings)
        .with_store("m", serde_json::Map::new())
        .with_default("m");
    assert_eq!(
        (config.names(), config.default_name()),
        (vec!["m".to_owned()], Some("m"))
    );
    assert!(Config::from_json(&Value::from(5)).is_err());
}
