//! Methods that are written in another module than their type.

use crate::Engine;

impl Engine {
    /// What a buyer is told; zero-allocation.
    #[inline(never)]
    pub fn quote(&self, price: u64) -> u64 {
        self.depth() as u64 * price
    }
}
