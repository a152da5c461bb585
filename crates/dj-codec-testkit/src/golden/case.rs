//! One golden fixture.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{
    Error, FormatVersion, Json, Limits, OpenStore, Result, StoreLayout, Stored, Stores, Value, notation,
};

use crate::FolderStore;

/// A golden fixture, read but not decoded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Case {
    /// `{codec}/{format version}/{case}`.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The codec.
    pub codec: String,
    /// The type spec of the column.
    pub type_spec: String,
    /// The data format.
    pub format_version: FormatVersion,
    /// The program and version that wrote it.
    pub writer: String,
    /// What the column holds.
    pub stored: Stored,
    /// What it decodes to, in the value notation; or `{"error": true}`.
    pub expected: Json,
    /// The same with its dicts in the order in which the file has them, which a JSON document keeps only with a cargo feature that
    /// some other crate may have asked for.
    in_order: Option<Value>,
    store: Option<String>,
}

impl Case {
    /// Reads the case in a folder.
    ///
    /// # Errors
    /// Where `case.json` is not there or not of the form that [`golden`](crate::golden) describes, or contradicts the
    /// names of its folders.
    pub fn read(folder: &Path) -> Result<Self> {
        let names: Vec<String> = folder
            .iter()
            .rev()
            .take(3)
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        let [name, version, codec] = names.as_slice() else {
            return Err(Error::config(
                "a case is a folder {codec}/{format version}/{case}",
            ));
        };
        let id = format!("{codec}/{version}/{name}");
        let file = fs::read(folder.join("case.json")).map_err(|error| {
            Error::not_found("case.json cannot be read")
                .at(&id)
                .caused_by(error)
        })?;
        let json: Json = serde_json::from_slice(&file)
            .map_err(|error| Error::corrupt("case.json is no JSON").at(&id).caused_by(error))?;
        let missing = |key: &str| Error::corrupt(format!("case.json has no {key:?}")).at(&id);
        let text = |key: &str| {
            json.get(key)
                .and_then(Json::as_str)
                .map(str::to_owned)
                .ok_or_else(|| missing(key))
        };
        let case = Self {
            folder: folder.to_owned(),
            codec: text("codec")?,
            type_spec: text("type_spec")?,
            format_version: text("format_version")?.parse()?,
            writer: text("writer")?,
            stored: match (json.get("stored"), json.get("stored_file").and_then(Json::as_str)) {
                (Some(stored), None) => Stored::from_json(stored.clone())?,
                (None, Some(file)) => Stored::Bytes(
                    fs::read(folder.join(file))
                        .map_err(|error| {
                            Error::not_found(format!("{file} cannot be read"))
                                .at(&id)
                                .caused_by(error)
                        })?
                        .into(),
                ),
                _ => {
                    return Err(Error::corrupt(
                        "case.json has to have one of \"stored\" and \"stored_file\"",
                    )
                    .at(&id));
                }
            },
            expected: json.get("expected").cloned().ok_or_else(|| missing("expected"))?,
            in_order: std::str::from_utf8(&file)
                .ok()
                // The whole file is a dict in the notation.
                .and_then(|text| notation::from_str(text, &Limits::default()).ok())
                .and_then(|case| case.get("expected").cloned()),
            store: json.get("store").and_then(Json::as_str).map(str::to_owned),
            id,
        };
        case.check_files(&json)?;
        if case.codec != *codec || case.format_version.to_string() != *version {
            return Err(Error::corrupt(format!(
                "case.json says codec {} and format {}, its folders say {codec} and {version}",
                case.codec, case.format_version
            ))
            .at(&case.id));
        }
        Ok(case)
    }

    /// Nothing stands beside `case.json` but what it names, and pages and generators.
    fn check_files(&self, json: &Json) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::store("the folder of the case cannot be read")
                .at(&self.id)
                .caused_by(error)
        };
        let named = ["store", "stored_file"].map(|key| json.get(key).and_then(Json::as_str));
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            let page = name.ends_with(".md") || name.ends_with(".py");
            if name != "case.json" && !page && !named.contains(&Some(name.as_ref())) {
                return Err(Error::corrupt(format!(
                    "{name} stands in the folder, and case.json does not name it"
                ))
                .at(&self.id)
                .advise("name it as \"store\" or \"stored_file\", or remove it"));
            }
        }
        Ok(())
    }

    /// What it decodes to, as a value.
    ///
    /// # Errors
    /// Where the expected value is none in the notation.
    pub fn expected_value(&self) -> Result<Value> {
        match &self.in_order {
            Some(value) => Ok(value.clone()),
            None => notation::from_json(&self.expected, &Limits::default()),
        }
    }

    /// Whether the value must not decode.
    #[must_use]
    pub fn expects_error(&self) -> bool {
        self.expected.get("error") == Some(&Json::Bool(true))
    }

    /// The stores that the value refers to: whatever its name, the folder beside `case.json`, and never written to.
    #[must_use]
    pub fn stores(&self) -> Arc<dyn Stores> {
        Arc::new(CaseStores(
            self.store.as_ref().map(|store| self.folder.join(store)),
        ))
    }
}

#[derive(Debug)]
struct CaseStores(Option<PathBuf>);

impl Stores for CaseStores {
    fn open(&self, name: Option<&str>) -> Result<OpenStore> {
        let folder = self
            .0
            .as_ref()
            .ok_or_else(|| Error::config("the case has no store"))?;
        Ok(OpenStore {
            name: name.filter(|name| !name.is_empty()).unwrap_or("main").to_owned(),
            layout: StoreLayout::default(),
            store: Arc::new(FolderStore::new(folder)),
        })
    }

    fn names(&self) -> Vec<String> {
        vec!["main".into()]
    }
}
