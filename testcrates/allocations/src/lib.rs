//! Every spelling of an allocation that is not a container's growth, and code that only looks like one.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

#[derive(Clone, Copy)]
pub struct Order {
    pub id: u64,
    pub price: u64,
    pub quantity: u32,
}

pub struct Book {
    pub pending: Vec<Order>,
    pub levels: BTreeMap<u64, u64>,
    pub last: Box<Order>,
    pub label: String,
}

impl Book {
    // ringfence: root
    pub fn keep(&self, order: Order) -> Box<Order> {
        Box::new(order) //~ RF101 hot always
    }

    // ringfence: root
    pub fn share(&self) -> Arc<Order> {
        Arc::new(*self.last) //~ RF101 hot always
    }

    // ringfence: root
    pub fn describe(&self, order: &Order) -> String {
        format!("{} at {}", order.id, order.price) //~ RF101 hot; RF102 hot; RF401 hot
    }

    // ringfence: root
    pub fn zeroes(&self, length: usize) -> Vec<u64> {
        vec![0; length] //~ RF101 hot
    }

    // ringfence: root
    pub fn reserved(&self, order: Order) -> Vec<Order> {
        let mut orders = Vec::with_capacity(16); //~ RF101 hot always
        orders.push(order);
        orders
    }

    // ringfence: root
    pub fn level(&mut self, price: u64) {
        self.levels.insert(price, 1); //~ RF101 hot
    }

    // ringfence: root
    pub fn tighten(&mut self) {
        self.pending.shrink_to_fit(); //~ RF101 hot; RF103 hot
    }

    // ringfence: root
    pub fn replace(&mut self, next: Box<Order>) {
        self.last = next; //~ RF103 hot always
    }

    // ringfence: root
    pub fn relabel(&mut self, order: &Order) {
        self.label.clear();
        let _ = write!(self.label, "{}", order.id); //~ RF102 amortized; RF401 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn overwrite(&mut self, order: Order) {
        *self.last = order;
    }

    // ringfence: root
    #[inline(never)]
    pub fn largest(&self) -> Option<u64> {
        let mut best = [0; 4];
        for (slot, order) in best.iter_mut().zip(&self.pending) {
            *slot = order.price * u64::from(order.quantity);
        }
        best.into_iter().max()
    }

    // ringfence: root
    #[inline(never)]
    pub fn empty(&self) -> Vec<Order> {
        Vec::new()
    }

    // ringfence: root
    #[inline(never)]
    pub fn borrowed<'a>(&'a self, other: &'a str) -> &'a str {
        if self.label.is_empty() { other } else { self.label.trim_start() }
    }
}

// ringfence: root
#[inline(never)]
pub fn removed_by_the_optimiser(value: u64) -> u64 {
    let boxed = Box::new(value);
    *boxed + 1
}

// ringfence: root
pub fn own(text: &str) -> String {
    String::from(text) //~ RF101 hot
}

// ringfence: root
pub fn join(first: &str, second: &str) -> String {
    [first, second].concat() //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn boxed_slice(orders: Vec<Order>) -> Box<[Order]> {
    orders.into_boxed_slice() //~ RF101 hot; RF103 hot
}

// ringfence: root
#[inline(never)]
pub fn smaller_table(names: &mut HashMap<u64, u64>) {
    names.shrink_to_fit(); //~ RF101 hot; RF103 hot
}
