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
