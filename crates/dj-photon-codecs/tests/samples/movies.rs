//! Movies that are always the same: what fixtures and format lock are made of.
#![allow(dead_code, reason = "each test takes what it needs")]

use dj_codec_api::{Array, ByteOrder, Context, DType, Element, FormatVersion, Order, Record, Result};
use dj_photon_codecs::{Anscombe, MovieWriter, PhotonCodec, PhotonOptions, Quantize};

/// A movie, and how it is written.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) array: Array,
    pub(crate) options: PhotonOptions,
    /// Frames of which each push has so many; all at once where there is none.
    pub(crate) push: Option<usize>,
    /// Formats that it can be written in.
    pub(crate) versions: &'static [&'static str],
}

const BOTH: &[&str] = &["1.0", "2.0"];
const SECOND: &[&str] = &["2.0"];

impl Sample {
    /// Writes it in the format that the context asks for.
    pub(crate) fn write(&self, cx: &Context) -> Result<Record> {
        let Some(frames) = self.push else {
            return PhotonCodec::new(self.options.clone())
                .write(&self.array, cx)
                .map(Record::from);
        };
        let mut writer =
            MovieWriter::create(self.array.dtype(), &self.array.shape()[1..], &self.options, cx)?;
        let count = self.array.shape()[0];
        for first in (0..count).step_by(frames) {
            writer.push(&self.array.rows(first..(first + frames).min(count))?)?;
        }
        writer.finish().map(Record::from)
    }

    /// Whether it can be written in this format.
    pub(crate) fn has(&self, version: FormatVersion) -> bool {
        self.versions.contains(&version.to_string().as_str())
    }
}

/// Numbers by chance that are the same everywhere.
pub(crate) fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

/// Counts about a mean, with the spread of photon counts: a sum of coins.
pub(crate) fn counts(number: usize, mean: u64, seed: u64) -> Vec<u64> {
    let mut random = random(seed);
    (0..number)
        .map(|_| (0..4 * mean).filter(|_| random() & 3 == 0).count() as u64)
        .collect()
}

fn movie<T: Element>(shape: &[usize], mean: u64, convert: impl Fn(u64) -> T) -> Array {
    let counts = counts(shape.iter().product(), mean, 7);
    Array::from_vec(counts.into_iter().map(convert).collect(), shape).unwrap()
}

fn half(count: u64) -> u16 {
    // 0 to 2047 as float16, by its definition.
    let (count, mut exponent) = (count as u32, 0);
    if count == 0 {
        return 0;
    }
    while count >> (exponent + 1) > 0 {
        exponent += 1;
    }
    (((exponent + 15) << 10) | ((count << (10 - exponent)) & 0x3ff)) as u16
}

/// All samples.
pub(crate) fn all() -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut add = |name: &str, array: Array, options: PhotonOptions, push, versions| {
        samples.push(Sample {
            name: name.into(),
            array,
            options,
            push,
            versions,
        });
    };
    let plain = PhotonOptions::default;
    let shape = [23, 5, 4];
    add(
        "uint8",
        movie(&shape, 10, |count| count as u8),
        plain(),
        None,
        BOTH,
    );
    add(
        "uint16",
        movie(&shape, 300, |count| count as u16),
        plain(),
        None,
        BOTH,
    );
    add(
        "uint32",
        movie(&shape, 10, |count| count as u32 * 70_000),
        plain(),
        None,
        BOTH,
    );
    add(
        "uint64",
        movie(&shape, 10, |count| count << 40),
        plain(),
        None,
        BOTH,
    );
    add("int8", movie(&shape, 4, |count| count as i8), plain(), None, BOTH);
    add(
        "int16",
        movie(&shape, 10, |count| count as i16),
        plain(),
        None,
        BOTH,
    );
    add(
        "int32",
        movie(&shape, 10, |count| count as i32),
        plain(),
        None,
        BOTH,
    );
    add(
        "int64",
        movie(&shape, 10, |count| count as i64),
        plain(),
        None,
        BOTH,
    );
    add(
        "bool",
        movie(&shape, 1, |count| count & 1 == 1),
        plain(),
        None,
        BOTH,
    );
    add(
        "float32",
        movie(&shape, 10, |count| count as f32 * 0.5),
        plain(),
        None,
        BOTH,
    );
    add(
        "float64",
        movie(&shape, 10, |count| count as f64 * 0.3),
        plain(),
        None,
        BOTH,
    );
    let halves = movie(&shape, 10, half);
    let halves = Array::new(
        "float16".parse().unwrap(),
        &shape,
        Order::C,
        halves.to_bytes(Order::C),
    )
    .unwrap();
    add("float16", halves, plain(), None, BOTH);
    let little = movie(&shape, 300, |count| count as u16);
    let swapped: Vec<u8> = little
        .to_bytes(Order::C)
        .chunks_exact(2)
        .flat_map(|two| [two[1], two[0]])
        .collect();
    let dtype = DType::with_order(dj_codec_api::Kind::UInt16, ByteOrder::Big);
    add(
        "big-endian",
        Array::new(dtype, &shape, Order::C, swapped.into()).unwrap(),
        plain(),
        None,
        BOTH,
    );
    add("fortran", little.to_order(Order::Fortran), plain(), None, BOTH);
    add(
        "volumes",
        movie(&[12, 3, 4, 2], 30, |count| count as u16),
        plain(),
        None,
        BOTH,
    );
    add(
        "two-chunks",
        movie(&[130, 3, 3], 10, |count| count as u16),
        plain(),
        None,
        BOTH,
    );
    add(
        "dark",
        movie(&shape, 0, |count| count as u16),
        plain(),
        None,
        BOTH,
    );
    add(
        "no-frames",
        movie(&[0, 3, 4], 10, |count| count as u16),
        plain(),
        None,
        SECOND,
    );
    add(
        "extremes",
        Array::from_vec(vec![0_u16, 1, 65_534, 65_535], &[1, 2, 2]).unwrap(),
        plain(),
        None,
        BOTH,
    );
    add(
        "streamed",
        movie(&[130, 3, 3], 10, |count| count as u16),
        plain(),
        Some(7),
        BOTH,
    );
    add(
        "chunked",
        movie(&shape, 10, |count| count as u16),
        plain().with_frames_per_chunk(4).with_compression_level(1),
        None,
        SECOND,
    );
    add(
        "sharded",
        movie(&shape, 10, |count| count as u16),
        plain().with_frames_per_chunk(3).with_frames_per_shard(6),
        Some(5),
        SECOND,
    );
    add(
        "noise",
        movie(&shape, 200, |count| count as u16),
        plain()
            .with_noise(Anscombe::new(2.5, 100.0, 9.0).unwrap())
            .with_attribute("rig", "two-photon 3"),
        None,
        SECOND,
    );
    let quantized = |gain, zero| {
        plain()
            .with_quantize(Quantize::new(gain, zero))
            .with_frames_per_chunk(8)
    };
    add(
        "quantized-uint16",
        movie(&shape, 60, |count| count as u16 * 10),
        quantized(10.0, 0.0),
        None,
        SECOND,
    );
    add(
        "quantized-int16-zero-level",
        movie(&shape, 60, |count| count as i16 * 12 + 100),
        quantized(12.5, 100.0),
        Some(6),
        SECOND,
    );
    add(
        "quantized-uint16-codes",
        movie(&shape, 60, |count| count as u16 * 40),
        quantized(4.0, 0.0),
        None,
        SECOND,
    );
    add(
        "quantized-dark",
        movie(&shape, 0, |count| count as u16),
        quantized(10.0, 0.0),
        None,
        SECOND,
    );
    samples
}
