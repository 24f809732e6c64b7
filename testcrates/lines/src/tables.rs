//! Data that does not fit into the caches, and data that does.

pub struct Book {
    levels: [u64; 262_144],
    last: u64,
}

impl Book {
    // ringfence: root
    #[inline(never)]
    pub fn add(&mut self, price: u64, size: u64) {
        let place = (price & 0x3_ffff) as usize;
        self.levels[place] += size; //~ RF304 hot always
        self.last = price;
    }

    // ringfence: root
    #[inline(never)]
    pub fn last(&self) -> u64 {
        self.last
    }
}

pub struct Ladder {
    levels: [u64; 256],
}

impl Ladder {
    // ringfence: root
    #[inline(never)]
    pub fn add(&mut self, price: u8, size: u64) {
        self.levels[usize::from(price)] += size;
    }
}
