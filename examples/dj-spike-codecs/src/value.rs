//! The untyped face: a dict of the sampling rate and of the samples of each unit, as Python has it.

use dj_codec_api::{Array, Error, Result, Value};

use crate::SpikeTrain;

impl From<SpikeTrain> for Value {
    /// `{"sampling_rate": 30000.0, "units": {7: array([...])}}`.
    fn from(train: SpikeTrain) -> Self {
        let unit = |unit: &crate::Unit| (Value::from(unit.id()), array(unit.samples().to_vec()));
        Value::dict([
            ("sampling_rate", train.sampling_rate().into()),
            ("units", Value::Dict(train.units().iter().map(unit).collect())),
        ])
    }
}

impl TryFrom<&Value> for SpikeTrain {
    type Error = Error;

    /// Takes what [`Value::from`] gives. A unit's samples may be an array of whole numbers of any type, or a list.
    fn try_from(value: &Value) -> Result<Self> {
        let missing = |key: &str| {
            Error::invalid_value(format!(
                "a spike train is a dict with the key {key:?}, this is {}",
                value.type_name()
            ))
            .advise("give {\"sampling_rate\": HERTZ, \"units\": {UNIT: SAMPLES}}")
        };
        let rate = value
            .get("sampling_rate")
            .ok_or_else(|| missing("sampling_rate"))?;
        let rate = rate
            .as_float()
            .or_else(|| rate.as_int().map(|hertz| hertz as f64))
            .ok_or_else(|| not("the sampling rate", "a number", rate))?;
        let units = value.get("units").ok_or_else(|| missing("units"))?;
        let units = units.as_dict().ok_or_else(|| not("\"units\"", "a dict", units))?;
        let mut train = Self::new(rate)?;
        for (id, samples) in units {
            let id = id.as_int().ok_or_else(|| not("a unit", "a whole number", id))?;
            train = train.with_unit(id, samples_of(id, samples)?)?;
        }
        Ok(train)
    }
}

fn samples_of(id: i64, samples: &Value) -> Result<Vec<i64>> {
    let wrong = |found: &Value| not(&format!("what unit {id} has"), "an array of samples", found);
    match samples {
        Value::Array(array) if array.ndim() == 1 => array
            .to_ints()
            .map_err(|error| Error::invalid_value(format!("the samples of unit {id}: {}", error.message()))),
        Value::List(items) => {
            let sample = |item: &Value| {
                item.as_int()
                    .ok_or_else(|| not(&format!("a sample of unit {id}"), "a whole number", item))
            };
            items.iter().map(sample).collect()
        }
        other => Err(wrong(other)),
    }
}

fn not(what: &str, wanted: &str, found: &Value) -> Error {
    Error::invalid_value(format!("{what} should be {wanted}, it is {}", found.type_name()))
}

/// Numbers as an array of one dimension.
pub(crate) fn array(numbers: Vec<i64>) -> Value {
    let length = numbers.len();
    match Array::from_vec(numbers, &[length]) {
        Ok(array) => array.into(),
        // Not to be: a vector has its own length.
        Err(_) => Value::List(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dict(rate: Value, units: Vec<(Value, Value)>) -> Value {
        Value::dict([("sampling_rate", rate), ("units", Value::Dict(units))])
    }

    #[test]
    fn what_python_has_is_a_spike_train() {
        let wanted = SpikeTrain::new(100.0).unwrap().with_unit(1, vec![2, 3]).unwrap();
        for samples in [
            Value::from(Array::from_vec(vec![2_u8, 3], &[2]).unwrap()),
            Array::from_vec(vec![2_i32, 3], &[2]).unwrap().into(),
            Value::List(vec![2.into(), 3.into()]),
        ] {
            for rate in [Value::from(100), 100.0.into(), Array::scalar(100.0_f64).into()] {
                let value = dict(rate, vec![(1.into(), samples.clone())]);
                assert_eq!(SpikeTrain::try_from(&value).unwrap(), wanted);
            }
        }
        assert_eq!(
            SpikeTrain::try_from(&Value::from(wanted.clone())).unwrap(),
            wanted
        );
    }

    #[test]
    fn what_is_none_is_said_where() {
        let square = Value::from(Array::from_vec(vec![1_i64; 4], &[2, 2]).unwrap());
        let floats = Value::from(Array::from_vec(vec![0.5_f64], &[1]).unwrap());
        for (value, words) in [
            (
                Value::List(vec![]),
                "a dict with the key \"sampling_rate\", this is a list",
            ),
            (Value::dict([("sampling_rate", 1.into())]), "\"units\""),
            (
                dict("fast".into(), vec![]),
                "the sampling rate should be a number, it is a str",
            ),
            (dict(0.into(), vec![]), "0 Hz"),
            (
                dict(1.into(), vec![("a".into(), Value::List(vec![]))]),
                "a unit should be a whole number",
            ),
            (dict(1.into(), vec![(5.into(), square)]), "unit 5"),
            (
                dict(1.into(), vec![(5.into(), floats)]),
                "the samples of unit 5: whole numbers were expected",
            ),
            (
                dict(1.into(), vec![(5.into(), Value::List(vec![0.5.into()]))]),
                "a sample of unit 5",
            ),
        ] {
            let error = SpikeTrain::try_from(&value).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
