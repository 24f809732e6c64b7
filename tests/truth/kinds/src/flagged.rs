//! Locks of one's own: a flag that is taken in a loop or a try, and given back where a guard is dropped.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use lock_api::{GuardSend, RawMutex};

pub struct Latch<T> {
    is_taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard only, and there is one at a time.
unsafe impl<T: Send> Sync for Latch<T> {}

pub struct Pass<'a, T>(&'a Latch<T>);

impl<T> Latch<T> {
    pub const fn new(value: T) -> Self {
        Self { is_taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    #[inline]
    pub fn enter(&self) -> Pass<'_, T> {
        while self.is_taken.swap(true, Ordering::Acquire) {
            while self.is_taken.load(Ordering::Relaxed) {}
        }
        Pass(self)
    }
}

impl<T> Deref for Pass<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Pass<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Pass<'_, T> {
    fn drop(&mut self) {
        self.0.is_taken.store(false, Ordering::Release);
    }
}

pub struct Turnstile(AtomicU32);

unsafe impl RawMutex for Turnstile {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self(AtomicU32::new(0));
    type GuardMarker = GuardSend;

    fn lock(&self) {
        while !self.try_lock() {
            std::thread::yield_now();
        }
    }

    fn try_lock(&self) -> bool {
        self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    unsafe fn unlock(&self) {
        self.0.store(0, Ordering::Release);
    }
}

pub type Gate<T> = lock_api::Mutex<Turnstile, T>;

// ringfence: root
#[inline(never)]
pub fn behind_a_latch(latch: &Latch<u64>) -> u64 {
    let mut value = latch.enter();
    *value += 1;
    *value
}

// ringfence: root
#[inline(never)]
pub fn behind_a_gate(gate: &Gate<u64>) -> u64 {
    let mut value = gate.lock();
    *value += 1;
    *value
}

/// Sets a flag and goes on.
// ringfence: root
#[inline(never)]
pub fn raised(flag: &AtomicBool) -> bool {
    flag.swap(true, Ordering::AcqRel)
}
