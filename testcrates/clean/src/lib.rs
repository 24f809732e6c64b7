//! A hot path as it should be: a fixed ring, borrowed input, an enum for dispatch, data with one owner.

const SLOTS: usize = 1024;

pub struct Tick {
    pub price: u64,
    pub quantity: u64,
}

pub enum Signal {
    Momentum { last: u64 },
    Volume { total: u64 },
}

impl Signal {
    fn on_tick(&mut self, tick: &Tick) -> u64 {
        match self {
            Signal::Momentum { last } => {
                let change = tick.price.abs_diff(*last);
                *last = tick.price;
                change
            }
            Signal::Volume { total } => {
                *total = total.wrapping_add(tick.quantity);
                *total
            }
        }
    }
}

pub struct Window {
    prices: [u64; SLOTS],
    next: usize,
    sum: u64,
}

impl Window {
    pub const fn new() -> Self {
        Window { prices: [0; SLOTS], next: 0, sum: 0 }
    }

    // ringfence: root
    #[inline(never)]
    pub fn on_tick(&mut self, tick: &Tick) -> u64 {
        let slot = &mut self.prices[self.next % SLOTS];
        self.sum = self.sum.wrapping_sub(*slot).wrapping_add(tick.price);
        *slot = tick.price;
        self.next = self.next.wrapping_add(1);
        self.sum / SLOTS as u64
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

// ringfence: root
#[inline(never)]
pub fn score(signals: &mut [Signal], tick: &Tick) -> u64 {
    signals.iter_mut().fold(0, |sum, signal| sum.wrapping_add(signal.on_tick(tick)))
}
