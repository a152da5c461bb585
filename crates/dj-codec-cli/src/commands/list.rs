//! `dj-codec list`: the codecs of this build.

use dj_codecs::api::{CodecInfo, FormatInfo, FormatStatus, Json, Mode, Registry};
use serde_json::json;

use crate::args::ListArgs;
use crate::failure::Outcome;
use crate::output::Output;

pub(crate) fn run(args: &ListArgs, registry: &Registry, output: &mut Output) -> Outcome {
    let codecs = registry.list();
    if args.json {
        return output.json(&codecs.iter().map(document).collect());
    }
    let mut lines = vec![["codec", "from", "modes", "writes", "reads"].map(str::to_owned)];
    lines.extend(codecs.iter().map(|codec| {
        [
            codec.name.to_string(),
            format!("{} {}", codec.crate_name, codec.crate_version),
            codec
                .modes
                .iter()
                .map(|&mode| declared(&codec.name, mode))
                .collect::<Vec<_>>()
                .join(" "),
            codec
                .writes
                .map_or_else(|| "-".into(), |version| version.to_string()),
            codec.reads.iter().map(format_text).collect::<Vec<_>>().join(", "),
        ]
    }));
    let widths: Vec<usize> = (0..5)
        .map(|column| {
            lines
                .iter()
                .filter_map(|line| line.get(column))
                .map(|text| text.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for line in &lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(text, width)| format!("{text:width$}"))
            .collect();
        output.line(cells.join("  ").trim_end())?;
    }
    for line in deprecations(&codecs) {
        output.line(&line)?;
    }
    Ok(())
}

/// What is to be migrated, and how.
fn deprecations(codecs: &[CodecInfo]) -> Vec<String> {
    let formats = codecs
        .iter()
        .flat_map(|codec| codec.reads.iter().map(move |format| (codec, format)));
    formats
        .filter(|(_, format)| matches!(format.status, FormatStatus::Deprecated { .. }))
        .map(|(codec, format)| format!("<{}> {} is {}", codec.name, format.version, format.status))
        .collect()
}

/// How a column is declared that has the codec in this mode.
fn declared(name: &str, mode: Mode) -> String {
    match mode {
        Mode::Table => format!("<{name}>"),
        Mode::Store => format!("<{name}@>"),
    }
}

fn format_text(format: &FormatInfo) -> String {
    match format.status {
        FormatStatus::Deprecated { .. } => format!("{} (deprecated)", format.version),
        _ => format.version.to_string(),
    }
}

fn document(codec: &CodecInfo) -> Json {
    let modes: Vec<&str> = codec
        .modes
        .iter()
        .map(|mode| match mode {
            Mode::Table => "table",
            Mode::Store => "store",
        })
        .collect();
    json!({
        "name": codec.name,
        "crate": codec.crate_name,
        "crate_version": codec.crate_version,
        "modes": modes,
        "writes": codec.writes.map(|version| version.to_string()),
        "reads": codec.reads.iter().map(format_document).collect::<Vec<_>>(),
        "datajoint": codec.datajoint,
    })
}

/// A format as `list --json` and `inspect --json` have it.
pub(crate) fn format_document(format: &FormatInfo) -> Json {
    let version = format.version.to_string();
    match format.status {
        FormatStatus::Current => json!({"version": version, "status": "current"}),
        FormatStatus::Deprecated {
            since,
            removed_in,
            advice,
        } => json!({
            "version": version, "status": "deprecated", "since": since, "removed_in": removed_in, "advice": advice,
        }),
        _ => json!({"version": version, "status": "legacy"}),
    }
}

#[cfg(test)]
mod tests {
    use dj_codecs::api::FormatVersion;

    use super::*;

    #[test]
    fn what_is_deprecated_says_since_when_and_what_to_do() {
        let format = |major, status| FormatInfo {
            version: FormatVersion::new(major, 0),
            status,
        };
        let deprecated = FormatStatus::Deprecated {
            since: "0.3.0",
            removed_in: "1.0.0",
            advice: "migrate it",
        };
        let reads = vec![format(1, deprecated), format(2, FormatStatus::Current)];
        let codec =
            CodecInfo::new("note", "dj-note-codecs", "0.3.0").with_formats(FormatVersion::new(2, 0), reads);
        assert_eq!(
            deprecations(&[codec]),
            ["<note> 1.0 is deprecated since 0.3.0, to be removed in 1.0.0: migrate it"]
        );
    }
}
