//! `mem::take` leaves an empty container behind: what is pushed next allocates, however large the old one had grown.

pub struct Outbox {
    pub pending: Vec<u64>,
    pub spare: Vec<u64>,
}

impl Outbox {
    // ringfence: root
    pub fn restart(&mut self, first: u64) -> Vec<u64> {
        let full = std::mem::take(&mut self.pending);
        self.pending.push(first); //~ RF102 hot
        full
    }

    // ringfence: root
    pub fn collect(&mut self, values: &[u64]) -> Vec<u64> {
        for value in values {
            self.pending.push(*value); //~ RF102 hot loop=1
        }
        std::mem::take(&mut self.pending)
    }

    // ringfence: root
    pub fn swapped(&mut self, first: u64) -> usize {
        std::mem::swap(&mut self.pending, &mut self.spare);
        self.pending.clear();
        self.pending.push(first); //~ RF102 amortized
        self.spare.len()
    }

    // ringfence: root
    pub fn drained(&mut self, first: u64) -> u64 {
        let sum = self.pending.drain(..).sum();
        self.pending.push(first); //~ RF102 amortized
        sum
    }
}
