//! The arguments of `dj-codec preview`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use crate::args::BlobDims;

/// `preview`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("input").args(["record", "bytes"]))]
#[command(group = ArgGroup::new("scale").args(["contrast", "range", "no_stretch"]))]
pub(crate) struct PreviewArgs {
    /// A .npy file, a Zarr folder, or the path of either in the default store; with --record or --bytes the type of the
    /// column, such as '<zarr@>'
    #[arg(value_name = "PATH|SPEC", required_unless_present = "input")]
    pub(crate) what: Option<String>,
    /// The JSON that the column holds ("-": standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The bytes that the column holds ("-": standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) bytes: Option<PathBuf>,
    /// Which array of a blob that holds several: keys, field names and indices, such as trials/0/image
    #[arg(long, value_name = "KEY/KEY")]
    pub(crate) at: Option<String>,
    /// How a movie of <photon@> is shown: stabilized (the default) or counts
    #[arg(long, value_name = "V")]
    pub(crate) view: Option<String>,
    /// How long the dimensions of an old blob are
    #[arg(long, value_name = "BITS", value_enum)]
    pub(crate) blob_dims: Option<BlobDims>,

    /// The index of the frame, from 0, or from the end where negative; one index for each axis before the picture's, as in
    /// 5,0. The middle one where none is given
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "What is shown"
    )]
    pub(crate) frame: Option<String>,
    /// The mean of all frames; what is not a number does not count
    #[arg(long, conflicts_with = "max", help_heading = "What is shown")]
    pub(crate) mean: bool,
    /// The greatest value of all frames
    #[arg(long, help_heading = "What is shown")]
    pub(crate) max: bool,
    /// The axis along which the frames lie, from 0, or from the end where negative [default: 0]
    #[arg(
        long,
        value_name = "AXIS",
        allow_hyphen_values = true,
        help_heading = "What is shown"
    )]
    pub(crate) axis: Option<i64>,
    /// The last axis is red, green, blue, and transparency where it has a length of 4
    #[arg(long, help_heading = "What is shown")]
    pub(crate) rgb: bool,

    /// The percentiles that become black and white [default: 0.5,99.5]
    #[arg(long, value_name = "LOW,HIGH", help_heading = "Contrast")]
    pub(crate) contrast: Option<String>,
    /// The values that become black and white
    #[arg(
        long,
        value_name = "LOW,HIGH",
        allow_hyphen_values = true,
        help_heading = "Contrast"
    )]
    pub(crate) range: Option<String>,
    /// The whole range of the dtype becomes black to white; for floats 0 to 1
    #[arg(long, help_heading = "Contrast")]
    pub(crate) no_stretch: bool,

    /// Writes a PNG file, of all pixels ("-": standard output); without it the picture goes to the terminal
    #[arg(long, value_name = "FILE", help_heading = "Where it goes")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrites the file of --out
    #[arg(long, requires = "out", help_heading = "Where it goes")]
    pub(crate) force: bool,
    /// The bits of a sample of the PNG file, 8 or 16
    #[arg(
        long,
        value_name = "BITS",
        value_enum,
        requires = "out",
        help_heading = "Where it goes"
    )]
    pub(crate) bits: Option<Bits>,
    /// What the terminal understands, where that is not found out rightly
    #[arg(
        long,
        value_name = "KIND",
        value_enum,
        conflicts_with = "out",
        help_heading = "Where it goes"
    )]
    pub(crate) terminal: Option<Protocol>,
    /// How many columns of the terminal the picture may take
    #[arg(long, value_name = "COLUMNS", conflicts_with = "out", value_parser = clap::value_parser!(u16).range(1..),
          help_heading = "Where it goes")]
    pub(crate) width: Option<u16>,
    /// How many pixels the picture may have; each takes up to 26 bytes of memory
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1 << 25,
        help_heading = "Where it goes"
    )]
    pub(crate) max_pixels: u64,
}

/// The bits of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bits {
    /// 0 to 255
    #[value(name = "8")]
    Eight,
    /// 0 to 65535
    #[value(name = "16")]
    Sixteen,
}

/// How a terminal is sent a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// The graphics protocol of kitty, Ghostty and Konsole
    Kitty,
    /// The inline images of iTerm2, WezTerm and mintty
    Iterm,
    /// Sixel graphics, as in foot and mlterm
    Sixel,
    /// Coloured half blocks, in any terminal with 24-bit colours
    Blocks,
}
