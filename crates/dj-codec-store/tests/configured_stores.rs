//! From a configuration to open stores.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use dj_codec_api::{ErrorKind, Stores};
use dj_codec_store::{Config, ConfiguredStores, Credentials, Environment, Origin, Protocol};
use serde_json::{Value, json};

fn stores(stores: Value, environment: Environment) -> ConfiguredStores {
    ConfiguredStores::new(
        Config::from_json(&json!({"stores": stores})).unwrap(),
        environment,
    )
}

#[test]
fn no_name_means_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().to_str().unwrap();
    let stores = stores(
        json!({"default": "main", "filepath_default": "raw",
               "main": {"protocol": "file", "location": location, "hash_prefix": "h", "token_length": 10},
               "raw": {"protocol": "memory"}}),
        Environment::new("/"),
    );
    for name in [None, Some(""), Some("main")] {
        let open = stores.open(name).unwrap();
        assert_eq!(
            (
                open.name.as_str(),
                open.layout.hash_prefix.as_str(),
                open.layout.token_length
            ),
            ("main", "h", 10)
        );
    }
    assert_eq!(stores.open_filepath_default().unwrap().name, "raw");
    assert_eq!(stores.names(), ["main", "raw"]);
    // The same store each time, not another one.
    stores
        .open(Some("raw"))
        .unwrap()
        .store
        .put("x", "y".into())
        .unwrap();
    assert_eq!(stores.open(Some("raw")).unwrap().store.get("x").unwrap(), "y");
    let error = stores.open(Some("other")).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    assert!(error.to_string().contains("configured are: main, raw"), "{error}");
}

#[test]
fn a_store_named_nothing_is_what_python_would_use() {
    let stores = stores(
        json!({"default": "main", "main": {"protocol": "memory"}, "": {"protocol": "memory", "hash_prefix": "h"}}),
        Environment::new("/"),
    );
    assert_eq!(stores.open(Some("")).unwrap().name, "");
    assert_eq!(stores.open(None).unwrap().name, "main");
}

#[test]
fn relative_locations_start_from_the_working_directory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("data/main")).unwrap();
    for location in ["data/main", "./data/main", "data//main/"] {
        let stores = stores(
            json!({"m": {"protocol": "file", "location": location}}),
            Environment::new(folder.path()),
        );
        stores
            .open(Some("m"))
            .unwrap()
            .store
            .put("x", "y".into())
            .unwrap();
        assert_eq!(std::fs::read(folder.path().join("data/main/x")).unwrap(), b"y");
    }
    let stores = stores(
        json!({"m": {"protocol": "file", "location": "none"}}),
        Environment::new(folder.path()),
    );
    let error = stores.open(Some("m")).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    assert!(error.to_string().contains("is not there"), "{error}");
}

#[test]
fn folders_need_no_credentials() {
    let stores = stores(
        json!({"m": {"protocol": "file", "location": "/data"}}),
        Environment::new("/"),
    );
    let summary = stores.describe(Some("m")).unwrap();
    assert_eq!(
        (summary.protocol, summary.url.as_str()),
        (Protocol::File, "/data")
    );
    assert_eq!(
        (summary.credentials, summary.origin),
        (Credentials::NotNeeded, Some(Origin::Program))
    );
}

#[cfg(feature = "s3")]
mod s3 {
    use super::*;

    fn spec(more: Value) -> Value {
        let mut spec =
            json!({"protocol": "s3", "endpoint": "localhost:1", "bucket": "b", "location": "lab/data"});
        spec.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"default": "c", "c": spec})
    }

    #[test]
    fn credentials_are_found_as_botocore_finds_them() {
        let home = tempfile::tempdir().unwrap();
        let bare = Environment::new("/").with_home(home.path());
        let describe =
            |more, environment: &Environment| stores(spec(more), environment.clone()).describe(None);
        let keys = json!({"access_key": "AK", "secret_key": "hunter2"});
        let summary = describe(keys.clone(), &bare).unwrap();
        assert_eq!(summary.url, "s3://b/lab/data");
        assert_eq!(
            summary.credentials.to_string(),
            "the store's access_key and secret_key, from the program"
        );
        assert!(!format!("{summary:?}").contains("hunter2"));
        for half in [
            json!({"access_key": "AK"}),
            json!({"secret_key": "SK", "access_key": ""}),
        ] {
            let error = describe(half.clone(), &bare).unwrap_err();
            assert!(error.to_string().contains("Incomplete S3 credentials"), "{error}");
            assert_eq!(
                stores(spec(half), bare.clone()).open(None).unwrap_err().kind(),
                &ErrorKind::Config
            );
        }
        assert_eq!(
            describe(json!({}), &bare).unwrap().credentials,
            Credentials::Machine
        );
        let set = bare
            .clone()
            .with_var("AWS_ACCESS_KEY_ID", "AK")
            .with_var("AWS_SECRET_ACCESS_KEY", "SK");
        assert!(matches!(
            describe(json!({}), &set).unwrap().credentials,
            Credentials::Variables(_)
        ));
        assert!(matches!(
            describe(keys, &set).unwrap().credentials,
            Credentials::Settings { .. }
        ));
        let alone = bare.clone().with_var("AWS_EC2_METADATA_DISABLED", "true");
        assert!(
            describe(json!({}), &alone)
                .unwrap_err()
                .to_string()
                .contains("no AWS credentials")
        );
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let profile = "[default]\naws_access_key_id=AK\naws_secret_access_key=hunter2\n";
        std::fs::write(home.path().join(".aws/credentials"), profile).unwrap();
        let summary = describe(json!({}), &bare).unwrap();
        assert!(matches!(&summary.credentials, Credentials::Profile { name, .. } if name == "default"));
    }

    #[test]
    fn a_server_that_is_not_there_is_an_error_after_retries() {
        let more = json!({"access_key": "AK", "secret_key": "hunter2", "secure": false});
        let mut options = dj_codec_store::StoreOptions::default();
        options.retries = 1;
        let stores = stores(spec(more), Environment::new("/")).with_options(options);
        let store = stores.open(None).unwrap().store;
        let error = store.get("x").unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Store);
        assert!(
            error.report().contains("http://localhost:1/b/lab/data/x"),
            "{}",
            error.report()
        );
        assert!(!error.report().contains("hunter2") && !format!("{store:?} {stores:?}").contains("hunter2"));
    }

    #[test]
    fn a_location_that_leads_to_double_slashes_is_refused() {
        for location in ["lab/", "/lab", "a//b"] {
            let more = json!({"access_key": "AK", "secret_key": "SK", "location": location});
            let error = stores(spec(more), Environment::new("/")).open(None).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Config, "{location}");
            assert!(error.to_string().contains("slashes"), "{error}");
        }
        let more = json!({"access_key": "AK", "secret_key": "SK", "location": ""});
        stores(spec(more), Environment::new("/")).open(None).unwrap();
    }
}

#[cfg(all(feature = "gcs", feature = "azure"))]
#[test]
fn other_clouds_open_with_their_credentials() {
    let home = tempfile::tempdir().unwrap();
    let environment = Environment::new("/").with_home(home.path());
    let stores = stores(
        json!({
            "anon": {"protocol": "gcs", "bucket": "b", "location": "l", "token": "anon"},
            "cache": {"protocol": "gcs", "bucket": "b", "location": "l", "token": "cache"},
            "dict": {"protocol": "gcs", "bucket": "b", "location": "l", "token": {"private_key": "hunter2"}},
            "gone": {"protocol": "gcs", "bucket": "b", "location": "l", "token": "/nowhere/key.json"},
            "az": {"protocol": "azure", "container": "c", "location": "l", "account_name": "lab", "account_key": "a2V5"},
            "conn": {"protocol": "azure", "container": "c", "location": "l",
                     "connection_string": "AccountName=lab;AccountKey=a2V5"},
            "none": {"protocol": "azure", "container": "c", "location": "l"},
        }),
        environment,
    );
    for (name, words) in [
        ("anon", "none, access is anonymous"),
        ("az", "the store's account_key, from the program"),
        ("conn", "the store's connection_string, from the program"),
    ] {
        assert_eq!(
            stores.describe(Some(name)).unwrap().credentials.to_string(),
            words
        );
        stores.open(Some(name)).unwrap();
    }
    for (name, words) in [
        ("cache", "gcloud auth application-default login"),
        ("dict", "not the JSON of a service account"),
        ("gone", "a file that is not there"),
        ("none", "no account is named"),
    ] {
        let error = stores.open(Some(name)).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config, "{name}");
        assert!(
            error.to_string().contains(words) && !error.report().contains("hunter2"),
            "{}",
            error.report()
        );
    }
}

#[cfg(not(feature = "s3"))]
#[test]
fn a_protocol_that_is_not_built_in_says_how_to_get_it() {
    let spec = json!({"protocol": "s3", "endpoint": "e", "bucket": "b", "location": "l"});
    let error = stores(json!({"c": spec}), Environment::new("/"))
        .open(Some("c"))
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    assert!(error.to_string().contains("the feature \"s3\""), "{error}");
}
