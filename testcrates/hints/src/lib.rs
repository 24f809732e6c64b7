//! Branches to errors and logs: with a hint that they are rare, and without.

use std::io;

// ringfence: root
#[inline(never)]
pub fn parsed(text: &str) -> Result<u64, String> {
    text.parse::<u64>().map_err(|error| format!("bad price {text}: {error}")) //~ RF403 hot conditional; RF101 hot; RF102 hot; RF401 hot
}

#[cold]
#[inline(never)]
fn bad_price(text: &str) -> String {
    format!("bad price {text}") //~ RF101 cold; RF102 cold; RF401 cold
}

// ringfence: root
#[inline(never)]
pub fn parsed_with_a_cold_helper(text: &str) -> Result<u64, String> {
    text.parse::<u64>().map_err(|_| bad_price(text))
}

// ringfence: root
#[inline(never)]
pub fn read(bytes: &[u8]) -> io::Result<u8> {
    match bytes.first() {
        Some(byte) => Ok(*byte),
        None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "empty")), //~ RF403 hot conditional; RF101 hot
    }
}

// ringfence: root
#[inline(never)]
pub fn logged(price: u64) -> u64 {
    if price == 0 {
        log::warn!("a price of nothing"); //~ RF403 hot conditional; RF202 hot
    }
    price / 2
}

// ringfence: root
#[inline(never)]
pub fn logged_on_a_cold_path(price: u64) -> u64 {
    if price == 0 {
        std::hint::cold_path();
        log::warn!("a price of nothing here"); //~ RF202 cold
    }
    price / 3
}

#[derive(Clone, Copy)]
pub struct Rejection {
    pub price: u64,
    pub limit: u64,
}

#[inline(never)]
fn rejected_price(price: u64, limit: u64) -> Rejection {
    Rejection { price, limit }
}

// ringfence: root
#[inline(never)]
pub fn limited(price: u64, limit: u64) -> Result<u64, Rejection> {
    if price > limit {
        return Err(rejected_price(price, limit)); //~ RF403 hot conditional
    }
    Ok(price)
}

#[inline(never)]
fn spread(price: u64, limit: u64) -> u64 {
    price.abs_diff(limit)
}

/// The branch is no error: nothing says that it is rare.
// ringfence: root
#[inline(never)]
pub fn either(price: u64, limit: u64) -> u64 {
    if price > limit {
        return spread(price, limit);
    }
    price
}
