//! What is stored: the spikes of the units of one recording.

use std::collections::HashMap;

use dj_codec_api::{Error, Result};

/// The spikes of one unit, as indices of samples in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    id: i64,
    samples: Vec<i64>,
}

impl Unit {
    /// The number that the sorter gave the unit.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The sample of each spike, counted from the beginning of the recording or from a trigger, so that it may be negative.
    #[must_use]
    pub fn samples(&self) -> &[i64] {
        &self.samples
    }
}

/// The spikes of the sorted units of one recording, each at a sample, and how many samples there are in a second.
///
/// ```
/// use dj_spike_codecs::SpikeTrain;
///
/// let train = SpikeTrain::new(30_000.0)?.with_unit(7, vec![-30, 0, 15_000])?.with_unit(9, vec![])?;
/// assert_eq!(train.seconds_of(7).unwrap(), [-0.001, 0.0, 0.5]);
/// assert_eq!(train.spikes(), 3);
/// // Spikes out of order are a mistake somewhere before this, and are not sorted silently.
/// assert!(train.with_unit(11, vec![5, 4]).is_err());
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTrain {
    sampling_rate: f64,
    units: Vec<Unit>,
    // Where in `units` each number is.
    places: HashMap<i64, usize>,
}

impl SpikeTrain {
    /// No units yet, at this many samples a second.
    ///
    /// # Errors
    /// Where that is no positive number.
    pub fn new(sampling_rate: f64) -> Result<Self> {
        if !sampling_rate.is_finite() || sampling_rate <= 0.0 {
            return Err(Error::invalid_value(format!(
                "a sampling rate of {sampling_rate} Hz makes no times of samples"
            )));
        }
        Ok(Self {
            sampling_rate,
            units: Vec::new(),
            places: HashMap::new(),
        })
    }

    /// Adds a unit with the samples of its spikes.
    ///
    /// # Errors
    /// Where there is a unit of that number already, or a spike comes before the one before it.
    pub fn with_unit(mut self, id: i64, samples: Vec<i64>) -> Result<Self> {
        if self.samples_of(id).is_some() {
            return Err(Error::invalid_value(format!("there are two units {id}")));
        }
        let late = samples.windows(2).position(|pair| pair.first() > pair.last());
        if let Some(at) = late {
            return Err(Error::invalid_value(format!(
                "spike {} of unit {id} comes before the one before it",
                at + 1
            ))
            .advise("sort the spikes of each unit by time"));
        }
        self.places.insert(id, self.units.len());
        self.units.push(Unit { id, samples });
        Ok(self)
    }

    /// Samples a second.
    #[must_use]
    pub fn sampling_rate(&self) -> f64 {
        self.sampling_rate
    }

    /// The units in the order in which they were added.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The samples of a unit's spikes.
    #[must_use]
    pub fn samples_of(&self, id: i64) -> Option<&[i64]> {
        let unit = self.units.get(*self.places.get(&id)?)?;
        Some(&unit.samples)
    }

    /// The times of a unit's spikes in seconds.
    #[must_use]
    pub fn seconds_of(&self, id: i64) -> Option<Vec<f64>> {
        let seconds = |&sample: &i64| sample as f64 / self.sampling_rate;
        Some(self.samples_of(id)?.iter().map(seconds).collect())
    }

    /// How many spikes there are in all.
    #[must_use]
    pub fn spikes(&self) -> usize {
        self.units.iter().map(|unit| unit.samples.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_spike_train_is_refused_in_words() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(
                SpikeTrain::new(rate).unwrap_err().to_string().contains("Hz"),
                "{rate}"
            );
        }
        let train = SpikeTrain::new(1.0).unwrap().with_unit(3, vec![1, 1, 2]).unwrap();
        let error = train.clone().with_unit(4, vec![1, 5, 2, 1]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "spike 2 of unit 4 comes before the one before it; sort the spikes of each unit by time"
        );
        let error = train.with_unit(3, vec![]).unwrap_err();
        assert_eq!(error.to_string(), "there are two units 3");
    }
}
