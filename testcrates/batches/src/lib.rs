//! Items taken one by one in a loop, beside batches, single calls, and types that have no batch form.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub struct Ring {
    slots: [AtomicU64; 64],
    head: AtomicUsize,
    tail: AtomicUsize,
}

impl Ring {
    pub fn pop(&self) -> Option<u64> {
        let head = self.head.load(Ordering::Relaxed);
        if head == self.tail.load(Ordering::Acquire) {
            return None;
        }
        let value = self.slots[head % 64].load(Ordering::Relaxed);
        self.head.store(head + 1, Ordering::Release);
        Some(value)
    }

    #[inline(never)]
    pub fn push(&self, value: u64) -> bool {
        let tail = self.tail.load(Ordering::Relaxed);
        if tail - self.head.load(Ordering::Acquire) == 64 {
            return false;
        }
        self.slots[tail % 64].store(value, Ordering::Relaxed);
        self.tail.store(tail + 1, Ordering::Release);
        true
    }

    #[inline(never)]
    pub fn pop_batch(&self, into: &mut [u64]) -> usize {
        let head = self.head.load(Ordering::Relaxed);
        let count = (self.tail.load(Ordering::Acquire) - head).min(into.len());
        for (offset, slot) in into.iter_mut().take(count).enumerate() {
            *slot = self.slots[(head + offset) % 64].load(Ordering::Relaxed);
        }
        self.head.store(head + count, Ordering::Release);
        count
    }

    /// A batch that is made of single calls.
    // ringfence: root
    #[inline(never)]
    pub fn push_slice(&self, values: &[u64]) -> usize {
        values.iter().take_while(|value| self.push(**value)).count()
    }
}

/// Has no batch form.
pub struct Counter {
    hits: AtomicU64,
}

impl Counter {
    #[inline(never)]
    pub fn push(&self, value: u64) {
        self.hits.fetch_add(value, Ordering::Relaxed);
    }
}

pub struct Engine {
    pub queue: Ring,
    pub counter: Counter,
    pub events: [u64; 32],
}

impl Engine {
    // ringfence: root
    #[inline(never)]
    pub fn drain(&mut self) -> u64 {
        let mut sum = 0;
        while let Some(event) = self.queue.pop() { //~ RF504 hot loop=1
            sum += event;
        }
        sum
    }

    // ringfence: root
    #[inline(never)]
    pub fn fill(&self, values: &[u64]) {
        for value in values {
            self.queue.push(*value); //~ RF504 hot loop=1
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn drain_batch(&mut self) -> u64 {
        let count = self.queue.pop_batch(&mut self.events);
        self.events[..count].iter().sum()
    }

    // ringfence: root
    #[inline(never)]
    pub fn one(&self) -> Option<u64> {
        self.queue.pop()
    }

    // ringfence: root
    #[inline(never)]
    pub fn count(&self, values: &[u64]) {
        for value in values {
            self.counter.push(*value);
        }
    }
}
