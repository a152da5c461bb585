//! As much of Thrift's compact protocol as it takes to look at the numbers in a Parquet file before a library goes by them.

use dj_codec_api::{Error, Result};

/// How deep structures nest in anything that Parquet writes, and some more.
const DEPTH: usize = 32;

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
/// The type of a structure.
pub(super) const STRUCT: u8 = 12;

/// Bytes that Thrift's values are taken from.
pub(super) struct Thrift<'a>(&'a [u8]);

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let split = usize::try_from(count)
            .ok()
            .and_then(|count| self.0.split_at_checked(count));
        let (taken, rest) =
            split.ok_or_else(|| Error::corrupt("a structure of the Parquet file ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?.iter().fold(0, |_, &byte| byte))
    }

    fn varint(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Error::corrupt("a number of the Parquet file has no end"))
    }

    /// A whole number.
    pub(super) fn int(&mut self) -> Result<i64> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// How many items a list has, and their type.
    pub(super) fn list(&mut self) -> Result<(u64, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        // Each takes a byte at least.
        if count > self.left() as u64 {
            return Err(Error::corrupt(format!(
                "a list of the Parquet file claims {count} items"
            )));
        }
        Ok((count, head & 0x0f))
    }

    /// Goes through the fields of a structure. `each` is given the number and the type of a field, and says whether it has
    /// read it.
    pub(super) fn fields(&mut self, each: &mut dyn FnMut(&mut Self, i64, u8) -> Result<bool>) -> Result<()> {
        self.fields_within(DEPTH, each)
    }

    fn fields_within(
        &mut self,
        depth: usize,
        each: &mut dyn FnMut(&mut Self, i64, u8) -> Result<bool>,
    ) -> Result<()> {
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => self.int()?,
                step => id.saturating_add(i64::from(step)),
            };
            if !each(self, id, head & 0x0f)? {
                self.skip(head & 0x0f, depth)?;
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<()> {
        let inner = depth
            .checked_sub(1)
            .ok_or_else(|| Error::corrupt("the structures of the Parquet file nest too deep"))?;
        match kind {
            TRUE | FALSE => Ok(()),
            3 => self.take(1).map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.take(8).map(drop),
            8 => {
                let length = self.varint()?;
                self.take(length).map(drop)
            }
            LIST | SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_item(kind, inner))
            }
            MAP => {
                let count = self.varint()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.skip_item(kinds >> 4, inner)?;
                    self.skip_item(kinds & 0x0f, inner)
                })
            }
            STRUCT => self.fields_within(inner, &mut |_, _, _| Ok(false)),
            13 => self.take(16).map(drop),
            other => Err(Error::corrupt(format!(
                "the Parquet file has something of the unknown type {other}"
            ))),
        }
    }

    /// Truth values take a byte in a list, none as a field.
    fn skip_item(&mut self, kind: u8, depth: usize) -> Result<()> {
        match kind {
            TRUE | FALSE => self.take(1).map(drop),
            kind => self.skip(kind, depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_among_those_that_are_skipped() {
        // 1: i32 -3; 2: true; 3: a list of two bools; 4: a structure with a text; 20, its number written out: i32 150.
        let bytes = [
            0x15, 5, 0x11, 0x19, 0x21, 1, 2, 0x1c, 0x18, 2, b'a', b'b', 0, 0x05, 40, 0xac, 2, 0, 99,
        ];
        let mut thrift = Thrift::new(&bytes);
        let mut found = Vec::new();
        thrift
            .fields(&mut |thrift, id, kind| {
                let wanted = matches!(id, 1 | 20);
                if wanted {
                    found.push((id, kind, thrift.int()?));
                }
                Ok(wanted)
            })
            .unwrap();
        assert_eq!(found, [(1, 5, -3), (20, 5, 150)]);
        assert_eq!(thrift.left(), 1);
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let deep = [0x1c_u8].repeat(100_000);
        for bytes in [
            &[][..],
            &[0x15],
            &[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x18, 9, 1],
            &[0x19, 0xf5, 0xff, 0x7f],
            &[0x1e],
            &deep,
        ] {
            assert!(
                Thrift::new(bytes).fields(&mut |_, _, _| Ok(false)).is_err(),
                "{} bytes",
                bytes.len()
            );
        }
    }
}
