//! Sleeping, parking, waiting for messages, reading clocks.

use std::time::{Duration, Instant};

// ringfence: root
pub fn pause() {
    std::thread::sleep(Duration::from_micros(5)); //~ RF202 hot
}

// ringfence: root
pub fn give_way() {
    std::thread::yield_now(); //~ RF202 hot always
}

// ringfence: root
pub fn join(handle: std::thread::JoinHandle<()>) -> bool {
    handle.join().is_ok() //~ RF202 hot; RF103 hot; RF401 hot
} //~ RF103 hot; RF401 hot

/// The kernel answers at once, and is asked all the same.
// ringfence: root
pub fn marked(event: u64) -> u64 {
    event ^ u64::from(std::process::id()) //~ RF202 hot always
}

/// The kernel keeps the number of the processor where the thread can read it.
// ringfence: root
pub fn on_processor(event: u64) -> u64 {
    event ^ sched_getcpu() as u64
}

unsafe extern "C" {
    safe fn sched_getcpu() -> i32;
}

// ringfence: root
pub fn elapsed(start: Instant) -> Duration {
    start.elapsed()
}

// ringfence: root
#[inline(never)]
pub fn spin(rounds: u32) -> u32 {
    for _ in 0..rounds {
        std::hint::spin_loop();
    }
    rounds
}
