//! Containers that allocate, grow and free, and uses of them that do not.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

pub struct Store {
    pub map: HashMap<u64, u64>,
    pub queue: VecDeque<u64>,
    pub text: String,
    pub shared: Rc<[u64; 8]>,
    pub buffer: Vec<u64>,
}

impl Store {
    // ringfence: root
    pub fn insert(&mut self, key: u64, value: u64) {
        self.map.insert(key, value); //~ RF102 amortized; RF103 amortized
    }

    // ringfence: root
    pub fn enqueue(&mut self, value: u64) {
        self.queue.push_back(value); //~ RF102 amortized
    }

    // ringfence: root
    pub fn append(&mut self, text: &str) {
        self.text.push_str(text); //~ RF102 amortized
    }

    // ringfence: root
    pub fn squares(&self) -> Vec<u64> {
        self.buffer.iter().map(|value| value * value).collect() //~ RF101 hot
    }

    // ringfence: root
    pub fn share(&self) -> Rc<u64> {
        Rc::new(self.buffer.len() as u64) //~ RF101 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn lookup(&self, key: u64) -> Option<u64> {
        self.map.get(&key).copied()
    }

    // ringfence: root
    #[inline(never)]
    pub fn reuse(&mut self) -> u64 {
        self.buffer.clear();
        self.text.clear();
        self.buffer.capacity() as u64
    }

    // ringfence: root
    #[inline(never)]
    pub fn sum(&self) -> u64 {
        self.buffer.iter().filter(|value| **value > 3).sum::<u64>() + self.shared[3]
    }

    // ringfence: root
    #[inline(never)]
    pub fn sort(&mut self) {
        self.buffer.sort_unstable();
    }
}

// ringfence: root
pub fn discard(values: Vec<u64>) -> usize {
    values.len()
} //~ RF103 hot
