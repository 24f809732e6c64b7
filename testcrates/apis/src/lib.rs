//! Each way to the heap by its own API, with the element and the size that a finding names.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

pub struct Quote {
    pub price: u64,
    pub venue: u64,
}

pub struct Plant {
    pub history: Vec<Quote>,
    pub by_price: HashMap<u64, Quote>,
    pub current: Arc<Quote>,
}

impl Plant {
    // ringfence: root
    #[inline(never)]
    pub fn push(&mut self, quote: Quote) {
        self.history.push(quote); //~ RF102 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn insert(&mut self, quote: Quote) {
        self.by_price.insert(quote.price, quote); //~ RF102 amortized; RF103 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn replace(&mut self, quote: Arc<Quote>) {
        self.current = quote; //~ RF103 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn read(&self) -> u64 {
        self.current.price + self.history.len() as u64
    }
}

// ringfence: root
#[inline(never)]
pub fn boxed(price: u64) -> Box<Quote> {
    Box::new(Quote { price, venue: 1 }) //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn counted(price: u64) -> Rc<Quote> {
    Rc::new(Quote { price, venue: 2 }) //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn own(text: &str) -> String {
    String::from(text) //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn keep(data: &[u32]) -> Vec<u32> {
    data.to_vec() //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn prices(quotes: &[Quote]) -> Vec<u64> {
    quotes.iter().map(|quote| quote.price).collect() //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn later(price: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move { price }) //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn zeroes(count: usize) -> Vec<u16> {
    vec![0; count] //~ RF101 hot
}
