//! What the project says of threads: a field that is written on one, beside one that is read on another.

use std::sync::atomic::{AtomicU64, Ordering};

#[repr(align(64))]
pub struct Board {
    limit: u64,
    last: AtomicU64,
    seen: AtomicU64,
}

impl Board {
    #[inline(never)]
    pub fn publish(&self, price: u64) {
        self.last.store(price, Ordering::Release); //~ RF302 hot always
    }

    #[inline(never)]
    pub fn look(&self, price: u64) -> bool {
        price < self.limit
    }

    #[inline(never)]
    pub fn count(&self) {
        self.seen.fetch_add(1, Ordering::Relaxed); //~ RF302 hot always
    }
}

#[repr(align(64))]
pub struct Published(AtomicU64);

#[repr(align(64))]
pub struct Calm {
    last: Published,
    limit: u64,
}

impl Calm {
    #[inline(never)]
    pub fn publish(&self, price: u64) {
        self.last.0.store(price, Ordering::Release);
    }

    #[inline(never)]
    pub fn look(&self, price: u64) -> bool {
        price < self.limit
    }
}
