//! `SmallVec` on the stack and in a field.

use smallvec::SmallVec;

pub struct Book {
    pub levels: SmallVec<[u64; 4]>,
    pub sizes: SmallVec<[u32; 4]>,
}

impl Book {
    // ringfence: root
    pub fn add(&mut self, price: u64) {
        self.levels.push(price); //~ RF102 amortized
    }

    // ringfence: root
    pub fn fit(&mut self, most: usize) {
        self.sizes.grow(most); //~ RF102 amortized; RF103 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn best(&self) -> Option<u64> {
        self.levels.iter().copied().max()
    }
}

// ringfence: root
pub fn spread(prices: &[u64]) -> u64 {
    let mut sorted: SmallVec<[u64; 4]> = SmallVec::new();
    for price in prices {
        sorted.push(*price); //~ RF102 hot loop=1
    }
    sorted.sort_unstable();
    sorted.last().unwrap_or(&0) - sorted.first().unwrap_or(&0)
} //~ RF103 hot
