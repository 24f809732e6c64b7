//! What libraries make the processor do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crossbeam_queue::{ArrayQueue, SegQueue};

// ringfence: root
#[inline(never)]
pub fn pushed(queue: &ArrayQueue<u64>, value: u64) -> bool {
    queue.push(value).is_ok()
}

// ringfence: root
#[inline(never)]
pub fn popped(queue: &ArrayQueue<u64>) -> Option<u64> {
    queue.pop()
}

// ringfence: root
#[inline(never)]
pub fn taken(queue: &SegQueue<u64>) -> Option<u64> {
    queue.pop()
}

// ringfence: root
#[inline(never)]
pub fn shared(value: &Arc<u64>) -> Arc<u64> {
    Arc::clone(value)
}

// ringfence: root
#[inline(never)]
pub fn published(value: &AtomicU64) {
    value.store(1, Ordering::SeqCst);
}

/// Costs on x86-64 what a plain load costs.
// ringfence: root
#[inline(never)]
pub fn looked(value: &AtomicU64) -> u64 {
    value.load(Ordering::SeqCst)
}
