//! The program `dj-codec`, as a test of this package can have it built.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    dj_codec_cli::main()
}
