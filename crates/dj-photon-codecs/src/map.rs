//! From stored elements to those of a view.

use dj_anscombe::{Anscombe, Sample};
use dj_codec_api::{DType, Error, Kind, Result};
use dj_zarr_codecs::ElementMap;
use half::f16;

use crate::cast::turn;

/// What is made of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Stabilised values of counts.
    Stabilized,
    /// Counts of stabilised values, proved.
    Counts,
    /// The algebraic inverse of stabilised values.
    Algebraic,
    /// Counts as floats.
    Widened,
}

/// Maps the elements of a stored movie.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    what: What,
    noise: Anscombe,
    source: DType,
    target: DType,
}

/// The type of stabilised values: float32 for float32 counts, else float64.
pub(crate) fn stabilized_dtype(counts: &DType) -> DType {
    DType::new(match counts.kind() {
        Kind::Float32 => Kind::Float32,
        _ => Kind::Float64,
    })
}

/// Whether elements can be counts: truth values, integers and floats.
pub(crate) fn is_number(dtype: &DType) -> bool {
    is_integer(dtype) || matches!(dtype.kind(), Kind::Float16 | Kind::Float32 | Kind::Float64)
}

/// Whether elements are whole numbers.
pub(crate) fn is_integer(dtype: &DType) -> bool {
    matches!(
        dtype.kind(),
        Kind::Bool
            | Kind::Int8
            | Kind::Int16
            | Kind::Int32
            | Kind::Int64
            | Kind::UInt8
            | Kind::UInt16
            | Kind::UInt32
            | Kind::UInt64
    )
}

impl Map {
    /// From counts to stabilised values.
    pub(crate) fn stabilized(counts: &DType, noise: Anscombe) -> Self {
        Self {
            what: What::Stabilized,
            noise,
            source: counts.to_little_endian(),
            target: stabilized_dtype(counts),
        }
    }

    /// From stabilised values to the integers that they were made of, each proved.
    pub(crate) fn counts(stored: &DType, counts: &DType, noise: Anscombe) -> Self {
        Self {
            what: What::Counts,
            noise,
            source: stored.clone(),
            target: counts.to_little_endian(),
        }
    }

    /// From stabilised values to what the formula, solved for the count, makes of them.
    pub(crate) fn algebraic(stored: &DType, noise: Anscombe) -> Self {
        Self {
            what: What::Algebraic,
            noise,
            source: stored.clone(),
            target: stored.clone(),
        }
    }

    /// From counts to the same numbers as floats of the type of stabilised values.
    pub(crate) fn widened(counts: &DType) -> Self {
        Self {
            what: What::Widened,
            noise: Anscombe::STANDARD,
            source: counts.to_little_endian(),
            target: stabilized_dtype(counts),
        }
    }

    fn stabilize(&self, source: &[u8], target: &mut [u8]) -> Result<()> {
        let noise = self.noise;
        macro_rules! forward {
            ($type:ty) => {
                turn(source, target, |from: &[$type], to: &mut [f64]| {
                    noise.forward_into(from, to).map_err(wrong)
                })
            };
        }
        match self.source.kind() {
            Kind::Bool | Kind::UInt8 => forward!(u8),
            Kind::UInt16 => forward!(u16),
            Kind::UInt32 => forward!(u32),
            Kind::UInt64 => forward!(u64),
            Kind::Int8 => forward!(i8),
            Kind::Int16 => forward!(i16),
            Kind::Int32 => forward!(i32),
            Kind::Int64 => forward!(i64),
            Kind::Float64 => forward!(f64),
            Kind::Float16 => turn(source, target, |from: &[u16], to: &mut [f64]| {
                for (to, from) in to.iter_mut().zip(from) {
                    *to = noise.forward(f16::from_bits(*from).to_f64());
                }
                Ok(())
            }),
            Kind::Float32 => turn(source, target, |from: &[f32], to: &mut [f32]| {
                noise.forward_f32_into(from, to).map_err(wrong)
            }),
            _ => Err(self.impossible()),
        }
    }

    fn count(&self, source: &[u8], target: &mut [u8]) -> Result<()> {
        let noise = self.noise;
        let single = *self.source.kind() == Kind::Float32;
        macro_rules! counts {
            ($type:ty) => {
                if single {
                    turn(source, target, |from: &[f32], to: &mut [$type]| {
                        noise.counts_exact_f32(from, to).map_err(unproved)
                    })
                } else {
                    turn(source, target, |from: &[f64], to: &mut [$type]| {
                        noise.counts_exact(from, to).map_err(unproved)
                    })
                }
            };
        }
        match self.target.kind() {
            Kind::Bool => {
                counts!(u8)?;
                match target.iter().find(|&&count| count > 1) {
                    Some(count) => Err(Error::corrupt(format!(
                        "the original type is bool, and a stored value is that of the count {count}"
                    ))),
                    None => Ok(()),
                }
            }
            Kind::UInt8 => counts!(u8),
            Kind::UInt16 => counts!(u16),
            Kind::UInt32 => counts!(u32),
            Kind::UInt64 => counts!(u64),
            Kind::Int8 => counts!(i8),
            Kind::Int16 => counts!(i16),
            Kind::Int32 => counts!(i32),
            Kind::Int64 => counts!(i64),
            _ => Err(self.impossible()),
        }
    }

    fn invert(&self, source: &[u8], target: &mut [u8]) -> Result<()> {
        let noise = self.noise;
        match self.source.kind() {
            Kind::Float32 => turn(source, target, |from: &[f32], to: &mut [f32]| {
                noise.inverse_algebraic_f32_into(from, to).map_err(wrong)
            }),
            Kind::Float64 => turn(source, target, |from: &[f64], to: &mut [f64]| {
                noise.inverse_algebraic_into(from, to).map_err(wrong)
            }),
            _ => Err(self.impossible()),
        }
    }

    fn widen(&self, source: &[u8], target: &mut [u8]) -> Result<()> {
        macro_rules! widen {
            ($type:ty) => {
                turn(source, target, |from: &[$type], to: &mut [f64]| {
                    for (to, from) in to.iter_mut().zip(from) {
                        *to = from.to_f64();
                    }
                    Ok(())
                })
            };
        }
        match self.source.kind() {
            Kind::Bool | Kind::UInt8 => widen!(u8),
            Kind::UInt16 => widen!(u16),
            Kind::UInt32 => widen!(u32),
            Kind::UInt64 => widen!(u64),
            Kind::Int8 => widen!(i8),
            Kind::Int16 => widen!(i16),
            Kind::Int32 => widen!(i32),
            Kind::Int64 => widen!(i64),
            Kind::Float16 => turn(source, target, |from: &[u16], to: &mut [f64]| {
                for (to, from) in to.iter_mut().zip(from) {
                    *to = f16::from_bits(*from).to_f64();
                }
                Ok(())
            }),
            _ if self.source == self.target => {
                target.copy_from_slice(source);
                Ok(())
            }
            _ => Err(self.impossible()),
        }
    }

    fn impossible(&self) -> Error {
        Error::unsupported(format!(
            "elements of {} do not become {}",
            self.source, self.target
        ))
    }
}

impl ElementMap for Map {
    fn source(&self) -> &DType {
        &self.source
    }

    fn target(&self) -> &DType {
        &self.target
    }

    fn apply(&self, source: &[u8], target: &mut [u8]) -> Result<()> {
        match self.what {
            What::Stabilized => self.stabilize(source, target),
            What::Counts => self.count(source, target),
            What::Algebraic => self.invert(source, target),
            What::Widened => self.widen(source, target),
        }
    }
}

/// Slices of two lengths, which no caller gives.
fn wrong(error: dj_anscombe::Error) -> Error {
    Error::corrupt("elements cannot be transformed").caused_by(error)
}

fn unproved(error: dj_anscombe::Error) -> Error {
    let why = match &error {
        dj_anscombe::Error::NotACount { value, why, .. } => {
            format!("{value} is not a transformed count: {why}")
        }
        other => other.to_string(),
    };
    Error::corrupt(format!("the stored values are not those of whole counts: {why}"))
        .advise("read the stabilised values, or Movie::algebraic_counts for the nearest there is")
}
