//! Pictures as screens and files have them.

use super::args::Bits;

/// Samples of 8 or 16 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raster {
    /// Pixels across.
    pub(super) width: u32,
    /// Pixels down.
    pub(super) height: u32,
    /// Samples a pixel: 1 for grey, 3 for red, green and blue, 4 with opacity.
    pub(super) channels: usize,
    /// The size of a sample.
    pub(super) bits: Bits,
    /// The samples, row by row.
    pub(super) samples: Vec<u16>,
}

impl Raster {
    /// The picture at the largest size that is at most this and at most its own, each pixel the mean of those that it covers.
    pub(super) fn fitted(self, width: u32, height: u32) -> Self {
        let (across, down) = (u64::from(self.width.max(1)), u64::from(self.height.max(1)));
        let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
        if across <= width && down <= height {
            return self;
        }
        // The tighter of the two bounds sets the scale.
        let (to_width, to_height) = if across * height > down * width {
            (width, (down * width / across).max(1))
        } else {
            ((across * height / down).max(1), height)
        };
        let channels = self.channels as u64;
        let mut samples = Vec::new();
        for y in 0..to_height {
            for x in 0..to_width {
                for channel in 0..channels {
                    let (mut sum, mut count) = (0_u64, 0_u64);
                    for row in y * down / to_height..((y + 1) * down).div_ceil(to_height) {
                        for column in x * across / to_width..((x + 1) * across).div_ceil(to_width) {
                            let at = (row * across + column) * channels + channel;
                            let sample = usize::try_from(at).ok().and_then(|at| self.samples.get(at));
                            sum += u64::from(sample.copied().unwrap_or_default());
                            count += 1;
                        }
                    }
                    samples.push(u16::try_from((sum + count / 2) / count.max(1)).unwrap_or(u16::MAX));
                }
            }
        }
        Self {
            width: to_width as u32,
            height: to_height as u32,
            samples,
            ..self
        }
    }

    /// Red, green and blue of each pixel, in 8 bits, before a black ground.
    pub(super) fn colours(&self) -> Vec<[u8; 3]> {
        let eight = |sample: u16| match self.bits {
            Bits::Eight => sample as u8,
            Bits::Sixteen => (sample >> 8) as u8,
        };
        self.samples
            .chunks(self.channels.max(1))
            .map(|pixel| match *pixel {
                [red, green, blue] => [red, green, blue].map(eight),
                [red, green, blue, opacity] => [red, green, blue]
                    .map(|colour| (u32::from(eight(colour)) * u32::from(eight(opacity)) / 255) as u8),
                [grey, ..] => [eight(grey); 3],
                [] => [0; 3],
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, samples: &[u16]) -> Raster {
        Raster {
            width,
            height: samples.len() as u32 / width,
            channels: 1,
            bits: Bits::Eight,
            samples: samples.to_vec(),
        }
    }

    #[test]
    fn a_smaller_picture_has_means() {
        let small = grey(4, &[0, 10, 20, 30, 10, 20, 30, 41]).fitted(2, 9);
        assert_eq!((small.width, small.height), (2, 1));
        assert_eq!(small.samples, [10, 30]);
        let same = grey(2, &[1, 2, 3, 4]);
        assert_eq!(same.clone().fitted(2, 2), same);
        assert_eq!(same.clone().fitted(100, 100), same);
        let line = grey(1, &[5; 1000]).fitted(80, 48);
        assert_eq!((line.width, line.height), (1, 48));
        assert_eq!(line.samples, [5; 48]);
    }

    #[test]
    fn colours_stand_before_black() {
        let raster = Raster {
            width: 2,
            height: 1,
            channels: 4,
            bits: Bits::Eight,
            samples: vec![200, 100, 50, 255, 200, 100, 50, 51],
        };
        assert_eq!(raster.colours(), [[200, 100, 50], [40, 20, 10]]);
        assert_eq!(grey(1, &[7]).colours(), [[7; 3]]);
    }
}
