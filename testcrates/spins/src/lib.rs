//! Waiting for another thread in a loop; what looks like it and makes progress stays silent.

pub mod eager;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::Backoff;

pub struct Shared {
    pub ready: AtomicBool,
    pub sequence: AtomicU64,
    pub total: AtomicU64,
}

impl Shared {
    // ringfence: root
    pub fn wait_pausing(&self) {
        while !self.ready.load(Ordering::Acquire) {
            std::hint::spin_loop(); //~ RF203 hot loop=1
        }
    }

    // ringfence: root
    pub fn wait_yielding(&self) {
        while !self.ready.load(Ordering::Acquire) {
            std::thread::yield_now(); //~ RF203 hot loop=1; RF202 hot loop=1
        }
    }

    // ringfence: root
    pub fn wait_sleeping(&self) {
        while !self.ready.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_micros(50)); //~ RF203 hot loop=1; RF202 hot
        }
    }

    // ringfence: root
    pub fn wait_backing_off(&self) {
        let backoff = Backoff::new();
        while !self.ready.load(Ordering::Acquire) {
            backoff.snooze(); //~ RF203 hot; RF202 hot
        }
    }

    // ringfence: root
    pub fn claim(&self) {
        while self.ready.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            std::hint::spin_loop(); //~ RF203 hot loop=1
        }
    }

    // ringfence: root
    pub fn wait_longer_and_longer(&self) {
        let mut pauses = 1;
        while !self.ready.load(Ordering::Acquire) {
            for _ in 0..pauses {
                std::hint::spin_loop(); //~ RF203 hot loop=2
            }
            pauses = (pauses * 2).min(64);
        }
    }

    /// Lock-free: a failed attempt means that another thread made progress.
    // ringfence: root
    pub fn raise(&self, value: u64) -> u64 {
        self.total
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |total| (total < value).then_some(value))
            .unwrap_or(0)
    }

    /// Looks once and goes on.
    // ringfence: root
    #[inline(never)]
    pub fn poll(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// A fixed delay waits for nobody.
    // ringfence: root
    #[inline(never)]
    pub fn delay(&self, rounds: u32) -> u64 {
        for _ in 0..rounds {
            std::hint::spin_loop();
        }
        self.sequence.load(Ordering::Relaxed)
    }
}
