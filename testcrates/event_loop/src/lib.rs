//! The main function of a core's thread, which never returns.

use std::sync::atomic::{AtomicU64, Ordering};

pub struct Core {
    pub inbox: [AtomicU64; 64],
    pub seen: AtomicU64,
    pub names: [AtomicU64; 8],
}

#[inline(never)]
fn take(core: &Core, position: usize) -> Vec<u64> {
    let event = core.inbox[position % 64].swap(0, Ordering::AcqRel);
    vec![event; (event % 32) as usize] //~ RF101 hot loop=1
}

// ringfence: root
pub fn core_main(core: &Core, name: &str) -> ! {
    let label = name.to_string(); //~ RF101 first-use
    let mut position = 0;
    loop {
        let events = take(core, position);
        core.seen.fetch_add(events.iter().sum::<u64>(), Ordering::Relaxed);
        core.names[position % 8].store(label.len() as u64, Ordering::Relaxed);
        position += 1;
    } //~ RF103 hot loop=1
}
