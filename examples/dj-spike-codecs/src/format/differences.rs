//! Format 1.0: `unit_ids`, the number of spikes of each in `counts`, and the differences of all in one array.

use dj_codec_api::{Error, Limits, Result, Value};

use super::{differences, member, samples};
use crate::SpikeTrain;
use crate::value::array;

pub(super) fn write(train: &SpikeTrain) -> Value {
    let units = train.units();
    let all = units.iter().flat_map(|unit| differences(unit.samples()));
    Value::dict([
        ("sampling_rate", train.sampling_rate().into()),
        ("unit_ids", array(units.iter().map(crate::Unit::id).collect())),
        (
            "counts",
            array(units.iter().map(|unit| unit.samples().len() as i64).collect()),
        ),
        ("differences", array(all.collect())),
    ])
}

pub(super) fn read(stored: &Value, limits: &Limits) -> Result<SpikeTrain> {
    let numbers = |key: &str| member(stored, key, |value| value.as_array()?.to_ints().ok());
    let rate = member(stored, "sampling_rate", Value::as_float)?;
    let (ids, counts, all) = (numbers("unit_ids")?, numbers("counts")?, numbers("differences")?);
    limits.check_items(ids.len() as u64)?;
    limits.array_size(&[all.len() as u64], 8)?;
    if ids.len() != counts.len() {
        return Err(Error::corrupt(format!(
            "there are {} units and {} counts",
            ids.len(),
            counts.len()
        )));
    }
    let mut train = SpikeTrain::new(rate)?;
    let mut rest = all.as_slice();
    for (id, count) in ids.into_iter().zip(counts) {
        let split = usize::try_from(count)
            .ok()
            .and_then(|count| rest.split_at_checked(count));
        let (of_unit, others) = split.ok_or_else(|| {
            Error::corrupt(format!(
                "unit {id} has {count} spikes, and there are {} left",
                rest.len()
            ))
        })?;
        train = train.with_unit(id, samples(of_unit.iter().copied()))?;
        rest = others;
    }
    if !rest.is_empty() {
        return Err(Error::corrupt(format!("{} spikes belong to no unit", rest.len())));
    }
    Ok(train)
}
