//! What programs install behind the facade.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gauge::{Gauge, Record, Tick, Ticks};

struct History(Mutex<Vec<u64>>);

impl Record for History {
    fn record(&self, value: u64) {
        self.0.lock().unwrap().push(value);
    }
}

pub fn history() -> Gauge {
    Gauge::into(Arc::new(History(Mutex::new(Vec::new()))))
}

struct Counted(AtomicU64);

impl Tick for Counted {
    fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

pub fn counted() -> Ticks {
    Ticks::of(Arc::new(Counted(AtomicU64::new(0))))
}
