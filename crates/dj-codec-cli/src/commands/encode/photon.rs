//! What only `<photon@>` can be told about how to store a movie.

use std::sync::Arc;

use clap::Args;
use dj_codecs::api::{Array, Error, Kind, Registry, Result, TypeSpec, Value};
use dj_codecs::photon::anscombe::{self, NoiseEstimator, NoiseModel};
use dj_codecs::photon::{Anscombe, PhotonCodec, PhotonOptions, Quantize};

use super::attribute;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;

/// How `<photon@>` stores the movie.
#[derive(Debug, Args)]
#[command(next_help_heading = "For <photon@>")]
pub(crate) struct PhotonArgs {
    /// Quantises to half a standard deviation of the noise: many times smaller, with a loss that is bounded and recorded
    #[arg(long)]
    photon_quantize: bool,
    /// How many units of the data one photon makes [default: 1]
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    photon_gain: Option<f64>,
    /// What the data are without light [default: 0]
    #[arg(long, value_name = "Z", allow_negative_numbers = true)]
    photon_zero_level: Option<f64>,
    /// The variance of the read noise, in squared units of the data [default: 0]
    #[arg(long, value_name = "V", allow_negative_numbers = true)]
    photon_variance: Option<f64>,
    /// Estimates gain and zero level from the movie, and says what they are
    #[arg(long, conflicts_with_all = ["photon_gain", "photon_zero_level"])]
    photon_estimate: bool,
    /// How hard the compressor tries, 0 to 9 [default: 5]
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=9))]
    photon_level: Option<u8>,
    /// How many frames a chunk has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    photon_chunk: Option<u64>,
    /// How many frames one object, a shard of chunks, has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    photon_shard: Option<u64>,
    /// An attribute of the array; a value that is no JSON is a text
    #[arg(long, value_name = "K=JSON")]
    photon_attribute: Vec<String>,
}

impl PhotonArgs {
    /// Refuses what is for another codec, before anything is read.
    pub(super) fn check(&self, spec: &str) -> Outcome {
        let name = spec
            .parse::<TypeSpec>()
            .map_err(|error| Failure::misuse(&error))?;
        if self.asks() && name.name() != "photon" {
            return Err(Failure::usage(format!(
                "the options --photon-... are for <photon@>, not for {spec}"
            )));
        }
        for given in &self.photon_attribute {
            attribute::parse("--photon-attribute", given)?;
        }
        if !self.photon_estimate {
            self.noise(self.gain(), self.zero_level())?;
        }
        Ok(())
    }

    /// The registry with a codec that stores this movie so; `None` where nothing was asked for.
    pub(super) fn configure(
        &self,
        movie: &Value,
        mut registry: Registry,
        progress: &mut Progress,
        output: &mut Output,
    ) -> Outcome<Option<Registry>> {
        if !self.asks() {
            return Ok(None);
        }
        let (gain, zero_level) = if self.photon_estimate {
            let model = estimate(movie, progress)?;
            progress.clear();
            output.note(&words(&model));
            (model.conversion_gain, model.zero_level)
        } else {
            (self.gain(), self.zero_level())
        };
        let mut options = PhotonOptions::default();
        if self.photon_quantize {
            options = options.with_quantize(Quantize::new(gain, zero_level));
        }
        if self.tells_noise() {
            options = options.with_noise(self.noise(gain, zero_level)?);
        }
        if let Some(level) = self.photon_level {
            options = options.with_compression_level(level);
        }
        if let Some(frames) = self.photon_chunk {
            options = options.with_frames_per_chunk(frames);
        }
        if let Some(frames) = self.photon_shard {
            options = options.with_frames_per_shard(frames);
        }
        for given in &self.photon_attribute {
            let (name, value) = attribute::parse("--photon-attribute", given)?;
            options = options.with_attribute(name, value);
        }
        registry.replace(Arc::new(PhotonCodec::new(options)))?;
        Ok(Some(registry))
    }

    fn asks(&self) -> bool {
        self.photon_quantize
            || self.tells_noise()
            || self.photon_level.is_some()
            || self.photon_chunk.is_some()
            || self.photon_shard.is_some()
            || !self.photon_attribute.is_empty()
    }

    fn tells_noise(&self) -> bool {
        self.photon_estimate
            || self.photon_gain.is_some()
            || self.photon_zero_level.is_some()
            || self.photon_variance.is_some()
    }

    fn gain(&self) -> f64 {
        self.photon_gain.unwrap_or(1.0)
    }

    fn zero_level(&self) -> f64 {
        self.photon_zero_level.unwrap_or(0.0)
    }

    fn noise(&self, gain: f64, zero_level: f64) -> Outcome<Anscombe> {
        Anscombe::new(gain, zero_level, self.photon_variance.unwrap_or(0.0)).map_err(|error| {
            Failure::usage(format!(
                "--photon-gain, --photon-zero-level and --photon-variance make no noise model: {error}"
            ))
        })
    }
}

/// The noise model of a movie, frame by frame.
fn estimate(movie: &Value, progress: &mut Progress) -> Outcome<NoiseModel> {
    let Value::Array(movie) = movie else {
        return Err(Failure::usage(format!(
            "--photon-estimate needs a movie, this is {}",
            movie.type_name()
        )));
    };
    let frames = movie.shape().first().copied().unwrap_or(0);
    let mut estimator = NoiseEstimator::new();
    for frame in 0..frames {
        progress.share("estimating the noise", frame as u64, frames as u64);
        push(&mut estimator, &movie.rows(frame..frame + 1)?)?;
    }
    estimator.finish().map_err(|error| refused(error).into())
}

fn push(estimator: &mut NoiseEstimator, frame: &Array) -> Result<()> {
    macro_rules! samples {
        ($type:ty) => {
            estimator.push_frame(&frame.to_vec::<$type>()?)
        };
    }
    match frame.dtype().kind() {
        Kind::Int8 => samples!(i8),
        Kind::Int16 => samples!(i16),
        Kind::Int32 => samples!(i32),
        Kind::Int64 => samples!(i64),
        Kind::UInt8 => samples!(u8),
        Kind::UInt16 => samples!(u16),
        Kind::UInt32 => samples!(u32),
        Kind::UInt64 => samples!(u64),
        Kind::Float32 => samples!(f32),
        Kind::Float64 => samples!(f64),
        _ => {
            return Err(Error::invalid_value(format!(
                "the noise of elements of dtype {} cannot be estimated; integers and floats of 32 or 64 bits can",
                frame.dtype()
            )));
        }
    }
    .map_err(refused)
}

fn refused(error: anscombe::Error) -> Error {
    Error::invalid_value("the noise of the movie cannot be estimated")
        .caused_by(error)
        .advise("give --photon-gain and --photon-zero-level instead, if they are known")
}

/// The model in words.
fn words(model: &NoiseModel) -> String {
    let number = |value: f64| format!("{value:.4}");
    let with_interval = |value: f64, (low, high): (f64, f64)| {
        format!("{} ({} to {})", number(value), number(low), number(high))
    };
    format!(
        "estimated from {} frames, with 95 % confidence: gain {}, zero level {}",
        model.frames,
        with_interval(model.conversion_gain, model.gain_interval),
        with_interval(model.zero_level, model.zero_interval)
    )
}
