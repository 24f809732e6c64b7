//! Function pointers that are not vtables: a table, a variable that is set once, the hand-written vtables of `bytes`, a
//! callback that C code is handed.

use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, Ordering};

use bytes::Bytes;

fn twice(value: u64) -> u64 {
    value * 2
}

fn digits(value: u64) -> u64 {
    black_box(value.to_string()).len() as u64 //~ RF101 hot root=by_table
} //~ RF103 hot root=by_table

static TABLE: [fn(u64) -> u64; 2] = [twice, digits];

// ringfence: root
pub fn by_table(choice: usize, value: u64) -> u64 {
    TABLE[choice & 1](value) //~ RF402 hot always
}

static SCALE: AtomicPtr<()> = AtomicPtr::new(choose as *mut ());

fn choose(value: u64) -> u64 {
    let chosen = if std::env::args_os().count() > 1 { twice as *mut () } else { thrice as *mut () }; //~ RF101 hot; RF102 hot; RF103 hot
    SCALE.store(chosen, Ordering::Relaxed);
    scale(value)
}

fn thrice(value: u64) -> u64 {
    value * 3
}

// ringfence: root
pub fn scale(value: u64) -> u64 {
    let scale: fn(u64) -> u64 = unsafe { std::mem::transmute(SCALE.load(Ordering::Relaxed)) };
    scale(value) //~ RF402 hot
}

// ringfence: root
pub fn tail(message: &Bytes) -> Bytes {
    message.slice(8..) //~ RF402 hot; RF101 cold; RF103 cold
}

// ringfence: root
pub fn comma(line: &[u8]) -> Option<usize> {
    memchr::memchr(b',', line) //~ RF402 hot
}

extern "C" {
    fn qsort(base: *mut c_void, count: usize, size: usize, compare: extern "C" fn(*const c_void, *const c_void) -> c_int);
}

extern "C" fn by_text(left: *const c_void, right: *const c_void) -> c_int {
    let [left, right] = [left, right].map(|each| unsafe { *each.cast::<u64>() }.to_string()); //~ RF101 hot
    left.cmp(&right) as c_int
} //~ RF103 hot

// ringfence: root
pub fn sorted_by_text(values: &mut [u64]) {
    unsafe { qsort(values.as_mut_ptr().cast(), values.len(), 8, by_text) };
}
