//! The same roots audited under every profile. `//~ verdict:` is what the report must say of the
//! root, and what it can do; a line with `at` speaks of profiles with that setting only, and the last one that fits
//! counts.

use std::sync::Mutex;

mod apart;

static COUNT: Mutex<u64> = Mutex::new(0);

// ringfence: root
//~ verdict: clean
#[inline(never)]
pub fn arithmetic(values: &[u64]) -> u64 {
    values.iter().map(|value| value.wrapping_mul(3)).fold(0, u64::wrapping_add)
}

// ringfence: root
//~ verdict: violations: allocate hot
#[inline(never)]
pub fn text(name: &str) -> String {
    name.to_string()
}

// ringfence: root
//~ verdict: violations: lock hot, block cold
#[inline(never)]
pub fn lock() -> u64 {
    *COUNT.lock().unwrap()
}

// ringfence: root
//~ verdict: cold-only: allocate amortized
#[inline(never)]
pub fn push(values: &mut Vec<u64>, value: u64) {
    values.push(value);
}

// A box that goes nowhere.
// ringfence: root
//~ verdict: clean
//~ verdict at opt=0: violations: allocate hot, free hot
#[inline(never)]
pub fn boxed(value: u64) -> u64 {
    *Box::new(value) + 1
}

pub trait Stage {
    fn apply(&self, value: u64) -> u64;
}

pub struct Double;

impl Stage for Double {
    fn apply(&self, value: u64) -> u64 {
        value * 2
    }
}

// An object whose type is in sight.
// ringfence: root
//~ verdict: clean
//~ verdict at opt=0: violations: virtual hot
#[inline(never)]
pub fn object(value: u64) -> u64 {
    let stage: &dyn Stage = &Double;
    stage.apply(value)
}

// A pointer whose target is in sight.
// ringfence: root
//~ verdict: clean
#[inline(never)]
pub fn pointer(value: u64) -> u64 {
    let step: fn(u64) -> u64 = increase;
    step(value)
}

fn increase(value: u64) -> u64 {
    value + 1
}

// An error that is built on the way out.
// ringfence: root
//~ verdict: violations: allocate hot
#[inline(never)]
pub fn parse(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| String::from("no number"))
}

// A function of another module makes the box.
// ringfence: root
//~ verdict: clean
//~ verdict at opt=0: violations: allocate hot, free hot
//~ verdict at units=16: violations: allocate hot, free hot
#[inline(never)]
pub fn from_another_module(value: u64) -> u64 {
    *apart::boxed(value) + 1
}

// A check that fails panics with text.
// ringfence: root
//~ verdict: clean
#[inline(never)]
pub fn checked(values: &[u64], at: usize) -> u64 {
    assert!(at < values.len(), "{at} is out of range");
    values[at]
}

// What is to be freed when a panic passes by has a landing pad, where panics unwind.
// ringfence: root
//~ verdict: violations: allocate hot
#[inline(never)]
pub fn guarded(value: u64) -> Box<u64> {
    let boxed = Box::new(value);
    callback(value);
    boxed
}

#[inline(never)]
fn callback(value: u64) {
    assert!(value < 100);
}
