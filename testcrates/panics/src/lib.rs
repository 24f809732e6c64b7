//! Where it can panic, and where it cannot: every root is told `panics = "never"`.

use std::cell::RefCell;
use std::time::Duration;

pub struct Desk {
    pub prices: Vec<u64>,
    pub names: RefCell<Vec<String>>,
}

pub trait Venue {
    fn take(&mut self, price: u64) -> u64;
}

pub struct Strict(pub [u64; 4]);

impl Venue for Strict {
    #[inline(never)]
    fn take(&mut self, price: u64) -> u64 {
        self.0[price as usize] //~ RF404 panic root=through_a_table
    }
}

pub struct Lenient(pub u64);

impl Venue for Lenient {
    #[inline(never)]
    fn take(&mut self, price: u64) -> u64 {
        self.0 = self.0.wrapping_add(price);
        self.0
    }
}

#[inline(never)]
pub fn venues() -> [Box<dyn Venue>; 2] {
    [Box::new(Strict([0; 4])), Box::new(Lenient(0))]
}

#[inline(never)]
pub fn index(values: &[u64], at: usize) -> u64 {
    values[at] //~ RF404 panic
}

#[inline(never)]
pub fn index_asked(values: &[u64], at: usize) -> u64 {
    values.get(at).copied().unwrap_or(0)
}

/// The checks are joined into one, for both leave the name to be freed.
#[inline(never)]
pub fn two_indices(values: &[u64], name: &str, at: usize) -> Option<String> {
    let label = name.to_string(); //~ RF101 hot; RF404 panic
    let first = values[at]; //~ RF404 panic
    let second = values[at * 3]; //~ RF404 panic
    (first > second).then_some(label) //~ RF103 hot
}

#[inline(never)]
pub fn divide(whole: u64, by: u64) -> u64 {
    whole / by //~ RF404 panic
}

#[inline(never)]
pub fn divide_checked(whole: u64, by: u64) -> u64 {
    whole.checked_div(by).unwrap_or(0)
}

#[inline(never)]
pub fn index_and_divide(values: &[u64], at: usize, by: u64) -> u64 {
    values[at] / by //~ RF404 panic; RF404 panic
}

#[inline(never)]
pub fn unwrap(value: Option<u64>) -> u64 {
    value.unwrap() //~ RF404 panic
}

#[inline(never)]
pub fn unwrap_proven(value: Option<u64>) -> u64 {
    if value.is_none() {
        return 0;
    }
    value.unwrap()
}

#[inline(never)]
pub fn expect(value: Result<u64, String>) -> u64 {
    value.expect("a price") //~ RF404 panic
}

#[inline(never)]
pub fn slices(values: &[u64], from: usize) -> u64 {
    values[from..].iter().sum() //~ RF404 panic
}

#[inline(never)]
pub fn text(text: &str, from: usize) -> usize {
    text[from..].len() //~ RF404 panic
}

#[inline(never)]
pub fn halves(values: &mut [u64], at: usize) -> usize {
    values.split_at_mut(at).0.len() //~ RF404 panic
}

#[inline(never)]
pub fn copies(values: &mut [u64], from: &[u64]) {
    values.copy_from_slice(from); //~ RF404 panic
}

#[inline(never)]
pub fn later(at: Duration, by: Duration) -> Duration {
    at + by //~ RF404 panic
}

#[inline(never)]
pub fn later_checked(at: Duration, by: Duration) -> Duration {
    at.saturating_add(by)
}

#[inline(never)]
pub fn borrows(cell: &RefCell<u64>) {
    *cell.borrow_mut() += 1; //~ RF404 panic
}

#[inline(never)]
pub fn borrows_if_free(cell: &RefCell<u64>) {
    if let Ok(mut value) = cell.try_borrow_mut() {
        *value = value.wrapping_add(1);
    }
}

#[inline(never)]
pub fn asserts(at: usize, of: usize) -> usize {
    assert!(at < of, "{at} of {of}"); //~ RF404 panic
    of - at
}

#[inline(never)]
pub fn unreachable_arm(kind: u8) -> u64 {
    match kind {
        0 => 7,
        1 => 9,
        _ => unreachable!("kinds are 0 and 1"), //~ RF404 panic
    }
}

/// The capacity overflows before memory runs out; that itself aborts.
#[inline(never)]
pub fn push(values: &mut Vec<u64>, value: u64) {
    values.push(value); //~ RF404 panic; RF102 amortized
}

/// An allocation that fails is no panic: it aborts.
#[inline(never)]
pub fn boxed(value: u64) -> Box<u64> {
    Box::new(value) //~ RF101 hot
}

#[inline(never)]
pub fn aborts(value: u64) -> u64 {
    if value == 0 {
        std::process::abort();
    }
    value
}

#[inline(never)]
pub fn exits(value: u64) -> u64 {
    if value == 0 {
        std::process::exit(3);
    }
    value
}

#[cold]
#[inline(never)]
fn give_up(why: &str) -> ! {
    panic!("{why}") //~ RF404 panic root=gives_up
}

#[inline(never)]
pub fn gives_up(value: Option<u64>) -> u64 {
    match value {
        Some(value) => value,
        None => give_up("nothing"),
    }
}

#[inline(never)]
pub fn behind_a_call(values: &[u64], nth: usize) -> u64 {
    brittle::nth_doubled(values, nth) //~ RF404 panic
}

#[inline(never)]
pub fn behind_a_call_that_asks(values: &[u64], nth: usize) -> u64 {
    brittle::nth_or_zero(values, nth)
}

pub struct Checked(pub u64);

impl Drop for Checked {
    #[inline(never)]
    fn drop(&mut self) {
        assert!(self.0 == 0, "dropped too early"); //~ RF404 panic
    }
}

#[inline(never)]
pub fn drops(value: Checked) -> u64 {
    value.0
}

#[inline(never)]
pub fn through_a_table(venue: &mut dyn Venue, price: u64) -> u64 {
    venue.take(price) //~ RF401 hot
}
