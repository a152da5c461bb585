//! As much of the Liquid language as the template uses, which `cargo generate` renders with the whole of it: variables, the
//! filter `pascal_case`, `if` and `unless` with `else`, and `-` for white space that is left out.

use super::name::{Names, pascal_case};
use super::template::Kind;

/// Renders a text, or a path, of the template.
///
/// # Errors
/// Where it has something that is not known here.
pub(super) fn render(template: &str, names: &Names, kind: Kind) -> Result<String, String> {
    let mut rendered = String::with_capacity(template.len());
    let mut rest = template;
    // Whether what is in each block that is open is taken.
    let mut blocks: Vec<bool> = Vec::new();
    while let Some((before, tag, after)) = next_tag(rest)? {
        let shown = blocks.iter().all(|taken| *taken);
        if shown {
            rendered.push_str(before);
        }
        match tag {
            Tag::Value(expression) if shown => rendered.push_str(&value(expression, names)?),
            Tag::Value(_) => {}
            Tag::Block(statement) => block(statement, kind, &mut blocks)?,
        }
        rest = after;
    }
    if !blocks.is_empty() {
        return Err("a block is not closed".into());
    }
    rendered.push_str(rest);
    Ok(rendered)
}

enum Tag<'a> {
    /// Between double braces.
    Value(&'a str),
    /// Between a brace and a percent sign.
    Block(&'a str),
}

/// What stands before the next tag, the tag, and what stands behind it; without the white space that it takes away.
fn next_tag(text: &str) -> Result<Option<(&str, Tag<'_>, &str)>, String> {
    let find = |mark: &str| text.find(mark).unwrap_or(usize::MAX);
    let is_value = find("{{") < find("{%");
    let (open, close) = if is_value { ("{{", "}}") } else { ("{%", "%}") };
    let Some((before, inside)) = text.split_once(open) else {
        return Ok(None);
    };
    let Some((inside, after)) = inside.split_once(close) else {
        return Err(format!("{open} is not closed"));
    };
    let (before, inside) = match inside.strip_prefix('-') {
        Some(inside) => (before.trim_end(), inside),
        None => (before, inside),
    };
    let (inside, after) = match inside.strip_suffix('-') {
        Some(inside) => (inside, after.trim_start()),
        None => (inside, after),
    };
    let inside = inside.trim();
    let tag = if is_value {
        Tag::Value(inside)
    } else {
        Tag::Block(inside)
    };
    Ok(Some((before, tag, after)))
}

fn value(expression: &str, names: &Names) -> Result<String, String> {
    let (variable, filter) = match expression.split_once('|') {
        Some((variable, filter)) => (variable.trim(), Some(filter.trim())),
        None => (expression, None),
    };
    let text = match variable {
        "codec" => names.codec.clone(),
        "crate_name" => names.module(),
        "project-name" => names.crate_name.clone(),
        other => return Err(format!("{other:?} is no variable")),
    };
    match filter {
        None => Ok(text),
        Some("pascal_case") => Ok(pascal_case(&text)),
        Some(other) => Err(format!("{other:?} is no filter that is known here")),
    }
}

fn block(statement: &str, kind: Kind, blocks: &mut Vec<bool>) -> Result<(), String> {
    let store = kind == Kind::Store;
    match statement {
        "if store" => blocks.push(store),
        "unless store" => blocks.push(!store),
        "else" => {
            let taken = blocks.last_mut().ok_or("an else without its block")?;
            *taken = !*taken;
        }
        "endif" | "endunless" => drop(blocks.pop().ok_or("a block is closed that is not open")?),
        other => return Err(format!("{other:?} is no statement that is known here")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(template: &str) -> [String; 2] {
        let names = Names::parse("spike_train").unwrap();
        [Kind::Table, Kind::Store].map(|kind| render(template, &names, kind).unwrap())
    }

    #[test]
    fn values_and_blocks_are_rendered() {
        assert_eq!(
            both("<{{codec}}> {{ codec | pascal_case }}Codec {{crate_name}} {{project-name}}").concat(),
            "<spike_train> SpikeTrainCodec dj_spike_train_codecs dj-spike-train-codecs".repeat(2)
        );
        assert_eq!(both("a{% if store %}b{% else %}c{% endif %}d"), ["acd", "abd"]);
        assert_eq!(
            both("a\n{%- unless store %}\nb\n{%- endunless %}\nc"),
            ["a\nb\nc", "a\nc"]
        );
        assert_eq!(
            both("a\n{% if store -%}\n\n  b\n{%- endif %}\nc"),
            ["a\n\nc", "a\nb\nc"]
        );
        assert_eq!(
            both("{% if store %}{% unless store %}a{% else %}b{% endunless %}{% endif %}"),
            ["", "b"]
        );
        assert_eq!(both("{ } % | {x}"), ["{ } % | {x}"; 2]);
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        let names = Names::parse("spike_train").unwrap();
        for template in [
            "{{author}}",
            "{{codec | shouty_snake_case}}",
            "{{codec",
            "{% for x in y %}",
            "{% if store %}",
            "{% else %}",
            "{% endif %}",
        ] {
            assert!(render(template, &names, Kind::Store).is_err(), "{template}");
        }
    }
}
