//! Threads: a body that runs beside its starter, and one that is waited for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[inline(never)]
fn work(done: &AtomicU64) {
    thread::sleep(Duration::from_micros(1));
    done.fetch_add(1, Ordering::SeqCst);
}

static DONE: AtomicU64 = AtomicU64::new(0);

// ringfence: root
#[inline(never)]
pub fn beside() -> JoinHandle<()> {
    thread::spawn(|| work(&DONE))
}

// ringfence: root
#[inline(never)]
pub fn waited_for() {
    thread::scope(|scope| {
        scope.spawn(|| work(&DONE));
    });
}
