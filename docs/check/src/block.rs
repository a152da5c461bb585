//! Code blocks, and what their fences say is done with them.

use std::fmt;

/// When a block of commands is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// In `cargo test`.
    Test,
    /// In `cargo xtask interop`, with a database.
    Live,
    /// In `cargo xtask docs`: it builds something, or needs the clone.
    Slow,
    /// Continuous integration has the same lines.
    Ci,
}

/// What is done with a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Rust, tested by rustdoc: run, or only compiled.
    Rust {
        /// Whether it is run.
        run: bool,
    },
    /// Commands for a shell, and the status with which they end.
    Shell {
        /// When it is run.
        when: When,
        /// The exit status of the last command.
        status: i32,
        /// Whether the reader does not see it: a comment `<!-- setup`.
        hidden: bool,
    },
    /// What the commands before it print.
    Output,
    /// A file that the reader is to make.
    File(String),
    /// A part of a Cargo.toml.
    Manifest,
    /// A part of a file of the repository; of JSON the value that the pointer names.
    Quote {
        /// The path of the file in the repository.
        path: String,
        /// A JSON pointer, or nothing.
        pointer: String,
    },
    /// A picture made of characters.
    Figure,
}

/// A block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// What is done with it.
    pub kind: Kind,
    /// What it holds.
    pub text: String,
}

impl Kind {
    /// Reads the words behind a fence. `before` is the kind of the block above.
    ///
    /// # Errors
    /// Where nothing would be done with the block, in words.
    pub fn of_fence(fence: &str, before: Option<&Self>) -> Result<Self, String> {
        let mut words = fence.split([' ', ',']).filter(|word| !word.is_empty());
        let language = words.next().unwrap_or_default();
        let words: Vec<&str> = words.collect();
        match language {
            "rust" => match words.as_slice() {
                [] => Ok(Self::Rust { run: true }),
                ["no_run"] => Ok(Self::Rust { run: false }),
                ["ignore", source] if source.starts_with("from=") => {
                    Self::of_data(language, &[source], before)
                }
                _ => Err(format!(
                    "`{fence}`: Rust may be marked `no_run`, or `ignore from=PATH` where it is a part of a file"
                )),
            },
            "sh" => Self::shell(&words, false),
            "text" | "json" | "toml" | "yaml" => Self::of_data(language, &words, before),
            "" => Err("the fence does not say what the block is".into()),
            _ => Err(format!("`{language}`: nothing runs or reads such a block")),
        }
    }

    /// Reads the words of a `sh` fence, or behind `<!-- setup`.
    ///
    /// # Errors
    /// Where a word is unknown.
    pub fn shell(words: &[&str], hidden: bool) -> Result<Self, String> {
        let (mut when, mut status) = (When::Test, 0);
        for word in words {
            match *word {
                "live" => when = When::Live,
                "slow" => when = When::Slow,
                "ci" => when = When::Ci,
                _ => {
                    let number = word
                        .strip_prefix("status=")
                        .and_then(|number| number.parse().ok());
                    status = number.ok_or_else(|| {
                        format!("`{word}`: commands may be marked `live`, `slow`, `ci`, `status=N`")
                    })?;
                }
            }
        }
        Ok(Self::Shell { when, status, hidden })
    }

    /// Whether there is something to compare with what follows.
    fn prints(&self) -> bool {
        matches!(self, Self::Shell { when, hidden: false, .. } if *when != When::Ci)
    }

    fn of_data(language: &str, words: &[&str], before: Option<&Self>) -> Result<Self, String> {
        match words {
            ["figure"] if language == "text" => Ok(Self::Figure),
            [word] => {
                if let Some(name) = word.strip_prefix("file=") {
                    return Ok(Self::File(name.into()));
                }
                let Some(source) = word.strip_prefix("from=") else {
                    return Err(format!(
                        "`{word}`: data may be marked `file=NAME`, `from=PATH`, and text `figure`"
                    ));
                };
                let (path, pointer) = source.split_once('#').unwrap_or((source, ""));
                Ok(Self::Quote {
                    path: path.into(),
                    pointer: pointer.into(),
                })
            }
            [] if language == "toml" => Ok(Self::Manifest),
            [] if before.is_some_and(Self::prints) => Ok(Self::Output),
            _ => Err(format!(
                "`{language}` stands neither below commands that print it nor is it marked `file=NAME` or `from=PATH`"
            )),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust { run: true } => "rust, run",
            Self::Rust { run: false } => "rust, compiled",
            Self::Shell { hidden: true, .. } => "setup",
            Self::Shell { when, .. } => match when {
                When::Test => "sh, run",
                When::Live => "sh, run by interop",
                When::Slow => "sh, run by xtask docs",
                When::Ci => "sh, stands in CI",
            },
            Self::Output => "output, compared",
            Self::File(_) => "file, read",
            Self::Manifest => "Cargo.toml, resolved",
            Self::Quote { .. } => "quotation, compared",
            Self::Figure => "figure",
        })
    }
}
