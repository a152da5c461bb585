//! What can go wrong, and where.

use std::fmt;

use crate::DType;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong: which value, where, and what to do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A parameter of a transform, a table or an estimate that has no meaning.
    Parameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is expected.
        why: &'static str,
    },
    /// A name of a data type that is not known, or not possible here.
    DType {
        /// The name as given.
        name: String,
        /// What is expected.
        why: &'static str,
    },
    /// Two slices that must have one length.
    Length {
        /// Elements given.
        input: usize,
        /// Elements that there is room for.
        output: usize,
    },
    /// Data of another type than the table's.
    Type {
        /// What the types are of: `encoded` or `decoded`.
        what: &'static str,
        /// The table's.
        expected: DType,
        /// The data's.
        found: DType,
    },
    /// A value that the table has no code for.
    Value {
        /// Its index in the slice.
        index: usize,
        /// The value.
        value: i128,
        /// The smallest value with a code.
        low: i128,
        /// The largest value with a code.
        high: i128,
    },
    /// A stored code that does not say what was encoded.
    Code {
        /// Its index in the slice.
        index: usize,
        /// The code.
        code: f64,
        /// Why not.
        why: String,
    },
    /// A transformed value that no count has.
    NotACount {
        /// Its index in the slice.
        index: usize,
        /// The value.
        value: f64,
        /// Why not.
        why: &'static str,
    },
    /// A table that would not give back what was encoded.
    Table {
        /// What is wrong, with the first input it is wrong for, and what would work.
        why: String,
    },
    /// A movie that no noise model can be estimated from.
    Movie {
        /// What it lacks.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter { name, value, why } => write!(f, "{name} is {value}: {why}"),
            Self::DType { name, why } => write!(f, "data type {name:?}: {why}"),
            Self::Length { input, output } => {
                write!(
                    f,
                    "{input} elements do not go into a buffer of {output}: both must have one length"
                )
            }
            Self::Type {
                what,
                expected,
                found,
            } => {
                write!(f, "the table's {what} type is {expected}, the data's {found}")
            }
            Self::Value {
                index,
                value,
                low,
                high,
            } => write!(
                f,
                "value {value} at index {index} has no code: the table takes {low} to {high}; store such data lossless"
            ),
            Self::Code { index, code, why } => write!(f, "code {code} at index {index}: {why}"),
            Self::NotACount { index, value, why } => {
                write!(
                    f,
                    "value {value} at index {index} is not a transformed count: {why}"
                )
            }
            Self::Table { why } => write!(f, "the table would not give back what was encoded: {why}"),
            Self::Movie { why } => write!(f, "no noise model can be estimated: {why}"),
        }
    }
}

impl std::error::Error for Error {}
