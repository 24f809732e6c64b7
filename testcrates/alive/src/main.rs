//! Implementations, closures and functions that the program has but never hands out, beside those that it does.

use std::hint::black_box;
use std::sync::mpsc::{channel, Sender};
use std::task::Waker;

use shelf::{Hook, Journal, Shelf};

pub trait Feed {
    fn on(&mut self, value: u64);
}

pub struct Counted(u64);

impl Feed for Counted {
    fn on(&mut self, value: u64) {
        self.0 += value;
    }
}

/// Called by its own name only.
pub struct Sent(Sender<u64>);

impl Feed for Sent {
    #[inline(never)]
    fn on(&mut self, value: u64) {
        let _ = self.0.send(value);
    }
}

// ringfence: root
#[inline(never)]
pub fn step(feed: &mut dyn Feed, value: u64) {
    feed.on(value); //~ RF401 hot always
}

// ringfence: root
#[inline(never)]
pub fn shelve(shelf: &dyn Shelf, value: u64) -> u64 {
    shelf.put(value); //~ RF401 hot always
    shelf.sum() //~ RF401 hot always
}

// ringfence: root
#[inline(never)]
pub fn record(journal: &mut dyn Journal, value: u64) {
    journal.note(value); //~ RF401 hot always
}

// ringfence: root
#[inline(never)]
pub fn signal(waker: &Waker) {
    waker.wake_by_ref(); //~ RF402 hot always
}

// ringfence: root
#[inline(never)]
pub fn hooked(hook: Hook, value: u64) -> u64 {
    hook(value) //~ RF402 hot always; RF902 hot always
}

fn main() {
    let (sender, receiver) = channel();
    Sent(sender).on(1);
    let mut counted = Counted(receiver.recv().unwrap_or(0));
    step(black_box(&mut counted), 1);
    let total = shelve(black_box(&*shelf::last()), counted.0);
    record(black_box(&mut *shelf::kept()), total);
    signal(black_box(Waker::noop()));
    println!("{}", hooked(black_box(shelf::quiet_hook()), total));
}
