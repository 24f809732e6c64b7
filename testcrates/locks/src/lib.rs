//! What takes a lock, and what only looks like it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};

pub struct Shared {
    pub total: Mutex<u64>,
    pub limit: RwLock<u64>,
    pub seen: parking_lot::Mutex<u64>,
    pub table: parking_lot::RwLock<u64>,
    pub count: AtomicU64,
    pub last: Cell<u64>,
}

impl Shared {
    // ringfence: root
    pub fn add(&self, amount: u64) {
        *self.total.lock().unwrap() += amount; //~ RF201 hot always; RF202 cold; RF202 cold
    }

    // ringfence: root
    pub fn try_add(&self, amount: u64) -> bool { //~ RF202 cold
        match self.total.try_lock() { //~ RF201 hot always
            Ok(mut total) => {
                *total += amount;
                true
            }
            Err(_) => false,
        }
    }

    // ringfence: root
    pub fn limit(&self) -> u64 {
        *self.limit.read().unwrap() //~ RF201 hot; RF202 cold
    } //~ RF202 cold

    // ringfence: root
    pub fn set_limit(&self, limit: u64) {
        *self.limit.write().unwrap() = limit; //~ RF201 hot always; RF202 cold; RF202 cold
    }

    // ringfence: root
    #[inline(never)]
    pub fn bump(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    // ringfence: root
    #[inline(never)]
    pub fn claim(&self) -> bool {
        self.count.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn remember(&self, value: u64) -> u64 {
        self.last.replace(value)
    }
}
