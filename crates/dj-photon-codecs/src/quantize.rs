//! Quantised movies: how to ask for one, and how much is lost.

use dj_anscombe::{Anscombe, Bound, Table};
use dj_codec_api::{DType, Error, Json, Result};
use serde_json::json;

/// Asks for a movie quantised to half a standard deviation of its noise, with the Zarr codec `anscombe-v1`.
///
/// ```
/// use dj_photon_codecs::{PhotonOptions, Quantize};
///
/// // A camera that counts 12.5 units a photon above a level of 100 without light.
/// let options = PhotonOptions::default().with_quantize(Quantize::new(12.5, 100.0));
/// assert_eq!(options.quantize().unwrap().conversion_gain(), 12.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantize {
    conversion_gain: f64,
    zero_level: f64,
}

impl Quantize {
    /// `conversion_gain` is how many units of the data one photon makes, `zero_level` what the data are without light.
    /// [`anscombe`](crate::anscombe) estimates both from a movie.
    #[must_use]
    pub fn new(conversion_gain: f64, zero_level: f64) -> Self {
        Self {
            conversion_gain,
            zero_level,
        }
    }

    /// How many units of the data one photon makes.
    #[must_use]
    pub fn conversion_gain(&self) -> f64 {
        self.conversion_gain
    }

    /// What the data are without light.
    #[must_use]
    pub fn zero_level(&self) -> f64 {
        self.zero_level
    }

    /// The noise that such data have, read noise apart.
    pub(crate) fn noise(&self) -> Result<Anscombe> {
        Anscombe::new(self.conversion_gain, self.zero_level, 0.0).map_err(refused)
    }

    /// The table for data of this type, with the smallest type of codes that is right.
    pub(crate) fn table(&self, dtype: &DType) -> Result<Table> {
        let integer = dj_anscombe::DType::from_name(&dtype.to_little_endian().to_string())
            .ok()
            .filter(|dtype| dtype.is_integer());
        let integer = integer.ok_or_else(|| {
            Error::invalid_value(format!("only whole counts are quantised, these are of {dtype}"))
                .advise("convert them to integers, or store them without loss")
        })?;
        Table::choose(self.conversion_gain, self.zero_level, integer).map_err(refused)
    }
}

fn refused(error: dj_anscombe::Error) -> Error {
    Error::invalid_value("the movie cannot be quantised with this gain and zero level").caused_by(error)
}

/// How a stored movie is quantised, and how much that has lost at most.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Quantization {
    /// How many units of the data one photon makes.
    pub conversion_gain: f64,
    /// What the data are without light.
    pub zero_level: f64,
    /// How far a decoded value is from the original at most, in units of the data.
    pub max_error: f64,
    /// The same in standard deviations of the noise at the original value.
    pub max_error_in_noise: f64,
    /// The largest value that could be stored.
    pub largest_value: u64,
}

impl Quantization {
    pub(crate) fn of(table: &Table) -> Self {
        let params = table.params();
        let Bound {
            absolute, in_noise, ..
        } = *table.bound();
        Self {
            conversion_gain: params.conversion_gain,
            zero_level: params.zero_level,
            max_error: absolute,
            max_error_in_noise: in_noise,
            largest_value: u64::from(table.high()),
        }
    }

    /// As attributes and record have it.
    pub(crate) fn to_json(self) -> Json {
        json!({
            "conversion_gain": self.conversion_gain,
            "zero_level": self.zero_level,
            "max_error": self.max_error,
            "max_error_in_noise": self.max_error_in_noise,
            "largest_value": self.largest_value,
        })
    }

    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let number = |key: &str| json.get(key).and_then(Json::as_f64);
        Some(Self {
            conversion_gain: number("conversion_gain")?,
            zero_level: number("zero_level")?,
            max_error: number("max_error")?,
            max_error_in_noise: number("max_error_in_noise")?,
            largest_value: json.get("largest_value")?.as_u64()?,
        })
    }
}
