//! From codes to samples, also where the writer's table was wrong.

use std::collections::BTreeMap;

use super::{BLOCK, Clamped, Params, TypedTable, forward, look_up};
use crate::{DType, Error, Result, Sample};

/// What is known of the machine that wrote codes which did not fit their type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriterMachine {
    /// Nothing: such a code may have wrapped around, or stopped at the type's end. Only what both agree on is decoded.
    #[default]
    Any,
    /// x86-64, where such a code wraps around.
    X86_64,
}

/// What a stored code stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meaning {
    /// The samples around this one: the middle of those with the code.
    Middle(f64),
    /// Samples of more than one code: two of those codes.
    Either(i64, i64),
}

/// Decodes what was written with these parameters, by this crate or by the Python package, its wrong tables included, as far
/// as the codes say what was encoded.
///
/// A stored code is the image of a set of samples, and all tables are computed from the parameters alone; so that set is known. Where
/// it is one run of samples with one code, its middle is the decoded value, as in the package. This is also right where the
/// package's own decoder is wrong because its table leaves codes out or begins below 0: it counts the codes that occur, where
/// the codes themselves are meant. Where several codes were stored as one because they did not fit the type, the set is a union of runs,
/// and decoding such a code is an error.
///
/// ```
/// use dj_anscombe::{DType, Decoder, Params};
///
/// // Gain 1 leaves out the codes 1 and 3, and so Python decodes code 2 as sample 2. It stands for sample 1.
/// let decoder = Decoder::new(Params { encoded: DType::U16, ..Params::new(1.0, 0.0) })?;
/// let mut samples = [0_i16; 4];
/// decoder.decode(&[0_u16, 2, 4, 5], &mut samples)?;
/// assert_eq!(samples, [0, 1, 2, 3]);
/// assert!(decoder.decode(&[3_u16], &mut samples[..1]).is_err());
/// # Ok::<(), dj_anscombe::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    params: Params,
    meanings: BTreeMap<i64, Meaning>,
    direct: Option<Direct>,
    top: i64,
}

/// The decoded values of all codes from the lowest to the highest, where those are not too many.
#[derive(Clone, Debug)]
struct Direct {
    lowest: i64,
    values: TypedTable,
    /// Which of them have one value that fits.
    known: Vec<bool>,
    /// Whether all have, and the lowest is 0.
    plain: bool,
}

impl Decoder {
    /// The decoder for codes of these parameters, whoever wrote them.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for parameters without meaning; [`Error::Table`] for a gain so small that codes are not exact.
    pub fn new(params: Params) -> Result<Self> {
        Self::with_writer(params, WriterMachine::Any)
    }

    /// [`new`](Self::new) with what is known of the writer: more codes that wrapped around can be told then.
    ///
    /// # Errors
    ///
    /// As of [`new`](Self::new).
    pub fn with_writer(params: Params, machine: WriterMachine) -> Result<Self> {
        let levels = forward::levels(&params)?;
        Self::from_levels(params, &levels, machine)
    }

    pub(super) fn from_levels(params: Params, levels: &[i64], machine: WriterMachine) -> Result<Self> {
        let mut meanings = BTreeMap::new();
        let mut first = 0_usize;
        for run in levels.chunk_by(|one, next| one == next) {
            let level = run.first().copied().unwrap_or_default();
            let middle = (first + (first + run.len() - 1)) as f64 / 2.0;
            first += run.len();
            for stored in stored_as(level, params.encoded, machine) {
                meanings
                    .entry(stored)
                    .and_modify(|found| *found = merged(found, level, levels))
                    .or_insert(Meaning::Middle(middle));
            }
        }
        let top = levels.last().copied().unwrap_or_default();
        let direct = Direct::new(&params, &meanings);
        Ok(Self {
            params,
            meanings,
            direct,
            top,
        })
    }

    /// The parameters.
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// The decoded value of a code, a half where the middle of its samples is: `None` where no sample has it, or several codes
    /// were stored as it.
    pub fn middle(&self, code: i64) -> Option<f64> {
        match self.meanings.get(&code) {
            Some(Meaning::Middle(middle)) => Some(*middle),
            _ => None,
        }
    }

    /// The code of the largest sample in the table. The package encodes larger samples as this, too: where it occurs, samples may
    /// have been larger.
    pub const fn top(&self) -> i64 {
        self.top
    }

    /// Whether the package's own decoder gives these values too.
    pub fn is_plain(&self) -> bool {
        self.direct.as_ref().is_some_and(|direct| direct.plain)
    }

    /// Decodes codes into samples of the decoded type: the middle of the samples of each code, without its half for integer
    /// types.
    ///
    /// # Errors
    ///
    /// [`Error::Code`] names the first code that no sample has, that stands for several, or whose sample the decoded type does
    /// not hold. [`Error::Type`] if `C` is not the encoded type or `D` not the decoded one, [`Error::Length`] if `output` is
    /// not as long as `input`. What was written into `output` means nothing then.
    pub fn decode<C: Sample, D: Sample>(&self, input: &[C], output: &mut [D]) -> Result<()> {
        self.check::<C, D>(input.len(), output.len())?;
        let direct = self
            .direct
            .as_ref()
            .and_then(|direct| Some((direct, D::entries(&direct.values)?)));
        for (block, (codes, out)) in input.chunks(BLOCK).zip(output.chunks_mut(BLOCK)).enumerate() {
            if !direct.is_some_and(|(direct, values)| direct.decode(values, codes, out)) {
                self.decode_each(codes, out, block * BLOCK)?;
            }
        }
        Ok(())
    }

    /// Decodes codes one by one, of which the first is at `start`.
    fn decode_each<C: Sample, D: Sample>(&self, input: &[C], output: &mut [D], start: usize) -> Result<()> {
        for (index, (code, slot)) in (start..).zip(input.iter().zip(output)) {
            *slot = self.one(*code).map_err(|why| Error::Code {
                index,
                code: code.to_f64(),
                why,
            })?;
        }
        Ok(())
    }

    /// Decodes like the package where its table is right: codes above the highest as that one, negative ones as 0. Says how many
    /// there were. No encoder writes such codes.
    ///
    /// # Errors
    ///
    /// As of [`decode`](Self::decode) for the others.
    pub fn decode_clamped<C: Sample, D: Sample>(&self, input: &[C], output: &mut [D]) -> Result<Clamped> {
        self.check::<C, D>(input.len(), output.len())?;
        let mut clamped = Clamped::default();
        let bottom = self.meanings.keys().next().copied().unwrap_or_default();
        let top = self.meanings.keys().next_back().copied().unwrap_or_default();
        for (index, (code, slot)) in input.iter().zip(output).enumerate() {
            let error = |why| Error::Code {
                index,
                code: code.to_f64(),
                why,
            };
            let exact = code
                .code()
                .ok_or_else(|| error("it is not an integer".to_owned()))?;
            clamped.below += usize::from(exact < bottom);
            clamped.above += usize::from(exact > top);
            *slot = self.sample(exact.clamp(bottom, top)).map_err(error)?;
        }
        Ok(clamped)
    }

    fn check<C: Sample, D: Sample>(&self, input: usize, output: usize) -> Result<()> {
        if C::DTYPE != self.params.encoded {
            return Err(Error::Type {
                what: "encoded",
                expected: self.params.encoded,
                found: C::DTYPE,
            });
        }
        if D::DTYPE != self.params.decoded {
            return Err(Error::Type {
                what: "decoded",
                expected: self.params.decoded,
                found: D::DTYPE,
            });
        }
        if input == output {
            Ok(())
        } else {
            Err(Error::Length { input, output })
        }
    }

    fn one<C: Sample, D: Sample>(&self, code: C) -> Result<D, String> {
        self.sample(code.code().ok_or("it is not an integer")?)
    }

    fn sample<D: Sample>(&self, code: i64) -> Result<D, String> {
        let Params {
            conversion_gain,
            zero_level,
            encoded,
            ..
        } = self.params;
        match self.meanings.get(&code) {
            Some(Meaning::Middle(middle)) if fits(*middle, D::DTYPE) => Ok(D::truncated(*middle)),
            Some(Meaning::Middle(middle)) => Err(format!(
                "it stands for sample {middle}, which {} does not hold: decode as a wider type",
                D::DTYPE
            )),
            Some(Meaning::Either(one, other)) => Err(format!(
                "it may be {one} or {other}: codes that did not fit {encoded} were stored as others (conversion_gain \
                 {conversion_gain}, zero_level {zero_level}). If the largest sample is known, make the decoder with that input_max"
            )),
            None => Err(format!(
                "no sample has it (conversion_gain {conversion_gain}, zero_level {zero_level}, codes up to {}): the data or their \
                 parameters were changed",
                self.top
            )),
        }
    }
}

/// Whether the value without its half is in the type's range.
fn fits(middle: f64, dtype: DType) -> bool {
    dtype.holds(middle as i128)
}

/// What a code is stored as: itself where it fits, else what the conversions of the machines in question make of it.
fn stored_as(level: i64, dtype: DType, machine: WriterMachine) -> impl Iterator<Item = i64> {
    let wide = i128::from(level);
    let (low, high) = dtype.range();
    let fits = dtype.holds(wide) || !dtype.is_integer();
    let wrapped = if fits {
        wide
    } else {
        (wide - low).rem_euclid(high - low + 1) + low
    };
    let stopped = if fits { wide } else { wide.clamp(low, high) };
    let second = (machine == WriterMachine::Any && stopped != wrapped).then_some(stopped);
    [Some(wrapped), second]
        .into_iter()
        .flatten()
        .filter_map(|stored| i64::try_from(stored).ok())
}

/// The meaning of a code that a second level is stored as.
fn merged(found: &Meaning, level: i64, levels: &[i64]) -> Meaning {
    match found {
        Meaning::Either(one, _) => Meaning::Either(*one, level),
        Meaning::Middle(middle) => {
            let first = levels.get(*middle as usize).copied().unwrap_or_default();
            if first == level {
                *found
            } else {
                Meaning::Either(first, level)
            }
        }
    }
}

impl Direct {
    /// More codes than this are looked up one by one.
    const MOST: i64 = 1 << 17;

    fn new(params: &Params, meanings: &BTreeMap<i64, Meaning>) -> Option<Self> {
        let (lowest, highest) = (*meanings.keys().next()?, *meanings.keys().next_back()?);
        if highest.checked_sub(lowest)? >= Self::MOST {
            return None;
        }
        let value = |code: i64| match meanings.get(&code) {
            Some(Meaning::Middle(middle)) if fits(*middle, params.decoded) => Some(*middle),
            _ => None,
        };
        let known: Vec<bool> = (lowest..=highest).map(|code| value(code).is_some()).collect();
        let values = (lowest..=highest).map(|code| value(code).unwrap_or_default());
        let values = TypedTable::new(params.decoded, values);
        let plain = lowest == 0 && known.iter().all(|known| *known);
        Some(Self {
            lowest,
            values,
            known,
            plain,
        })
    }

    /// Decodes codes that are all known; else says so, and `out` means nothing.
    fn decode<C: Sample, D: Sample>(&self, values: &[D], codes: &[C], out: &mut [D]) -> bool {
        let Some((low, high)) = C::span(codes) else {
            return false;
        };
        let lowest = i128::from(self.lowest);
        if low < lowest || high >= lowest + values.len() as i128 {
            return false;
        }
        if self.plain {
            look_up(values, codes, out);
            return true;
        }
        // Two's complement: the difference is right though a negative code is no index.
        let lowest = self.lowest as usize;
        let mut all = true;
        for (slot, code) in out.iter_mut().zip(codes) {
            let at = code.index().wrapping_sub(lowest);
            all &= self.known.get(at).copied().unwrap_or_default();
            if let Some(value) = values.get(at) {
                *slot = *value;
            }
        }
        all
    }
}
