//! A plant that listens to quotes, written without a thought for latency, and the same work done well.

use std::collections::HashMap;
use std::sync::Mutex;

#[derive(Clone)]
pub struct Depth {
    pub levels: Vec<(u64, u64)>, //~ RF101 hot
    pub venue: String, //~ RF101 hot
}

pub struct Quote<'a> {
    pub name: &'a str,
    pub key: u64,
    pub price: u64,
    pub payload: &'a [u8],
}

pub trait Strategy {
    fn on_price(&mut self, price: u64) -> u64;
}

pub struct Momentum {
    last: u64,
}

impl Strategy for Momentum {
    fn on_price(&mut self, price: u64) -> u64 {
        let change = price.abs_diff(self.last);
        self.last = price;
        change
    }
}

pub struct Recorder {
    prices: Vec<u64>,
}

impl Strategy for Recorder {
    fn on_price(&mut self, price: u64) -> u64 {
        self.prices.push(price); //~ RF102 amortized
        price
    }
}

pub struct Plant {
    pub data: Mutex<Vec<u64>>,
    strategies: Vec<Box<dyn Strategy>>,
    pub positions: HashMap<u64, u64>,
    pub depth: Depth,
    scratch: [u64; 8],
}

impl Plant {
    pub fn new() -> Self {
        Plant {
            data: Mutex::new(Vec::new()),
            strategies: vec![Box::new(Momentum { last: 0 }), Box::new(Recorder { prices: Vec::new() })],
            positions: HashMap::new(),
            depth: Depth { levels: Vec::new(), venue: String::new() },
            scratch: [0; 8],
        }
    }

    // ringfence: root
    pub fn keep_payload(&self, quote: &Quote) -> Vec<u8> {
        quote.payload.to_vec() //~ RF101 hot
    }

    // ringfence: root
    pub fn keep_name(&self, quote: &Quote) -> String {
        quote.name.to_string() //~ RF101 hot
    }

    // ringfence: root
    pub fn total(&self) -> u64 {
        self.data.lock().unwrap().iter().sum() //~ RF201 hot always; RF202 cold
    } //~ RF202 cold

    // ringfence: root
    pub fn decide(&mut self, price: u64) -> u64 {
        let mut sum = 0;
        for strategy in &mut self.strategies {
            sum += strategy.on_price(price); //~ RF401 hot
        }
        sum
    }

    // ringfence: root
    pub fn snapshot(&self) -> Depth {
        self.depth.clone() //~ RF104 hot
    }

    // ringfence: root
    pub fn positions_of(&self, quotes: &[Quote]) -> u64 {
        let mut sum = 0;
        for quote in quotes {
            if let Some(position) = self.positions.get(&quote.key) {
                sum += position;
            }
        }
        sum
    }

    // ringfence: root
    #[inline(never)]
    pub fn best(&self) -> u64 {
        self.scratch.iter().copied().max().unwrap_or(0)
    }

    // ringfence: root
    #[inline(never)]
    pub fn record(&mut self, quote: &Quote) {
        let slot = quote.key as usize % self.scratch.len();
        self.scratch[slot] = quote.price;
    }
}

impl Default for Plant {
    fn default() -> Self {
        Self::new()
    }
}
