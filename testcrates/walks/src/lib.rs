//! What a loop does in every turn: checks, wide matches, chains of pointers, look-ups; and siblings without.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList};

use rustc_hash::FxHashMap;

pub struct Order {
    pub symbol: u64,
    pub quantity: u64,
}

// ringfence: root
#[inline(never)]
pub fn indexed(prices: &[u64], places: &[usize]) -> u64 {
    let mut sum = 0u64;
    for place in places {
        sum = sum.wrapping_add(prices[*place]); //~ RF404 hot loop=1
    }
    sum
}

// ringfence: root
pub fn iterated(prices: &[u64]) -> u64 {
    prices.iter().fold(0, |sum, price| sum.wrapping_add(*price))
}

// ringfence: root
#[inline(never)]
pub fn indexed_once(prices: &[u64], place: usize) -> u64 {
    prices[place]
}

// ringfence: root
#[inline(never)]
pub fn sliced(text: &[u8], ends: &[usize]) -> usize {
    let mut zeros = 0;
    for end in ends {
        zeros += text[..*end].iter().filter(|byte| **byte == 0).count(); //~ RF404 hot loop=1
    }
    zeros
}

// ringfence: root
#[inline(never)]
pub fn copied(rows: &[&[u64]], out: &mut [u64]) {
    for row in rows {
        out.copy_from_slice(row); //~ RF404 hot loop=1; RF501 hot loop=1
    }
}

// ringfence: root
#[inline(never)]
pub fn unwrapped(values: &[Option<u64>]) -> u64 {
    let mut sum = 0u64;
    for value in values {
        sum ^= value.unwrap(); //~ RF404 hot loop=1
    }
    sum
}

pub trait Handler {
    fn at(&mut self, code: u64);
}

// ringfence: root
#[inline(never)]
pub fn dispatched(codes: &[u8], totals: &mut [u64; 3]) {
    for code in codes {
        match code { //~ RF405 hot loop=1
            0 => totals[0] = totals[0].wrapping_mul(3),
            1 => totals[1] ^= totals[0],
            2 => totals[2] = totals[2].rotate_left(5),
            3 => totals[0] ^= 0x5555,
            4 => totals[1] = totals[1].wrapping_add(totals[2]),
            5 => totals[2] = totals[1].swap_bytes(),
            6 => totals[0] = totals[2] >> 3,
            7 => totals[1] = !totals[1],
            8 => totals[2] = totals[2].count_ones().into(),
            9 => totals[0] = totals[1] << 7,
            _ => {}
        }
    }
}

// ringfence: root
pub fn dispatched_once(code: u8, totals: &mut [u64; 3]) {
    dispatched_one(code, totals)
}

#[inline(never)]
fn dispatched_one(code: u8, totals: &mut [u64; 3]) {
    match code {
        0 => totals[0] = totals[0].wrapping_mul(3),
        1 => totals[1] ^= totals[0],
        2 => totals[2] = totals[2].rotate_left(5),
        3 => totals[0] ^= 0x5555,
        4 => totals[1] = totals[1].wrapping_add(totals[2]),
        5 => totals[2] = totals[1].swap_bytes(),
        6 => totals[0] = totals[2] >> 3,
        7 => totals[1] = !totals[1],
        8 => totals[2] = totals[2].count_ones().into(),
        _ => {}
    }
}

pub struct Node {
    pub value: u64,
    pub next: Option<Box<Node>>,
}

// ringfence: root
#[inline(never)]
pub fn chased(list: &Node) -> u64 {
    let mut sum = 0u64;
    let mut current = Some(list);
    while let Some(node) = current {
        sum = sum.wrapping_add(node.value);
        current = node.next.as_deref(); //~ RF305 hot loop=1
    }
    sum
}

// ringfence: root
pub fn listed(list: &LinkedList<u64>) -> u64 {
    list.iter().fold(0, |sum, value| sum ^ value) //~ RF305 hot loop=1
}

// ringfence: root
pub fn filled(books: &HashMap<u64, u64>, orders: &[Order]) -> u64 {
    let mut sum = 0u64;
    for order in orders {
        if let Some(price) = books.get(&order.symbol) { //~ RF306 hot loop=1
            sum = sum.wrapping_add(*price * order.quantity);
        }
    }
    sum
}

// ringfence: root
pub fn filled_fast(books: &FxHashMap<u64, u64>, orders: &[Order]) -> usize {
    orders.iter().filter(|order| books.contains_key(&order.symbol)).count() //~ RF306 hot loop=1
}

// ringfence: root
pub fn looked_up(books: &HashMap<u64, u64>, symbol: u64) -> Option<u64> {
    books.get(&symbol).copied()
}

#[inline(never)]
fn known(seen: &HashSet<String>, name: &str) -> bool {
    seen.contains(name) //~ RF306 hot loop=1 root=all_known
}

// ringfence: root
pub fn all_known(seen: &HashSet<String>, names: &[&str]) -> bool {
    names.iter().all(|name| known(seen, name))
}

// ringfence: root
pub fn summed(books: &HashMap<u64, u64>) -> u64 {
    books.values().fold(0, |sum, price| sum ^ price)
}

// ringfence: root
pub fn valued(book: &BTreeMap<u64, u64>, orders: &[Order]) -> u64 {
    let mut sum = 0u64;
    for order in orders {
        if let Some(price) = book.get(&order.symbol) { //~ RF306 hot loop=1
            sum = sum.wrapping_add(*price * order.quantity);
        }
    }
    sum
}

// ringfence: root
pub fn marked(book: &mut BTreeMap<u64, u64>, orders: &[Order]) {
    for order in orders {
        if let Some(quantity) = book.get_mut(&order.symbol) { //~ RF306 hot loop=1
            *quantity = quantity.wrapping_add(order.quantity);
        }
    }
}

// ringfence: root
pub fn all_listed(names: &BTreeSet<String>, wanted: &[String]) -> bool {
    wanted.iter().all(|name| names.contains(name)) //~ RF306 hot loop=1
}

// ringfence: root
pub fn valued_once(book: &BTreeMap<u64, u64>, symbol: u64) -> Option<u64> {
    book.get(&symbol).copied()
}

// ringfence: root
pub fn best_of_each(books: &[BTreeMap<u64, u64>]) -> u64 {
    books.iter().filter_map(|book| book.first_key_value()).fold(0, |best, (price, _)| best.max(*price)) //~ RF305 hot loop=2
}
