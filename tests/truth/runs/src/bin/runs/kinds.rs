//! The roots of `kinds`, in the ways in which they are mostly called; where a thread waits for another, each in turn.

use kinds::cold_mark::{kept_page, new_page, Page};
use kinds::dispatched::{Doubling, Halving};
use kinds::flagged::{Gate, Latch};
use kinds::{counted, dispatched, flagged, in_library, one_line, started, waited};
use runs::{a_while, window};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;

use crate::atomics::until_raised;
use crate::system::contended;

const MANY: u8 = 200;

pub fn run() {
    cold_marks();
    lines();
    waits();
    flags();
    dispatch();
    counts();
    libraries();
    for _ in 0..2 {
        window("kinds::started::beside", started::beside).join().expect("it ends");
        window("kinds::started::waited_for", started::waited_for);
    }
}

fn cold_marks() {
    let mut page = Page::empty();
    for byte in 0..MANY {
        window("kinds::cold_mark::new_page", || new_page(black_box(byte)));
        window("kinds::cold_mark::kept_page", || kept_page(&mut page, black_box(byte)));
    }
}

fn lines() {
    let (left, right) = (Mutex::new(1), RwLock::new(2));
    for _ in 0..3 {
        window("kinds::one_line::yield_and_sleep", one_line::yield_and_sleep);
        window("kinds::one_line::clock_and_sleep", one_line::clock_and_sleep);
        window("kinds::one_line::two_locks", || one_line::two_locks(&left, &right));
        window("kinds::one_line::object_and_pointer", || one_line::object_and_pointer(&Halving, |value| value ^ 5));
    }
    contended(|| left.lock(), || window("kinds::one_line::two_locks", || one_line::two_locks(&left, &right)));
    contended(|| right.write(), || window("kinds::one_line::two_locks", || one_line::two_locks(&left, &right)));
}

/// Waits until a value is stored after a while, and once more when it is there.
fn until_stored(word: &AtomicU64, value: u64, wait: impl Fn()) {
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(a_while());
            word.store(value, Ordering::Release);
        });
        wait();
    });
}

fn waits() {
    let flag = AtomicBool::new(false);
    until_raised(&flag, || window("kinds::waited::for_a_flag", || waited::for_a_flag(&flag)));
    let taken = AtomicBool::new(true);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(a_while());
            taken.store(false, Ordering::Release);
        });
        window("kinds::waited::for_a_swap", || waited::for_a_swap(&taken));
    });
    let (next, served) = (AtomicU64::new(3), AtomicU64::new(0));
    until_stored(&served, 3, || {
        window("kinds::waited::for_a_ticket", || waited::for_a_ticket(&next, &served));
    });
    let owner = AtomicU64::new(7);
    until_stored(&owner, 0, || window("kinds::waited::for_an_exchange", || waited::for_an_exchange(&owner, 5)));
    let sequence = AtomicU64::new(1);
    until_stored(&sequence, 2, || {
        window("kinds::waited::for_an_even_count", || waited::for_an_even_count(&sequence));
    });
    let most = AtomicU64::new(0);
    let flags: [AtomicBool; 40] = std::array::from_fn(|at| AtomicBool::new(at == 30));
    for value in 0..3 {
        window("kinds::waited::largest", || waited::largest(&most, black_box(value)));
        window("kinds::waited::first_set", || waited::first_set(black_box(&flags)));
    }
}

fn flags() {
    let (latch, gate) = (Latch::new(1), Gate::new(1));
    let flag = AtomicBool::new(false);
    for _ in 0..3 {
        window("kinds::flagged::behind_a_latch", || flagged::behind_a_latch(&latch));
        window("kinds::flagged::behind_a_gate", || flagged::behind_a_gate(&gate));
        window("kinds::flagged::raised", || flagged::raised(&flag));
    }
    contended(
        || latch.enter(),
        || window("kinds::flagged::behind_a_latch", || flagged::behind_a_latch(&latch)),
    );
    contended(|| gate.lock(), || window("kinds::flagged::behind_a_gate", || flagged::behind_a_gate(&gate)));
}

fn dispatch() {
    window("kinds::dispatched::recorded", || dispatched::recorded(black_box(3)));
    window("kinds::dispatched::hooked", || dispatched::hooked(black_box(3)));
    dispatched::install(black_box(true));
    dispatched::register();
    let handlers = dispatched::handlers(black_box(3));
    let waker = dispatched::bell();
    for value in 0..3 {
        window("kinds::dispatched::recorded", || dispatched::recorded(black_box(value)));
        window("kinds::dispatched::hooked", || dispatched::hooked(black_box(value)));
        window("kinds::dispatched::handled", || dispatched::handled(&handlers, black_box(value)));
        window("kinds::dispatched::signalled", || dispatched::signalled(&waker));
        window("kinds::dispatched::direct", || dispatched::direct(&Doubling, black_box(value)));
    }
}

fn counts() {
    let totals = Mutex::new(0);
    let mut times = [None; 9];
    let mut text = String::new();
    let mut table: HashMap<u64, Box<u64>> = (0..90).map(|key| (key, Box::new(key))).collect();
    let keys: Vec<u64> = (0..90).collect();
    for part in [&keys[0..9], &keys[20..60]] {
        window("kinds::counted::locked_each", || counted::locked_each(&totals, black_box(part)));
        window("kinds::counted::locked_once", || counted::locked_once(&totals, black_box(part)));
        window("kinds::counted::timed_each", || counted::timed_each(&mut times));
        window("kinds::counted::written_each", || counted::written_each(&mut text, black_box(part)));
        window("kinds::counted::removed_each", || counted::removed_each(&mut table, black_box(part)));
    }
}

fn libraries() {
    let queue = crossbeam_queue::ArrayQueue::new(2);
    let segments = crossbeam_queue::SegQueue::new();
    segments.push(7);
    let (shared, value) = (Arc::new(3), AtomicU64::new(0));
    for number in 0..3 {
        window("kinds::in_library::pushed", || in_library::pushed(&queue, black_box(number)));
        window("kinds::in_library::popped", || in_library::popped(&queue));
        window("kinds::in_library::taken", || in_library::taken(&segments));
        window("kinds::in_library::shared", || in_library::shared(&shared));
        window("kinds::in_library::published", || in_library::published(&value));
        window("kinds::in_library::looked", || in_library::looked(&value));
    }
}
