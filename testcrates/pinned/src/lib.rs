//! A thread that is pinned to a processor, in a program that places no memory.

pub struct Worker {
    pub core: usize,
    pub seen: u64,
}

impl Worker {
    // ringfence: root
    #[inline(never)]
    pub fn start(&mut self) -> bool {
        let pinned = core_affinity::set_for_current(core_affinity::CoreId { id: self.core }); //~ RF202 hot; RF307 hot
        self.seen = 0;
        pinned
    }

    // ringfence: root
    #[inline(never)]
    pub fn on_event(&mut self, price: u64) -> u64 {
        self.seen += 1;
        price * self.seen
    }
}
