//! Statics of two threads: side by side, far from each other, on lines of their own, of one thread, never written.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicU8, Ordering::Relaxed};

/// The first thing that either thread touches; the producer's thread is said in `ringfence.toml`.
pub mod close {
    use super::*;

    pub static SENT: AtomicU64 = AtomicU64::new(0);
    pub static TAKEN: AtomicU64 = AtomicU64::new(0);

    // ringfence: root
    #[inline(never)]
    pub fn send() {
        SENT.fetch_add(1, Relaxed); //~ RF302 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn take() {
        TAKEN.fetch_add(1, Relaxed); //~ RF302 hot always
    }
}

/// Nothing is said of their threads: who increments one never touches the other.
pub mod unsaid {
    use super::*;

    pub static HITS: AtomicU8 = AtomicU8::new(0);
    pub static MISS: AtomicU8 = AtomicU8::new(0);

    // ringfence: root
    #[inline(never)]
    pub fn hit() {
        HITS.fetch_add(1, Relaxed); //~ RF302 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn miss() {
        MISS.fetch_add(1, Relaxed); //~ RF302 hot always
    }
}

/// What lies between is larger than a line, and touched: they are apart, by the order of their names only.
pub mod far {
    use super::*;

    pub static A_IN: AtomicU64 = AtomicU64::new(0);
    pub static BETWEEN: [AtomicU64; 40] = [const { AtomicU64::new(0) }; 40];
    pub static C_OUTSIDE: AtomicU64 = AtomicU64::new(0);

    // ringfence: root
    #[inline(never)]
    pub fn enter() -> u64 {
        A_IN.fetch_add(1, Relaxed); //~ RF302 hot always
        BETWEEN[3].load(Relaxed)
    }

    // ringfence: root
    #[inline(never)]
    pub fn leave() {
        C_OUTSIDE.fetch_add(1, Relaxed); //~ RF302 hot always
    }
}

#[repr(align(64))]
pub struct Line(pub AtomicU64);

pub mod apart {
    use super::*;

    pub static SENT: Line = Line(AtomicU64::new(0));
    pub static TAKEN: Line = Line(AtomicU64::new(0));

    // ringfence: root
    #[inline(never)]
    pub fn send() {
        SENT.0.fetch_add(1, Relaxed);
    }

    // ringfence: root
    #[inline(never)]
    pub fn take() {
        TAKEN.0.fetch_add(1, Relaxed);
    }
}

/// Both on the thread `feed`.
pub mod one_thread {
    use super::*;

    pub static OPENED: AtomicU64 = AtomicU64::new(9);
    pub static CLOSED: AtomicU64 = AtomicU64::new(9);

    // ringfence: root
    #[inline(never)]
    pub fn open() {
        OPENED.fetch_add(1, Relaxed);
    }

    // ringfence: root
    #[inline(never)]
    pub fn close() {
        CLOSED.fetch_add(1, Relaxed);
    }
}

pub mod private {
    use super::*;

    thread_local! {
        pub static OPENED: Cell<u64> = const { Cell::new(0) };
        pub static CLOSED: Cell<u64> = const { Cell::new(0) };
    }

    // ringfence: root
    #[inline(never)]
    pub fn open() {
        OPENED.set(OPENED.get() + 1);
    }

    // ringfence: root
    #[inline(never)]
    pub fn close() {
        CLOSED.set(CLOSED.get() + 1);
    }
}
