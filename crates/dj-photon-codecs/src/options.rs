//! What a caller can say about how a movie is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use dj_anscombe::Anscombe;
use dj_codec_api::{Context, DType, Error, FormatVersion, Json, Result};
use dj_zarr_codecs::{BloscCompressor, Compressor, Owner, Sharding, Shuffle, ZarrOptions};

use crate::check::{self, Accepted};
use crate::filter::Filter;
use crate::map::{Map, stabilized_dtype};
use crate::quantize::{Quantization, Quantize};
use crate::version::{ANSCOMBE_V1, COUNTS, FORMATS, V1, V2};

/// How movies are stored: compression, chunks, the noise, whether they are quantised.
///
/// What is not set is chosen: format 2.0, the counts as they are, Blosc with zstd at level 5 and bit shuffle, chunks of 1 to 8 MiB
/// along time, plain Poisson noise (gain 1, offset 0, no read noise).
///
/// Format 1.0, where [`Context::with_format_version`] asks for it, leaves nothing to choose but attributes.
///
/// ```
/// use dj_photon_codecs::{Anscombe, PhotonOptions};
///
/// let noise = Anscombe::new(2.5, 100.0, 9.0)?;
/// let options = PhotonOptions::default().with_compression_level(9).with_noise(noise).with_attribute("rig", "two-photon 3");
/// assert_eq!(options.noise().gain(), 2.5);
/// # Ok::<(), dj_photon_codecs::anscombe::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct PhotonOptions {
    level: Option<u8>,
    noise: Option<Anscombe>,
    quantize: Option<Quantize>,
    frames_per_chunk: Option<u64>,
    frames_per_shard: Option<u64>,
    attributes: BTreeMap<String, Json>,
}

impl PhotonOptions {
    /// The level of format 2.0's compression, unless another is set.
    pub const DEFAULT_LEVEL: u8 = 5;

    /// How hard the compressor tries, 0 (not at all) to 9 (smallest).
    #[must_use]
    pub fn with_compression_level(mut self, level: u8) -> Self {
        self.level = Some(level);
        self
    }

    /// The noise of the data, by which readers stabilise it. Where the movie is quantised and no other is set, the noise is that
    /// of the conversion gain and zero level.
    #[must_use]
    pub fn with_noise(mut self, noise: Anscombe) -> Self {
        self.noise = Some(noise);
        self
    }

    /// Quantises the movie: many times smaller, with a loss that is bounded and recorded.
    #[must_use]
    pub fn with_quantize(mut self, quantize: Quantize) -> Self {
        self.quantize = Some(quantize);
        self
    }

    /// How many frames a chunk has.
    #[must_use]
    pub fn with_frames_per_chunk(mut self, frames: u64) -> Self {
        self.frames_per_chunk = Some(frames.max(1));
        self
    }

    /// Puts the chunks of this many frames into one object, a shard: for recordings of hours, which would make very many
    /// objects. It is made a multiple of the frames of a chunk. Where it is not set, a movie that is written whole has shards if it
    /// would make more than 10,000 objects, one that is streamed has none.
    #[must_use]
    pub fn with_frames_per_shard(mut self, frames: u64) -> Self {
        self.frames_per_shard = Some(frames.max(1));
        self
    }

    /// Adds an attribute to the array's metadata. Those of the codec are refused when the movie is written.
    #[must_use]
    pub fn with_attribute(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// The noise of the data.
    #[must_use]
    pub fn noise(&self) -> Anscombe {
        let quantized = || self.quantize.and_then(|quantize| quantize.noise().ok());
        self.noise.or_else(quantized).unwrap_or(Anscombe::STANDARD)
    }

    /// How the movie is quantised, if it is.
    #[must_use]
    pub fn quantize(&self) -> Option<&Quantize> {
        self.quantize.as_ref()
    }
}

/// Everything about a movie that is decided before its first frame is written.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) version: FormatVersion,
    pub(crate) zarr: ZarrOptions,
    pub(crate) accepted: Accepted,
    pub(crate) quantization: Option<Quantization>,
}

/// The frames of a chunk in format 1.0.
const V1_FRAMES: u64 = 100;

impl Plan {
    /// Plans a movie of frames of this shape.
    ///
    /// # Errors
    /// Where the elements are no counts, a movie has too few dimensions, or the options make no sense for it.
    pub(crate) fn new(
        dtype: &DType,
        frame_shape: &[usize],
        options: &PhotonOptions,
        cx: &Context,
    ) -> Result<Self> {
        check::dtype(dtype)?;
        check::dimensions(frame_shape.len() + 1)?;
        let version = FORMATS.version_to_write(cx)?;
        let noise = options.noise();
        let mut zarr = ZarrOptions::default();
        for (name, value) in &options.attributes {
            zarr = zarr.with_attribute(name, value.clone());
        }
        let own = [
            ("anscombe_gain", Json::from(noise.gain())),
            ("anscombe_offset", Json::from(noise.offset())),
            ("anscombe_variance", Json::from(noise.variance())),
            ("original_dtype", Json::from(dtype.to_string())),
        ];
        for (name, value) in own {
            zarr = own_attribute(zarr, options, name, value)?;
        }
        let plan = Self {
            version,
            zarr,
            accepted: Accepted::default(),
            quantization: None,
        };
        if version == V1 {
            plan.transformed(dtype, options)
        } else {
            plan.counts(dtype, frame_shape, options)
        }
    }

    /// Format 1.0: exactly what the Python package writes.
    fn transformed(mut self, dtype: &DType, options: &PhotonOptions) -> Result<Self> {
        let fixed = "format 1.0 has no such choice";
        let refuse = |what: &str| {
            Err(Error::invalid_value(format!("{what}: {fixed}")).advise("write format 2.0, the default"))
        };
        if options.quantize.is_some() {
            return refuse("the movie is to be quantised");
        }
        if !options.noise().is_standard() {
            return refuse(
                "a noise other than that of plain counts (gain 1, offset 0, variance 0) was given",
            );
        }
        if options
            .level
            .is_some_and(|level| level != PhotonOptions::DEFAULT_LEVEL)
        {
            return refuse("a compression level other than 5 was given");
        }
        if options.frames_per_chunk.is_some() || options.frames_per_shard.is_some() {
            return refuse("the frames of a chunk or of a shard were given");
        }
        self.zarr = self
            .zarr
            .with_owner(Owner::new(crate::NAME, V1).with_zarr_v2())
            .with_rows_per_chunk(V1_FRAMES)
            .with_compressor(blosc(PhotonOptions::DEFAULT_LEVEL))
            .with_element_map(Arc::new(Map::stabilized(dtype, options.noise())));
        debug_assert!(matches!(
            stabilized_dtype(dtype).kind(),
            dj_codec_api::Kind::Float32 | dj_codec_api::Kind::Float64
        ));
        Ok(self)
    }

    /// Format 2.0.
    fn counts(mut self, dtype: &DType, frame_shape: &[usize], options: &PhotonOptions) -> Result<Self> {
        let level = options.level.unwrap_or(PhotonOptions::DEFAULT_LEVEL);
        self.zarr = own_attribute(self.zarr, options, "compression_level", level.into())?;
        self.zarr = self.zarr.with_compressor(blosc(level));
        let mut flags = vec![COUNTS];
        if let Some(quantize) = &options.quantize {
            let table = quantize.table(dtype)?;
            let quantization = Quantization::of(&table);
            flags.insert(0, ANSCOMBE_V1);
            self.accepted.high = Some(table.high());
            self.zarr = own_attribute(self.zarr, options, "quantization", quantization.to_json())?;
            self.zarr = self.zarr.with_filter(Arc::new(Filter::with_table(table)?));
            self.quantization = Some(quantization);
        }
        if let Some(frames) = options.frames_per_chunk {
            self.zarr = self.zarr.with_rows_per_chunk(frames);
        }
        if let Some(frames) = options.frames_per_shard {
            let chunk = options
                .frames_per_chunk
                .unwrap_or_else(|| frames_of_a_chunk(frame_shape, dtype));
            let shard = frames.div_ceil(chunk).saturating_mul(chunk);
            let frame = || frame_shape.iter().map(|&length| (length as u64).max(1));
            let shape = |frames: u64| std::iter::once(frames).chain(frame()).collect::<Vec<u64>>();
            // Chunks of a shard keep their shape, however short the movie is.
            self.zarr = self
                .zarr
                .with_chunk_shape(&shape(chunk))
                .with_sharding(Sharding::Shape(shape(shard)));
        }
        self.zarr = self
            .zarr
            .with_owner(Owner::new(crate::NAME, V2).with_feature_flags(&flags));
        Ok(self)
    }
}

/// As many whole frames as make about 4 MiB.
fn frames_of_a_chunk(frame_shape: &[usize], dtype: &DType) -> u64 {
    const TARGET_BYTES: usize = 4 << 20;
    let frame = frame_shape
        .iter()
        .fold(dtype.size(), |bytes, &length| bytes.saturating_mul(length.max(1)));
    (TARGET_BYTES / frame.max(1)).max(1) as u64
}

fn own_attribute(zarr: ZarrOptions, options: &PhotonOptions, name: &str, value: Json) -> Result<ZarrOptions> {
    if options.attributes.contains_key(name) {
        return Err(
            Error::invalid_value(format!("the attribute {name:?} is the codec's own"))
                .advise("choose another name"),
        );
    }
    Ok(zarr.with_attribute(name, value))
}

fn blosc(level: u8) -> Compressor {
    Compressor::Blosc {
        codec: BloscCompressor::Zstd,
        level,
        shuffle: Shuffle::Bit,
    }
}
