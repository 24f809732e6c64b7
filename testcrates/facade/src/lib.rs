//! Handles whose trait stands in one crate and whose implementations stand in another.

use gauge::{Gauge, Ticks};

pub struct Gateway {
    depth: Gauge,
    ticks: Ticks,
}

pub fn gateway() -> Gateway {
    Gateway { depth: backend::history(), ticks: backend::counted() }
}

impl Gateway {
    // ringfence: root
    #[inline(never)]
    pub fn on_order(&self, depth: u64) {
        self.depth.set(depth); //~ RF401 hot always; RF201 hot conditional; RF102 amortized; RF202 cold
    }

    // ringfence: root
    #[inline(never)]
    pub fn stamp(&self) -> u64 {
        self.ticks.next() //~ RF401 hot always
    }
}
