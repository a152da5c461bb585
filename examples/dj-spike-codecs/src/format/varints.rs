//! Format 2.0: `data` has for each unit its number, how many spikes it has, and the differences. All of these are varints: seven
//! bits a byte, lowest first, the eighth says that there is more. Where a number may be negative it is zigzagged first.

use dj_codec_api::{Bytes, Error, FormatVersion, Limits, Result, Value};

use super::{differences, member, samples};
use crate::SpikeTrain;

pub(super) fn write(train: &SpikeTrain, version: FormatVersion) -> Value {
    let mut data = Vec::new();
    for unit in train.units() {
        put(&mut data, zigzag(unit.id()));
        put(&mut data, unit.samples().len() as u64);
        for difference in differences(unit.samples()) {
            put(&mut data, zigzag(difference));
        }
    }
    Value::dict([
        ("codec_version", version.to_string().into()),
        ("sampling_rate", train.sampling_rate().into()),
        ("units", (train.units().len() as u64).into()),
        ("data", Value::Bytes(data.into())),
    ])
}

pub(super) fn read(stored: &Value, limits: &Limits) -> Result<SpikeTrain> {
    let rate = member(stored, "sampling_rate", Value::as_float)?;
    let units = member(stored, "units", Value::as_int)?;
    let mut data = Varints(member(stored, "data", Value::as_bytes)?.clone());
    let mut train = SpikeTrain::new(rate)?;
    let mut spikes = 0;
    for before in 0..units {
        let id = unzigzag(data.next()?);
        // Each spike takes a byte at least, so that no count asks for more than eight times what is there.
        let count = usize::try_from(data.next()?)
            .ok()
            .filter(|&count| count <= data.0.len());
        let count =
            count.ok_or_else(|| Error::corrupt(format!("unit {id} has more spikes than there are bytes")))?;
        spikes += count;
        limits.check_items(before.cast_unsigned() + 1)?;
        limits.array_size(&[spikes as u64], 8)?;
        let of_unit = (0..count)
            .map(|_| data.next().map(unzigzag))
            .collect::<Result<Vec<_>>>()?;
        train = train.with_unit(id, samples(of_unit.into_iter()))?;
    }
    if !data.0.is_empty() {
        return Err(Error::corrupt(format!(
            "{} bytes follow the last of {units} units",
            data.0.len()
        )));
    }
    Ok(train)
}

/// Small numbers of either sign become small numbers.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn put(data: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        data.push(number as u8 | 0x80);
        number >>= 7;
    }
    data.push(number as u8);
}

/// Bytes that varints are taken from.
struct Varints(Bytes);

impl Varints {
    fn next(&mut self) -> Result<u64> {
        let mut number = 0_u64;
        for (at, &byte) in self.0.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7f);
            if at == 9 && bits > 1 {
                break;
            }
            number |= bits << (7 * at);
            if byte & 0x80 == 0 {
                self.0 = self.0.slice(at + 1..);
                return Ok(number);
            }
        }
        Err(Error::corrupt("a number ends nowhere, or has more than 64 bits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_as_few_bytes_as_they_can() {
        for (number, bytes) in [
            (0, &[0][..]),
            (-1, &[1]),
            (1, &[2]),
            (63, &[126]),
            (64, &[0x80, 1]),
            (
                i64::MIN,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ),
        ] {
            let mut data = Vec::new();
            put(&mut data, zigzag(number));
            assert_eq!(data, bytes, "{number}");
            assert_eq!(unzigzag(Varints(data.into()).next().unwrap()), number);
        }
    }

    #[test]
    fn numbers_without_end_are_refused() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0xff; 9],
            &[0xff; 11],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
        ] {
            assert!(
                Varints(Bytes::copy_from_slice(bytes)).next().is_err(),
                "{bytes:?}"
            );
        }
    }
}
