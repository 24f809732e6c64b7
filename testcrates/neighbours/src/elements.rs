//! Elements of arrays and vectors: reached by an index that only the run knows, or in ways that no other thread shares.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::*};

pub static SLOTS: [AtomicUsize; 67] = [const { AtomicUsize::new(0) }; 67];

// ringfence: root
#[inline(never)]
pub fn acquire(key: usize) {
    SLOTS[key % 67].fetch_add(1, AcqRel); //~ RF302 hot always
}

// ringfence: root
#[inline(never)]
pub fn release(key: usize) {
    SLOTS[key % 67].fetch_sub(1, AcqRel); //~ RF302 hot always
}

#[repr(align(64))]
pub struct Line(AtomicU64);

pub struct Board {
    pub per_worker: Vec<AtomicU64>,
    pub in_place: [AtomicU32; 16],
    pub padded: Vec<Line>,
    pub padded_in_place: [Line; 8],
    pub limits: Vec<u64>,
    pub long: Box<[AtomicU64; 65_536]>,
}

impl Board {
    // ringfence: root
    #[inline(never)]
    pub fn count(&self, worker: usize) {
        self.per_worker[worker].fetch_add(1, Relaxed); //~ RF302 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn beat(&self, worker: u8, now: u32) {
        self.in_place[usize::from(worker & 15)].store(now, Release); //~ RF302 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn count_apart(&self, worker: usize) {
        self.padded[worker].0.fetch_add(1, Relaxed);
        self.padded_in_place[worker & 7].0.fetch_add(1, Relaxed);
    }

    // ringfence: root
    #[inline(never)]
    pub fn count_first(&self) {
        self.in_place[3].fetch_add(1, Relaxed);
    }

    // ringfence: root
    #[inline(never)]
    pub fn limit(&self, worker: usize) -> u64 {
        self.limits[worker]
    }

    // ringfence: root
    #[inline(never)]
    pub fn sum(&self) -> u64 {
        self.per_worker.iter().map(|each| each.load(Relaxed)).sum()
    }

    /// One thread that begins anew.
    // ringfence: root
    #[inline(never)]
    pub fn reset(&self) {
        for each in &self.per_worker {
            each.store(0, Relaxed);
        }
        for number in 0..self.in_place.len() {
            self.in_place[number].store(0, Relaxed);
        }
    }

    /// Padded it would fill the cache.
    // ringfence: root
    #[inline(never)]
    pub fn remember(&self, hash: u64) {
        self.long[(hash & 0xffff) as usize].store(hash, Relaxed); //~ RF302 hot always
    }

    /// `ringfence.toml` says that one thread runs it.
    // ringfence: root
    #[inline(never)]
    pub fn count_alone(&self, kind: usize) {
        self.in_place[kind & 15].fetch_add(1, Relaxed); //~ RF302 hot always
    }
}

/// Of 80 bytes: the last counter of one lies beside the first of the next.
#[repr(C)]
pub struct Worker {
    started: AtomicU64,
    name: [u64; 8],
    stopped: AtomicU64,
}

// ringfence: root
#[inline(never)]
pub fn work(workers: &[Worker], number: usize) -> u64 {
    let worker = &workers[number];
    worker.started.fetch_add(1, Relaxed); //~ RF302 hot always
    let sum = worker.name[2] ^ number as u64;
    worker.stopped.fetch_add(1, Relaxed);
    sum
}

/// Of 80 bytes, too, but only one word of them is touched.
// ringfence: root
#[inline(never)]
pub fn start(workers: &[Quiet], number: usize) {
    workers[number].started.fetch_add(1, Relaxed);
}

#[repr(C)]
pub struct Quiet {
    started: AtomicU64,
    name: [u64; 9],
}

impl Quiet {
    pub fn new(name: u64) -> Self {
        Self { started: AtomicU64::new(0), name: [name; 9] }
    }

    pub fn name(&self) -> u64 {
        self.name[0]
    }
}

/// The place of the next element is read from the queue's own position.
pub struct Log {
    next: AtomicUsize,
    entries: Vec<AtomicU64>,
}

impl Log {
    // ringfence: root
    #[inline(never)]
    pub fn append(&self, value: u64) {
        let at = self.next.load(Relaxed);
        self.entries[at & 1023].store(value, Release);
        self.next.store(at + 1, Release);
    }
}

thread_local! {
    static OWN: [AtomicU64; 8] = const { [const { AtomicU64::new(0) }; 8] };
}

/// Each thread has one of its own.
// ringfence: root
#[inline(never)]
pub fn count_here(kind: usize) {
    OWN.with(|counts| counts[kind & 7].fetch_add(1, Relaxed));
}
