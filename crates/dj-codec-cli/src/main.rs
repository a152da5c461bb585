//! The program `dj-codec`. All of it is in the library, so that its documentation is built and its parts are tested.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    dj_codec_cli::main()
}
