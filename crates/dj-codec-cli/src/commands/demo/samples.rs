//! A value for each codec that shows what the codec is for.

use dj_codecs::api::{Array, CodecInfo, Mode, Registry, Result, Value};
use dj_codecs::npy::NpyRef;

use crate::summary::shape_text;

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
    Ok(registry)
}

/// The sample of a codec.
pub(super) fn of(info: &CodecInfo) -> Result<Sample> {
    let at = if info.modes.contains(&Mode::Table) {
        ""
    } else {
        "@"
    };
    let (field, words, value) = match info.name.as_ref() {
        "blob" => ("settings", "settings of a rig", settings()),
        "hash" => (
            "notes",
            "bytes of any kind",
            Value::Bytes("lost a channel at 12:40".into()),
        ),
        "zarr" => ("movie", "a movie", movie()?.into()),
        _ => ("waveform", "waveforms on four channels", waveforms()?.into()),
    };
    Ok(Sample {
        spec: format!("<{}{at}>", info.name),
        field,
        words,
        value,
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
