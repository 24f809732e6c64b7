//! A `bumpalo::Bump` that lives on.

use bumpalo::Bump;

pub struct Scratch {
    pub arena: Bump,
}

impl Scratch {
    // ringfence: root
    pub fn keep(&self, value: u64) -> &mut u64 {
        self.arena.alloc(value) //~ RF102 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn used(&self) -> usize {
        self.arena.allocated_bytes()
    }
}
