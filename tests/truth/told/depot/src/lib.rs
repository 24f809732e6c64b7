//! A dependency: what it does is nobody's own code.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

pub struct Stock {
    pub parts: HashMap<u32, u64>,
    pub served: AtomicU64,
    pub open: bool,
}

pub struct Shelf {
    pub next: Option<Box<Shelf>>,
    pub parts: u64,
}

impl Stock {
    #[inline(never)]
    pub fn sum(&self, wanted: &[u32]) -> u64 {
        let mut sum = 0;
        for part in wanted {
            sum += self.parts.get(part).copied().unwrap_or(0);
        }
        sum
    }

    #[inline(never)]
    pub fn serve(&self) -> u64 {
        self.served.fetch_add(1, Ordering::SeqCst)
    }

    #[inline(never)]
    pub fn is_open(&self) -> bool {
        self.open
    }
}

impl Shelf {
    #[inline(never)]
    pub fn total(&self) -> u64 {
        let mut sum = self.parts;
        let mut shelf = self;
        while let Some(next) = &shelf.next {
            sum += next.parts;
            shelf = next;
        }
        sum
    }
}

#[inline(never)]
pub fn labels(parts: &[String]) -> Vec<String> {
    parts.to_vec()
}

#[inline(never)]
pub fn written(value: u64) -> String {
    format!("part {value}")
}
