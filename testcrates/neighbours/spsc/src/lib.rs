//! Rings between one producer and one consumer.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Both positions in 16 bytes.
pub struct Ring<T> {
    head: AtomicUsize,
    tail: AtomicUsize,
    slots: Box<[UnsafeCell<Option<T>>]>,
}

unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> Ring<T> {
    pub fn new(capacity: usize) -> Self {
        Self {
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            slots: (0..capacity.next_power_of_two()).map(|_| UnsafeCell::new(None)).collect(),
        }
    }

    pub fn push(&self, value: T) -> bool {
        let tail = self.tail.load(Ordering::Relaxed);
        if tail - self.head.load(Ordering::Acquire) == self.slots.len() {
            return false;
        }
        unsafe { *self.slots[tail & (self.slots.len() - 1)].get() = Some(value) };
        self.tail.store(tail + 1, Ordering::Release);
        true
    }

    pub fn pop(&self) -> Option<T> {
        let head = self.head.load(Ordering::Relaxed);
        if head == self.tail.load(Ordering::Acquire) {
            return None;
        }
        let value = unsafe { (*self.slots[head & (self.slots.len() - 1)].get()).take() };
        self.head.store(head + 1, Ordering::Release);
        value
    }
}

#[repr(align(128))]
struct Apart(AtomicUsize);

/// Each position on lines of its own.
pub struct Wide<T> {
    head: Apart,
    tail: Apart,
    slots: Box<[UnsafeCell<Option<T>>]>,
}

unsafe impl<T: Send> Sync for Wide<T> {}

impl<T> Wide<T> {
    pub fn new(capacity: usize) -> Self {
        Self {
            head: Apart(AtomicUsize::new(0)),
            tail: Apart(AtomicUsize::new(0)),
            slots: (0..capacity.next_power_of_two()).map(|_| UnsafeCell::new(None)).collect(),
        }
    }

    pub fn push(&self, value: T) -> bool {
        let tail = self.tail.0.load(Ordering::Relaxed);
        if tail - self.head.0.load(Ordering::Acquire) == self.slots.len() {
            return false;
        }
        unsafe { *self.slots[tail & (self.slots.len() - 1)].get() = Some(value) };
        self.tail.0.store(tail + 1, Ordering::Release);
        true
    }

    pub fn pop(&self) -> Option<T> {
        let head = self.head.0.load(Ordering::Relaxed);
        if head == self.tail.0.load(Ordering::Acquire) {
            return None;
        }
        let value = unsafe { (*self.slots[head & (self.slots.len() - 1)].get()).take() };
        self.head.0.store(head + 1, Ordering::Release);
        value
    }
}

/// No generic: its methods stay in this crate's own object.
pub struct Gauge {
    seen: AtomicUsize,
    done: AtomicUsize,
}

impl Gauge {
    pub const fn new() -> Self {
        Self { seen: AtomicUsize::new(0), done: AtomicUsize::new(0) }
    }

    #[inline(never)]
    pub fn see(&self) -> usize {
        self.seen.fetch_add(1, Ordering::Relaxed)
    }

    #[inline(never)]
    pub fn finish(&self) {
        self.done.fetch_add(1, Ordering::Release);
    }
}

impl Default for Gauge {
    fn default() -> Self {
        Self::new()
    }
}
