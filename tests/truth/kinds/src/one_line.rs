//! Two things on one line: neither may hide the other.

use crate::dispatched::Recorder;
use std::sync::{Mutex, RwLock};
use std::thread::{sleep, yield_now};
use std::time::{Duration, Instant};

// ringfence: root
#[inline(never)]
#[rustfmt::skip]
pub fn yield_and_sleep() {
    yield_now(); sleep(Duration::from_nanos(1));
}

// ringfence: root
#[inline(never)]
#[rustfmt::skip]
pub fn clock_and_sleep() -> Instant {
    sleep(Duration::from_nanos(1)); Instant::now()
}

// ringfence: root
#[inline(never)]
pub fn two_locks(left: &Mutex<u64>, right: &RwLock<u64>) -> u64 {
    *left.lock().unwrap() ^ *right.read().unwrap()
}

// ringfence: root
#[inline(never)]
pub fn object_and_pointer(object: &dyn Recorder, pointer: fn(u64) -> u64) -> u64 {
    object.record(1) ^ pointer(2)
}
