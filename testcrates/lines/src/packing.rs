//! Bytes that are carried for nothing: padding that another order removes, and the room of a rare variant.

#[repr(C)]
pub struct Loose {
    side: u8,
    price: u64,
    kind: u8,
    size: u64,
}

// ringfence: root
#[inline(never)]
pub fn notional(tick: &Loose) -> u64 {
    tick.price * tick.size //~ RF303 hot always
}

/// The same fields; the compiler orders them.
pub struct Ordered {
    side: u8,
    price: u64,
    kind: u8,
    size: u64,
}

// ringfence: root
#[inline(never)]
pub fn ordered_notional(tick: &Ordered) -> u64 {
    tick.price * tick.size + u64::from(tick.side ^ tick.kind)
}

/// Padded on purpose.
#[repr(C, align(64))]
pub struct Lonely {
    flag: u8,
    value: u64,
}

// ringfence: root
#[inline(never)]
pub fn lonely(value: &Lonely) -> u64 {
    value.value + u64::from(value.flag)
}

pub enum Event {
    Tick(u64),
    Trade(u64, u64),
    Snapshot([u64; 64]),
}

pub enum Slim {
    Tick(u64),
    Trade(u64, u64),
    Snapshot(Box<[u64; 64]>),
}

// ringfence: root
#[inline(never)]
pub fn hand_over(slots: &mut [Event], from: usize, to: usize) {
    if from < slots.len() && to < slots.len() {
        slots.swap(from, to); //~ RF505 hot conditional
    }
}

// ringfence: root
#[inline(never)]
pub fn hand_over_slim(slots: &mut [Slim], from: usize, to: usize) {
    if from < slots.len() && to < slots.len() {
        slots.swap(from, to);
    }
}

/// What every event touches lies at both ends.
#[repr(C)]
pub struct Scattered {
    price: u64,
    name: [u8; 112],
    kind: u8,
    size: u64,
}

// ringfence: root
#[inline(never)]
pub fn weigh(value: &Scattered) -> u64 {
    value.price * value.size + u64::from(value.kind)
}

#[inline(never)]
pub fn initial(value: &Scattered) -> u8 {
    value.name[0]
}
