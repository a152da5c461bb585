//! What is under way, for who watches a terminal.

use crate::output::{stderr_is_terminal, to_stderr};

/// A line on the terminal that says what is under way; nothing where there is no terminal. It goes away when dropped.
pub(crate) struct Progress {
    shown: String,
}

impl Progress {
    /// Nothing is under way yet.
    pub(crate) fn new() -> Self {
        Self { shown: String::new() }
    }

    /// Says what is under way. The same again costs nothing.
    pub(crate) fn say(&mut self, text: &str) {
        if self.shown != text && stderr_is_terminal() {
            to_stderr(&format!("\r\x1b[K{text}"));
            text.clone_into(&mut self.shown);
        }
    }

    /// Says how much of something is done, in percent.
    pub(crate) fn share(&mut self, what: &str, done: u64, total: u64) {
        let percent = u128::from(done) * 100 / u128::from(total.max(1));
        self.say(&format!("{what}: {percent} %"));
    }

    /// Takes the line away, before something else is printed.
    pub(crate) fn clear(&mut self) {
        if !self.shown.is_empty() {
            to_stderr("\r\x1b[K");
            self.shown.clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
