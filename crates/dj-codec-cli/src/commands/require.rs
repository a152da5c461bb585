//! `dj-codec require`: whether codecs are in this build.

use dj_codecs::api::Registry;

use crate::args::RequireArgs;
use crate::failure::Outcome;

pub(crate) fn run(args: &RequireArgs, registry: &Registry) -> Outcome {
    // A name may come as in a type spec, and twice.
    let mut names: Vec<&str> = Vec::new();
    for name in &args.names {
        let name = name
            .trim_start_matches('<')
            .trim_end_matches('>')
            .trim_end_matches('@');
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(registry.require(&names)?)
}
