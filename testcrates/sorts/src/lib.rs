//! Sorting in place needs no memory; a stable sort of more than a few elements makes a buffer on every call, although std
//! marks the way there as unlikely.

#[derive(Clone, Copy)]
pub struct Order {
    pub price: i64,
    pub quantity: u64,
}

// ringfence: root
pub fn by_price(orders: &mut [Order]) {
    orders.sort_by_key(|order| order.price); //~ RF101 hot conditional; RF103 hot conditional
}

// ringfence: root
pub fn by_price_in_place(orders: &mut [Order]) {
    orders.sort_unstable_by_key(|order| order.price);
}

// ringfence: root
pub fn place(orders: &[Order], price: i64) -> usize {
    orders.partition_point(|order| order.price < price)
}
