//! A C library without bitcode: its functions are followed through their machine code.

use std::sync::Mutex;

unsafe extern "C" {
    fn vendor_queue(frame: *const u8, length: usize) -> i32;
    fn vendor_send(socket: i32, frame: *const u8, length: usize) -> i32;
    fn vendor_checksum(frame: *const u8, length: usize) -> u32;
    fn vendor_kind(code: i32, frame: *const u8) -> i32;
    fn vendor_notify(callback: extern "C" fn(i32) -> i32, value: i32) -> i32;
    fn vendor_forward(frame: *const u8) -> i32;
    fn vendor_sort(frame: *mut u8, length: usize);
    fn vendor_poll(value: i32);
}

static EVENTS: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Called by the library.
#[unsafe(no_mangle)]
pub extern "C" fn native_event(value: i32) { //~ RF202 cold
    if let Ok(mut events) = EVENTS.try_lock() { //~ RF201 hot
        events.push(value); //~ RF102 amortized
    }
}

extern "C" fn doubled(value: i32) -> i32 {
    value * 2
}

extern "C" fn boxed(value: i32) -> i32 {
    let kept = std::hint::black_box(Box::new(value)); //~ RF101 hot
    *kept
} //~ RF103 hot

// ringfence: root
pub fn queue(frame: &[u8]) -> i32 {
    // SAFETY: pointer and length belong together.
    unsafe { vendor_queue(frame.as_ptr(), frame.len()) } //~ RF201 hot
}

// ringfence: root
pub fn send(frame: &[u8]) -> i32 {
    // SAFETY: see above.
    unsafe { vendor_send(1, frame.as_ptr(), frame.len()) } //~ RF101 hot; RF103 hot; RF202 hot
}

// ringfence: root
pub fn checksum(frame: &[u8]) -> u32 {
    // SAFETY: see above.
    unsafe { vendor_checksum(frame.as_ptr(), frame.len()) }
}

// ringfence: root
pub fn kind(code: i32, frame: &[u8; 16]) -> i32 {
    // SAFETY: long enough.
    unsafe { vendor_kind(code, frame.as_ptr()) }
}

// ringfence: root
pub fn notify(value: i32) -> i32 {
    // SAFETY: the callback may be called with any value.
    unsafe { vendor_notify(doubled, value) } //~ RF903 hot
}

// ringfence: root
pub fn notify_with_box(value: i32) -> i32 {
    // SAFETY: see above.
    unsafe { vendor_notify(boxed, value) } //~ RF903 hot
}

// ringfence: root
pub fn forward(frame: &[u8]) -> i32 {
    // SAFETY: not empty.
    unsafe { vendor_forward(frame.as_ptr()) } //~ RF903 hot
}

// ringfence: root
pub fn sort(frame: &mut [u8]) {
    // SAFETY: pointer and length belong together.
    unsafe { vendor_sort(frame.as_mut_ptr(), frame.len()) } //~ RF101 hot; RF103 hot
}

// ringfence: root
pub fn poll(value: i32) {
    // SAFETY: calls back.
    unsafe { vendor_poll(value) }
}
