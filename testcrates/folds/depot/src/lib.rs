//! A dependency that does several things behind one call.

use std::sync::{Mutex, RwLock};
use std::time::Duration;

pub struct Bin(pub u64);

pub struct Bins {
    pub counts: Mutex<Vec<u64>>,
    pub spare: Mutex<Vec<u64>>,
    pub names: RwLock<Vec<u64>>,
    pub last: Mutex<Bin>,
}

/// Says so, then sleeps.
pub fn rest(micros: u64) {
    log::debug!("resting");
    std::thread::sleep(Duration::from_micros(micros));
}

/// Says so and does nothing else.
pub fn murmur() {
    log::debug!("here");
}

/// Two locks of one kind that guard one type.
pub fn both_counts(bins: &Bins) -> usize {
    let counts = bins.counts.lock().map_or(0, |counts| counts.len());
    counts + bins.spare.lock().map_or(0, |spare| spare.len())
}

/// A mutex, another one that guards another type, and a lock for reading.
pub fn all_kinds(bins: &Bins) -> u64 {
    let counts = bins.counts.lock().map_or(0, |counts| counts.len() as u64);
    let last = bins.last.lock().map_or(0, |last| last.0);
    counts + last + bins.names.read().map_or(0, |names| names.len() as u64)
}

/// Allocates in two places.
pub fn label(number: u64) -> (Box<u64>, Vec<u64>) {
    (Box::new(number), Vec::with_capacity(number as usize))
}

/// Two functions let a vector grow, through one function of std.
pub fn twice(numbers: &mut Vec<u64>, more: &mut Vec<u64>, number: u64) {
    first(numbers, number);
    second(more, number);
}

#[inline(never)]
fn first(numbers: &mut Vec<u64>, number: u64) {
    numbers.push(number);
}

#[inline(never)]
fn second(numbers: &mut Vec<u64>, number: u64) {
    numbers.push(number ^ 1);
}
