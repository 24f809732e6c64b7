//! Reading the clock: once is a note, in a loop a warning; a time that was passed in is free.

use std::time::{Duration, Instant, SystemTime};

pub struct Order {
    pub id: u64,
    pub at: Instant,
}

// ringfence: root
pub fn stamp(order: &mut Order) {
    order.at = Instant::now(); //~ RF207 hot always loop=0
}

// ringfence: root
pub fn stamp_all(orders: &mut [Order]) {
    for order in orders {
        order.at = Instant::now(); //~ RF207 hot loop=1
    }
}

// ringfence: root
pub fn waited(order: &Order) -> Duration {
    order.at.elapsed() //~ RF207 hot
}

// ringfence: root
pub fn wall() -> SystemTime {
    SystemTime::now() //~ RF207 hot
}

// ringfence: root
#[cfg(target_arch = "x86_64")]
pub fn ticks() -> u64 {
    unsafe { std::arch::x86_64::_rdtsc() } //~ RF207 hot
}

// ringfence: root
#[inline(never)]
pub fn waited_since(order: &Order, now: Instant) -> Duration {
    now.duration_since(order.at)
}

/// A wait with a deadline reads the clock to know when to give up.
// ringfence: root
pub fn rest_within(most: Duration) {
    std::thread::park_timeout(most); //~ RF207 hot; RF202 hot; RF103 hot; RF101 cold; RF102 cold; RF103 cold
}

/// A wait without one needs no clock.
// ringfence: root
pub fn rest() {
    std::thread::park(); //~ RF202 hot; RF103 hot; RF101 cold; RF102 cold; RF103 cold
}
