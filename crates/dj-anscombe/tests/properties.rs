//! What holds for all parameters and samples.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_anscombe::{Anscombe, DType, Decoder, Error, Integer, Params, Sample, Table, WriterMachine};
use proptest::prelude::*;

/// Gains over many decades.
fn gains() -> impl Strategy<Value = f64> {
    (-2.0..6.0_f64).prop_map(|power| 10.0_f64.powf(power))
}

fn zero_levels() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        (0..40_000_i32).prop_map(f64::from),
        (-3000..3000_i32).prop_map(f64::from),
        -100.0..1000.0_f64,
    ]
}

fn encoded_types() -> impl Strategy<Value = DType> {
    prop::sample::select(vec![
        DType::U8,
        DType::I8,
        DType::U16,
        DType::I16,
        DType::U32,
        DType::I32,
        DType::U64,
        DType::I64,
        DType::F32,
        DType::F64,
    ])
}

/// Every sample that the table has a code for, through it and back, and the bound.
fn within_the_bound<T: Integer + Default, C: Sample + Default>(table: &Table) -> Result<(), TestCaseError> {
    let samples: Vec<T> = (0..=i128::from(table.high()))
        .map(|sample| T::narrow(sample).unwrap())
        .collect();
    let mut codes = vec![C::default(); samples.len()];
    table.encode(&samples, &mut codes).unwrap();
    let mut decoded = vec![T::default(); samples.len()];
    table.decode(&codes, &mut decoded).unwrap();
    let (mut worst, mut worst_in_noise) = (0.0_f64, 0.0_f64);
    for (sample, found) in samples.iter().zip(&decoded) {
        let error = (sample.to_f64() - found.to_f64()).abs();
        worst = worst.max(error);
        worst_in_noise = worst_in_noise.max(error / table.params().noise(sample.to_f64()));
    }
    prop_assert_eq!(worst, table.bound().absolute);
    prop_assert_eq!(worst_in_noise, table.bound().in_noise);
    // Half a step, and what is lost by whole numbers: a half where the middle is cut, less than one with both.
    let noise = table.params().noise(f64::from(table.high()));
    let half = 0.5 * table.params().beta * noise;
    prop_assert!(worst <= 1.0 + 1.05 * half, "{} of {}", worst, half);
    prop_assert!(codes.is_sorted());
    // What is decoded is encoded alike: to store it again loses nothing more.
    let mut again = vec![C::default(); samples.len()];
    table.encode(&decoded, &mut again).unwrap();
    prop_assert!(again == codes);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Where a table can be made, every sample comes back within its bound; where it cannot, the reason is said.
    #[test]
    fn tables_hold_their_bound(gain in gains(), zero in zero_levels(), decoded in 0..6_usize) {
        let decoded = [DType::U8, DType::I8, DType::U16, DType::I16, DType::U32, DType::I32][decoded];
        match Table::choose(gain, zero, decoded) {
            Ok(table) => {
                let most = decoded.range().1.min(32767);
                prop_assert!(i128::from(table.high()) <= most);
                prop_assert!(table.decoder().is_plain() || decoded.size() == 1);
                macro_rules! of {
                    ($type:ty) => {
                        match table.params().encoded {
                            DType::U8 => within_the_bound::<$type, u8>(&table)?,
                            DType::U16 => within_the_bound::<$type, u16>(&table)?,
                            other => return Err(TestCaseError::fail(format!("{other}"))),
                        }
                    };
                }
                match decoded {
                    DType::U8 => of!(u8),
                    DType::I8 => of!(i8),
                    DType::U16 => of!(u16),
                    DType::I16 => of!(i16),
                    DType::U32 => of!(u32),
                    _ => of!(i32),
                }
            }
            Err(Error::Table { why }) => {
                let short = decoded.size() == 1 && (why.contains("choose a wider decoded type") || why.contains("zarr-python cannot"));
                prop_assert!(short || gain < 3.3 || zero < 0.0, "gain {}, zero level {}: {}", gain, zero, why);
                let says = short || why.contains("zero_level 0") || why.contains("conversion_gain of");
                prop_assert!(says, "{}", why);
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
    }

    /// Whatever the package's tables do to codes, what is decoded is the middle of the samples with that code, or refused.
    #[test]
    fn nothing_is_decoded_wrongly(
        gain in gains(),
        zero in zero_levels(),
        encoded in encoded_types(),
        input_max in 1..5000_u32,
    ) {
        let mut params = Params::new(gain, zero);
        (params.encoded, params.decoded, params.input_max) = (encoded, DType::F64, input_max);
        let Ok(decoder) = Decoder::with_writer(params, WriterMachine::X86_64) else {
            return Err(TestCaseError::fail("parameters are good"));
        };
        let slope = 1.0 / 0.5 / 0.375_f64.sqrt();
        let levels: Vec<f64> = (0..=input_max)
            .map(|sample| {
                let x = (f64::from(sample) - zero) / gain;
                let curve = if x < 0.0 { x * slope } else { 4.0 * ((x + 0.375).sqrt() - 0.375_f64.sqrt()) };
                (zero * slope / gain + curve).round_ties_even()
            })
            .collect();
        // As NumPy casts on x86-64.
        let stored: Vec<i64> = levels
            .iter()
            .map(|level| match encoded {
                DType::U8 => i64::from(*level as i64 as u8),
                DType::I8 => i64::from(*level as i64 as i8),
                DType::U16 => i64::from(*level as i64 as u16),
                DType::I16 => i64::from(*level as i64 as i16),
                DType::U32 => i64::from(*level as i64 as u32),
                DType::I32 => i64::from(*level as i64 as i32),
                DType::F32 => *level as f32 as i64,
                _ => *level as i64,
            })
            .collect();
        let mut meant = std::collections::HashMap::<i64, (f64, f64, bool)>::new();
        for (sample, (code, level)) in stored.iter().zip(&levels).enumerate() {
            let entry = meant.entry(*code).or_insert((sample as f64, sample as f64, true));
            entry.1 = sample as f64;
            entry.2 &= levels[entry.0 as usize] == *level;
        }
        for (code, (first, last, one)) in &meant {
            if matches!(encoded, DType::U64) && *code < 0 {
                continue;
            }
            let expected = one.then_some((first + last) / 2.0);
            prop_assert_eq!(decoder.middle(*code), expected, "code {}", code);
        }
        // What is not known of the writer never makes more of a code.
        let any = Decoder::new(params).unwrap();
        for code in meant.keys() {
            prop_assert!(any.middle(*code).is_none() || any.middle(*code) == decoder.middle(*code));
        }
    }

    #[test]
    fn samples_outside_are_named(gain in 4.0..100.0_f64, at in 0..9000_usize, wrong in prop_oneof![-40_000..0_i32, 32_768..i32::MAX]) {
        let table = Table::choose(gain, 0.0, DType::I32).unwrap();
        let mut samples = vec![7_i32; 9000];
        samples[at] = wrong;
        let expected = Err(Error::Value { index: at, value: i128::from(wrong), low: 0, high: 32767 });
        let found = match table.params().encoded {
            DType::U8 => table.encode(&samples, &mut vec![0_u8; 9000]),
            _ => table.encode(&samples, &mut vec![0_u16; 9000]),
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn counts_of_all_types_come_back(counts in prop::collection::vec(0..=(1_u64 << 50), 0..200)) {
        fn check<T: Integer + Default>(counts: &[u64]) -> Result<(), TestCaseError> {
            let counts: Vec<T> =
                counts.iter().map(|count| T::narrow(i128::from(*count) % (T::MAX.widen() + 1)).unwrap()).collect();
            let mut stable = vec![0.0; counts.len()];
            Anscombe::STANDARD.forward_into(&counts, &mut stable).unwrap();
            let mut back = vec![T::default(); counts.len()];
            Anscombe::STANDARD.counts_exact(&stable, &mut back).unwrap();
            prop_assert!(back == counts);
            Ok(())
        }
        check::<u8>(&counts)?;
        check::<i8>(&counts)?;
        check::<u16>(&counts)?;
        check::<i16>(&counts)?;
        check::<u32>(&counts)?;
        check::<i32>(&counts)?;
        check::<u64>(&counts)?;
        check::<i64>(&counts)?;
    }

    /// With any gain and offset too, counts in sample units are told or refused, never another.
    #[test]
    fn counts_are_never_others(gain in gains(), offset in -1e4..1e4_f64, count in 0..2_000_000_u32) {
        let transform = Anscombe::new(gain, offset, 1.0).unwrap();
        let stable = [transform.forward(f64::from(count))];
        let mut back = [0_u32];
        if transform.counts_exact(&stable, &mut back).is_ok() {
            prop_assert_eq!(back[0], count);
        }
    }
}

#[test]
fn the_smallest_gain_is_right_and_the_one_below_is_not() {
    for zero in [0.0, 1.0, 5.0, 100.0, 500.0, 20_000.0] {
        let gain = Table::smallest_gain(zero).unwrap();
        assert!((1.2..3.3).contains(&gain), "{zero}: {gain}");
        assert!(Table::choose(gain, zero, DType::U16).is_ok());
        assert!(
            Table::choose(gain - 0.001, zero, DType::U16).is_err(),
            "{zero}: {gain}"
        );
        for step in 0..60 {
            let gain = gain + f64::from(step * step) * 1e-3;
            assert!(Table::choose(gain, zero, DType::U16).is_ok(), "{zero}: {gain}");
        }
    }
    assert!(Table::smallest_gain(-100.0).is_err());
    assert!(Table::smallest_gain(f64::NAN).is_err());
}
