//! How much memory work takes: for tests that hand hostile bytes to a decoder.
//!
//! A test binary that measures makes [`CountingAllocator`] its allocator:
//!
//! ```standalone_crate
//! use dj_codec_testkit::memory::{CountingAllocator, peak_of_thread};
//!
//! #[global_allocator]
//! static ALLOCATOR: CountingAllocator = CountingAllocator;
//!
//! # fn main() {
//! let (sum, held) = peak_of_thread(|| vec![1_u8; 1000].iter().map(|&one| u32::from(one)).sum::<u32>());
//! assert_eq!(sum, 1000);
//! assert!((1000..1100).contains(&held));
//! # }
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};

thread_local! {
    /// Bytes that this thread holds now, and held at most.
    static OF_THREAD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

static HELD: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);
static COUNTS: AtomicBool = AtomicBool::new(false);

/// The system's allocator, which counts the bytes that are held. Counting takes a few nanoseconds for each allocation.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingAllocator;

fn count(change: isize) {
    // A thread that ends has no counter any more.
    let _ = OF_THREAD.try_with(|held| {
        let (now, most) = held.get();
        held.set((now + change, most.max(now + change)));
    });
    let now = HELD.fetch_add(change, Ordering::Relaxed) + change;
    MOST.fetch_max(now, Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
}

/// A layout's size is at most `isize::MAX`, as its type promises.
fn bytes(size: usize) -> isize {
    isize::try_from(size).unwrap_or(isize::MAX)
}

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe to implement; this one hands everything on to the system's"
)]
// SAFETY: every call goes to the system's allocator as it came, and what that gives is given back unchanged. Counting touches
// only a thread-local cell without destructor and atomics, so it neither allocates nor panics.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(bytes(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(bytes(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-bytes(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Where the bytes move, both copies are held for a while.
        count(bytes(size));
        // SAFETY: the caller's promises are passed on.
        let moved = unsafe { System.realloc(at, layout, size) };
        // What failed leaves the old bytes as they were.
        count(-bytes(if moved.is_null() { size } else { layout.size() }));
        moved
    }
}

/// Whether [`CountingAllocator`] is the allocator of this program.
#[must_use]
pub fn is_counting() -> bool {
    COUNTS.load(Ordering::Relaxed)
}

/// Does the work, and gives with its result the most bytes that this thread held during it beyond what it held before.
/// 0 where [`is_counting`] is not so.
///
/// What other threads allocate for the work is not counted; and a thread that frees what another one allocated has a count
/// that is too low. [`peak_of_process`] counts all.
pub fn peak_of_thread<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = OF_THREAD.get().0;
    OF_THREAD.set((before, before));
    let result = work();
    let most = OF_THREAD.get().1 - before;
    (result, usize::try_from(most).unwrap_or(0))
}

/// Does the work, and gives with its result the most bytes that the whole process held during it beyond what it held
/// before: of all threads, other tests' included. 0 where [`is_counting`] is not so.
///
/// A test that wants exact figures has a test binary to itself.
pub fn peak_of_process<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let result = work();
    let most = MOST.load(Ordering::Relaxed) - before;
    (result, usize::try_from(most).unwrap_or(0))
}
