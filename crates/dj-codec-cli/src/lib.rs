#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod args;
mod commands;
mod failure;
mod inspection;
mod key;
mod located;
mod output;
mod progress;
mod region;
mod session;
mod source;
mod summary;
mod target;
mod view;

use std::ffi::OsString;
use std::process::ExitCode;

use dj_codecs::api::Registry;
use failure::{Failure, Outcome};
use output::Output;

/// Runs the program with the codecs of this build, the arguments and the environment of this process.
///
/// The exit status is 0 where all was done, 1 where something did not decode or was found wanting, 2 for wrong use, 3 where `convert`
/// has printed the SQL of a column that is not there yet.
#[must_use]
pub fn main() -> ExitCode {
    run(&dj_codecs::default_registry(), std::env::args_os())
}

/// Runs the program with these codecs and arguments, of which the first is the program's name: a `dj-codec` that knows a codec
/// more is a program of a few lines.
///
/// ```no_run
/// # #[derive(Debug)]
/// # struct SpikeTrainCodec;
/// # use dj_codecs::api::{Codec, CodecInfo, Context, Mode, Result, TypeSpec, Value};
/// # impl Codec for SpikeTrainCodec {
/// #     fn name(&self) -> &str { "spike_train" }
/// #     fn info(&self) -> CodecInfo { CodecInfo::new("spike_train", "dj-spike-train-codecs", "0.1.0") }
/// #     fn dtype(&self, _: Mode) -> Result<TypeSpec> { "<blob>".parse() }
/// #     fn encode(&self, value: Value, _: &Context) -> Result<Value> { Ok(value) }
/// #     fn decode(&self, stored: Value, _: &Context) -> Result<Value> { Ok(stored) }
/// # }
/// use std::process::ExitCode;
/// use std::sync::Arc;
///
/// fn main() -> ExitCode {
///     let mut registry = dj_codecs::default_registry();
///     if let Err(error) = registry.register(Arc::new(SpikeTrainCodec)) {
///         eprintln!("{error}");
///         return ExitCode::FAILURE;
///     }
///     dj_codec_cli::run(&registry, std::env::args_os())
/// }
/// ```
///
/// `demo` shows the codecs that it has samples of. The exit status is that of [`main`]; nothing else in this crate is public: the
/// command line is its interface.
#[must_use]
pub fn run(registry: &Registry, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut output = Output::of_process();
    let outcome = carry_out(registry, arguments, &mut output).and_then(|()| output.finish());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Err(failure) => {
            output.complain(&failure);
            ExitCode::from(failure.status())
        }
    }
}

fn carry_out(
    registry: &Registry,
    arguments: impl IntoIterator<Item = OsString>,
    output: &mut Output,
) -> Outcome {
    let Some(cli) = args::parse(arguments, output)? else {
        return Ok(());
    };
    commands::run(&cli, registry, output)
}
