//! Where objects are kept, byte for byte as Python DataJoint builds its paths.
//!
//! Schema-addressed objects ([`ObjectPath`]) have a path of the row that they belong to and a random token;
//! hash-addressed ones ([`content_hash`], [`hash_path`]) a path of their contents. A path is built once, when the value
//! is written, and kept in the record: reading uses the record's path as it stands, after [`check_path`].

mod decimal;
mod hash;
mod key;
mod numpy_scalar;
mod object_path;
mod python;
mod reserved;
mod safe_path;
mod token;

pub use hash::{ContentHasher, content_hash, hash_path};
pub use key::encode_pk_value;
pub use object_path::ObjectPath;
pub use python::python_repr;
pub use reserved::check_filepath;
pub use safe_path::{MAX_PATH_BYTES, check_path, normalize_path};
pub use token::{TOKEN_ALPHABET, generate_token};

pub(crate) use decimal::python_decimal;
pub(crate) use python::python_float;
