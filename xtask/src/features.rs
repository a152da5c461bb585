//! Every cargo feature of every published crate builds alone, and every crate builds without any.

use serde_json::Value;

use crate::{Outcome, workspace};

pub(crate) fn check() -> Outcome {
    let mut count = 0;
    for package in workspace::packages()? {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        if name == "xtask" {
            continue;
        }
        workspace::cargo(&[
            "check",
            "--quiet",
            "--locked",
            "--package",
            name,
            "--no-default-features",
        ])?;
        let features = package
            .get("features")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        for feature in features.keys().filter(|feature| *feature != "default") {
            workspace::cargo(&[
                "check",
                "--quiet",
                "--locked",
                "--package",
                name,
                "--no-default-features",
                "--features",
                feature,
            ])
            .map_err(|error| format!("{name} with the feature {feature} alone: {error}"))?;
            count += 1;
        }
    }
    println!("{count} features build alone");
    Ok(())
}
