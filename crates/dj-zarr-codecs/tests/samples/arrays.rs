//! Fixed inputs of the writer: for the golden fixtures and for the format lock.

use dj_codec_api::{Array, Bytes, Context, DType, Order, Result};
use dj_zarr_codecs::{BloscCompressor, Compressor, Sharding, Shuffle, ZarrOptions, ZarrRecord, ZarrWriter};

/// An array and how it is stored.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) array: Array,
    pub(crate) options: ZarrOptions,
    /// Appended in blocks of so many rows, where it is not written at once.
    pub(crate) blocks: Option<usize>,
}

impl Sample {
    pub(crate) fn write(&self, cx: &Context) -> Result<ZarrRecord> {
        let Some(block) = self.blocks else {
            return ZarrWriter::write(&self.array, &self.options, cx);
        };
        let mut writer = ZarrWriter::create(self.array.dtype(), &self.array.shape()[1..], &self.options, cx)?;
        let rows = self.array.shape()[0];
        for from in (0..rows).step_by(block) {
            writer.append(&self.array.rows(from..rows.min(from + block))?)?;
        }
        writer.finish()
    }
}

fn sample(name: &str, array: Array, options: ZarrOptions) -> Sample {
    Sample {
        name: name.into(),
        array,
        options,
        blocks: None,
    }
}

/// Elements of which no two are equal, or nearly so; among floats infinity and not-a-number.
fn numbers(dtype: &str, shape: &[usize]) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let count = shape.iter().product::<usize>();
    let mut bytes: Vec<u8> = (0..count * dtype.size())
        .map(|at| (at * 37 % 256) as u8)
        .collect();
    match dtype.to_string().as_str() {
        "bool" => bytes.iter_mut().for_each(|byte| *byte %= 2),
        "float32" => {
            bytes = (0..count)
                .flat_map(|at| (1.0 / (at as f32 - 3.0)).to_le_bytes())
                .collect();
        }
        "float64" => {
            bytes = (0..count)
                .flat_map(|at| ((at as f64 - 3.0).sqrt()).to_le_bytes())
                .collect();
        }
        "float16" => {
            bytes = (0..count)
                .flat_map(|at| (0x3c00 + at as u16).to_le_bytes())
                .collect();
        }
        "complex64" => {
            bytes = (0..2 * count)
                .flat_map(|at| (at as f32 / 4.0).to_le_bytes())
                .collect();
        }
        "complex128" => {
            bytes = (0..2 * count)
                .flat_map(|at| (at as f64 / -8.0).to_le_bytes())
                .collect();
        }
        _ => {}
    }
    Array::new(dtype, shape, Order::C, bytes.into()).unwrap()
}

fn text(dtype: &str, items: &[&str]) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let unicode = dtype.to_string().contains('U');
    let bytes = items.iter().flat_map(|item| {
        let mut bytes: Vec<u8> = if unicode {
            item.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
        } else {
            item.as_bytes().to_vec()
        };
        bytes.resize(dtype.size(), 0);
        bytes
    });
    let bytes: Bytes = bytes.collect::<Vec<_>>().into();
    Array::new(dtype.clone(), &[items.len()], Order::C, bytes).unwrap()
}

/// Zeros but for a few elements.
fn sparse(shape: &[usize]) -> Array {
    let count = shape.iter().product::<usize>();
    Array::from_vec(
        (0..count)
            .map(|at| if at % 29 == 28 { at as i32 } else { 0 })
            .collect(),
        shape,
    )
    .unwrap()
}

/// All samples, in an order that stays.
pub(crate) fn all() -> Vec<Sample> {
    let plain = ZarrOptions::default;
    let cut = || plain().with_chunk_shape(&[4, 3]);
    let mut samples: Vec<Sample> = [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
    .into_iter()
    .map(|dtype| sample(&format!("dtype-{dtype}"), numbers(dtype, &[6, 5]), cut()))
    .collect();

    let blosc = |codec, shuffle| Compressor::Blosc {
        codec,
        level: 3,
        shuffle,
    };
    for (name, compressor) in [
        ("none", Compressor::None),
        ("zstd", Compressor::Zstd { level: 3 }),
        ("gzip", Compressor::Gzip { level: 6 }),
        ("blosc-lz4", blosc(BloscCompressor::Lz4, Shuffle::Byte)),
        ("blosc-zlib", blosc(BloscCompressor::Zlib, Shuffle::None)),
    ] {
        let options = plain().with_compressor(compressor).with_chunk_shape(&[20, 16]);
        samples.push(sample(
            &format!("compressor-{name}"),
            numbers("uint16", &[32, 30]),
            options,
        ));
    }

    let shards = |compressor| {
        cut()
            .with_compressor(compressor)
            .with_sharding(Sharding::Shape(vec![8, 6]))
    };
    let default = blosc(BloscCompressor::Zstd, Shuffle::Bit);
    let mut streamed = sample("streamed", numbers("uint16", &[11, 5]), cut());
    streamed.blocks = Some(3);
    let mut streamed_shards = sample(
        "streamed-shards",
        numbers("int16", &[19, 7]),
        shards(default.clone()),
    );
    streamed_shards.blocks = Some(5);
    let alternating = Array::from_vec((0..140_u8).map(|at| at % 2 * at).collect(), &[140]).unwrap();
    let wider = || plain().with_portable(false);
    samples.extend([
        sample("whole", numbers("uint16", &[3, 40, 50]), plain()),
        sample("big-endian", numbers(">i2", &[6, 5]), cut()),
        sample("fortran", numbers("<f4", &[6, 5]).to_order(Order::Fortran), cut()),
        sample("scalar", Array::scalar(2.5_f64), plain()),
        sample("empty", numbers("int32", &[0, 2]), plain()),
        sample("no-columns", numbers("int32", &[3, 0, 2]), plain()),
        sample(
            "one-dimension",
            numbers("uint8", &[100]),
            plain().with_chunk_shape(&[33]),
        ),
        sample(
            "no-checksum",
            numbers("uint16", &[6, 5]),
            cut().with_checksum(false),
        ),
        sample(
            "attributes",
            numbers("uint8", &[4]),
            plain()
                .with_attribute("rig", "two-photon 3")
                .with_attribute("gain", 1.5),
        ),
        sample("holes", sparse(&[12, 7]), plain().with_chunk_shape(&[2, 3])),
        sample("holes-in-file", alternating, plain().with_chunk_shape(&[1])),
        sample(
            "fill-nan",
            numbers("float64", &[7]),
            plain()
                .with_chunk_shape(&[2])
                .with_fill_value(Array::scalar(f64::NAN)),
        ),
        sample(
            "all-fill",
            Array::from_vec(vec![7_i16; 12], &[4, 3]).unwrap(),
            plain().with_fill_value(Array::scalar(7_i16)),
        ),
        sample("sharded", numbers("uint16", &[19, 7]), shards(default.clone())),
        sample(
            "sharded-zstd",
            numbers("float32", &[9, 6]),
            shards(Compressor::Zstd { level: 1 }),
        ),
        sample("sharded-holes", sparse(&[16, 12]), shards(default)),
        streamed,
        streamed_shards,
        sample("wider-datetime64", numbers("<M8[us]", &[5]), wider()),
        sample("wider-timedelta64", numbers("<m8[s]", &[5]), wider()),
        sample("wider-unicode", text("<U3", &["né", "", "abc"]), wider()),
        sample("wider-bytes", text("|S4", &["a", "abcd", ""]), wider()),
    ]);
    samples
}
