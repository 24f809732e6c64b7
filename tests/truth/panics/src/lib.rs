//! Every way to panic, a root each, and siblings that cannot. `main.rs` calls each with what makes it panic and with what
//! does not, and says where it did.

use std::cell::RefCell;
use std::time::Duration;

// ringfence: root
#[inline(never)]
pub fn index(values: &[u64], at: usize) -> u64 {
    values[at]
}

// ringfence: root
#[inline(never)]
pub fn slice(values: &[u64], end: usize) -> &[u64] {
    &values[1..end]
}

// ringfence: root
#[inline(never)]
pub fn unwrap(value: Option<u64>) -> u64 {
    value.unwrap()
}

// ringfence: root
#[inline(never)]
pub fn unwrap_of_a_result(value: Result<u64, u8>) -> u64 {
    value.unwrap()
}

// ringfence: root
#[inline(never)]
pub fn expect(value: Option<u64>) -> u64 {
    value.expect("a value")
}

// ringfence: root
#[inline(never)]
pub fn divide(left: u64, right: u64) -> u64 {
    left / right
}

// ringfence: root
#[inline(never)]
pub fn remainder(left: i64, right: i64) -> i64 {
    left % right
}

// ringfence: root
#[inline(never)]
pub fn add(left: u64, right: u64) -> u64 {
    left + right
}

// ringfence: root
#[inline(never)]
pub fn shift(value: u64, by: u32) -> u64 {
    value << by
}

// ringfence: root
#[inline(never)]
pub fn borrow(cell: &RefCell<u64>) -> u64 {
    *cell.borrow_mut() += 1;
    *cell.borrow()
}

// ringfence: root
#[inline(never)]
pub fn explicit(value: u64) -> u64 {
    if value > 3 {
        panic!("too large: {value}");
    }
    value
}

// ringfence: root
#[inline(never)]
pub fn asserted(value: u64) -> u64 {
    assert!(value <= 3, "too large");
    value ^ 1
}

// ringfence: root
#[inline(never)]
pub fn unreachable(value: u64) -> u64 {
    match value {
        0 => 3,
        1 => 5,
        _ => unreachable!(),
    }
}

// ringfence: root
#[inline(never)]
pub fn boundary(text: &str, end: usize) -> &str {
    &text[..end]
}

// ringfence: root
#[inline(never)]
pub fn copied(to: &mut [u64], from: &[u64]) {
    to.copy_from_slice(from);
}

// ringfence: root
#[inline(never)]
pub fn split(values: &[u64], at: usize) -> (&[u64], &[u64]) {
    values.split_at(at)
}

// ringfence: root
#[inline(never)]
pub fn less(left: Duration, right: Duration) -> Duration {
    left - right
}

// ringfence: root
#[inline(never)]
pub fn removed(values: &mut Vec<u64>, at: usize) -> u64 {
    values.swap_remove(at)
}

// ringfence: root
#[inline(never)]
pub fn pieces(values: &[u64], of: usize) -> usize {
    values.chunks(of).len()
}

// ringfence: root
#[inline(never)]
pub fn in_a_helper(values: &[u64], at: usize) -> u64 {
    helped(values, at) ^ 3
}

#[inline(never)]
fn helped(values: &[u64], at: usize) -> u64 {
    values[at + 1]
}

// ringfence: root
#[inline(never)]
pub fn twice(values: &[u64], first: usize, second: usize) -> u64 {
    let left = values[first];
    let right = values[second];
    left ^ right
}

// Siblings that cannot panic.

// ringfence: root
#[inline(never)]
pub fn index_or_none(values: &[u64], at: usize) -> u64 {
    values.get(at).copied().unwrap_or(0)
}

// ringfence: root
#[inline(never)]
pub fn index_masked(values: &[u64; 16], at: usize) -> u64 {
    values[at & 15]
}

// ringfence: root
#[inline(never)]
pub fn divide_by_some(left: u64, right: u64) -> u64 {
    left / (right | 1)
}

// ringfence: root
#[inline(never)]
pub fn add_wrapping(left: u64, right: u64) -> u64 {
    left.wrapping_add(right)
}

// ringfence: root
#[inline(never)]
pub fn less_than(left: Duration, right: Duration) -> bool {
    left < right
}

// ringfence: root
#[inline(never)]
pub fn split_if_there(values: &[u64], at: usize) -> usize {
    values.split_at_checked(at).map_or(0, |(left, _)| left.len())
}
