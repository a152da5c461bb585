//! `dj-codec new`: a codec crate of one's own, from the template that is in this program.

mod name;
mod place;
mod render;
mod template;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Outcome;
use crate::output::Output;

use name::Names;
use place::Place;
use template::Kind;

/// `new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The codec's name, such as spike_train, or that of its crate, dj-spike-train-codecs
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Values are objects in a store (<name@>), rather than bytes in the table (<name>)
    #[arg(long)]
    pub(crate) store: bool,
    /// The folder of the crate, instead of one with its name here
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
    /// Takes dj-codec-api and what belongs to it from a checkout of their repository, not from crates.io
    #[arg(long, value_name = "CHECKOUT")]
    pub(crate) patch: Option<PathBuf>,
}

pub(crate) fn run(args: &NewArgs, output: &mut Output) -> Outcome {
    let names = Names::parse(&args.name)?;
    let kind = if args.store { Kind::Store } else { Kind::Table };
    let checkout = args.patch.as_deref().map(place::checkout).transpose()?;
    let folder = args
        .path
        .clone()
        .unwrap_or_else(|| names.crate_name.clone().into());
    let place = Place::take(&folder)?;

    for (path, bytes) in template::files(&names, kind)? {
        place.write(&path, &bytes)?;
    }
    if let Some(checkout) = &checkout {
        place.write(".cargo/config.toml", patches(checkout, kind).as_bytes())?;
    }
    dj_codec_testkit::golden::seal(&place.folder().join("fixtures"))?;
    place.finish()?;
    output.text(&next_steps(&names, kind, &folder))?;
    match checkout {
        Some(checkout) => output.line(&format!(
            "dj-codec-api and what belongs to it are taken from {}; remove .cargo/config.toml once they are on crates.io",
            checkout.display()
        )),
        None => Ok(()),
    }
}

/// The crates of a checkout in place of those of crates.io.
fn patches(checkout: &Path, kind: Kind) -> String {
    let crates: &[&str] = match kind {
        Kind::Table => &["dj-codec-api", "dj-codec-testkit", "dj-hash-codecs"],
        Kind::Store => &["dj-codec-api", "dj-codec-testkit"],
    };
    let mut text =
        "# These crates are taken from a checkout. Remove this file to take them from crates.io.\n\
                    [patch.crates-io]\n"
            .to_owned();
    for name in crates {
        // A text of JSON is one of TOML.
        let path = serde_json::Value::from(checkout.join("crates").join(name).display().to_string());
        text.push_str(&format!("{name} = {{ path = {path} }}\n"));
    }
    text
}

fn next_steps(names: &Names, kind: Kind, folder: &Path) -> String {
    let declared = match kind {
        Kind::Table => format!("<{0}> and <{0}@>", names.codec),
        Kind::Store => format!("<{}@>", names.codec),
    };
    let (crate_name, folder) = (&names.crate_name, folder.display());
    format!(
        "made {crate_name}, the codec for {declared}, in {folder}\n\
         \n\
         cd {folder} && cargo test    (all of it passes as it is)\n\
         then put your values into src/value.rs and their bytes into src/format.rs; README.md says how to record them anew\n\
         after the first release a change of the bytes is a new format: NEW-FORMAT.md shows how one is added\n"
    )
}
