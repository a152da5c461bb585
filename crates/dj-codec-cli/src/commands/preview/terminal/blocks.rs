//! Characters whose upper half is one pixel and whose lower half is another.

use std::fmt::Write as _;

use super::super::raster::Raster;

/// Lines of half blocks in 24-bit colours.
pub(super) fn text(raster: &Raster) -> String {
    let colours = raster.colours();
    let lines: Vec<&[[u8; 3]]> = colours.chunks(raster.width.max(1) as usize).collect();
    let mut out = String::new();
    for pair in lines.chunks(2) {
        let (upper, lower) = (pair.first(), pair.get(1));
        // A colour is said again only where it changes.
        let mut said = (None, None);
        for (at, &above) in upper.into_iter().copied().flatten().enumerate() {
            let below = lower.and_then(|line| line.get(at)).copied();
            if said.0 != Some(above) {
                let [red, green, blue] = above;
                let _ = write!(out, "\x1b[38;2;{red};{green};{blue}m");
            }
            if let Some([red, green, blue]) = below
                && said.1 != below
            {
                let _ = write!(out, "\x1b[48;2;{red};{green};{blue}m");
            }
            said = (Some(above), below);
            out.push('\u{2580}');
        }
        out.push_str("\x1b[0m\n");
    }
    out
}
