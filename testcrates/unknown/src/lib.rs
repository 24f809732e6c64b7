//! What cannot be followed: on every call, on an unlikely path, when panicking only; and siblings that hide nothing.

use std::arch::asm;

unsafe extern "C" {
    fn meter_read(channel: u32) -> u64;
    fn meter_reset(channel: u32) -> u64;
    fn meter_dump(channel: u32);
}

pub struct Meter {
    pub on_reading: fn(u64, &mut [u64; 4]) -> u64,
    pub totals: [u64; 4],
}

impl Meter {
    // ringfence: root
    /// The pointer is anybody's.
    #[inline(never)]
    pub fn told(&mut self, value: u64) -> u64 {
        (self.on_reading)(value, &mut self.totals) //~ RF402 hot; RF902 hot
    }
}

// ringfence: root
#[inline(never)]
pub fn read(channel: u32) -> u64 {
    // SAFETY: any channel may be read.
    unsafe { meter_read(channel) } //~ RF903 hot always
}

#[cold]
#[inline(never)]
fn overflowed(channel: u32) -> u64 {
    // SAFETY: see above.
    unsafe { meter_reset(channel) } //~ RF903 cold
}

// ringfence: root
/// Unlikely is not never.
#[inline(never)]
pub fn counted(channel: u32, total: &mut u64, more: u64) -> bool {
    let (sum, is_over) = total.overflowing_add(more);
    *total = if is_over { overflowed(channel) } else { sum };
    is_over
}

// ringfence: root
#[inline(never)]
pub fn interrupts() -> u64 {
    let flags: u64;
    // SAFETY: leaves the stack as it was.
    unsafe { asm!("pushfq", "pop {}", out(reg) flags) }; //~ RF905 hot always
    flags & 0x200
}

// ringfence: root
/// A comment is no instruction.
#[inline(never)]
pub fn kept(value: u64) -> u64 {
    let mut kept = value;
    // SAFETY: nothing is executed.
    unsafe { asm!("/*{0}*/", inout(reg) kept) };
    kept
}

// ringfence: root
/// What runs on the way to a panic is no part of the verdict.
#[inline(never)]
pub fn bounded(channel: u32, value: u64) -> u64 {
    if value > 1 << 40 {
        // SAFETY: see above.
        unsafe { meter_dump(channel) };
        panic!("out of range");
    }
    value + 1
}

// ringfence: root
/// The same as `told`, where the type tells what is called.
#[inline(never)]
pub fn told_by_type(totals: &mut [u64; 4], value: u64, each: impl Fn(u64, &mut [u64; 4]) -> u64) -> u64 {
    each(value, totals)
}

#[inline(never)]
pub fn tallied(totals: &mut [u64; 4], value: u64) -> u64 {
    told_by_type(totals, value, |value, totals| {
        totals[(value % 4) as usize] += value;
        totals[0]
    })
}
