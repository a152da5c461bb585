//! What only `<zarr@>` can be told about how to store an array.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use dj_codecs::api::{Registry, TypeSpec};
use dj_codecs::zarr::{BloscCompressor, Compressor, Sharding, Shuffle, ZarrCodec, ZarrOptions};

use super::attribute;
use crate::failure::{Failure, Outcome};

/// How `<zarr@>` stores the array.
#[derive(Debug, Args)]
#[command(next_help_heading = "For <zarr@>")]
pub(crate) struct ZarrArgs {
    /// The length of a chunk along each dimension, such as 100,512,512
    #[arg(long, value_name = "SHAPE")]
    chunks: Option<String>,
    /// The shape of a shard, a multiple of the chunk's in every dimension; "none" for an object for every chunk
    #[arg(long, value_name = "SHAPE")]
    shard: Option<String>,
    /// zstd, gzip, none, blosc-zstd, blosc-lz4, blosc-lz4hc, blosc-zlib or blosc-blosclz, with a level as in zstd:5
    #[arg(long, value_name = "NAME[:LEVEL]")]
    compressor: Option<String>,
    /// What Blosc does to the bytes first
    #[arg(long, value_enum, requires = "compressor")]
    shuffle: Option<ShuffleName>,
    /// Leaves out the checksum of each chunk
    #[arg(long)]
    no_checksum: bool,
    /// An attribute of the array; a value that is no JSON is a text
    #[arg(long, value_name = "K=JSON")]
    attribute: Vec<String>,
    /// Allows dtypes that only some Zarr libraries read: times, texts, fixed-length bytes, structures
    #[arg(long)]
    wider: bool,
}

/// What Blosc does to the bytes first.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShuffleName {
    /// Nothing
    None,
    /// Groups the bytes of the elements
    Byte,
    /// Groups the bits of the elements
    Bit,
}

impl ZarrArgs {
    /// The registry with a codec that stores arrays so; as it is where nothing was asked for.
    pub(super) fn configure(&self, spec: &str, mut registry: Registry) -> Outcome<Registry> {
        if !self.asks() {
            return Ok(registry);
        }
        if spec
            .parse::<TypeSpec>()
            .map_err(|error| Failure::misuse(&error))?
            .name()
            != "zarr"
        {
            return Err(Failure::usage(format!(
                "--chunks, --shard, --compressor, --no-checksum, --attribute and --wider are for <zarr@>, not for {spec}"
            )));
        }
        registry.replace(Arc::new(ZarrCodec::new(self.options()?)))?;
        Ok(registry)
    }

    fn asks(&self) -> bool {
        self.chunks.is_some()
            || self.shard.is_some()
            || self.compressor.is_some()
            || self.no_checksum
            || !self.attribute.is_empty()
            || self.wider
    }

    fn options(&self) -> Outcome<ZarrOptions> {
        let mut options = ZarrOptions::default().with_portable(!self.wider);
        if let Some(text) = &self.chunks {
            options = options.with_chunk_shape(&shape("--chunks", text)?);
        }
        match self.shard.as_deref() {
            None => {}
            Some("none") => options = options.with_sharding(Sharding::Never),
            Some(text) => options = options.with_sharding(Sharding::Shape(shape("--shard", text)?)),
        }
        if let Some(text) = &self.compressor {
            options = options.with_compressor(compressor(text, self.shuffle)?);
        }
        if self.no_checksum {
            options = options.with_checksum(false);
        }
        for given in &self.attribute {
            let (name, value) = attribute::parse("--attribute", given)?;
            options = options.with_attribute(name, value);
        }
        Ok(options)
    }
}

fn shape(option: &str, text: &str) -> Outcome<Vec<u64>> {
    let lengths = text
        .split(',')
        .map(|part| part.trim().parse::<u64>().ok().filter(|&length| length > 0));
    lengths.collect::<Option<_>>().ok_or_else(|| {
        Failure::usage(format!(
            "{option} {text:?} is no shape; one looks like 100,512,512, each at least 1"
        ))
    })
}

fn compressor(text: &str, shuffle: Option<ShuffleName>) -> Outcome<Compressor> {
    let (name, level) = match text.split_once(':') {
        Some((name, level)) => {
            let number = level.parse::<i32>();
            (
                name,
                Some(
                    number
                        .map_err(|_| Failure::usage(format!("--compressor {text}: {level:?} is no level")))?,
                ),
            )
        }
        None => (text, None),
    };
    let small = |default: u8| match level.map(u8::try_from) {
        None => Ok(default),
        Some(Ok(level)) => Ok(level),
        Some(Err(_)) => Err(Failure::usage(format!(
            "--compressor {text}: the levels of {name} are 0 to 9"
        ))),
    };
    if shuffle.is_some() && !name.starts_with("blosc-") {
        return Err(Failure::usage(format!("--shuffle is for Blosc, not for {name}")));
    }
    let blosc = |codec| {
        let shuffle = match shuffle {
            Some(ShuffleName::None) => Shuffle::None,
            Some(ShuffleName::Byte) => Shuffle::Byte,
            Some(ShuffleName::Bit) | None => Shuffle::Bit,
        };
        small(5).map(|level| Compressor::Blosc {
            codec,
            level,
            shuffle,
        })
    };
    match name {
        "none" if level.is_none() => Ok(Compressor::None),
        "zstd" => Ok(Compressor::Zstd {
            level: level.unwrap_or(3),
        }),
        "gzip" => Ok(Compressor::Gzip { level: small(5)? }),
        "blosc-zstd" => blosc(BloscCompressor::Zstd),
        "blosc-lz4" => blosc(BloscCompressor::Lz4),
        "blosc-lz4hc" => blosc(BloscCompressor::Lz4Hc),
        "blosc-zlib" => blosc(BloscCompressor::Zlib),
        "blosc-blosclz" => blosc(BloscCompressor::BloscLz),
        _ => Err(Failure::usage(format!(
            "--compressor {text}: there are zstd, gzip, none, blosc-zstd, blosc-lz4, blosc-lz4hc, blosc-zlib and \
             blosc-blosclz, with a level as in zstd:5"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressors_have_names_and_levels() {
        let parsed = |text: &str| compressor(text, None).map_err(|failure| failure.to_string());
        assert_eq!(parsed("none"), Ok(Compressor::None));
        assert_eq!(parsed("zstd:-7"), Ok(Compressor::Zstd { level: -7 }));
        assert_eq!(parsed("gzip"), Ok(Compressor::Gzip { level: 5 }));
        let lz4 = Compressor::Blosc {
            codec: BloscCompressor::Lz4,
            level: 9,
            shuffle: Shuffle::Bit,
        };
        assert_eq!(parsed("blosc-lz4:9"), Ok(lz4));
        for wrong in [
            "",
            "lz4",
            "zstd:",
            "zstd:x",
            "none:1",
            "gzip:-1",
            "blosc-zstd:256",
            "blosc",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
        assert!(compressor("zstd", Some(ShuffleName::Bit)).is_err());
    }

    #[test]
    fn shapes_are_of_positive_numbers() {
        assert_eq!(shape("--chunks", "100, 5,7").unwrap(), [100, 5, 7]);
        for wrong in ["", "0", "1,", "-1", "1.5", "99999999999999999999"] {
            assert!(
                shape("--chunks", wrong)
                    .unwrap_err()
                    .to_string()
                    .contains("--chunks"),
                "{wrong}"
            );
        }
    }
}
