//! parking_lot and condition variables.
//!
//! parking_lot's slow paths may allocate: the first contention of a thread makes its entry in a table of waiting threads.

use std::sync::{Condvar, Mutex};

pub struct Desk {
    pub orders: parking_lot::Mutex<Vec<u64>>,
    pub limits: parking_lot::RwLock<[u64; 4]>,
    pub open: Mutex<bool>,
    pub opened: Condvar,
}

impl Desk {
    // ringfence: root
    pub fn add(&self, order: u64) -> usize {
        let mut orders = self.orders.lock(); //~ RF201 hot always; RF101 cold; RF102 cold; RF103 cold; RF202 cold
        //~^ RF202 cold
        orders.push(order); //~ RF102 amortized
        orders.len()
    } //~ RF101 cold; RF102 cold; RF103 cold; RF202 cold; RF202 cold

    // ringfence: root
    pub fn try_clear(&self) -> bool {
        let Some(mut orders) = self.orders.try_lock() else { return false }; //~ RF201 hot
        orders.clear();
        true
    } //~ RF101 cold; RF102 cold; RF103 cold; RF202 cold; RF202 cold

    // ringfence: root
    pub fn limit(&self, desk: usize) -> u64 {
        self.limits.read()[desk % 4] //~ RF201 hot; RF101 cold; RF102 cold; RF103 cold; RF202 cold; RF202 cold
    } //~ RF101 cold; RF102 cold; RF103 cold; RF202 cold; RF202 cold

    // ringfence: root
    pub fn set_limit(&self, desk: usize, limit: u64) {
        self.limits.write()[desk % 4] = limit; //~ RF201 hot always; RF202 cold; RF202 cold
        //~^ RF101 cold; RF102 cold; RF103 cold; RF202 cold
        //~^ RF101 cold; RF102 cold; RF103 cold; RF202 cold
    }

    // ringfence: root
    pub fn wait(&self) {
        let mut open = self.open.lock().unwrap(); //~ RF201 hot always; RF202 cold
        while !*open {
            open = self.opened.wait(open).unwrap(); //~ RF201 hot; RF202 hot; RF202 cold
        }
    } //~ RF202 cold

    // ringfence: root
    pub fn announce(&self) {
        self.opened.notify_all(); //~ RF202 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn owned(&mut self) -> usize {
        self.orders.get_mut().len()
    }
}
