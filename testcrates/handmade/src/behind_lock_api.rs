//! Locks of one's own behind lock_api, inlined or not.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

pub struct Bit(AtomicBool);

unsafe impl lock_api::RawMutex for Bit {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Bit = Bit(AtomicBool::new(false));
    type GuardMarker = lock_api::GuardSend;

    #[inline(never)]
    fn lock(&self) {
        while self.0.swap(true, Ordering::Acquire) { //~ RF201 hot root=total
            while self.0.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        }
    }

    fn try_lock(&self) -> bool {
        self.0.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok() //~ RF201 hot root=try_total
    }

    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

pub struct Many(AtomicU32);

unsafe impl lock_api::RawRwLock for Many {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Many = Many(AtomicU32::new(0));
    type GuardMarker = lock_api::GuardSend;

    fn lock_shared(&self) {
        while !self.try_lock_shared() {}
    }

    fn try_lock_shared(&self) -> bool {
        let seen = self.0.load(Ordering::Relaxed);
        seen & 1 == 0 && self.0.compare_exchange(seen, seen + 2, Ordering::Acquire, Ordering::Relaxed).is_ok() //~ RF201 hot loop=0 root=rate
    }

    unsafe fn unlock_shared(&self) {
        self.0.fetch_sub(2, Ordering::Release);
    }

    fn lock_exclusive(&self) {
        while !self.try_lock_exclusive() {}
    }

    fn try_lock_exclusive(&self) -> bool {
        self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok() //~ RF201 hot loop=0 root=set_rate
    }

    unsafe fn unlock_exclusive(&self) {
        self.0.store(0, Ordering::Release);
    }
}

pub struct Total {
    pub sum: u64,
}

// ringfence: root
pub fn total(total: &lock_api::Mutex<Bit, Total>, by: u64) -> u64 {
    let mut total = total.lock();
    total.sum += by;
    total.sum
}

// ringfence: root
pub fn try_total(total: &lock_api::Mutex<Bit, Total>) -> Option<u64> {
    total.try_lock().map(|total| total.sum)
}

// ringfence: root
pub fn rate(rate: &lock_api::RwLock<Many, u64>) -> u64 {
    *rate.read()
}

// ringfence: root
pub fn set_rate(rate: &lock_api::RwLock<Many, u64>, value: u64) {
    *rate.write() = value;
}
