//! Waits without a pause: loops until another thread writes; beside them loops that come further by themselves.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

// ringfence: root
#[inline(never)]
pub fn for_a_flag(flag: &AtomicBool) {
    while !flag.load(Ordering::Acquire) {}
}

// ringfence: root
#[inline(never)]
pub fn for_a_swap(is_taken: &AtomicBool) {
    while is_taken.swap(true, Ordering::Acquire) {}
}

// ringfence: root
#[inline(never)]
pub fn for_a_ticket(next: &AtomicU64, served: &AtomicU64) -> u64 {
    let ticket = next.fetch_add(1, Ordering::Relaxed);
    while served.load(Ordering::Acquire) != ticket {}
    ticket
}

// ringfence: root
#[inline(never)]
pub fn for_an_exchange(owner: &AtomicU64, own: u64) {
    while owner.compare_exchange_weak(0, own, Ordering::Acquire, Ordering::Relaxed).is_err() {}
}

// ringfence: root
#[inline(never)]
pub fn for_an_even_count(sequence: &AtomicU64) -> u64 {
    loop {
        let count = sequence.load(Ordering::Acquire);
        if count & 1 == 0 {
            return count;
        }
    }
}

/// A failed attempt means that another thread came further.
// ringfence: root
#[inline(never)]
pub fn largest(most: &AtomicU64, value: u64) {
    let mut seen = most.load(Ordering::Relaxed);
    while seen < value {
        match most.compare_exchange_weak(seen, value, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return,
            Err(other) => seen = other,
        }
    }
}

/// Ends by itself.
// ringfence: root
#[inline(never)]
pub fn first_set(flags: &[AtomicBool]) -> usize {
    let mut at = 0;
    while at < flags.len() && !flags[at].load(Ordering::Acquire) {
        at += 1;
    }
    black_box(at)
}
