//! Runs the roots of the testcrate that links a C library.
//!
//! `with_library FILE` writes the calls and what they asked of the allocator into FILE.

use runs::window;
use std::hint::black_box;

const MANY: i32 = 256;

fn main() -> std::io::Result<()> {
    native();
    runs::write()
}

/// What the library of `native` leaves to whoever links it.
#[no_mangle]
extern "C" fn vendor_elsewhere(frame: *const u8) -> i32 {
    // SAFETY: the library passes on what `forward` was given.
    i32::from(unsafe { *frame })
}

fn native() {
    let mut frame = *b"sixteen bytes: 1";
    for value in 0..MANY {
        window("native::poll", || native::poll(black_box(value)));
    }
    for code in 0..3 {
        window("native::queue", || native::queue(black_box(&frame)));
        window("native::send", || native::send(black_box(&frame)));
        window("native::checksum", || native::checksum(black_box(&frame)));
        window("native::kind", || native::kind(black_box(code), &frame));
        window("native::notify", || native::notify(black_box(code)));
        window("native::notify_with_box", || native::notify_with_box(black_box(code)));
        window("native::forward", || native::forward(black_box(&frame)));
        window("native::sort", || native::sort(black_box(&mut frame)));
    }
}
