//! Functions that look like entry points of a hot path, each for another reason; nobody has named one.

mod quotes;

pub struct HotPathGuard;

impl HotPathGuard {
    pub fn enter(_name: &'static str) -> Self {
        HotPathGuard
    }
}

pub struct Engine {
    pub orders: Vec<u64>,
}

impl Engine {
    #[inline(never)]
    pub fn on_order(&mut self, price: u64) {
        let _guard = HotPathGuard::enter("on_order");
        self.orders.push(price);
    }

    /// The best price. Lock-free, < 50 ns.
    #[inline(never)]
    pub fn best(&self) -> Option<u64> {
        self.orders.iter().copied().max()
    }

    /// Hot path of every type of event; nothing here makes one.
    pub fn generic<T: Into<u64>>(&mut self, value: T) {
        self.orders.push(value.into());
    }

    #[inline(never)]
    pub fn depth(&self) -> usize {
        self.orders.len()
    }

    /// Prints everything, for people.
    #[inline(never)]
    pub fn print(&self) {
        println!("{:?}", self.orders);
    }

    pub fn start(mut self) {
        std::thread::spawn(move || loop {
            self.on_order(1);
        });
    }
}
