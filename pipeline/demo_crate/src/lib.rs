//! A small order gateway. `on_order` and `best_price` are its Ring 0: they run for every event, so they should not
//! allocate, lock, or dispatch virtually. One of them keeps that promise.

use std::sync::Mutex;

/// One order as it comes from the wire.
pub struct Order {
    pub symbol: &'static str,
    pub price: u64,
    pub quantity: u32,
}

/// Checks an order before it reaches the market.
pub trait Rule: Send {
    fn accepts(&self, order: &Order) -> bool;
}

/// Refuses orders that are too large.
pub struct SizeLimit {
    pub largest: u32,
}

impl Rule for SizeLimit {
    fn accepts(&self, order: &Order) -> bool {
        order.quantity <= self.largest
    }
}

/// Refuses symbols that are not traded, and remembers what it was asked.
pub struct SymbolList {
    pub traded: Vec<&'static str>,
    pub asked: Mutex<Vec<String>>,
}

impl Rule for SymbolList {
    fn accepts(&self, order: &Order) -> bool {
        self.asked.lock().unwrap().push(order.symbol.to_string());
        self.traded.contains(&order.symbol)
    }
}

/// The gateway: rules, the prices of the last orders, and what was accepted.
pub struct Gateway {
    rules: Vec<Box<dyn Rule>>,
    prices: [u64; 16],
    next: usize,
    accepted: Vec<u64>,
}

impl Gateway {
    /// Made once, at start: allocating here is fine.
    pub fn new(largest: u32, traded: Vec<&'static str>) -> Self {
        let asked = Mutex::new(Vec::new());
        Self {
            rules: vec![Box::new(SizeLimit { largest }), Box::new(SymbolList { traded, asked })],
            prices: [0; 16],
            next: 0,
            accepted: Vec::with_capacity(1024),
        }
    }

    /// Ring 0: runs for every order.
    pub fn on_order(&mut self, order: &Order) -> Result<u64, String> {
        for rule in &self.rules {
            if !rule.accepts(order) {
                return Err(format!("order for {} refused", order.symbol));
            }
        }
        self.prices[self.next % 16] = order.price;
        self.next += 1;
        self.accepted.push(order.price);
        Ok(order.price * u64::from(order.quantity))
    }

    /// Ring 0: the best of the last sixteen prices. Nothing to report here.
    #[inline(never)]
    pub fn best_price(&self) -> u64 {
        self.prices.iter().copied().max().unwrap_or(0)
    }
}
