//! How small Python would make a piece: zlib's level 6, reckoned without writing it.
//!
//! Which of our ways is small enough can only be told beside zlib's own, and zlib-rs, which is zlib-ng, looks for other repetitions.
//! So this follows `deflate_slow` of zlib 1.3 with the parameters of level 6, and adds up what its Huffman codes would take.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::stream::WINDOW;

// The row of zlib's table for level 6.
const GOOD: usize = 8;
const LAZY: usize = 16;
const NICE: usize = 128;
const CHAIN: usize = 128;

const SHORTEST: usize = 3;
const LONGEST: usize = 258;
/// Matches of three bytes from further back cost more than they save.
const TOO_FAR: usize = 4096;
const FURTHEST: usize = WINDOW - LONGEST - SHORTEST - 1;
const HASHES: usize = 1 << 15;
/// No earlier position.
const NONE: u32 = u32::MAX;

/// Bytes that zlib's level 6 makes of `data` from `start` on, which follows what is before.
pub(super) fn level_6(data: &[u8], start: usize) -> usize {
    let mut search = Search {
        data,
        heads: vec![NONE; HASHES],
        earlier: vec![NONE; data.len()],
    };
    for at in 0..start {
        search.insert(at);
    }
    let mut codes = Codes::default();
    let mut at = start;
    // The match that begins at the byte before, if that is still to be written.
    let (mut waiting, mut length, mut distance) = (false, SHORTEST - 1, 0);
    while at < data.len() {
        let (before, before_distance) = (length, distance);
        (length, distance) = (SHORTEST - 1, 0);
        let candidate = search.insert(at);
        if before < LAZY {
            (length, distance) = search.longest(at, candidate, before);
        }
        if before >= SHORTEST && length <= before {
            codes.repetition(before, before_distance);
            let end = (at + before - 1).min(data.len());
            for covered in at + 1..end {
                search.insert(covered);
            }
            (at, waiting, length) = (end, false, SHORTEST - 1);
            continue;
        }
        if waiting {
            codes.literal(search.byte(at - 1));
        }
        waiting = true;
        at += 1;
    }
    if waiting {
        codes.literal(search.byte(data.len() - 1));
    }
    codes.bytes().min(data.len() - start + 5)
}

/// Chains of the positions at which equal three bytes begin.
struct Search<'a> {
    data: &'a [u8],
    heads: Vec<u32>,
    earlier: Vec<u32>,
}

impl Search<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.data.get(at).copied().unwrap_or_default()
    }

    /// Adds a position to its chain, and gives the one before.
    fn insert(&mut self, at: usize) -> u32 {
        let Some([a, b, c]) = self.data.get(at..).and_then(<[u8]>::first_chunk).copied() else {
            return NONE;
        };
        let hash = (usize::from(a) << 10 ^ usize::from(b) << 5 ^ usize::from(c)) % HASHES;
        let (Some(head), Some(earlier)) = (self.heads.get_mut(hash), self.earlier.get_mut(at)) else {
            return NONE;
        };
        *earlier = *head;
        *head = at as u32;
        *earlier
    }

    /// The length and distance of the best match at a position; no match is as long as one less than the shortest.
    fn longest(&self, at: usize, candidate: u32, before: usize) -> (usize, usize) {
        let here = self.data.get(at..).unwrap_or_default();
        let here = here.get(..LONGEST).unwrap_or(here);
        let mut best = (before.max(SHORTEST - 1), 0);
        let mut next = candidate;
        for _ in 0..if before >= GOOD { CHAIN / 4 } else { CHAIN } {
            let there = next as usize;
            if next == NONE || at - there > FURTHEST {
                break;
            }
            let other = self.data.get(there..).unwrap_or_default();
            // What decides in most cases: the byte that would make it longer.
            if other.get(best.0) == here.get(best.0) {
                let length = here.iter().zip(other).take_while(|(a, b)| a == b).count();
                if length > best.0 {
                    best = (length, at - there);
                    if length >= NICE.min(here.len()) {
                        break;
                    }
                }
            }
            next = self.earlier.get(there).copied().unwrap_or(NONE);
        }
        match best {
            (_, 0) => (SHORTEST - 1, 0),
            (SHORTEST, distance) if distance > TOO_FAR => (SHORTEST - 1, 0),
            found => found,
        }
    }
}

/// How often each symbol is written, and the bits beside them.
struct Codes {
    literals: [u32; 286],
    distances: [u32; 30],
    extra: usize,
}

impl Default for Codes {
    fn default() -> Self {
        let mut literals = [0; 286];
        // The end of the block.
        if let Some(end) = literals.get_mut(256) {
            *end = 1;
        }
        Self {
            literals,
            distances: [0; 30],
            extra: 0,
        }
    }
}

impl Codes {
    fn literal(&mut self, byte: u8) {
        if let Some(count) = self.literals.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }

    fn repetition(&mut self, length: usize, distance: usize) {
        // Four codes, then four for each bit more; 258 has one of its own.
        let (code, extra) = match length {
            LONGEST => (28, 0),
            _ => grouped(length - SHORTEST, 4),
        };
        let (far, more) = grouped(distance - 1, 2);
        for (counts, code) in [
            (&mut self.literals[..], 257 + code),
            (&mut self.distances[..], far),
        ] {
            if let Some(count) = counts.get_mut(code) {
                *count += 1;
            }
        }
        self.extra += extra + more;
    }

    fn bytes(&self) -> usize {
        let codes = huffman(&self.literals) + huffman(&self.distances) + self.extra;
        (codes + self.table()).div_ceil(8)
    }

    /// The bits of the lengths of all codes, which come first: runs of equal lengths, in a code of their own.
    fn table(&self) -> usize {
        let mut lengths: Vec<u32> = Vec::with_capacity(self.literals.len() + self.distances.len());
        for counts in [&self.literals[..], &self.distances[..]] {
            let all: u32 = counts.iter().sum();
            let used = counts
                .iter()
                .rposition(|&count| count > 0)
                .map_or(1, |last| last + 1);
            // The length of a code is nearly the information in its symbol.
            let length = |&count: &u32| {
                all.checked_div(count)
                    .map_or(0, |rarity| rarity.max(2).ilog2().min(15))
            };
            lengths.extend(counts.iter().take(used).map(length));
        }
        let (mut symbols, mut extra) = ([0_u32; 19], 0);
        for run in lengths.chunk_by(|a, b| a == b) {
            let length = run.first().map_or(0, |&length| length as usize);
            let mut left = run.len();
            // Zeros are counted to 138, other lengths written once and then repeated six times at most.
            while left > 0 {
                let (symbol, more, covered) = match (length, left) {
                    (0, 11..) => (18, 7, left.min(138)),
                    (0, 3..) => (17, 3, left),
                    (1.., 3..) if left < run.len() => (16, 2, left.min(6)),
                    _ => (length, 0, 1),
                };
                if let Some(count) = symbols.get_mut(symbol) {
                    *count += 1;
                }
                (left, extra) = (left - covered, extra + more);
            }
        }
        // The sizes of both tables, and the lengths of the code of lengths.
        huffman(&symbols) + extra + 17 + 3 * 16
    }
}

/// The code of a number, and its extra bits, where `group` codes have none and then as many have each number of them.
fn grouped(number: usize, group: usize) -> (usize, usize) {
    if number < 2 * group {
        return (number, 0);
    }
    let extra = (number.ilog2() - group.ilog2()) as usize;
    (extra * group + (number >> extra), extra)
}

/// The bits of all symbols in a Huffman code for them: what its nodes add up to.
fn huffman(counts: &[u32]) -> usize {
    let mut nodes: BinaryHeap<_> = counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| Reverse(count as usize))
        .collect();
    let mut bits = 0;
    while let (Some(Reverse(a)), Some(Reverse(b))) = (nodes.pop(), nodes.pop()) {
        bits += a + b;
        if !nodes.is_empty() {
            nodes.push(Reverse(a + b));
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_deflates() {
        // The first and the last length of some codes, as RFC 1951 lists them.
        for (length, code, extra) in [
            (3, 0, 0),
            (10, 7, 0),
            (11, 8, 1),
            (18, 11, 1),
            (19, 12, 2),
            (114, 22, 4),
            (257, 27, 5),
        ] {
            assert_eq!(grouped(length - 3, 4), (code, extra), "{length}");
        }
        for (distance, code, extra) in [
            (1, 0, 0),
            (4, 3, 0),
            (5, 4, 1),
            (8, 5, 1),
            (9, 6, 2),
            (24577, 29, 13),
            (32768, 29, 13),
        ] {
            assert_eq!(grouped(distance - 1, 2), (code, extra), "{distance}");
        }
    }

    /// Numbers below `bound`, each time the same.
    fn noise(count: usize, bound: u32) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from((state >> 16) % bound).unwrap()
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn sizes_are_close_to_zlibs() {
        // Few symbols; repetitions near, far and too far; runs; nothing that repeats; the second half alone.
        let far = [noise(9_000, 200), noise(9_000, 200), noise(700, 3)].concat();
        let short_and_far: Vec<u8> = (0..6_000_u32)
            .flat_map(|at| [((at % 5_000) >> 8) as u8, at as u8, (at >> 3) as u8, 7])
            .collect();
        let runs: Vec<u8> = (0..40_u8)
            .flat_map(|run| vec![run; usize::from(run) * 9 + 1])
            .collect();
        let cases = [
            level_6(&noise(20_000, 4), 0),
            level_6(&noise(20_000, 4), 10_000),
            level_6(&far, 0),
            level_6(&short_and_far, 0),
            level_6(&runs, 0),
            level_6(&noise(3_000, 256), 0),
            level_6(b"a", 0),
        ];
        // zlib 1.2.13 itself makes 6188, -, 9138, 10368, 119, 3005 and 3 bytes.
        assert_eq!(cases, [6190, 2961, 9124, 10355, 106, 3005, 6]);
    }

    #[test]
    fn huffmans_own_example() {
        assert_eq!(huffman(&[45, 13, 12, 16, 9, 5, 0]), 224);
        assert_eq!(huffman(&[7]), 0);
    }
}
