//! Rings and gauges of a dependency, each end on its own thread.

use spsc::{Gauge, Ring, Wide};

// ringfence: root
#[inline(never)]
pub fn offer(ring: &Ring<u64>, value: u64) -> bool {
    ring.push(value) //~ RF302 hot conditional
}

// ringfence: root
#[inline(never)]
pub fn poll(ring: &Ring<u64>) -> Option<u64> {
    ring.pop() //~ RF302 hot conditional
}

// ringfence: root
#[inline(never)]
pub fn offer_wide(ring: &Wide<u64>, value: u64) -> bool {
    ring.push(value)
}

// ringfence: root
#[inline(never)]
pub fn poll_wide(ring: &Wide<u64>) -> Option<u64> {
    ring.pop()
}

// ringfence: root
#[inline(never)]
pub fn see(gauge: &Gauge) -> usize {
    gauge.see() //~ RF302 hot always
}

// ringfence: root
#[inline(never)]
pub fn finish(gauge: &Gauge) {
    gauge.finish(); //~ RF302 hot always
}
