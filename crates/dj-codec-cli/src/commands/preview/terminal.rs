//! Pictures straight into a terminal.

mod blocks;
mod inline;
mod sixel;

use dj_codecs::api::Result;

use super::args::Protocol;
use super::raster::Raster;

/// Pixels across and down a character where pictures have pixels of their own: what most terminals have.
const CELL: (u32, u32) = (10, 20);
/// Columns and rows where there is no terminal to ask.
const USUAL: (u16, u16) = (80, 24);

/// What the terminal understands, by what it says of itself in the environment. `None` for one without colours.
pub(super) fn detect(variable: &dyn Fn(&str) -> Option<String>) -> Option<Protocol> {
    let value = |name: &str| variable(name).unwrap_or_default();
    let (term, program) = (value("TERM"), value("TERM_PROGRAM"));
    let set = |name: &str| !value(name).is_empty();
    if term == "dumb" {
        return None;
    }
    // What stands between keeps the pictures of the terminal behind it to itself.
    if set("TMUX") || set("STY") || term.starts_with("screen") || term.starts_with("tmux") {
        return Some(Protocol::Blocks);
    }
    if term == "xterm-kitty"
        || term == "xterm-ghostty"
        || program == "ghostty"
        || set("KITTY_WINDOW_ID")
        || set("KONSOLE_VERSION")
    {
        return Some(Protocol::Kitty);
    }
    if ["iTerm.app", "WezTerm", "mintty"].contains(&program.as_str()) || value("LC_TERMINAL") == "iTerm2" {
        return Some(Protocol::Iterm);
    }
    if term.contains("sixel") || term.starts_with("foot") || term.starts_with("mlterm") {
        return Some(Protocol::Sixel);
    }
    Some(Protocol::Blocks)
}

/// The columns and rows that a picture may take.
pub(super) fn room(width: Option<u16>) -> (u16, u16) {
    let size = terminal_size::terminal_size().map(|(width, height)| (width.0, height.0));
    match (width, size) {
        // Who says how wide it may be may scroll.
        (Some(width), _) => (width, u16::MAX),
        // The prompt takes a line, and the line about the picture another.
        (None, Some((columns, rows))) => (columns.max(1), rows.saturating_sub(2).max(1)),
        (None, None) => USUAL,
    }
}

/// What shows the picture when it is sent to a terminal with so much room.
pub(super) fn escapes(raster: Raster, protocol: Protocol, (columns, rows): (u16, u16)) -> Result<String> {
    let (columns, rows) = (u32::from(columns), u32::from(rows));
    match protocol {
        Protocol::Blocks => Ok(blocks::text(&raster.fitted(columns, rows * 2))),
        Protocol::Sixel => Ok(sixel::text(&raster.fitted(columns * CELL.0, rows * CELL.1))),
        Protocol::Kitty => inline::kitty(&raster.fitted(columns * CELL.0, rows * CELL.1)),
        Protocol::Iterm => inline::iterm(&raster.fitted(columns * CELL.0, rows * CELL.1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_say_what_they_are() {
        for (variables, protocol) in [
            (&[("TERM", "xterm-kitty")][..], Some(Protocol::Kitty)),
            (
                &[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")],
                Some(Protocol::Kitty),
            ),
            (
                &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "ghostty")],
                Some(Protocol::Kitty),
            ),
            (
                &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")],
                Some(Protocol::Iterm),
            ),
            (
                &[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")],
                Some(Protocol::Iterm),
            ),
            (&[("TERM", "foot")], Some(Protocol::Sixel)),
            (&[("TERM", "xterm-sixel")], Some(Protocol::Sixel)),
            (&[("TERM", "xterm-256color")], Some(Protocol::Blocks)),
            (
                &[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")],
                Some(Protocol::Blocks),
            ),
            (
                &[
                    ("TERM", "xterm-256color"),
                    ("TMUX", "/tmp/x"),
                    ("TERM_PROGRAM", "WezTerm"),
                ],
                Some(Protocol::Blocks),
            ),
            (&[], Some(Protocol::Blocks)),
            (&[("TERM", "dumb")], None),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(detect(&variable), protocol, "{variables:?}");
        }
    }
}
