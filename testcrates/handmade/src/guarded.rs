//! Locks with a guard: inlined, and left as functions.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub struct Spin<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

unsafe impl<T: Send> Sync for Spin<T> {}

pub struct Held<'a, T> {
    spin: &'a Spin<T>,
}

impl<T> Spin<T> {
    pub const fn new(value: T) -> Spin<T> {
        Spin { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    pub fn take(&self) -> Held<'_, T> {
        while self.taken.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() { //~ RF201 hot root=add; RF201 hot root=swap
            while self.taken.load(Ordering::Relaxed) {
                std::hint::spin_loop(); //~ RF203 hot root=add; RF203 hot root=swap
            }
        }
        Held { spin: self }
    }

    pub fn try_take(&self) -> Option<Held<'_, T>> {
        (!self.taken.swap(true, Ordering::Acquire)).then(|| Held { spin: self }) //~ RF201 hot root=try_add
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        unsafe { &*self.spin.value.get() }
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        unsafe { &mut *self.spin.value.get() }
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.spin.taken.store(false, Ordering::Release);
    }
}

pub struct Book {
    pub total: u64,
    pub names: Vec<u64>,
}

// ringfence: root
pub fn add(book: &Spin<Book>, by: u64) {
    book.take().total += by;
}

/// Held over an allocation.
// ringfence: root
pub fn swap(book: &Spin<Book>, count: usize) -> usize {
    let mut held = book.take();
    held.names = Vec::with_capacity(count); //~ RF101 hot; RF103 hot
    held.names.capacity()
}

/// What is done until it is free is not held over.
// ringfence: root
#[inline(never)]
pub fn wait_and_add(taken: &AtomicBool, total: &AtomicU64) {
    while taken.swap(true, Ordering::Acquire) { //~ RF201 hot loop=0
        std::thread::yield_now(); //~ RF203 hot; RF202 hot
    }
    total.fetch_add(1, Ordering::Relaxed);
    taken.store(false, Ordering::Release);
}

// ringfence: root
pub fn try_add(book: &Spin<Book>, by: u64) -> bool {
    match book.try_take() {
        Some(mut held) => {
            held.total += by;
            true
        }
        None => false,
    }
}

/// A latch whose functions stay functions; the guard points at the flag itself.
pub struct Latch {
    pub opened: AtomicU64,
    pub shut: AtomicBool,
}

pub struct Shut<'a>(&'a AtomicBool);

impl Latch {
    #[inline(never)]
    pub fn shut(&self) -> Shut<'_> {
        while self.shut.swap(true, Ordering::Acquire) {} //~ RF201 hot; RF203 hot
        Shut(&self.shut)
    }
}

impl Drop for Shut<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

// ringfence: root
pub fn pass(latch: &Latch) -> u64 {
    let _shut = latch.shut();
    latch.opened.load(Ordering::Relaxed)
}

/// Says that it is gone when it is dropped: nothing takes that flag.
pub struct Sender<'a> {
    pub gone: &'a AtomicBool,
    pub sent: &'a AtomicU64,
}

impl Drop for Sender<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Release);
    }
}

// ringfence: root
#[inline(never)]
pub fn send_the_last(sender: Sender<'_>) -> u64 {
    sender.sent.fetch_add(1, Ordering::AcqRel)
}
