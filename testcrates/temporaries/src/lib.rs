//! Buffers that live for one call, objects that are made and dropped for each event, beside values that stay.

use std::hint::black_box;

pub struct Session {
    pub id: u64,
    pub seen: u64,
}

pub struct Desk {
    pub session: Box<Session>,
    pub names: Vec<String>,
    pub label: String,
}

impl Desk {
    /// Sorted aside, then forgotten.
    // ringfence: root
    #[inline(never)]
    pub fn median(&self, prices: &[u64]) -> u64 {
        let mut sorted = prices.to_vec(); //~ RF101 hot
        sorted.sort_unstable();
        sorted[sorted.len() / 2]
    } //~ RF103 hot

    /// A new one for each event, over the old one.
    // ringfence: root
    #[inline(never)]
    pub fn reconnect(&mut self, id: u64) {
        self.session = Box::new(Session { id, seen: 0 }); //~ RF101 hot; RF103 hot
    }

    /// What is made here stays.
    // ringfence: root
    #[inline(never)]
    pub fn rename(&mut self, name: &str) -> usize {
        self.names.push(name.to_string()); //~ RF101 hot; RF102 amortized
        self.names.len()
    }

    /// What is made here is the caller's.
    // ringfence: root
    #[inline(never)]
    pub fn copy(&self) -> String {
        self.label.clone() //~ RF101 hot
    }

    /// Freed where a price is missing only; else the caller's.
    // ringfence: root
    #[inline(never)]
    pub fn all_of(&self, prices: &[Option<u64>]) -> Option<Vec<u64>> {
        let mut all = Vec::with_capacity(prices.len()); //~ RF101 hot
        for price in prices {
            all.push((*price)?); //~ RF102 amortized
        }
        Some(all)
    } //~ RF103 hot

    /// Reused, nothing is made.
    // ringfence: root
    #[inline(never)]
    pub fn reuse(&mut self, text: &str) -> usize {
        self.label.clear();
        self.label.push_str(text); //~ RF102 amortized
        black_box(&self.label).len()
    }
}
