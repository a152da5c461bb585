//! Memory is counted as it is held.
#![allow(clippy::unwrap_used, reason = "a test asserts by panicking")]

use dj_codec_testkit::memory::{CountingAllocator, is_counting, peak_of_process, peak_of_thread};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const MIB: usize = 1 << 20;

/// One test, for tests of one binary run side by side.
#[test]
fn the_most_that_is_held_is_counted() {
    assert!(is_counting());
    let (kept, held) = peak_of_thread(|| {
        drop(vec![1_u8; 3 * MIB]);
        vec![1_u8; MIB]
    });
    assert_eq!(held, 3 * MIB);
    // What was held before does not count, and what is freed gives room.
    let ((), held) = peak_of_thread(|| {
        drop(kept);
        drop(vec![0_u8; 2 * MIB]);
    });
    assert_eq!(held, MIB);
    let (grown, held) = peak_of_thread(|| {
        let mut bytes = Vec::with_capacity(MIB);
        bytes.resize(MIB, 1_u8);
        bytes.reserve_exact(MIB);
        bytes
    });
    // Both copies, while the bytes move.
    assert_eq!(held, 3 * MIB);
    assert_eq!(peak_of_thread(|| drop(grown)).1, 0);

    let elsewhere = || std::thread::spawn(|| drop(vec![0_u8; 5 * MIB])).join().unwrap();
    assert!(peak_of_thread(elsewhere).1 < MIB);
    let ((), held) = peak_of_process(elsewhere);
    assert!((5 * MIB..6 * MIB).contains(&held), "{held}");
}
