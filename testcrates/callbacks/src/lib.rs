//! Pointers to functions: kept, called, passed on.

pub struct Feed {
    pub on_price: fn(u64) -> Vec<u64>,
    pub on_close: Option<fn(u64) -> Vec<u64>>,
    pub last: u64,
}

#[inline(never)]
fn history(price: u64) -> Vec<u64> {
    vec![price; 8] //~ RF101 hot root=Feed::publish; RF101 hot root=Feed::close
}

#[inline(never)]
fn nothing(_: u64) -> Vec<u64> {
    Vec::new()
}

impl Feed {
    // ringfence: root
    #[inline(never)]
    pub fn subscribe(&mut self) {
        self.on_price = history;
        self.on_close = Some(nothing);
    }

    // ringfence: root
    pub fn publish(&mut self, price: u64) -> usize {
        self.last = price;
        (self.on_price)(price).len() //~ RF402 hot always; RF902 hot always
    } //~ RF103 hot

    // ringfence: root
    pub fn close(&self) -> Option<Vec<u64>> {
        self.on_close.map(|callback| callback(self.last)) //~ RF402 hot; RF902 hot
    }
}

// ringfence: root
#[inline(never)]
pub fn sorted(values: &mut [u64]) {
    values.sort_unstable_by_key(|value| value ^ 7);
}
