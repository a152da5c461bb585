//! The code `anscombe-v1`: tables from samples to codes, and back.

mod bound;
mod decoder;
mod forward;
mod params;

pub use bound::Bound;
pub use decoder::{Decoder, WriterMachine};
pub use params::Params;

use crate::dtype::Inner;
use crate::{DType, Error, Integer, Result, Sample};

/// Samples that are looked at together: enough for a vectorised check, few enough to stay in the nearest cache.
pub(crate) const BLOCK: usize = 4096;

/// A table's entries in the type that is looked up.
#[derive(Clone, Debug)]
pub enum TypedTable {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl TypedTable {
    /// The entries as `dtype`.
    pub(crate) fn new(dtype: DType, mut values: impl Iterator<Item = f64>) -> Self {
        match dtype {
            DType::U8 => <u8 as Inner>::table(&mut values),
            DType::I8 => <i8 as Inner>::table(&mut values),
            DType::U16 => <u16 as Inner>::table(&mut values),
            DType::I16 => <i16 as Inner>::table(&mut values),
            DType::U32 => <u32 as Inner>::table(&mut values),
            DType::I32 => <i32 as Inner>::table(&mut values),
            DType::U64 => <u64 as Inner>::table(&mut values),
            DType::I64 => <i64 as Inner>::table(&mut values),
            DType::F32 => <f32 as Inner>::table(&mut values),
            DType::F64 => <f64 as Inner>::table(&mut values),
        }
    }
}

/// How many values a clamping call moved into the table's range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clamped {
    /// Those below it.
    pub below: usize,
    /// Those above it.
    pub above: usize,
}

/// A table that is right: every sample from 0 to [`high`](Self::high) has a code, which this crate and the Python package
/// decode to the same value, within the [`bound`](Self::bound). It was checked sample by sample when it was made.
///
/// ```
/// use dj_anscombe::{DType, Table};
///
/// // 12.5 sample units a photon, 100 without light, for a movie of int16.
/// let table = Table::choose(12.5, 100.0, DType::I16)?;
/// assert_eq!(table.params().encoded, DType::U8);
///
/// let movie = [100_i16, 130, 5000];
/// let mut codes = [0_u8; 3];
/// table.encode(&movie, &mut codes)?;
/// assert_eq!(codes, [26, 30, 103]);
///
/// let mut decoded = [0_i16; 3];
/// table.decode(&codes, &mut decoded)?;
/// assert_eq!(decoded, [99, 126, 5011]);
/// assert!(table.bound().in_noise < 0.51);
/// # Ok::<(), dj_anscombe::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    decoder: Decoder,
    codes: TypedTable,
    high: u32,
    bound: Bound,
}

impl Table {
    /// The table of these parameters.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for parameters without meaning. [`Error::Table`] where the Python package's table of them would
    /// not give back what was encoded, naming the first sample that it is wrong for and what would work: codes that do not fit
    /// the encoded type and wrap, codes that are left out (a gain too low) or negative (a zero level below 0), which its
    /// decoder miscounts, and encoded types that it cannot decode, or of 16 bits for samples of 8. Data that was written all the same is for
    /// [`Decoder`].
    pub fn new(params: Params) -> Result<Self> {
        let levels = forward::levels(&params)?;
        forward::check(&params, &levels)?;
        let decoder = Decoder::from_levels(params, &levels, WriterMachine::Any)?;
        let high = bound::high(&params, &levels, &decoder)?;
        let bound = bound::measure(&params, &levels, &decoder, high)?;
        let codes = TypedTable::new(params.encoded, levels.iter().map(|level| *level as f64));
        Ok(Self {
            decoder,
            codes,
            high,
            bound,
        })
    }

    /// The table of the smallest encoded type that is right, of `uint8` and `uint16`, with the package's step (beta 0.5) and
    /// largest sample (32767), for data of the type `decoded`.
    ///
    /// # Errors
    ///
    /// As of [`new`](Self::new), if none is right.
    pub fn choose(conversion_gain: f64, zero_level: f64, decoded: DType) -> Result<Self> {
        let mut params = Params::new(conversion_gain, zero_level);
        params.decoded = decoded;
        params.encoded = params.smallest_encoded()?;
        Self::new(params)
    }

    /// The smallest conversion gain, in thousandths, that tables of this zero level are right for, as all higher ones in thousandths
    /// are. A movie of a lower gain, such as counts of photons (gain 1), can be quantised with this one: the steps are then wider
    /// than half a noise standard deviation by the root of the ratio of the two.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a zero level that is not finite; [`Error::Table`] if it is one that no gain is right for.
    pub fn smallest_gain(zero_level: f64) -> Result<f64> {
        forward::smallest_gain(zero_level)
    }

    /// The parameters.
    pub const fn params(&self) -> &Params {
        self.decoder.params()
    }

    /// The largest sample with a code; the smallest is 0.
    pub const fn high(&self) -> u32 {
        self.high
    }

    /// How far a decoded sample can be from the encoded one.
    pub const fn bound(&self) -> &Bound {
        &self.bound
    }

    /// The decoder of these codes.
    pub const fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The codes of the samples 0 to [`Params::input_max`], in order, as the encoded type.
    ///
    /// # Errors
    ///
    /// [`Error::Type`] if `C` is not the encoded type.
    pub fn codes<C: Sample>(&self) -> Result<&[C]> {
        C::entries(&self.codes).ok_or(Error::Type {
            what: "encoded",
            expected: self.params().encoded,
            found: C::DTYPE,
        })
    }

    /// Encodes samples of any integer type into codes of the encoded type.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] names the first sample below 0 or above [`high`](Self::high): the package would clamp it in silence.
    /// [`Error::Type`] if `C` is not the encoded type, [`Error::Length`] if `output` is not as long as `input`. What was
    /// written into `output` means nothing then.
    pub fn encode<T: Integer, C: Sample>(&self, input: &[T], output: &mut [C]) -> Result<()> {
        let codes = self.codes_for(input, output)?;
        let high = i128::from(self.high);
        for (block, (samples, out)) in input.chunks(BLOCK).zip(output.chunks_mut(BLOCK)).enumerate() {
            let inside = T::span(samples).is_none_or(|(low, top)| low >= 0 && top <= high);
            if !inside {
                return Err(self.first_outside(samples, block * BLOCK));
            }
            look_up(codes, samples, out);
        }
        Ok(())
    }

    /// Encodes like the package: samples below 0 as 0, samples above [`high`](Self::high) as that. Says how many there were, which
    /// is what was lost.
    ///
    /// # Errors
    ///
    /// [`Error::Type`] if `C` is not the encoded type, [`Error::Length`] if `output` is not as long as `input`.
    pub fn encode_clamped<T: Integer, C: Sample>(&self, input: &[T], output: &mut [C]) -> Result<Clamped> {
        let codes = self.codes_for(input, output)?;
        let (high, zero) = (self.highest::<T>(), T::narrow(0).unwrap_or(T::MIN));
        let mut clamped = Clamped::default();
        let mut kept = [zero; BLOCK];
        for (samples, out) in input.chunks(BLOCK).zip(output.chunks_mut(BLOCK)) {
            for (slot, sample) in kept.iter_mut().zip(samples) {
                clamped.below += usize::from(*sample < zero);
                clamped.above += usize::from(*sample > high);
                *slot = (*sample).clamp(zero, high);
            }
            look_up(codes, kept.get(..samples.len()).unwrap_or(&[]), out);
        }
        Ok(clamped)
    }

    /// Decodes codes into samples of the decoded type: [`Decoder::decode`].
    ///
    /// # Errors
    ///
    /// As of [`Decoder::decode`].
    pub fn decode<C: Sample, D: Sample>(&self, input: &[C], output: &mut [D]) -> Result<()> {
        self.decoder.decode(input, output)
    }

    fn codes_for<T: Sample, C: Sample>(&self, input: &[T], output: &[C]) -> Result<&[C]> {
        if input.len() != output.len() {
            return Err(Error::Length {
                input: input.len(),
                output: output.len(),
            });
        }
        self.codes()
    }

    /// [`high`](Self::high) in the samples' type, or that type's own largest value.
    fn highest<T: Integer>(&self) -> T {
        T::narrow(i128::from(self.high)).unwrap_or(T::MAX)
    }

    #[cold]
    fn first_outside<T: Integer>(&self, samples: &[T], start: usize) -> Error {
        let (low, high) = (0, i128::from(self.high));
        let outside = |value: &i128| *value < low || *value > high;
        let found = samples
            .iter()
            .map(|sample| sample.widen())
            .enumerate()
            .find(|(_, value)| outside(value));
        let (index, value) = found.unwrap_or_default();
        Error::Value {
            index: start + index,
            value,
            low,
            high,
        }
    }
}

/// Looks each value up; all are in range.
#[inline]
pub(crate) fn look_up<T: Inner, C: Copy>(table: &[C], values: &[T], out: &mut [C]) {
    for (slot, value) in out.iter_mut().zip(values) {
        if let Some(found) = table.get(value.index()) {
            *slot = *found;
        }
    }
}
