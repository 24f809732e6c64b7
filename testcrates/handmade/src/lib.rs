//! Locks that no name tells: a word is taken by an exchange and given back. Flags that are set, claimed or counted are none.

pub mod behind_lock_api;
pub mod guarded;

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

pub struct Seat {
    pub taken: AtomicBool,
    pub turn: AtomicU32,
    pub now: AtomicU32,
    pub readers: AtomicUsize,
    pub value: UnsafeCell<u64>,
    pub started: AtomicBool,
    pub dirty: AtomicBool,
    pub version: AtomicU64,
    pub holders: AtomicUsize,
    pub table: AtomicPtr<u64>,
}

unsafe impl Sync for Seat {}

impl Seat {
    // ringfence: root
    #[inline(never)]
    pub fn by_comparison(&self, by: u64) {
        while self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {} //~ RF201 hot loop=0; RF203 hot
        unsafe { *self.value.get() += by };
        self.taken.store(false, Ordering::Release);
    }

    // ringfence: root
    #[inline(never)]
    pub fn by_exchange(&self, by: u64) {
        while self.taken.swap(true, Ordering::Acquire) { //~ RF201 hot loop=0
            std::hint::spin_loop(); //~ RF203 hot
        }
        unsafe { *self.value.get() += by };
        self.taken.swap(false, Ordering::AcqRel);
    }

    /// Each value under a lock of its own.
    // ringfence: root
    #[inline(never)]
    pub fn each(&self, values: &[u64]) {
        for value in values {
            while self.taken.swap(true, Ordering::Acquire) {} //~ RF201 hot loop=1; RF203 hot
            unsafe { *self.value.get() += value };
            self.taken.store(false, Ordering::Release);
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn by_number(&self, by: u64) {
        let mine = self.turn.fetch_add(1, Ordering::Relaxed); //~ RF201 hot
        while self.now.load(Ordering::Acquire) != mine {} //~ RF203 hot
        unsafe { *self.value.get() += by };
        self.now.store(mine.wrapping_add(1), Ordering::Release);
    }

    /// Readers count themselves in while bit 0 is clear.
    // ringfence: root
    #[inline(never)]
    pub fn read(&self) -> u64 {
        loop {
            let readers = self.readers.load(Ordering::Relaxed); //~ RF203 hot
            if readers & 1 == 0
                && self.readers.compare_exchange(readers, readers + 2, Ordering::Acquire, Ordering::Relaxed).is_ok() //~ RF201 hot
            {
                break;
            }
        }
        let value = unsafe { *self.value.get() };
        self.readers.fetch_sub(2, Ordering::Release);
        value
    }

    /// Goes on without where somebody else is at it.
    // ringfence: root
    #[inline(never)]
    pub fn unless_busy(&self, by: u64) -> bool {
        if self.taken.swap(true, Ordering::Acquire) { //~ RF201 hot
            return false;
        }
        unsafe { *self.value.get() += by };
        self.taken.store(false, Ordering::Release);
        true
    }

    /// The first one in; nobody ever gives it back.
    // ringfence: root
    #[inline(never)]
    pub fn start(&self) -> bool {
        !self.started.swap(true, Ordering::AcqRel)
    }

    // ringfence: root
    #[inline(never)]
    pub fn claim(&self) -> bool {
        self.started.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn touch(&self, by: u64) {
        unsafe { *self.value.get() += by };
        self.dirty.store(true, Ordering::Release);
    }

    /// Set before it is asked: a flag.
    // ringfence: root
    #[inline(never)]
    pub fn touch_and_flush(&self, by: u64) -> bool {
        unsafe { *self.value.get() += by };
        self.dirty.store(true, Ordering::Release);
        self.dirty.swap(false, Ordering::AcqRel)
    }

    // ringfence: root
    #[inline(never)]
    pub fn flush(&self) -> bool {
        self.dirty.swap(false, Ordering::AcqRel)
    }

    /// One writer announces what it does.
    // ringfence: root
    #[inline(never)]
    pub fn write(&self, value: u64) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Release);
        unsafe { *self.value.get() = value };
        self.version.store(version + 2, Ordering::Release);
    }

    /// A count of references.
    // ringfence: root
    #[inline(never)]
    pub fn hold(&self) -> u64 {
        self.holders.fetch_add(1, Ordering::Relaxed);
        let value = unsafe { *self.value.get() };
        if self.holders.fetch_sub(1, Ordering::Release) == 1 {
            std::sync::atomic::fence(Ordering::Acquire);
        }
        value
    }

    /// Made by whoever comes first.
    // ringfence: root
    #[inline(never)]
    pub fn table(&self, made: *mut u64) -> *mut u64 {
        match self.table.compare_exchange(std::ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => made,
            Err(there) => there,
        }
    }
}
