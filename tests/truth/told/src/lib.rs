//! Roots whose names begin with their kind: what a dependency does (`behind`), what has which size (`sized`), what cannot
//! be followed (`open`). Beside each stand siblings that look alike and are nothing of the kind.

use std::arch::asm;

use depot::{Shelf, Stock};

// ringfence: root
#[inline(never)]
pub fn behind_looked_up(stock: &Stock, wanted: &[u32]) -> u64 {
    stock.sum(wanted) //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn behind_ordered(stock: &Stock) -> u64 {
    stock.serve() + 1 //~ RF205 hot always
}

// ringfence: root
#[inline(never)]
pub fn behind_chained(shelf: &Shelf) -> u64 {
    shelf.total() + 2 //~ RF305 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn behind_formatted(value: u64) -> usize {
    depot::written(value).len() //~ RF503 hot; RF101 hot; RF102 hot; RF401 hot
} //~ RF103 hot

// ringfence: root
#[inline(never)]
pub fn behind_nothing(stock: &Stock) -> u64 {
    u64::from(stock.is_open()) + 3
}

pub struct Book {
    pub levels: [u64; 96],
}

pub struct Window {
    pub kept: Option<[u64; 64]>,
    pub spare: Option<[u64; 64]>,
}

// ringfence: root
#[inline(never)]
pub fn sized_copied(from: &Book, to: &mut Book) {
    to.levels = from.levels; //~ RF502 hot
}

// ringfence: root
#[inline(never)]
pub fn sized_moved(window: &mut Window) -> bool {
    window.spare = window.kept.take(); //~ RF502 hot; RF502 hot
    window.spare.is_some()
}

// ringfence: root
#[inline(never)]
pub fn sized_boxed(book: Book) -> Box<Book> {
    Box::new(book) //~ RF101 hot; RF502 hot
}

// ringfence: root
#[inline(never)]
pub fn sized_small(from: &[u64; 4], to: &mut [u64; 4]) {
    *to = *from;
}

unsafe extern "C" {
    fn depot_meter(channel: u32) -> u64;
}

pub struct Hook {
    pub call: fn(u64) -> u64,
}

// ringfence: root
#[inline(never)]
pub fn open_foreign(channel: u32) -> u64 {
    // SAFETY: any channel may be read.
    unsafe { depot_meter(channel) } //~ RF903 hot
}

// ringfence: root
#[inline(never)]
pub fn open_pointer(hook: &Hook, value: u64) -> u64 {
    (hook.call)(value) + 1 //~ RF402 hot; RF902 hot
}

// ringfence: root
#[inline(never)]
pub fn open_assembly() -> u64 {
    let flags: u64;
    // SAFETY: leaves the stack as it was.
    unsafe { asm!("pushfq", "pop {}", out(reg) flags) }; //~ RF905 hot
    flags
}

// ringfence: root
#[inline(never)]
pub fn open_not(value: u64) -> u64 {
    value.rotate_left(7) ^ 0x5bd1
}

/// The size that the compiler gives each type.
pub fn sizes() -> [(&'static str, usize); 4] {
    [
        ("[u64; 96]", size_of::<[u64; 96]>()),
        ("Option<[u64; 64]>", size_of::<Option<[u64; 64]>>()),
        ("Window", size_of::<Window>()),
        ("Book", size_of::<Book>()),
    ]
}
