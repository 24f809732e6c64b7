//! As `runs`, for the crate that brings a global allocator: a program has only one.

use runs::window;
use std::hint::black_box;

fn main() -> std::io::Result<()> {
    for text in ["", "text"] {
        window("arena::keep", || arena::keep(black_box(text)));
        let owned = text.to_owned();
        window("arena::forget", || arena::forget(owned));
    }
    window("arena::allocations", arena::allocations);
    runs::write()
}
