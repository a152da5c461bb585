//! An audit as one page that needs nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::report::{AuditReport, ColumnReport, ColumnStatus};
use super::text::size;

/// Colours of formats: told apart by people who see few, and on paper.
const COLOURS: [&str; 8] = [
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#222222",
];
const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1a1a1a;\
background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%;\
font-size:.9rem}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top;\
overflow-wrap:anywhere}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{font-size:.95em}\
.bad{color:#a00;font-weight:600}.good{color:#060;font-weight:600}.wide{overflow-x:auto}svg text{font:12px system-ui,sans-serif;\
fill:#1a1a1a}.key span{display:inline-block;margin-right:1rem}.key i{display:inline-block;width:.8em;height:.8em;\
margin-right:.35em;vertical-align:-.05em}";

impl AuditReport {
    /// One page of HTML with the plots in it: no script, no font, no image from elsewhere.
    #[must_use]
    pub fn to_html(&self) -> String {
        let colours = Colours::of(self);
        let mut page = String::new();
        let title = format!("Audit of {}", escape(&self.schema));
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body>\n\
             <h1>{title}</h1>\n<p>{} on {}. {} rows were read; nothing was changed, the session could only read.</p>\n",
            escape(&self.database),
            escape(&self.server),
            self.rows
        );
        let _ = match (self.sound, self.faults) {
            (true, _) => writeln!(page, "<p class=\"good\">Nothing is wanting.</p>"),
            (false, 0) => writeln!(page, "<p class=\"bad\">Codecs are missing in this build.</p>"),
            (false, faults) => writeln!(page, "<p class=\"bad\">{faults} values are found wanting.</p>"),
        };
        self.push_sizes(&mut page, &colours);
        self.push_timeline(&mut page, &colours);
        self.push_columns(&mut page);
        self.push_missing(&mut page);
        self.push_faults(&mut page);
        page.push_str("</body></html>\n");
        page
    }

    fn push_sizes(&self, page: &mut String, colours: &Colours) {
        let mut bars = Vec::new();
        for table in &self.tables {
            let mut parts: BTreeMap<String, u64> = BTreeMap::new();
            for column in &table.columns {
                for format in &column.formats {
                    *parts.entry(label(column, format.version.as_deref())).or_default() += format.bytes;
                }
            }
            bars.push((table.table.clone(), parts));
        }
        bars.sort_by_key(|(_, parts)| std::cmp::Reverse(parts.values().sum::<u64>()));
        if bars.is_empty() {
            return;
        }
        page.push_str("<h2>Bytes by table and format</h2>\n");
        colours.push_key(page);
        push_bars(page, &bars, colours, "bytes by table and format", size);
    }

    fn push_timeline(&self, page: &mut String, colours: &Colours) {
        let mut months: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for column in self.tables.iter().flat_map(|table| &table.columns) {
            for month in &column.timeline {
                let label = label(column, month.version.as_deref());
                *months
                    .entry(month.month.clone())
                    .or_default()
                    .entry(label)
                    .or_default() += month.values;
            }
        }
        if months.is_empty() {
            return;
        }
        page.push_str("<h2>Values by month and format, where their records tell</h2>\n");
        let bars: Vec<_> = months.into_iter().collect();
        push_bars(page, &bars, colours, "values by month and format", |values| {
            values.to_string()
        });
    }

    fn push_columns(&self, page: &mut String) {
        page.push_str(
            "<h2>Columns</h2>\n<div class=\"wide\"><table><thead><tr><th>Table</th><th>Column</th><th>Type</th>\
             <th class=\"n\">Values</th><th class=\"n\">Null</th><th>Formats</th><th>Where</th><th>Wanting</th></tr></thead><tbody>\n",
        );
        for table in &self.tables {
            for column in &table.columns {
                let _ = writeln!(
                    page,
                    "<tr><td>{} <small>({})</small></td><td>{}</td><td><code>{}</code></td><td class=\"n\">{}</td>\
                     <td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    escape(&table.table),
                    table.tier,
                    escape(&column.column),
                    escape(&column.declared),
                    column.values,
                    column.nulls,
                    lines(column.formats.iter().map(|format| {
                        let version = format.version.as_deref().unwrap_or("unknown");
                        let status = format
                            .status
                            .map(|status| format!(" ({status})"))
                            .unwrap_or_default();
                        format!(
                            "{version}{status}: {} values, {}",
                            format.values,
                            size(format.bytes)
                        )
                    })),
                    match column.stores.is_empty() {
                        true => format!("table: {}", size(column.table_bytes)),
                        false => lines(column.stores.iter().map(|store| {
                            let name = if store.store.is_empty() {
                                "(default)"
                            } else {
                                &store.store
                            };
                            format!("{name}: {} objects, {}", store.objects, size(store.bytes))
                        })),
                    },
                    lines(
                        column
                            .faults
                            .iter()
                            .map(|fault| format!("{} {}", fault.values, fault.kind))
                            .chain(column.notes.iter().cloned())
                    ),
                );
            }
        }
        page.push_str("</tbody></table></div>\n");
    }

    fn push_missing(&self, page: &mut String) {
        if self.missing_codecs.is_empty() {
            return;
        }
        page.push_str("<h2>Codecs that are not in this build</h2>\n<ul>\n");
        for missing in &self.missing_codecs {
            let _ = writeln!(
                page,
                "<li><code>&lt;{}&gt;</code>, which {} brings: {}</li>",
                escape(&missing.codec),
                escape(&missing.crate_name),
                escape(&missing.columns.join(", "))
            );
        }
        page.push_str("</ul>\n");
    }

    fn push_faults(&self, page: &mut String) {
        if self.faults == 0 {
            return;
        }
        page.push_str(
            "<h2>Values that are found wanting</h2>\n<div class=\"wide\"><table><thead><tr><th>Column</th><th>Key</th>\
             <th>What</th><th>Recovery</th></tr></thead><tbody>\n",
        );
        for fault in self.samples() {
            let advice = fault
                .advice
                .as_ref()
                .map(|advice| format!(": {advice}"))
                .unwrap_or_default();
            let _ = writeln!(
                page,
                "<tr><td>{}.{}</td><td><code>{}</code></td><td>{}: {}</td><td>{}</td></tr>",
                escape(&fault.table),
                escape(&fault.field),
                escape(&fault.key.to_string()),
                fault.kind,
                escape(&fault.what),
                escape(&format!("{}{advice}", fault.recovery)),
            );
        }
        page.push_str("</tbody></table></div>\n");
        let shown = self.samples().count() as u64;
        if shown < self.faults {
            let _ = writeln!(page, "<p>{shown} of {} are shown.</p>", self.faults);
        }
    }
}

/// What a colour stands for: a codec and a format of it.
fn label(column: &ColumnReport, version: Option<&str>) -> String {
    let spec = column.declared.parse::<dj_codec_api::TypeSpec>();
    let name = spec.map_or_else(|_| column.declared.clone(), |spec| spec.name().to_owned());
    match (column.status, version) {
        (ColumnStatus::Opaque, _) => format!("{name} (not in this build)"),
        (_, Some(version)) => format!("{name} {version}"),
        (_, None) => format!("{name}, unknown"),
    }
}

/// Which colour is which format.
struct Colours(Vec<String>);

impl Colours {
    fn of(report: &AuditReport) -> Self {
        let mut labels = BTreeSet::new();
        for column in report.tables.iter().flat_map(|table| &table.columns) {
            for format in &column.formats {
                labels.insert(label(column, format.version.as_deref()));
            }
        }
        Self(labels.into_iter().collect())
    }

    fn colour(&self, label: &str) -> &'static str {
        let place = self.0.iter().position(|known| known == label).unwrap_or_default();
        COLOURS.get(place % COLOURS.len()).copied().unwrap_or("#222222")
    }

    fn push_key(&self, page: &mut String) {
        page.push_str("<p class=\"key\">");
        for label in &self.0 {
            let _ = write!(
                page,
                "<span><i style=\"background:{}\"></i>{}</span>",
                self.colour(label),
                escape(label)
            );
        }
        page.push_str("</p>\n");
    }
}

/// Bars from left to right, each of several parts.
fn push_bars(
    page: &mut String,
    bars: &[(String, BTreeMap<String, u64>)],
    colours: &Colours,
    title: &str,
    amount: impl Fn(u64) -> String,
) {
    const NAMES: f64 = 220.0;
    const WIDTH: f64 = 760.0;
    const LINE: usize = 24;
    let most = bars
        .iter()
        .map(|(_, parts)| parts.values().sum::<u64>())
        .max()
        .unwrap_or(0)
        .max(1) as f64;
    let height = bars.len() * LINE + 8;
    let _ = writeln!(
        page,
        "<svg viewBox=\"0 0 1100 {height}\" width=\"100%\" role=\"img\" aria-label=\"{}\">",
        escape(title)
    );
    for (place, (name, parts)) in bars.iter().enumerate() {
        let top = place * LINE + 4;
        let shown: String = name.chars().take(30).collect();
        let _ = write!(
            page,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            NAMES - 8.0,
            top + 14,
            escape(&shown)
        );
        let mut left = NAMES;
        for (label, value) in parts.iter().filter(|(_, value)| **value > 0) {
            // Nothing that is there is too small to be seen.
            let width = (*value as f64 / most * WIDTH).max(1.0);
            let _ = write!(
                page,
                "<rect x=\"{left:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"18\" fill=\"{}\"><title>{}: {}: {}</title></rect>",
                colours.colour(label),
                escape(name),
                escape(label),
                escape(&amount(*value))
            );
            left += width;
        }
        let total = amount(parts.values().sum());
        let _ = writeln!(
            page,
            "<text x=\"{:.1}\" y=\"{}\">{}</text>",
            left + 6.0,
            top + 14,
            escape(&total)
        );
    }
    page.push_str("</svg>\n");
}

fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| escape(&text)).collect::<Vec<_>>().join("<br>")
}

/// Text in HTML: nothing in it is markup, and nothing of it steers the page.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() && c != '\n' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn nothing_in_the_data_is_markup_and_nothing_comes_from_elsewhere() {
        let page = sample::report().to_html();
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</body></html>\n"));
        assert!(page.contains("&lt;script&gt;alert("), "{page}");
        for bad in [
            "<script", "http:", "https:", "url(", "@import", "<link", "<img", "<b>", "\u{1b}",
        ] {
            assert!(!page.contains(bad), "{bad:?}");
        }
        for part in [
            "3 values are found wanting",
            "zarr 1.0",
            "spike_train (not in this build)",
            "2023-12",
            "<td class=\"n\">320</td>",
            "deprecated",
        ] {
            assert!(page.contains(part), "{part:?}");
        }
        // Every element that is opened is closed, but for those that never are.
        for name in [
            "div", "table", "tr", "td", "svg", "text", "rect", "title", "ul", "li", "p", "code", "span",
        ] {
            let opened =
                page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
            assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
        }
    }

    #[test]
    fn bars_are_as_long_as_what_they_stand_for() {
        let page = sample::report().to_html();
        // 3 GiB of 3 GiB, 5 MiB and 52 kB together take nearly all of the 760 units.
        let widths: Vec<f64> = page
            .split("width=\"")
            .filter_map(|rest| rest.split_once("\" height=\"18\"")?.0.parse().ok())
            .collect();
        assert!(
            widths.iter().any(|width| (758.0..=760.0).contains(width)),
            "{widths:?}"
        );
        assert!(
            widths.iter().all(|width| (1.0..=760.0).contains(width)),
            "{widths:?}"
        );
    }

    #[test]
    fn a_sound_report_has_no_faults_to_show() {
        let mut report = sample::report();
        report.tables.clear();
        report.sum_up();
        let page = report.to_html();
        assert!(
            page.contains("Nothing is wanting") && !page.contains("<svg"),
            "{page}"
        );
    }
}
