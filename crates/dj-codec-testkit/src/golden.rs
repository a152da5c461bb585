//! Golden fixtures: values as they were once written, which decode for ever.
//!
//! A fixture is a folder `fixtures/{codec}/{format version}/{case}/` with a `case.json` and, beside it, the store tree that
//! the stored value refers to. `case.json` holds
//!
//! | key | what |
//! | --- | --- |
//! | `codec` | the codec, which is the name of the folder |
//! | `type_spec` | the column's type spec, such as `<npy@main>` |
//! | `format_version` | the data format, which is the name of the folder |
//! | `writer` | the program and version that wrote the value |
//! | `stored` | what the column holds: a record, or `{"$bytes": BASE64}` |
//! | `stored_file` | instead of `stored`: the file beside `case.json` with the bytes that the column holds |
//! | `expected` | the value in the value notation, or `{"error": true}` with the `kind` of error if it matters: `corrupt`, `not-found`, `unsafe-path`, `unsupported-format`, `limit`, `invalid-value` |
//! | `store` | the folder with the objects, for values in a store |
//! | `note` | anything that a reader should know |

//!
//! A `checksums.txt` in the folder of all fixtures lists each file with its checksum. Where there is one, [`run`] compares, both
//! ways: a listed file that went or changed fails, and so does a file that is not listed. [`seal`] lists new ones.
//! [`Recorder`] makes them.

mod case;
mod list;
mod record;
mod run;

pub use case::Case;
pub use list::{Discrepancy, LIST, compare, files, list, seal};
pub use record::Recorder;
pub use run::{Failure, Report, Step, assert_golden, check, run};
