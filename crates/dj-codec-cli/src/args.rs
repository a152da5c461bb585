//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use dj_codecs::api::FormatVersion;

use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Reads and writes the values of a DataJoint database: arrays, files and blobs, in the table or in a store.
#[derive(Debug, Parser)]
#[command(name = "dj-codec", version, propagate_version = true, max_term_width = 110)]
#[command(
    after_help = "Stores come from --config FILE, else from the datajoint.json (or DJ_STORES) that DataJoint would \
find here, else there is one store, the folder ./dj-store. --store-root DIR is one folder in place of all that.\n\n\
Exit status: 0 done, 1 something did not decode or was found wanting, 2 wrong use, 3 (of convert) a column is to be added first."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where stores come from.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// DataJoint's configuration file, instead of the datajoint.json that DataJoint would find
    #[arg(long, value_name = "FILE", global = true, help_heading = "Stores")]
    pub(crate) config: Option<PathBuf>,
    /// One folder as the only store, named "main", which is also the default store; made where it is not there
    #[arg(long, value_name = "DIR", global = true, help_heading = "Stores")]
    pub(crate) store_root: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the codecs of this build
    List(ListArgs),
    /// Checks that codecs are in this build
    Require(RequireArgs),
    /// Encodes one value and prints what the column would hold
    Encode(Box<EncodeArgs>),
    /// Decodes one stored value
    Decode(DecodeArgs),
    /// Says what a stored value is, without decoding its data
    Inspect(InspectArgs),
    /// Shows an array as a picture: a frame, or a projection of all frames
    Preview(Box<crate::commands::preview::PreviewArgs>),
    /// Decodes golden fixtures with this build
    VerifyFixtures(VerifyFixturesArgs),
    /// Says what the codec columns of a database hold, and what is wanting
    #[cfg(feature = "db")]
    Audit(Box<crate::commands::audit::AuditArgs>),
    /// Checks whether every stored value of a database is as it was written
    #[cfg(feature = "db")]
    Verify(Box<crate::commands::verify::VerifyArgs>),
    /// Makes values of new formats of those of old ones, while people work
    #[cfg(feature = "db")]
    Migrate(Box<crate::commands::migrate::MigrateArgs>),
    /// Makes values of another codec of those of a column, in a new column
    #[cfg(feature = "db")]
    Convert(Box<crate::commands::convert::ConvertArgs>),
    /// Checks each configured store: listing, writing, reading, deleting
    Doctor(DoctorArgs),
    /// Makes a codec crate of your own: codec, versions, fixtures, tests, README
    New(crate::commands::new::NewArgs),
    /// Shows each codec at work in a folder
    Demo,
}

/// `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `require`.
#[derive(Debug, Args)]
pub(crate) struct RequireArgs {
    /// The names of codecs, such as zarr
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
}

/// `encode`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("value").required(true).args(["npy", "json", "file"]))]
pub(crate) struct EncodeArgs {
    /// The type of the column, such as '<zarr@>' or '<npy@main>'
    #[arg(value_name = "SPEC")]
    pub(crate) spec: String,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The data format to write, for readers that know no newer one
    #[arg(long, value_name = "V", value_parser = format_version)]
    pub(crate) format_version: Option<FormatVersion>,
    /// Takes the array of a .npy file ("-": standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) npy: Option<PathBuf>,
    /// Takes a value in the JSON notation ("-": standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Takes a file or a folder as it is; for <filepath@> its path in the store
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    #[cfg(feature = "zarr")]
    #[command(flatten)]
    pub(crate) zarr: crate::commands::encode::ZarrArgs,
    #[cfg(feature = "photon")]
    #[command(flatten)]
    pub(crate) photon: crate::commands::encode::PhotonArgs,
}

/// Which value of which table.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// The schema of the table
    #[arg(long, value_name = "S", help_heading = "Which value")]
    pub(crate) schema: Option<String>,
    /// The table, by its name in the database
    #[arg(long, value_name = "T", help_heading = "Which value")]
    pub(crate) table: Option<String>,
    /// The field that holds the value
    #[arg(long, value_name = "F", help_heading = "Which value")]
    pub(crate) field: Option<String>,
    /// A field of the primary key, in its order: an int where V is one, else a float, else a string
    #[arg(long, value_name = "K=V", help_heading = "Which value")]
    pub(crate) key: Vec<String>,
    /// What a field of the primary key is instead: str, int, float, decimal, bool, uuid, date, time or datetime
    #[arg(long, value_name = "K=TYPE", help_heading = "Which value")]
    pub(crate) key_type: Vec<String>,
}

/// What the column holds.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct StoredArgs {
    /// The JSON that the column holds ("-": standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The bytes that the column holds ("-": standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) bytes: Option<PathBuf>,
}

/// `decode`.
#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// The type of the column, such as '<zarr@>' or '<npy@main>'
    #[arg(value_name = "SPEC")]
    pub(crate) spec: String,
    #[command(flatten)]
    pub(crate) stored: StoredArgs,
    /// Prints the value in the JSON notation
    #[arg(long, conflicts_with = "out")]
    pub(crate) json: bool,
    /// Writes the value to a file: an array as .npy, bytes and files as they are, a folder as a new folder ("-": standard
    /// output; with a / at the end: into that folder, under its own name)
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrites the file of --out
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// How a movie of <photon@> is given: stabilized (the default) or counts
    #[arg(long, value_name = "V")]
    pub(crate) view: Option<String>,
    /// How long the dimensions of an old blob are
    #[arg(long, value_name = "BITS", value_enum)]
    pub(crate) blob_dims: Option<BlobDims>,
}

/// How long the dimensions of a blob are.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BlobDims {
    /// As the blob's contents suggest
    Auto,
    /// 32 bits
    #[value(name = "32")]
    Bits32,
    /// 64 bits
    #[value(name = "64")]
    Bits64,
}

/// `inspect`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["path", "record"]))]
pub(crate) struct InspectArgs {
    /// A .npy file, a Zarr folder or a stored file or folder of this machine, or the path of any object in the default store
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// The JSON that the column holds ("-": standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The type of the column, where the record does not tell
    #[arg(long, value_name = "SPEC")]
    pub(crate) spec: Option<String>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `verify-fixtures`.
#[derive(Debug, Args)]
pub(crate) struct VerifyFixturesArgs {
    /// The folder below which the fixtures are
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads a format version.
pub(crate) fn format_version(text: &str) -> Result<FormatVersion, String> {
    text.parse()
        .map_err(|error: dj_codecs::api::Error| error.to_string())
}

/// Reads the arguments; `None` where all that was asked for is help, which is printed then.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    output: &mut Output,
) -> Outcome<Option<Cli>> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return Err(Failure::Arguments(error.render().to_string())),
        Err(error) => return output.text(&error.render().to_string()).map(|()| None),
    };
    // clap does not see a conflict between an option before the command and one after it.
    if cli.stores.config.is_some() && cli.stores.store_root.is_some() {
        return Err(Failure::usage(
            "--config and --store-root exclude each other: both say what the stores are",
        ));
    }
    Ok(Some(cli))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
