//! In a loop, and once.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::time::Instant;

// ringfence: root
#[inline(never)]
pub fn locked_each(totals: &Mutex<u64>, values: &[u64]) {
    for value in values {
        *totals.lock().unwrap() += value;
    }
}

// ringfence: root
#[inline(never)]
pub fn locked_once(totals: &Mutex<u64>, values: &[u64]) {
    *totals.lock().unwrap() += values.iter().sum::<u64>();
}

// ringfence: root
#[inline(never)]
pub fn timed_each(times: &mut [Option<Instant>]) {
    for time in times {
        *time = Some(Instant::now());
    }
}

// ringfence: root
#[inline(never)]
pub fn written_each(text: &mut String, values: &[u64]) {
    for value in values {
        let _ = write!(text, "{value}");
    }
}

// ringfence: root
#[inline(never)]
pub fn removed_each(table: &mut HashMap<u64, Box<u64>>, keys: &[u64]) {
    for key in keys {
        table.remove(key);
    }
}
