//! As `runs`, for the crate that aborts on a panic: it is built with the profile of that name.
//!
//! It is included, because a program cannot depend on it: std has a crate of its name.

#[path = "../../../../../testcrates/panic_abort/src/lib.rs"]
mod panic_abort;

use panic_abort::Feed;
use runs::window;
use std::hint::black_box;

fn main() -> std::io::Result<()> {
    let mut feed = Feed { last: Vec::new(), total: 3 };
    for payload in [&[][..], &[1, 2, 3], &[], &[4, 5]] {
        window("panic_abort::Feed::keep", || black_box(&mut feed).keep(black_box(payload)));
        window("panic_abort::Feed::boxed", || feed.boxed(black_box(|value| value + 1)));
    }
    window("panic_abort::Feed::at", || feed.at(black_box(1)));
    window("panic_abort::Feed::parse", || feed.parse(black_box("17")));
    runs::write()
}
