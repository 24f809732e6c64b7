//! Atomics that order more than they must, or less; the right orders stay silent.

use std::cell::UnsafeCell;
use std::sync::atomic::{fence, AtomicBool, AtomicU64, AtomicUsize, Ordering};

pub struct Slot {
    pub value: UnsafeCell<u64>,
    pub ready: AtomicBool,
    pub head: AtomicUsize,
    pub count: AtomicU64,
}

unsafe impl Sync for Slot {}

impl Slot {
    // ringfence: root
    #[inline(never)]
    pub fn advance(&self, head: usize) {
        self.head.store(head, Ordering::SeqCst); //~ RF205 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn head(&self) -> usize {
        self.head.load(Ordering::SeqCst) //~ RF205 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn count(&self) -> u64 {
        self.count.fetch_add(1, Ordering::SeqCst) //~ RF205 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn settle(&self) {
        fence(Ordering::SeqCst); //~ RF205 hot
    }

    /// The reader may see the flag before the value.
    // ringfence: root
    #[inline(never)]
    pub fn publish_weakly(&self, value: u64) {
        unsafe { *self.value.get() = value };
        self.ready.store(true, Ordering::Relaxed); //~ RF206 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn publish(&self, value: u64) {
        unsafe { *self.value.get() = value };
        self.ready.store(true, Ordering::Release);
    }

    // ringfence: root
    #[inline(never)]
    pub fn publish_behind_a_fence(&self, value: u64) {
        unsafe { *self.value.get() = value };
        fence(Ordering::Release);
        self.ready.store(true, Ordering::Relaxed);
    }

    /// Nothing was written before.
    // ringfence: root
    #[inline(never)]
    pub fn reset(&self) {
        self.ready.store(false, Ordering::Relaxed);
    }

    /// A counter orders nothing, but each core that counts takes the line from the others.
    // ringfence: root
    #[inline(never)]
    pub fn tally(&self, value: u64) -> u64 {
        unsafe { *self.value.get() = value };
        self.count.fetch_add(1, Ordering::Relaxed) //~ RF205 hot
    }
}

static SEQUENCE: AtomicU64 = AtomicU64::new(0);
static WATERMARK: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static OWN: AtomicU64 = const { AtomicU64::new(0) };
}

/// All threads draw from one word.
// ringfence: root
#[inline(never)]
pub fn draw() -> u64 {
    SEQUENCE.fetch_add(1, Ordering::Relaxed) //~ RF205 hot always
}

/// Time never goes back, at the price of a word that every reader changes.
// ringfence: root
#[inline(never)]
pub fn raise(now: u64) -> u64 {
    WATERMARK.fetch_max(now, Ordering::AcqRel).max(now) //~ RF205 hot
}

/// Whoever reads leaves the line where it is.
// ringfence: root
#[inline(never)]
pub fn read_watermark() -> u64 {
    WATERMARK.load(Ordering::Acquire)
}

/// One thread writes, with a plain store.
// ringfence: root
#[inline(never)]
pub fn set_watermark(now: u64) {
    WATERMARK.store(now, Ordering::Release);
}

/// Each thread has its own word.
// ringfence: root
#[inline(never)]
pub fn count_for_oneself() -> u64 {
    OWN.with(|word| word.fetch_add(1, Ordering::Relaxed))
}

pub struct Writer {
    pub last: u64,
    pub shown: AtomicU64,
}

impl Writer {
    /// What was written is behind `&mut`: nobody else looks.
    // ringfence: root
    #[inline(never)]
    pub fn note(&mut self, value: u64) {
        self.last = value;
        self.shown.store(value, Ordering::Relaxed);
    }
}

pub struct Hub {
    pub made: std::sync::OnceLock<u64>,
    pub shared: std::sync::Arc<u64>,
}

impl Hub {
    /// Libraries that do with less than one order for all; those that do not are in `queues`.
    // ringfence: root
    #[inline(never)]
    pub fn share(&self) -> std::sync::Arc<u64> {
        self.shared.clone()
    }

    // ringfence: root
    #[inline(never)]
    pub fn made(&self) -> Option<u64> {
        self.made.get().copied()
    }
}
