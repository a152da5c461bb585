//! The program `dj-codec` with a lab's own codecs: all of its commands know `<spike_train>` and `<parquet@>`.

use std::process::ExitCode;
use std::sync::Arc;

use dj_codecs::api::{Registry, Result};

fn registry() -> Result<Registry> {
    let mut registry = dj_codecs::default_registry();
    registry.register(Arc::new(dj_parquet_codecs::ParquetCodec))?;
    registry.register(Arc::new(dj_spike_codecs::SpikeTrainCodec))?;
    Ok(registry)
}

fn main() -> ExitCode {
    match registry() {
        Ok(registry) => dj_codec_cli::run(&registry, std::env::args_os()),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
