//! A producer and a consumer that own one counter each, on one line, on two lines, and with a padding that fails.

use std::sync::atomic::{AtomicU64, Ordering};

pub struct Close {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Close {
    // ringfence: root
    #[inline(never)]
    pub fn send(&self) {
        let sent = self.sent.load(Ordering::Relaxed);
        self.sent.store(sent + 1, Ordering::Release); //~ RF302 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn receive(&self) -> bool {
        let received = self.received.load(Ordering::Relaxed);
        if received == self.sent.load(Ordering::Acquire) {
            return false;
        }
        self.received.store(received + 1, Ordering::Release); //~ RF302 hot conditional
        true
    }
}

#[repr(align(64))]
pub struct Line(AtomicU64);

pub struct Apart {
    sent: Line,
    received: Line,
}

impl Apart {
    // ringfence: root
    #[inline(never)]
    pub fn send(&self) {
        let sent = self.sent.0.load(Ordering::Relaxed);
        self.sent.0.store(sent + 1, Ordering::Release);
    }

    // ringfence: root
    #[inline(never)]
    pub fn receive(&self) -> bool {
        let received = self.received.0.load(Ordering::Relaxed);
        if received == self.sent.0.load(Ordering::Acquire) {
            return false;
        }
        self.received.0.store(received + 1, Ordering::Release);
        true
    }
}

/// As large as a line, and aligned to a word: it keeps off what comes behind it only.
#[repr(C)]
pub struct Stuffed {
    value: AtomicU64,
    _padding: [u8; 56],
}

#[repr(C)]
pub struct Hopeful {
    received: AtomicU64,
    sent: Stuffed,
}

impl Hopeful {
    // ringfence: root
    #[inline(never)]
    pub fn send(&self) {
        let sent = self.sent.value.load(Ordering::Relaxed);
        self.sent.value.store(sent + 2, Ordering::Release); //~ RF302 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn receive(&self) {
        let received = self.received.load(Ordering::Relaxed);
        self.received.store(received + 2, Ordering::Release); //~ RF302 hot always
    }
}

/// Both roots write both counters: one line or two, they wait for each other anyway.
pub struct Both {
    first: AtomicU64,
    second: AtomicU64,
}

impl Both {
    // ringfence: root
    #[inline(never)]
    pub fn forward(&self) {
        self.first.fetch_add(1, Ordering::Relaxed);
        self.second.fetch_add(1, Ordering::Relaxed);
    }

    // ringfence: root
    #[inline(never)]
    pub fn backward(&self) {
        self.second.fetch_sub(1, Ordering::Relaxed);
        self.first.fetch_sub(1, Ordering::Relaxed);
    }
}
