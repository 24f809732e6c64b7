//! What programs choose from: each chooses some.

use std::cell::Cell;
use std::sync::Mutex;

pub trait Shelf {
    fn put(&self, value: u64);
    fn sum(&self) -> u64;
}

struct Last(Cell<u64>);

impl Shelf for Last {
    fn put(&self, value: u64) {
        self.0.set(value);
    }

    fn sum(&self) -> u64 {
        self.0.get()
    }
}

struct Locked(Mutex<Vec<u64>>);

impl Shelf for Locked {
    fn put(&self, value: u64) {
        self.0.lock().unwrap().push(value);
    }

    fn sum(&self) -> u64 {
        self.0.lock().unwrap().iter().sum()
    }
}

pub fn last() -> Box<dyn Shelf> {
    Box::new(Last(Cell::new(0)))
}

/// No program here calls this.
pub fn locked() -> Box<dyn Shelf> {
    Box::new(Locked(Mutex::new(Vec::new())))
}

pub trait Journal {
    fn note(&mut self, value: u64);
}

struct Kept(Vec<u64>);

impl Journal for Kept {
    fn note(&mut self, value: u64) {
        self.0.push(value); //~ RF102 amortized
    }
}

pub fn kept() -> Box<dyn Journal> {
    Box::new(Kept(Vec::new()))
}

pub type Hook = fn(u64) -> u64;

fn half(value: u64) -> u64 {
    value / 2
}

fn printed(value: u64) -> u64 {
    value.to_string().len() as u64
}

pub fn quiet_hook() -> Hook {
    half
}

/// No program here calls this.
pub fn loud_hook() -> Hook {
    printed
}
