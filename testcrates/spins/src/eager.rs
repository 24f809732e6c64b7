//! Waiting without giving way. What changes something in every turn, or answers another thread's progress, stays silent.

use std::cell::Cell;
use std::sync::atomic::{compiler_fence, fence, AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub struct Gate {
    pub open: AtomicBool,
    pub phase: AtomicU32,
    pub next: AtomicU32,
    pub serving: AtomicU32,
    pub slots: AtomicU64,
    pub inner: AtomicPtr<AtomicBool>,
    pub seen: Cell<bool>,
    pub workers: [AtomicBool; 6],
}

impl Gate {
    // ringfence: root
    pub fn until_open(&self) {
        while !self.open.load(Ordering::Acquire) {} //~ RF203 hot loop=1
    }

    // ringfence: root
    pub fn until_phase(&self, phase: u32) {
        while self.phase.load(Ordering::Acquire) < phase {} //~ RF203 hot loop=1
    }

    // ringfence: root
    #[inline(never)]
    pub fn enter_by_exchange(&self) {
        while self.open.swap(false, Ordering::Acquire) {} //~ RF203 hot loop=1
    }

    // ringfence: root
    pub fn enter_by_comparison(&self) {
        while self.slots.compare_exchange(7, 0, Ordering::Acquire, Ordering::Relaxed).is_err() {} //~ RF203 hot loop=1
    }

    /// Looks before it tries, in one loop.
    // ringfence: root
    pub fn enter_politely(&self) {
        loop {
            let is_free = !self.open.load(Ordering::Relaxed);
            if is_free && self.open.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok() { //~ RF203 hot loop=1
                return;
            }
        }
    }

    /// Looks in a loop of its own; LLVM makes one of the two.
    // ringfence: root
    pub fn enter_more_politely(&self) {
        while self.open.swap(true, Ordering::Acquire) { //~ RF203 hot
            while self.open.load(Ordering::Relaxed) {}
        }
    }

    // ringfence: root
    pub fn take_a_number(&self) -> u32 {
        let mine = self.next.fetch_add(1, Ordering::Relaxed);
        while self.serving.load(Ordering::Acquire) != mine {} //~ RF203 hot loop=1
        mine
    }

    /// Readers count themselves in while no writer (bit 0) is there: between the tries they wait for it.
    // ringfence: root
    pub fn share(&self) {
        loop {
            let slots = self.slots.load(Ordering::Relaxed); //~ RF203 hot loop=1
            if slots & 1 == 0
                && self.slots.compare_exchange(slots, slots + 2, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                return;
            }
        }
    }

    /// What is added is taken off again.
    // ringfence: root
    #[inline(never)]
    pub fn share_by_counting(&self) {
        while self.slots.fetch_add(2, Ordering::Acquire) & 1 == 1 { //~ RF203 hot loop=1
            self.slots.fetch_sub(2, Ordering::Relaxed);
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn mark(&self) {
        while self.slots.fetch_or(4, Ordering::AcqRel) & 4 != 0 {} //~ RF203 hot loop=1
    }

    /// The flag stands behind a pointer that may change.
    // ringfence: root
    pub fn until_the_inner_is_open(&self) {
        while !unsafe { &*self.inner.load(Ordering::Acquire) }.load(Ordering::Acquire) {} //~ RF203 hot loop=1
    }

    /// No atomic: what orders is the fence.
    // ringfence: root
    pub fn until_seen(&self) {
        while !self.seen.get() { //~ RF203 hot loop=1
            fence(Ordering::Acquire);
        }
    }

    /// A fence for the compiler is no instruction, and makes it look again.
    // ringfence: root
    pub fn until_seen_by_the_compiler(&self) {
        while !self.seen.get() { //~ RF203 hot loop=1
            compiler_fence(Ordering::SeqCst);
        }
    }

    /// Gives up.
    // ringfence: root
    pub fn until_open_or_tired(&self) -> bool {
        for _ in 0..10_000 {
            if self.open.load(Ordering::Acquire) { //~ RF203 hot loop=1
                return true;
            }
        }
        false
    }

    // ringfence: root
    pub fn until_open_or_late(&self) -> bool {
        let start = Instant::now();
        while !self.open.load(Ordering::Acquire) { //~ RF203 hot loop=1
            if start.elapsed() > Duration::from_micros(50) {
                return false;
            }
        }
        true
    }

    // ringfence: root
    pub fn until_all_are_done(&self) {
        for worker in &self.workers {
            while !worker.load(Ordering::Acquire) {} //~ RF203 hot
        }
    }

    /// The walk begins anew until it gets to the end.
    // ringfence: root
    #[inline(never)]
    pub fn until_all_are_done_at_once(workers: &[AtomicBool]) {
        while !workers.iter().all(|worker| worker.load(Ordering::Acquire)) {} //~ RF203 hot
    }

    /// As many rounds as somebody asks for: no other thread ends them.
    // ringfence: root
    #[inline(never)]
    pub fn looked_round_after_round(workers: &[AtomicBool], rounds: u32) -> u32 {
        (0..rounds).filter(|_| workers.iter().all(|worker| worker.load(Ordering::Relaxed))).count() as u32
    }

    // ringfence: root
    pub fn until_one_is_done(&self) -> usize {
        loop {
            if let Some(first) = self.workers.iter().position(|worker| worker.load(Ordering::Acquire)) { //~ RF203 hot
                return first;
            }
        }
    }

    #[inline(never)]
    fn is_past(&self, phase: u32) -> bool {
        self.phase.load(Ordering::Acquire) > phase && self.open.load(Ordering::Relaxed)
    }

    #[inline(never)]
    fn try_enter(&self) -> bool {
        self.slots.compare_exchange(7, 0, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Looks in a function.
    // ringfence: root
    pub fn until_past(&self, phase: u32) {
        while !self.is_past(phase) {} //~ RF203 hot loop=1
    }

    // ringfence: root
    pub fn until_past_pausing(&self, phase: u32) {
        while !self.is_past(phase) {
            std::hint::spin_loop(); //~ RF203 hot loop=1
        }
    }

    /// Tries in a function.
    // ringfence: root
    pub fn enter_by_function(&self) {
        while !self.try_enter() {} //~ RF203 hot loop=1
    }
}

/// A register of a device.
// ringfence: root
#[inline(never)]
pub fn until_ready(status: *const u32) {
    while unsafe { status.read_volatile() } & 1 == 0 {} //~ RF203 hot loop=1
}

pub struct Link {
    pub value: u64,
    pub next: *mut Link,
}

pub struct Stack {
    pub head: AtomicPtr<Link>,
    pub highest: AtomicU64,
    pub stop: AtomicBool,
    pub bits: AtomicU64,
    pub cells: [AtomicU64; 12],
    pub version: AtomicU64,
    pub pair: [AtomicU64; 2],
}

impl Stack {
    // ringfence: root
    #[inline(never)]
    pub fn push(&self, link: &mut Link) {
        loop {
            link.next = self.head.load(Ordering::Relaxed);
            if self.head.compare_exchange(link.next, link, Ordering::Release, Ordering::Relaxed).is_ok() {
                return;
            }
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn pop(&self) -> *mut Link {
        let mut head = self.head.load(Ordering::Acquire);
        while !head.is_null() {
            let next = unsafe { (*head).next };
            match self.head.compare_exchange_weak(head, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break,
                Err(other) => head = other,
            }
        }
        head
    }

    // ringfence: root
    #[inline(never)]
    pub fn raise(&self, value: u64) {
        let mut highest = self.highest.load(Ordering::Relaxed);
        while value > highest {
            match self.highest.compare_exchange_weak(highest, value, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => highest = other,
            }
        }
    }

    /// A weak exchange may fail for nothing: then the word is what was expected, and it is tried again.
    // ringfence: root
    pub fn exchange(&self, expected: u64, value: u64) -> Result<u64, u64> {
        loop {
            match self.highest.compare_exchange_weak(expected, value, Ordering::AcqRel, Ordering::Acquire) {
                Ok(before) => return Ok(before),
                Err(before) if before != expected => return Err(before),
                Err(_) => {}
            }
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn mix(&self) -> u64 {
        self.highest.fetch_update(Ordering::AcqRel, Ordering::Acquire, |value| Some(value.rotate_left(7) ^ 5)).unwrap_or(0)
    }

    /// Every turn takes a bit off.
    // ringfence: root
    #[inline(never)]
    pub fn drain(&self) -> u32 {
        let mut sum = 0;
        loop {
            let bits = self.bits.load(Ordering::Acquire);
            if bits == 0 {
                return sum;
            }
            self.bits.fetch_and(bits - 1, Ordering::AcqRel);
            sum += bits.trailing_zeros();
        }
    }

    /// A walk over cells ends by itself.
    // ringfence: root
    #[inline(never)]
    pub fn claim_a_cell(&self) -> Option<usize> {
        self.cells.iter().position(|cell| cell.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok())
    }

    // ringfence: root
    #[inline(never)]
    pub fn walk(&self) -> u64 {
        let mut link = self.head.load(Ordering::Acquire);
        let mut sum = 0;
        while !link.is_null() {
            sum += unsafe { (*link).value };
            link = unsafe { (*link).next };
        }
        sum
    }

    /// Read anew only where another thread wrote meanwhile.
    // ringfence: root
    #[inline(never)]
    pub fn both(&self) -> (u64, u64) {
        loop {
            let before = self.version.load(Ordering::Acquire);
            let pair = (self.pair[0].load(Ordering::Relaxed), self.pair[1].load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if self.version.load(Ordering::Relaxed) == before {
                return pair;
            }
        }
    }

    /// A thread that works until it is told to stop.
    // ringfence: root
    #[inline(never)]
    pub fn work(&self) {
        while !self.stop.load(Ordering::Acquire) {
            let link = self.head.swap(std::ptr::null_mut(), Ordering::AcqRel);
            if !link.is_null() {
                unsafe { (*link).value += 1 };
            }
        }
    }

    /// Where there is nothing to do, LLVM leaves a loop that only looks.
    // ringfence: root
    #[inline(never)]
    pub fn stir(&self, cells: &mut [u64]) -> u64 {
        let mut turns = 0;
        while !self.stop.load(Ordering::Acquire) {
            for cell in &mut *cells {
                *cell = cell.wrapping_mul(31).rotate_left(7);
            }
            turns += 1;
        }
        turns
    }

    /// The loop counts for others to see.
    // ringfence: root
    #[inline(never)]
    pub fn beat(&self) {
        while !self.stop.load(Ordering::Acquire) {
            self.highest.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A ring for one writer and one reader that says when it is full.
pub struct Ring {
    pub head: AtomicU64,
    pub tail: AtomicU64,
    pub cells: [Cell<u64>; 64],
}

impl Ring {
    // ringfence: root
    #[inline(never)]
    pub fn put(&self, value: u64) -> bool {
        let tail = self.tail.load(Ordering::Relaxed);
        if tail - self.head.load(Ordering::Acquire) == 64 {
            return false;
        }
        self.cells[tail as usize % 64].set(value);
        self.tail.store(tail + 1, Ordering::Release);
        true
    }

    // ringfence: root
    #[inline(never)]
    pub fn put_all(&self, values: &[u64]) -> usize {
        values.iter().take_while(|value| self.put(**value)).count()
    }

    #[inline(never)]
    fn take_one(&self) -> Option<u64> {
        let head = self.head.load(Ordering::Relaxed);
        if head == self.tail.load(Ordering::Acquire) {
            return None;
        }
        let value = self.cells[head as usize % 64].get();
        self.head.store(head + 1, Ordering::Release);
        Some(value)
    }

    /// What it calls does something, once there is room.
    // ringfence: root
    pub fn put_in_the_end(&self, value: u64) {
        while !self.put(value) {} //~ RF203 hot loop=1
    }

    // ringfence: root
    pub fn take_in_the_end(&self) -> u64 {
        loop {
            if let Some(value) = self.take_one() { //~ RF203 hot loop=1
                return value;
            }
        }
    }

    /// Ends where there is nothing left: every turn takes something.
    // ringfence: root
    pub fn take_what_is_there(&self) -> u64 {
        let mut last = 0;
        while let Some(value) = self.take_one() {
            last = value;
        }
        last
    }

    /// Ends where it is full.
    // ringfence: root
    pub fn fill(&self, value: u64) {
        while self.put(value) {}
    }

    /// The whole queue in one loop: what is taken was put there by the other thread.
    // ringfence: root
    pub fn take_all(&self) -> u64 {
        let mut sum = 0;
        loop {
            let head = self.head.load(Ordering::Relaxed);
            if head == self.tail.load(Ordering::Acquire) {
                return sum;
            }
            sum += self.cells[head as usize % 64].get();
            self.head.store(head + 1, Ordering::Release);
        }
    }

    /// Waits until there is something.
    // ringfence: root
    pub fn take(&self) -> u64 {
        let head = self.head.load(Ordering::Relaxed);
        while head == self.tail.load(Ordering::Acquire) {} //~ RF203 hot loop=1
        let value = self.cells[head as usize % 64].get();
        self.head.store(head + 1, Ordering::Release);
        value
    }
}
