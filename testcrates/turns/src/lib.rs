//! How often an operation runs: by the loops around it, not by those that it brings along.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::sync::mpsc::Receiver;

// ringfence: root
#[inline(never)]
pub fn cancelled(orders: &mut HashMap<u64, u64>, ids: &[u64]) {
    for id in ids {
        orders.remove(id); //~ RF306 hot loop=1 own=1
    }
}

// ringfence: root
#[inline(never)]
pub fn forgotten(seen: &mut HashSet<u32>, ids: &[u32]) -> usize {
    ids.iter().filter(|id| seen.remove(id)).count() //~ RF306 hot loop=1 own=1
}

/// One removal probes in a loop of the table's own.
// ringfence: root
#[inline(never)]
pub fn cancelled_once(orders: &mut HashMap<u64, u64>, id: u64) -> Option<u64> {
    orders.remove(&id)
}

// ringfence: root
#[inline(never)]
pub fn drained(inbox: &Receiver<u64>) -> u64 {
    let mut sum = 0u64;
    while let Ok(value) = inbox.try_recv() { //~ RF204 hot loop=1 own=1; RF204 hot; RF202 hot; RF202 cold
        //~^ RF103 hot; RF201 hot; RF201 hot
        sum = sum.wrapping_add(value);
    }
    sum
}

// ringfence: root
#[inline(never)]
pub fn received(inbox: &Receiver<u64>) -> u64 {
    inbox.try_recv().unwrap_or(0) //~ RF204 hot loop=0; RF204 hot loop=0; RF202 hot own=0; RF202 cold
    //~^ RF103 hot own=0; RF201 hot own=0; RF201 hot own=0
}

/// `write_all` has a loop of its own, which is none of who writes once.
// ringfence: root
#[inline(never)]
pub fn stored(file: &mut File, bytes: &[u8]) -> bool {
    file.write_all(bytes).is_ok() //~ RF202 hot loop=1 own=0; RF103 hot own=0; RF401 hot own=0
} //~ RF103 hot own=0; RF401 hot own=0

// ringfence: root
#[inline(never)]
pub fn stored_each(file: &mut File, parts: &[Vec<u8>]) -> bool {
    let mut stored = 0;
    for part in parts {
        stored += usize::from(file.write_all(part).is_ok()); //~ RF202 hot loop=2 own=1; RF103 hot own=1; RF401 hot own=1
        //~^ RF103 hot own=1; RF401 hot own=1
    }
    stored == parts.len()
}

/// The loop of a library runs the closure: it stands in it.
// ringfence: root
#[inline(never)]
pub fn told_apart(numbers: &mut Vec<u64>) {
    numbers.dedup_by_key(|number| std::hint::black_box(vec![0u8; *number as usize]).len()); //~ RF101 hot own=1; RF103 hot own=1
}

/// The check stands in front of the loop and at its end.
// ringfence: root
#[inline(never)]
pub fn decoded(code: &[u8]) -> u64 {
    let (mut at, mut sum) = (0, 0u64);
    loop {
        let byte = code[at]; //~ RF404 hot loop=1
        at += 1;
        match byte {
            0 => return sum,
            value => sum ^= u64::from(value),
        }
    }
}

#[inline(never)]
fn step(state: &mut [u64; 16], code: u8) {
    match code { //~ RF405 hot loop=1 root=steps
        0 => state[0] += 1,
        1 => state[1] ^= 2,
        2 => state[2] *= 3,
        3 => state.swap(3, 4),
        4 => state[5] = !state[5],
        5 => state[6] = state[7] >> 1,
        6 => state[8] |= 9,
        7 => state[10] -= 1,
        8 => state[11] = state[0],
        9 => state[12] = state[1] ^ state[2],
        _ => state[15] = 0,
    }
}

// ringfence: root
#[inline(never)]
pub fn steps(state: &mut [u64; 16], codes: &[u8]) {
    for code in codes {
        step(state, *code);
    }
}

// ringfence: root
#[inline(never)]
pub fn step_once(state: &mut [u64; 16], code: u8) {
    step(state, code);
}

#[inline(never)]
fn price_of(prices: &[u64], place: usize) -> u64 {
    prices[place] //~ RF404 hot loop=1 root=summed
}

// ringfence: root
#[inline(never)]
pub fn summed(prices: &[u64], places: &[usize]) -> u64 {
    places.iter().fold(0, |sum, place| sum ^ price_of(prices, *place))
}

pub struct Level {
    pub price: u64,
    pub next: Option<Box<Level>>,
}

// ringfence: root
#[inline(never)]
pub fn depth(mut level: Option<&Level>) -> u64 {
    let mut sum = 0u64;
    while let Some(here) = level {
        sum = sum.wrapping_add(here.price);
        level = here.next.as_deref(); //~ RF305 hot loop=1
    }
    sum
}
