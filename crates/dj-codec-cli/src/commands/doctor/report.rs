//! What the doctor found, for people and as JSON.

use std::fmt;

use dj_codecs::api::Json;
use serde_json::json;

use super::probe::{State, Step};
use crate::summary::Rows;

/// What was found of all stores.
#[derive(Debug)]
pub(super) struct Report {
    /// Where the configuration came from.
    pub(super) origin: String,
    /// The folder of secrets.
    pub(super) secrets: Option<String>,
    /// The default store.
    pub(super) default: Option<String>,
    /// The default store of `<filepath@>`.
    pub(super) filepath_default: Option<String>,
    /// What is wrong with the configuration as a whole.
    pub(super) problems: Vec<String>,
    /// Each store.
    pub(super) stores: Vec<StoreReport>,
}

/// What was found of one store.
#[derive(Debug)]
pub(super) struct StoreReport {
    /// Its name.
    pub(super) name: String,
    /// What kind of store it is.
    pub(super) protocol: Option<String>,
    /// Where it is.
    pub(super) url: Option<String>,
    /// Where it is configured.
    pub(super) origin: Option<String>,
    /// Where its credentials come from.
    pub(super) credentials: Option<String>,
    /// Each setting, and where it came from; `None` for defaults.
    pub(super) settings: Vec<(String, Option<String>)>,
    /// Why it could not be opened.
    pub(super) error: Option<String>,
    /// What was tried.
    pub(super) steps: Vec<Step>,
}

impl Report {
    /// Whether nothing is wrong.
    pub(super) fn is_good(&self) -> bool {
        self.problems.is_empty() && self.stores.iter().all(StoreReport::is_good)
    }

    pub(super) fn to_json(&self) -> Json {
        json!({
            "ok": self.is_good(),
            "configuration": self.origin,
            "secrets": self.secrets,
            "default": self.default,
            "filepath_default": self.filepath_default,
            "problems": self.problems,
            "stores": self.stores.iter().map(StoreReport::to_json).collect::<Vec<_>>(),
        })
    }
}

impl StoreReport {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            protocol: None,
            url: None,
            origin: None,
            credentials: None,
            settings: Vec::new(),
            error: None,
            steps: Vec::new(),
        }
    }

    fn is_good(&self) -> bool {
        self.error.is_none()
            && !self.steps.is_empty()
            && self.steps.iter().all(|step| matches!(step.state, State::Good(_)))
    }

    fn to_json(&self) -> Json {
        let settings: serde_json::Map<String, Json> = self
            .settings
            .iter()
            .map(|(key, origin)| (key.clone(), json!(origin)))
            .collect();
        let checks: serde_json::Map<String, Json> = self
            .steps
            .iter()
            .map(|step| {
                let (ok, message) = match &step.state {
                    State::Good(remark) => (json!(true), json!(remark)),
                    State::Failed(words) => (json!(false), json!(words)),
                    State::NotTried(reason) => (Json::Null, json!(reason)),
                };
                (step.name.to_owned(), json!({"ok": ok, "message": message}))
            })
            .collect();
        json!({
            "name": self.name,
            "ok": self.is_good(),
            "protocol": self.protocol,
            "location": self.url,
            "origin": self.origin,
            "credentials": self.credentials,
            "settings": settings,
            "error": self.error,
            "checks": checks,
        })
    }

    /// Settings that came from elsewhere than the store itself.
    fn merged(&self) -> Vec<String> {
        let elsewhere = self.settings.iter().filter_map(|(key, origin)| {
            let origin = origin
                .as_ref()
                .filter(|origin| Some(*origin) != self.origin.as_ref())?;
            Some(format!("{key} from {origin}"))
        });
        elsewhere.collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = Rows::default();
        rows.add("configuration", &self.origin);
        if let Some(secrets) = &self.secrets {
            rows.add("secrets", secrets);
        }
        rows.add(
            "default store",
            self.default
                .as_deref()
                .unwrap_or("none: <codec@> cannot be used without a name"),
        );
        for problem in &self.problems {
            rows.add("PROBLEM", problem);
        }
        write!(f, "{rows}")?;
        self.stores.iter().try_for_each(|store| write!(f, "\n{store}"))
    }
}

impl fmt::Display for StoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = Rows::default();
        rows.add(
            format!("store {}", self.name),
            if self.is_good() { "works" } else { "DOES NOT WORK" },
        );
        let described = [
            ("  protocol", &self.protocol),
            ("  location", &self.url),
            ("  configured in", &self.origin),
            ("  credentials", &self.credentials),
        ];
        for (label, text) in described {
            if let Some(text) = text {
                rows.add(label, text);
            }
        }
        for setting in self.merged() {
            rows.add("  merged", setting);
        }
        if let Some(error) = &self.error {
            rows.add("  open", format!("FAILED: {error}"));
        }
        for step in &self.steps {
            let text = match &step.state {
                State::Good(None) => "ok".to_owned(),
                State::Good(Some(remark)) => format!("ok, {remark}"),
                State::Failed(words) => format!("FAILED: {words}"),
                State::NotTried(reason) => format!("not tried: {reason}"),
            };
            rows.add(format!("  {}", step.name), text);
        }
        write!(f, "{rows}")
    }
}
