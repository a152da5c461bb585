//! What else has to be released with a release of each crate. It is computed from the ranges, and cargo is asked whether that is so: on
//! packages, with versions raised in copies of their manifests, and without a network.

mod market;
mod plan;

use std::collections::BTreeMap;

use semver::Version;

use crate::Outcome;
use crate::package::{self, Network};
use crate::published::Published;
use market::Market;

pub(crate) fn run() -> Outcome {
    let packages = package::make(Network::None, "rehearsal")?;
    let market = Market::new(&packages)?;
    let crates = &packages.crates;
    market
        .takes(&BTreeMap::new(), crates)?
        .map_err(|error| format!("the packages do not go together as they are:\n{error}"))?;

    println!("{:<18} a patch release needs   a breaking release needs", "");
    let mut wrong = Vec::new();
    for released in crates {
        let version = version(released)?;
        let refused = patch(&market, crates, released, &plan::patch(&version))?;
        let affected = plan::dependents(crates, &released.name);
        println!(
            "{:<18} {:<23} {}",
            released.name,
            if refused.is_empty() { "nothing" } else { "others" },
            listed(&affected)
        );
        wrong.extend(refused);
        wrong.extend(breaking(
            &market,
            crates,
            released,
            &plan::breaking(&version),
            &affected,
        )?);
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

/// A patch release is taken by the packages of all others as they are, and no range would be written anew for it. Gives what is not so.
fn patch(
    market: &Market,
    crates: &[Published],
    released: &Published,
    version: &Version,
) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let name = &released.name;
    let new = BTreeMap::from([(name.clone(), version.clone())]);
    if let Err(error) = market.takes(&new, crates)? {
        wrong.push(format!(
            "{name} {version}: the others do not take it as they are:\n{error}"
        ));
    }
    for (dependent, range) in plan::rewritten(crates, name, version) {
        wrong.push(format!(
            "{name} {version}: release-plz would raise the range {range} of {dependent}, and release that too"
        ));
    }
    Ok(wrong)
}

/// A breaking release is refused by the packages of exactly those that are said to be affected; and once they are released too, all
/// go together again. Gives what is not so.
fn breaking(
    market: &Market,
    crates: &[Published],
    released: &Published,
    version: &Version,
    affected: &[&Published],
) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let name = &released.name;
    let mut tell = |what: String| wrong.push(format!("{name} {version}: {what}"));
    let mut new = BTreeMap::from([(name.clone(), version.clone())]);
    for dependent in affected {
        match market.takes(&new, &[(*dependent).clone()])? {
            Err(error) if error.contains(name.as_str()) => {}
            Err(error) => tell(format!(
                "{} is refused for another reason:\n{error}",
                dependent.name
            )),
            Ok(()) => tell(format!(
                "{} takes it as it is, and needs no release",
                dependent.name
            )),
        }
    }
    let unaffected: Vec<Published> = crates
        .iter()
        .filter(|one| affected.iter().all(|other| other.name != one.name))
        .cloned()
        .collect();
    if let Err(error) = market.takes(&new, &unaffected)? {
        tell(format!(
            "one that should need no release does not take it:\n{error}"
        ));
    }
    for dependent in affected {
        new.insert(dependent.name.clone(), plan::breaking(&self::version(dependent)?));
    }
    if let Err(error) = market.takes(&new, crates)? {
        tell(format!(
            "with all releases that it needs, the packages do not go together:\n{error}"
        ));
    }
    Ok(wrong)
}

fn listed(affected: &[&Published]) -> String {
    let names: Vec<&str> = affected.iter().map(|published| published.name.as_str()).collect();
    match names.len() {
        0 => "nothing".into(),
        count => format!("{count}: {}", names.join(", ")),
    }
}

fn version(published: &Published) -> Result<Version, String> {
    published
        .version
        .parse()
        .map_err(|error| format!("{} {}: {error}", published.name, published.version))
}
