use crossbeam_epoch::{Atomic, Collector, LocalHandle};
use std::sync::atomic::Ordering;

pub struct Reader {
    handle: LocalHandle,
}

impl Reader {
    pub fn new(collector: &Collector) -> Self {
        Self { handle: collector.register() }
    }

    // ringfence: root
    pub fn enter(&self, last: &Atomic<u64>) -> u64 {
        let guard = self.handle.pin();
        let found = last.load(Ordering::Acquire, &guard);
        unsafe { found.as_ref() }.copied().unwrap_or(0)
    }
}
