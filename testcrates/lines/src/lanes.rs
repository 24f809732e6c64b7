//! Elements of one static array that constants tell apart: each thread has its own, on one line or on lines of their own.
//! Others may use them, or LLVM would split the arrays into their elements.

use std::sync::atomic::{AtomicU64, Ordering};

pub static LANES: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

// ringfence: root
#[inline(never)]
pub fn enter() {
    LANES[0].store(LANES[0].load(Ordering::Relaxed) + 11, Ordering::Release); //~ RF302 hot
}

// ringfence: root
#[inline(never)]
pub fn leave() {
    LANES[3].store(LANES[3].load(Ordering::Relaxed) + 13, Ordering::Release); //~ RF302 hot
}

#[repr(align(64))]
pub struct Lane(AtomicU64);

pub static WIDE: [Lane; 4] = [const { Lane(AtomicU64::new(0)) }; 4];

// ringfence: root
#[inline(never)]
pub fn enter_wide() {
    WIDE[0].0.store(WIDE[0].0.load(Ordering::Relaxed) + 17, Ordering::Release);
}

// ringfence: root
#[inline(never)]
pub fn leave_wide() {
    WIDE[3].0.store(WIDE[3].0.load(Ordering::Relaxed) + 19, Ordering::Release);
}
