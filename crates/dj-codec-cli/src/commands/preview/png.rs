//! PNG files.

use dj_codecs::api::{Error, Result};

use super::args::Bits;
use super::raster::Raster;

/// The PNG file of a picture.
pub(super) fn file(raster: &Raster) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    write(raster, &mut out)
        .map_err(|error| Error::unsupported("the picture makes no PNG file").caused_by(error))?;
    Ok(out)
}

fn write(raster: &Raster, out: &mut Vec<u8>) -> std::result::Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(out, raster.width, raster.height);
    encoder.set_color(match raster.channels {
        1 => png::ColorType::Grayscale,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    let bytes: Vec<u8> = match raster.bits {
        Bits::Eight => raster.samples.iter().map(|&sample| sample as u8).collect(),
        Bits::Sixteen => raster
            .samples
            .iter()
            .flat_map(|sample| sample.to_be_bytes())
            .collect(),
    };
    encoder.set_depth(match raster.bits {
        Bits::Eight => png::BitDepth::Eight,
        Bits::Sixteen => png::BitDepth::Sixteen,
    });
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    writer.finish()
}
