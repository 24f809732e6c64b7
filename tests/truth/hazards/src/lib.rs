//! Each hazard is there on every call, and a run-time sanitizer that intercepts `malloc`, `pthread_mutex_lock` and the
//! like stays silent on it: nobody contended for the lock, the vector had room, the kernel was asked without libc.
//! Beside each stands a sibling that is no hazard.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

static BOOK: Mutex<u64> = Mutex::new(0);
static LIMITS: RwLock<u64> = RwLock::new(0);
static SEQUENCE: AtomicU64 = AtomicU64::new(0);

// ringfence: root
#[inline(never)]
pub fn uncontended_lock() -> u64 {
    *BOOK.lock().unwrap() //~ RF201 hot always; RF202 cold
} //~ RF202 cold

// ringfence: root
#[inline(never)]
pub fn uncontended_read() -> u64 {
    *LIMITS.read().unwrap() //~ RF201 hot always; RF202 cold
} //~ RF202 cold

// ringfence: root
#[inline(never)]
pub fn lock_that_is_tried() -> bool {
    BOOK.try_lock().is_ok() //~ RF201 hot always
} //~ RF202 cold

// ringfence: root
#[inline(never)]
pub fn atomic_instead() -> u64 {
    SEQUENCE.fetch_add(1, Ordering::Relaxed) //~ RF205 hot always
}

// ringfence: root
#[inline(never)]
pub fn push_with_room(orders: &mut Vec<u64>, order: u64) {
    orders.push(order); //~ RF102 amortized
}

// ringfence: root
#[inline(never)]
pub fn push_behind_a_check(orders: &mut Vec<u64>, order: u64) {
    if orders.len() < orders.capacity() {
        orders.push(order);
    }
}

// ringfence: root
#[inline(never)]
pub fn queue_with_room(orders: &mut VecDeque<u64>, order: u64) {
    orders.push_back(order); //~ RF102 amortized
}

// ringfence: root
#[inline(never)]
pub fn write_into_room(orders: &mut [u64], order: u64) {
    if let Some(last) = orders.last_mut() {
        *last = order;
    }
}

// ringfence: root
#[inline(never)]
pub fn index_in_range(levels: &[u64], level: usize) -> u64 {
    levels[level]
}

// ringfence: root
#[inline(never)]
pub fn index_proved(levels: &[u64; 16], level: usize) -> u64 {
    levels[level & 15]
}

// ringfence: root
#[inline(never)]
pub fn short_sleep() {
    std::thread::sleep(Duration::from_nanos(1)); //~ RF202 hot
}

// ringfence: root
#[inline(never)]
pub fn spin_instead() {
    std::hint::spin_loop();
    SEQUENCE.load(Ordering::Acquire);
}

unsafe extern "C" {
    fn syscall(number: i64, ...) -> i64;
}

const GET_PARENT: i64 = 110;

// ringfence: root
#[inline(never)]
pub fn syscall_through_libc() -> i64 {
    unsafe { syscall(GET_PARENT) } //~ RF202 hot always
}

// ringfence: root
#[cfg(target_arch = "x86_64")]
#[inline(never)]
pub fn syscall_by_instruction() -> i64 {
    let result: i64;
    unsafe {
        std::arch::asm!( //~ RF905 hot always
            "syscall",
            inlateout("rax") GET_PARENT => result,
            out("rcx") _,
            out("r11") _,
            options(nostack)
        );
    }
    result
}
