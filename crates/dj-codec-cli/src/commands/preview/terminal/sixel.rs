//! Sixel graphics: bands of six rows, one colour after the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::raster::Raster;

/// Colours have shares of 0 to 100; greys use all of them.
const SHARES: u32 = 100;
/// Levels of red, of green and of blue that fit into the 256 colours that terminals have.
const LEVELS: u32 = 6;

/// The picture in sixels.
pub(super) fn text(raster: &Raster) -> String {
    let grey = raster.channels == 1;
    let colours: Vec<u32> = raster
        .colours()
        .into_iter()
        .map(|[red, green, blue]| {
            if grey {
                nearest(red, SHARES + 1)
            } else {
                (nearest(red, LEVELS) * LEVELS + nearest(green, LEVELS)) * LEVELS + nearest(blue, LEVELS)
            }
        })
        .collect();
    let mut out = format!("\x1bPq\"1;1;{};{}", raster.width, raster.height);
    let mut used: Vec<u32> = colours.clone();
    used.sort_unstable();
    used.dedup();
    for colour in used {
        let [red, green, blue] = if grey {
            [colour; 3]
        } else {
            [
                colour / LEVELS / LEVELS,
                colour / LEVELS % LEVELS,
                colour % LEVELS,
            ]
            .map(|level| level * SHARES / (LEVELS - 1))
        };
        let _ = write!(out, "#{colour};2;{red};{green};{blue}");
    }
    let width = raster.width.max(1) as usize;
    for band in colours.chunks(width * 6) {
        // For each colour the sixels of the band: a bit for each row.
        let mut sixels: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for (row, line) in band.chunks(width).enumerate() {
            for (column, &colour) in line.iter().enumerate() {
                let line = sixels.entry(colour).or_insert_with(|| vec![0; width]);
                if let Some(sixel) = line.get_mut(column) {
                    *sixel |= 1 << row;
                }
            }
        }
        for (colour, line) in sixels {
            let _ = write!(out, "#{colour}");
            for run in line.chunk_by(|a, b| a == b) {
                let sixel = char::from(run.first().copied().unwrap_or_default() + b'?');
                match run.len() {
                    length @ 4.. => {
                        let _ = write!(out, "!{length}{sixel}");
                    }
                    length => out.extend(std::iter::repeat_n(sixel, length)),
                }
            }
            // Back to the beginning of the band.
            out.push('$');
        }
        out.push('-');
    }
    out.push_str("\x1b\\\n");
    out
}

/// The nearest of so many levels, the last of which is 255.
fn nearest(sample: u8, levels: u32) -> u32 {
    (u32::from(sample) * (levels - 1) + 127) / 255
}
