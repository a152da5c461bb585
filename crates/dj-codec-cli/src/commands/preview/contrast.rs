//! Which values become black and white.

use super::args::{Bits, PreviewArgs};
use super::pixel::Pixel;
use super::projection::Picture;
use super::raster::Raster;
use crate::failure::{Failure, Outcome};

/// Percentiles that leave out a few hot and dead pixels.
const USUAL: (f64, f64) = (0.5, 99.5);

/// Which values become black and white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Contrast {
    /// These percentiles of the picture's finite values.
    Percentiles(f64, f64),
    /// These values.
    Range(f64, f64),
    /// All that the dtype can hold; 0 and 1 for floating-point numbers.
    Whole,
}

impl Contrast {
    /// What the arguments ask for. Truth values and colours of 8 bits are pictures already.
    pub(super) fn new(args: &PreviewArgs, pixel: Pixel) -> Outcome<Self> {
        if let Some(text) = &args.contrast {
            let (low, high) = pair("--contrast", text)?;
            if !(0.0..=100.0).contains(&low) || !(0.0..=100.0).contains(&high) {
                return Err(Failure::usage(format!(
                    "--contrast {text}: percentiles are from 0 to 100"
                )));
            }
            return Ok(Self::Percentiles(low, high));
        }
        if let Some(text) = &args.range {
            let (low, high) = pair("--range", text)?;
            return Ok(Self::Range(low, high));
        }
        let colours = args.rgb
            && matches!(
                pixel,
                Pixel::Whole {
                    least: 0.0,
                    greatest: 255.0
                }
            );
        Ok(if args.no_stretch || colours || pixel == Pixel::Truth {
            Self::Whole
        } else {
            Self::Percentiles(USUAL.0, USUAL.1)
        })
    }

    /// The values that become black and white.
    fn ends(self, picture: &Picture) -> (f64, f64) {
        match self {
            Self::Range(low, high) => (low, high),
            Self::Whole => whole(picture.pixel),
            Self::Percentiles(low, high) => {
                let mut finite: Vec<f64> = brightness(picture).filter(|value| value.is_finite()).collect();
                if finite.is_empty() {
                    return (0.0, 1.0);
                }
                let ends = (percentile(&mut finite, low), percentile(&mut finite, high));
                if ends.0 < ends.1 {
                    return ends;
                }
                // Nearly all pixels are equal; the few others are what there is to see.
                (percentile(&mut finite, 0.0), percentile(&mut finite, 100.0))
            }
        }
    }

    /// The picture in black and white or in colours, and what became black and white.
    pub(super) fn apply(self, picture: &Picture, bits: Bits) -> (Raster, Scale) {
        let scale = Scale::new(self.ends(picture));
        let opacity = Scale::new(whole(picture.pixel));
        let greatest = match bits {
            Bits::Eight => 255.0,
            Bits::Sixteen => 65535.0,
        };
        let sample = |(index, &value): (usize, &f64)| {
            // The fourth channel says how much is seen, and is no brightness.
            let scale = if picture.channels == 4 && index % 4 == 3 {
                &opacity
            } else {
                &scale
            };
            // Rounded half up; a saturating cast makes black of what is not a number.
            scale.of(value).mul_add(greatest, 0.5) as u16
        };
        let raster = Raster {
            width: picture.width,
            height: picture.height,
            channels: picture.channels,
            bits,
            samples: picture.values.iter().enumerate().map(sample).collect(),
        };
        (raster, scale)
    }
}

/// The values of all channels but the one of transparency.
fn brightness(picture: &Picture) -> impl Iterator<Item = f64> {
    let channels = picture.channels;
    let seen = move |index: usize| channels != 4 || index % 4 != 3;
    picture
        .values
        .iter()
        .enumerate()
        .filter(move |(index, _)| seen(*index))
        .map(|(_, &value)| value)
}

/// A line from the value of black to that of white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// The value that is black, and all below it.
    pub(super) black: f64,
    /// The value that is white, and all above it.
    pub(super) white: f64,
}

impl Scale {
    fn new((black, white): (f64, f64)) -> Self {
        Self { black, white }
    }

    /// 0 for black to 1 for white; NaN for what is not a number.
    fn of(&self, value: f64) -> f64 {
        if value <= self.black {
            return 0.0;
        }
        if value >= self.white {
            return 1.0;
        }
        // Halves, since the distance of two numbers may be more than the greatest one.
        (value / 2.0 - self.black / 2.0) / (self.white / 2.0 - self.black / 2.0)
    }
}

fn whole(pixel: Pixel) -> (f64, f64) {
    match pixel {
        Pixel::Whole { least, greatest } => (least, greatest),
        Pixel::Truth | Pixel::Real | Pixel::Complex => (0.0, 1.0),
    }
}

/// The percentile as NumPy has it: in proportion between the two nearest values.
fn percentile(values: &mut [f64], percent: f64) -> f64 {
    let last = values.len().saturating_sub(1);
    let place = percent / 100.0 * last as f64;
    let below = (place.floor() as usize).min(last);
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    let part = place - below as f64;
    if part < 0.5 {
        low + (high - low) * part
    } else {
        high - (high - low) * (1.0 - part)
    }
}

fn pair(option: &str, text: &str) -> Outcome<(f64, f64)> {
    let number = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
    };
    text.split_once(',')
        .and_then(|(low, high)| Some((number(low)?, number(high)?)))
        .filter(|(low, high)| low < high)
        .ok_or_else(|| {
            Failure::usage(format!(
                "{option} {text}: two numbers are needed, the lower one first, as in 0.5,99.5"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(values: &[f64], channels: usize, pixel: Pixel) -> Picture {
        Picture {
            width: (values.len() / channels) as u32,
            height: 1,
            channels,
            pixel,
            values: values.to_vec(),
        }
    }

    fn samples(contrast: Contrast, values: &[f64], bits: Bits) -> Vec<u16> {
        contrast.apply(&picture(values, 1, Pixel::Real), bits).0.samples
    }

    #[test]
    fn percentiles_are_numpys() {
        // numpy.percentile([15, 20, 35, 40, 50, 1, 3], q)
        for (percent, value) in [
            (0.0, 1.0),
            (0.5, 1.06),
            (25.0, 9.0),
            (40.0, 17.0),
            (99.5, 49.7),
            (100.0, 50.0),
        ] {
            let mut values = [15.0, 20.0, 35.0, 40.0, 50.0, 1.0, 3.0];
            let found = percentile(&mut values, percent);
            assert!((found - value).abs() < 1e-12, "{percent}: {found}");
        }
        assert_eq!(percentile(&mut [7.0], 50.0), 7.0);
    }

    #[test]
    fn values_between_the_ends_are_in_proportion() {
        let range = Contrast::Range(10.0, 20.0);
        let values = [
            -5.0,
            10.0,
            15.0,
            20.0,
            99.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        assert_eq!(
            samples(range, &values, Bits::Eight),
            [0, 0, 128, 255, 255, 0, 255, 0]
        );
        assert_eq!(
            samples(range, &values, Bits::Sixteen),
            [0, 0, 32768, 65535, 65535, 0, 65535, 0]
        );
        let far = Contrast::Range(-1.7e308, 1.7e308);
        assert_eq!(
            samples(far, &[-1.7e308, 0.0, 1.7e308], Bits::Eight),
            [0, 128, 255]
        );
    }

    #[test]
    fn unstretched_samples_are_the_values() {
        let whole = |values: &[f64], least, greatest, bits| {
            let picture = picture(values, 1, Pixel::Whole { least, greatest });
            Contrast::Whole.apply(&picture, bits).0.samples
        };
        let bytes: Vec<f64> = (0..=255).map(f64::from).collect();
        assert_eq!(
            whole(&bytes, 0.0, 255.0, Bits::Eight),
            (0..=255).collect::<Vec<u16>>()
        );
        let words: Vec<f64> = (0..=65535).map(f64::from).collect();
        assert_eq!(
            whole(&words, 0.0, 65535.0, Bits::Sixteen),
            (0..=65535).collect::<Vec<u16>>()
        );
        assert_eq!(whole(&[-128.0, 127.0], -128.0, 127.0, Bits::Eight), [0, 255]);
        assert_eq!(
            samples(Contrast::Whole, &[0.0, 0.5, 2.0], Bits::Eight),
            [0, 128, 255]
        );
    }

    #[test]
    fn a_few_bright_pixels_are_seen_all_the_same() {
        let mut values = vec![3.0; 1000];
        values[7] = 9.0;
        let usual = Contrast::Percentiles(0.5, 99.5);
        let found = samples(usual, &values, Bits::Eight);
        assert_eq!((found[7], found[8]), (255, 0));
        assert_eq!(samples(usual, &[4.0; 4], Bits::Eight), [0; 4]);
        assert_eq!(samples(usual, &[f64::NAN; 2], Bits::Eight), [0; 2]);
    }

    #[test]
    fn transparency_is_not_stretched() {
        let eight = Pixel::Whole {
            least: 0.0,
            greatest: 255.0,
        };
        let values = [10.0, 20.0, 30.0, 255.0, 10.0, 20.0, 30.0, 7.0];
        let (raster, scale) =
            Contrast::Percentiles(0.0, 100.0).apply(&picture(&values, 4, eight), Bits::Eight);
        assert_eq!(raster.samples, [0, 128, 255, 255, 0, 128, 255, 7]);
        assert_eq!((scale.black, scale.white), (10.0, 30.0));
    }

    #[test]
    fn pairs_are_in_order() {
        assert_eq!(pair("--range", "-1e3, 5").unwrap(), (-1000.0, 5.0));
        for wrong in ["", "1", "1,", "2,1", "1,1", "1,nan", "0,inf", "1,2,3"] {
            assert!(pair("--range", wrong).is_err(), "{wrong}");
        }
    }
}
