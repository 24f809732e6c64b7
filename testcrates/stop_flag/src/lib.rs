//! The main function of a core's thread that stops at a flag.
//!
//! It differs from a function that walks a batch only in what ends its loop: something that others write.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub struct Core {
    pub stop: AtomicBool,
    pub inbox: [AtomicU64; 64],
    pub seen: AtomicU64,
}

#[inline(never)]
fn take(core: &Core, position: usize) -> Vec<u64> {
    let event = core.inbox[position % 64].swap(0, Ordering::AcqRel);
    vec![event; (event % 32) as usize] //~ RF101 hot loop=1 root=core_main
}

// ringfence: root
pub fn core_main(core: &Core, name: &str) -> String {
    let label = name.to_string(); //~ RF101 first-use
    let mut position = 0;
    while !core.stop.load(Ordering::Acquire) {
        let events = take(core, position);
        core.seen.fetch_add(events.iter().sum::<u64>(), Ordering::Relaxed);
        position += 1;
    } //~ RF103 hot loop=1
    label
}

// ringfence: root
pub fn walk(values: &[u64], name: &str) -> String {
    let mut label = name.to_string(); //~ RF101 hot
    for value in values {
        label.push((b'a' + (value % 26) as u8) as char); //~ RF102 hot loop=1
    }
    label
}
