//! What may not be large is refused where it is.

use dj_codec_api::{ErrorKind, Limits};

use super::lab::{Got, Lab, Trouble};
use super::report::Tally;

/// Each limit alone at nothing, or next to nothing.
fn tight() -> Vec<(&'static str, Limits)> {
    let none = Limits::default;
    let mut tight = Vec::new();
    for least in [0_u64, 1, 9] {
        let short = usize::try_from(least).unwrap_or(0);
        tight.extend([
            ("depth", none().with_depth(short)),
            ("items", none().with_items(least)),
            ("array_bytes", none().with_array_bytes(least)),
            ("decompressed_bytes", none().with_decompressed_bytes(least)),
            ("chunk_bytes", none().with_chunk_bytes(least)),
            ("metadata_bytes", none().with_metadata_bytes(least)),
            ("dimensions", none().with_dimensions(short)),
        ]);
    }
    tight
}

pub(super) fn limits(lab: &Lab<'_>, tally: &mut Tally) {
    let mut tripped = false;
    for (sample, name) in lab.samples() {
        let store = lab.store_with(&sample.written.objects);
        for (limit, limits) in tight() {
            tally.attempt();
            let cx = lab.context(&store).with_limits(limits);
            match lab.judge(lab.decode(&sample.written.stored, &cx), &sample.expected) {
                Got::Same => {}
                Got::Trouble(Trouble::Error(error)) if matches!(error.kind(), ErrorKind::Limit { .. }) => {
                    tripped = true;
                }
                Got::Trouble(Trouble::Error(error)) => tally.fail(
                    name,
                    format!(
                        "a low limit of {limit} gave an error of the kind {:?}, not Limit: {error}",
                        error.kind()
                    ),
                ),
                Got::Trouble(trouble) => tally.fail(name, format!("a low limit of {limit} gave {trouble}")),
                Got::Other(difference) => tally.fail(
                    name,
                    format!("a low limit of {limit} gave another value: {difference}"),
                ),
            }
        }
    }
    if tally.tried == 0 {
        tally.skip("there is no sample");
        return;
    }
    tally.expect(tripped, "", || {
        "no limit was ever tripped, however low: the codec seems to look at none".into()
    });
}
