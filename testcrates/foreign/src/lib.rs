//! Functions that are declared here and defined nowhere that LLVM can see.

use std::arch::asm;
use std::ffi::c_void;
use std::sync::atomic::{compiler_fence, Ordering};

unsafe extern "C" {
    fn vendor_send(frame: *const u8, length: usize) -> i32;
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    fn pthread_mutex_lock(mutex: *mut c_void) -> i32;
    fn strlen(text: *const u8) -> usize;
}

// ringfence: root
pub fn send(frame: &[u8]) -> i32 {
    // SAFETY: pointer and length belong together.
    unsafe { vendor_send(frame.as_ptr(), frame.len()) } //~ RF903 hot always
}

// ringfence: root
pub fn allocate(size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    unsafe { malloc(size) } //~ RF101 hot always
}

// ringfence: root
/// # Safety
/// `memory` came from `allocate`.
pub unsafe fn release(memory: *mut c_void) {
    // SAFETY: see above.
    unsafe { free(memory) } //~ RF103 hot always
}

// ringfence: root
/// # Safety
/// `mutex` is an initialised `pthread_mutex_t`.
pub unsafe fn lock(mutex: *mut c_void) -> i32 {
    // SAFETY: see above.
    unsafe { pthread_mutex_lock(mutex) } //~ RF201 hot always
}

// ringfence: root
/// # Safety
/// `text` ends with a zero byte.
pub unsafe fn length(text: *const u8) -> usize {
    // SAFETY: see above.
    unsafe { strlen(text) }
}

// ringfence: root
#[inline(never)]
pub fn no_operation(value: u64) -> u64 {
    // SAFETY: does nothing.
    unsafe { asm!("nop") };
    value
}

// ringfence: root
#[inline(never)]
pub fn flags() -> u64 {
    let flags: u64;
    // SAFETY: leaves the stack as it was.
    unsafe { asm!("pushfq", "pop {}", out(reg) flags) }; //~ RF905 hot always
    flags
}

// ringfence: root
#[inline(never)]
pub fn fenced(value: &mut u64) -> u64 {
    *value += 1;
    compiler_fence(Ordering::SeqCst);
    std::hint::black_box(*value)
}

// ringfence: root
#[inline(never)]
pub fn kept(value: u64) -> u64 {
    // SAFETY: no instruction at all; only the optimiser sees it.
    unsafe { asm!("", in("rax") value, options(nomem, nostack, preserves_flags)) };
    value
}
