//! Terminals that take a PNG file.

use data_encoding::BASE64;
use dj_codecs::api::Result;

use super::super::png;
use super::super::raster::Raster;

/// How much of the file kitty takes at once.
const PIECE: usize = 4096;

/// kitty's graphics protocol.
pub(super) fn kitty(raster: &Raster) -> Result<String> {
    let encoded = BASE64.encode(&png::file(raster)?);
    let mut out = String::new();
    let mut rest = encoded.as_str();
    let mut controls = "a=T,f=100,q=2,";
    loop {
        let (piece, after) = rest.split_at(rest.len().min(PIECE));
        let more = u8::from(!after.is_empty());
        out.push_str(&format!("\x1b_G{controls}m={more};{piece}\x1b\\"));
        if after.is_empty() {
            break;
        }
        (controls, rest) = ("", after);
    }
    out.push('\n');
    Ok(out)
}

/// iTerm2's inline images.
pub(super) fn iterm(raster: &Raster) -> Result<String> {
    let file = png::file(raster)?;
    Ok(format!(
        "\x1b]1337;File=inline=1;size={};width={}px;height={}px:{}\x07\n",
        file.len(),
        raster.width,
        raster.height,
        BASE64.encode(&file)
    ))
}
