//! A value for each codec that shows what the codec is for.

mod files;

use dj_codecs::api::{Array, CodecInfo, Context, Mode, Registry, Result, Value};
use dj_codecs::file::ObjectRef;
use dj_codecs::npy::NpyRef;

use crate::summary::{bytes_text, shape_text};

use files::Files;

/// A value to show a codec with.
pub(super) struct Sample {
    /// How the column is declared.
    pub(super) spec: String,
    /// What the column would be called.
    pub(super) field: &'static str,
    /// What the value is, in words.
    pub(super) words: &'static str,
    /// The value.
    pub(super) value: Value,
    /// What it should decode to.
    expected: Expected,
}

/// What a sample should decode to.
enum Expected {
    /// The value itself.
    Same,
    /// Files with these contents.
    Files(Files),
    /// A movie with the value as its counts.
    #[cfg(feature = "photon")]
    Counts,
}

impl Sample {
    /// Whether that is what came back, all of it.
    pub(super) fn is(&self, decoded: &Value) -> Result<bool> {
        match &self.expected {
            Expected::Same => Ok(self.value == decoded.clone().load()?),
            Expected::Files(files) => files.are(decoded),
            #[cfg(feature = "photon")]
            Expected::Counts => match decoded.downcast::<dj_codecs::photon::Movie>() {
                Some(movie) => Ok(self.value == Value::from(movie.counts()?.read()?)),
                None => Ok(false),
            },
        }
    }
}

/// The codecs of this build, told to store the samples so that there is something to see.
pub(super) fn registry() -> Result<Registry> {
    let registry = dj_codecs::default_registry();
    #[cfg(feature = "zarr")]
    let registry = {
        use dj_codecs::zarr::{ZarrCodec, ZarrOptions};
        // Left to itself the codec would make one chunk of so small a movie.
        let options = ZarrOptions::default().with_chunk_shape(&[20, 128, 128]);
        let mut registry = registry;
        registry.replace(std::sync::Arc::new(ZarrCodec::new(options)))?;
        registry
    };
    #[cfg(feature = "photon")]
    let registry = {
        let mut registry = registry;
        registry.replace(std::sync::Arc::new(dj_codecs::photon::PhotonCodec::new(
            photon_options()?,
        )))?;
        registry
    };
    Ok(registry)
}

/// The sample of a codec.
pub(super) fn of(info: &CodecInfo, cx: &Context) -> Result<Sample> {
    let at = if info.modes.contains(&Mode::Table) {
        ""
    } else {
        "@"
    };
    let mut expected = Expected::Same;
    let mut of_files = |(value, files): (Value, Files)| {
        expected = Expected::Files(files);
        value
    };
    let (field, words, value) = match info.name.as_ref() {
        "attach" => ("protocol", "a file", of_files(files::attached()?)),
        "object" => ("session", "a folder of files", of_files(files::folder()?)),
        "filepath" => (
            "raw_file",
            "the path of a file that the rig put into the store",
            of_files(files::referred(cx)?),
        ),
        "blob" => ("settings", "settings of a rig", settings()),
        "hash" => (
            "notes",
            "bytes of any kind",
            Value::Bytes("lost a channel at 12:40".into()),
        ),
        #[cfg(feature = "photon")]
        "photon" => {
            expected = Expected::Counts;
            ("calcium", "a movie of counted photons", photons()?.into())
        }
        "zarr" => ("movie", "a movie", movie()?.into()),
        _ => ("waveform", "waveforms on four channels", waveforms()?.into()),
    };
    Ok(Sample {
        spec: format!("<{}{at}>", info.name),
        field,
        words,
        value,
        expected,
    })
}

/// What a program would keep in a dict.
fn settings() -> Value {
    let entry = |key: &str, value: Value| (Value::from(key), value);
    Value::Dict(vec![
        entry("laser", Value::from("920 nm")),
        entry("power", Value::Float(12.5)),
        entry("planes", Value::List([0, 15, 30].map(Value::Int).to_vec())),
    ])
}

/// Spikes that fade, on four channels.
fn waveforms() -> Result<Array> {
    let (channels, samples) = (4, 250);
    let element = |index: usize| {
        let (channel, time) = ((index / samples) as f64, (index % samples) as f64 / 30.0);
        (time * (2.0 + channel)).sin() * (-time).exp()
    };
    Array::from_vec(
        (0..channels * samples).map(element).collect::<Vec<f64>>(),
        &[channels, samples],
    )
}

/// A bright spot that moves over a noisy ground.
fn movie() -> Result<Array> {
    let (frames, height, width) = (120, 128, 128);
    let mut noise = 1_u32;
    let mut pixel = |index: usize| {
        let (frame, y, x) = (index / (height * width), index / width % height, index % width);
        let distance = y.abs_diff(frame % height) + x.abs_diff(frame * 2 % width);
        // A linear congruential generator is all the noise that this takes, and the same in every run.
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let ground = 100 + (noise >> 28) as u16;
        if distance < 12 { ground + 2000 } else { ground }
    };
    Array::from_vec(
        (0..frames * height * width).map(&mut pixel).collect::<Vec<u16>>(),
        &[frames, height, width],
    )
}

/// How many units of the data a photon makes in the movie, and what they are without light.
#[cfg(feature = "photon")]
const CAMERA: (u16, u16) = (60, 100);

/// The noise of the movie, by which it is stabilised.
#[cfg(feature = "photon")]
fn photon_options() -> Result<dj_codecs::photon::PhotonOptions> {
    let noise = dj_codecs::photon::Anscombe::new(CAMERA.0.into(), CAMERA.1.into(), 0.0)
        .map_err(|error| dj_codecs::api::Error::invalid_value("no noise model").caused_by(error))?;
    Ok(dj_codecs::photon::PhotonOptions::default().with_noise(noise))
}

/// Cells that light up one after the other, with the noise of counted photons, as a camera has them.
#[cfg(feature = "photon")]
fn photons() -> Result<Array> {
    let (frames, height, width) = (200, 64, 64);
    let mut noise = 1_u64;
    let mut uniform = move || {
        // Knuth's 64-bit linear congruential generator; its upper bits are as good as this needs.
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((noise >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let mut pixel = |index: usize| {
        let (frame, y, x) = (index / (height * width), index / width % height, index % width);
        let (row, column) = (y / 16, x / 16);
        let distance = (y % 16).abs_diff(8).pow(2) + (x % 16).abs_diff(8).pow(2);
        let lit = (frame / 12) % 16 == row * 4 + column;
        let mean = if distance > 25 {
            3.0
        } else if lit {
            40.0
        } else {
            8.0
        };
        // A Poisson number: how many uniform factors keep the product above exp(-mean).
        let (mut product, mut count) = (uniform(), 0_u16);
        let end = f64::exp(-mean);
        while product > end {
            product *= uniform();
            count += 1;
        }
        // The electronics add a little of their own.
        let electronic = (uniform() * f64::from(CAMERA.0)) as u16;
        CAMERA.1 + CAMERA.0 * count + electronic - CAMERA.0 / 2
    };
    Array::from_vec(
        (0..frames * height * width).map(&mut pixel).collect::<Vec<u16>>(),
        &[frames, height, width],
    )
}

/// What can be had of a stored value without reading all of it.
pub(super) fn glance(value: &Value) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    if let Value::Lazy(handle) = value
        && let (Some(dtype), Some(shape)) = (handle.dtype(), handle.shape())
    {
        lines.push(format!(
            "{dtype} {} is known before any data is read",
            shape_text(shape)
        ));
    }
    if let Some(array) = value.downcast::<NpyRef>() {
        let row = array.rows(1..2)?;
        lines.push(format!(
            "row 1 alone: {} of {} bytes",
            row.nbytes(),
            array.header()?.nbytes()
        ));
    }
    if let Some(object) = value.downcast::<ObjectRef>() {
        lines.push(format!(
            "a {} named {}, {}",
            if object.is_dir() { "folder" } else { "file" },
            object.name(),
            object
                .size()
                .map_or_else(|| "of unknown size".to_owned(), bytes_text)
        ));
    }
    #[cfg(feature = "photon")]
    if let Some(movie) = value.downcast::<dj_codecs::photon::Movie>() {
        let (counts, stabilized) = (movie.counts()?.frame(7)?, movie.stabilized().frame(7)?);
        lines.push(format!(
            "frame 7 alone: as counts {}, stabilised to a noise of variance 1 {}",
            counts.dtype(),
            stabilized.dtype()
        ));
    }
    #[cfg(feature = "zarr")]
    if let Some(array) = value.downcast::<dj_codecs::zarr::ZarrArray>() {
        let frame = array.frame(7)?;
        let all = array
            .shape()
            .iter()
            .fold(frame.dtype().size() as u64, |bytes, &length| {
                bytes.saturating_mul(length)
            });
        lines.push(format!(
            "frame 7 alone: {} of {all} bytes, from chunks of {}",
            frame.nbytes(),
            shape_text(array.chunk_shape())
        ));
    }
    Ok(lines)
}

/// What a codec can do on request.
#[cfg(feature = "photon")]
pub(super) fn aside(
    info: &CodecInfo,
    sample: &Sample,
    registry: &Registry,
    cx: &Context,
) -> Result<Vec<String>> {
    use dj_codecs::api::Column;
    use dj_codecs::photon::{Movie, PhotonCodec, Quantize};

    if info.name != "photon" {
        return Ok(Vec::new());
    }
    let mut registry = registry.clone();
    let options = photon_options()?.with_quantize(Quantize::new(CAMERA.0.into(), CAMERA.1.into()));
    registry.replace(std::sync::Arc::new(PhotonCodec::new(options)))?;
    let column = Column::resolve(&sample.spec, &registry)?;
    let stored = column.encode(sample.value.clone(), cx)?;
    let decoded = column.decode(stored, cx)?;
    let movie = decoded.downcast::<Movie>();
    let sizes = movie.and_then(|movie| Some((movie.inventory()?.bytes(), movie.quantization()?)));
    Ok(sizes.map_or_else(Vec::new, |(bytes, quantization)| {
        vec![format!(
            "quantised on request: {}, no value off by more than {:.2} standard deviations of its noise",
            bytes_text(bytes),
            quantization.max_error_in_noise
        )]
    }))
}

/// What a codec can do on request.
#[cfg(not(feature = "photon"))]
pub(super) fn aside(_: &CodecInfo, _: &Sample, _: &Registry, _: &Context) -> Result<Vec<String>> {
    Ok(Vec::new())
}
