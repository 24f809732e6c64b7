use atomic::{Atomic, Ordering};

/// Four prices that belong together.
pub type Bar = [u64; 4];

// ringfence: root
pub fn publish(last: &Atomic<Bar>, bar: Bar) {
    last.store(bar, Ordering::Release);
}
