//! What is under way, for who watches a terminal.

use crate::output::{stderr_is_terminal, to_stderr};

/// A line on the terminal that says what is under way; nothing where there is no terminal. It goes away when dropped.
pub(crate) struct Progress {
    shown: bool,
}

impl Progress {
    /// Nothing is under way yet.
    pub(crate) fn new() -> Self {
        Self { shown: false }
    }

    /// Says what is under way.
    pub(crate) fn say(&mut self, text: &str) {
        if stderr_is_terminal() {
            to_stderr(&format!("\r\x1b[K{text}"));
            self.shown = true;
        }
    }

    /// Takes the line away, before something else is printed.
    pub(crate) fn clear(&mut self) {
        if self.shown {
            to_stderr("\r\x1b[K");
            self.shown = false;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
