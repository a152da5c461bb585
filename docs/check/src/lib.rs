//! Runs every command and code block of the documentation, and follows its links.
//!
//! A page is any `.md` file of the repository. What its fences say:
//!
//! | fence | what is done |
//! | --- | --- |
//! | `rust`, `rust,no_run` | tested by rustdoc, as documentation of the crate whose README it is, or of [`guides`] |
//! | `sh` | run by `cargo test`, block after block in one folder per page |
//! | `sh live` | run by `cargo xtask interop`, after the page's other blocks |
//! | `sh slow` | run by `cargo xtask docs`, after the page's other blocks |
//! | `sh ci` | each line is a step of `.ci/run` or of a workflow |
//! | `sh status=1` | ends with that status |
//! | `text`, `json` below commands | is what they print; `[..]` is anything within a line, a line `...` any lines |
//! | `json file=NAME`, `toml file=NAME` | a file that the reader makes: it is written there for the commands after it |
//! | `json from=PATH#POINTER`, `text from=PATH`, `rust,ignore from=PATH` | is in that file of the repository |
//! | `toml` | a part of a Cargo.toml: it is resolved with the crates of the repository |
//! | `text figure` | a picture, and nothing else |
//!
//! A comment `<!-- setup` with commands makes what a page takes for granted; there `$REPO` is the repository. Anything else, and
//! code that is indented, is an error, so that nothing escapes. Commands within a line (`dj-codec list`, `cargo xtask check`) are
//! not run, but have to be there with the options that they are given.

#![forbid(unsafe_code)]

pub mod block;
pub mod census;
pub mod guides;
pub mod link;
pub mod manifest;
pub mod page;
pub mod quote;
pub mod session;
pub mod span;
pub mod tree;
