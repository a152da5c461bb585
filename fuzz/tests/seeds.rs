//! The fuzzer's seeds, and a fixed choice of damaged ones, through each target: what can be had without the fuzzer.

use dj_codecs_fuzz::{TARGETS, seeds};

/// How many damaged forms of each seed are tried.
const DAMAGED: u64 = 24;

/// SplitMix64: the same choice every time.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

fn damaged(seed: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let at = (mixed(number) % seed.len().max(1) as u64) as usize;
    match mixed(!number) % 4 {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..seed.len().min(at + 1))),
        2 => bytes.insert(at, mixed(number + 1) as u8),
        _ => bytes
            .iter_mut()
            .skip(at)
            .take(1)
            .for_each(|byte| *byte ^= (mixed(number + 2) as u8).max(1)),
    }
    bytes
}

fn seeds_of(target: &str) {
    let run = TARGETS
        .iter()
        .find(|(name, _)| *name == target)
        .expect("it is listed")
        .1;
    for (position, (name, seed)) in seeds::of(target).into_iter().enumerate() {
        let tried = std::panic::catch_unwind(|| {
            run(&seed);
            (0..DAMAGED).for_each(|number| run(&damaged(&seed, position as u64 * DAMAGED + number)));
        });
        assert!(tried.is_ok(), "{target}: {name}");
    }
}

macro_rules! targets {
    ($($target:ident)+) => {
        $(#[test] fn $target() { seeds_of(stringify!($target)); })+

        #[test]
        fn every_target_is_tested() {
            assert_eq!(TARGETS.map(|(name, _)| name), [$(stringify!($target)),+]);
        }
    };
}

targets! { attach blob blob_typed hash manifest notation npy record spec zarr_chunk zarr_metadata }
