//! What was compared, and what went wrong.

use std::collections::BTreeMap;

use dj_codecs::api::FormatVersion;

use crate::Outcome;

/// What became of one value in one format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// The earlier version wrote it, and today's read it as the same.
    EarlierToToday,
    /// Today's version wrote it, and the earlier one read it as the same.
    TodayToEarlier,
    /// Today's version wrote it in a format that the earlier one does not know, which that said.
    NotKnownEarlier,
    /// Neither writes it in this format.
    NotWritten,
}

/// Counts by codec and format.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(String, FormatVersion), BTreeMap<Event, usize>>,
    wrong: Vec<String>,
    /// Fixtures of damage, which hold no value.
    pub(super) damaged: usize,
}

impl Tally {
    pub(super) fn count(&mut self, codec: &str, version: FormatVersion, event: Event) {
        let counts = self.counts.entry((codec.to_owned(), version)).or_default();
        *counts.entry(event).or_default() += 1;
    }

    pub(super) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    fn of(&self, codec: &str, version: FormatVersion, event: Event) -> usize {
        let counts = self.counts.get(&(codec.to_owned(), version));
        counts.and_then(|counts| counts.get(&event)).copied().unwrap_or(0)
    }

    /// Prints what was compared. Each of these formats must have been: by both versions where both know it, else as one that the
    /// earlier one refuses.
    pub(super) fn conclude(mut self, formats: &[(String, FormatVersion, bool)]) -> Outcome {
        let columns = [
            "codec",
            "earlier to today",
            "today to earlier",
            "not known earlier",
            "not written",
        ];
        let [codec, there, back, unknown, unwritten] = columns;
        println!("{codec:14} {there:>17} {back:>17} {unknown:>18} {unwritten:>12}");
        for (codec, version, shared) in formats {
            let of = |event| self.of(codec, *version, event);
            let (there, back) = (of(Event::EarlierToToday), of(Event::TodayToEarlier));
            let (unknown, unwritten) = (of(Event::NotKnownEarlier), of(Event::NotWritten));
            let name = format!("{codec} {version}");
            println!("{name:14} {there:>17} {back:>17} {unknown:>18} {unwritten:>12}");
            let compared = if *shared { there.min(back) } else { unknown };
            if compared == 0 {
                self.wrong
                    .push(format!("nothing of <{codec}> in format {version} was compared"));
            }
        }
        println!("{} more fixtures are of damage, and hold no value", self.damaged);
        if formats.is_empty() {
            self.wrong.push("no codec was compared".into());
        }
        match self.wrong.as_slice() {
            [] => Ok(()),
            wrong => Err(format!(
                "{} values differ, or were not compared:\n{}",
                wrong.len(),
                wrong.join("\n")
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: FormatVersion = FormatVersion::new(1, 0);

    fn tally(events: &[Event]) -> Tally {
        let mut tally = Tally::default();
        events.iter().for_each(|&event| tally.count("npy", V1, event));
        tally
    }

    #[test]
    fn what_was_not_compared_has_not_passed() {
        let shared = [("npy".to_owned(), V1, true)];
        let new = [("npy".to_owned(), V1, false)];
        let both = [Event::EarlierToToday, Event::TodayToEarlier];
        assert!(tally(&both).conclude(&shared).is_ok());
        assert!(tally(&both[..1]).conclude(&shared).is_err());
        assert!(tally(&both[1..]).conclude(&shared).is_err());
        assert!(tally(&[Event::NotWritten]).conclude(&shared).is_err());
        assert!(tally(&[Event::NotKnownEarlier]).conclude(&new).is_ok());
        assert!(tally(&both).conclude(&new).is_err());
        assert!(tally(&[]).conclude(&[]).is_err());
        let mut tally = tally(&both);
        tally.wrong("one differs".into());
        assert!(tally.conclude(&shared).unwrap_err().contains("one differs"));
    }
}
