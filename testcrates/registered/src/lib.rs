//! Function pointers that are registered in a static or chosen once for a field: what the build hands out with the
//! call's signature is what may run.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::sync::{Mutex, OnceLock, RwLock};
use std::task::Waker;

// Set once.

static SCORE: OnceLock<fn(u64, u32) -> u64> = OnceLock::new();

fn weighted(value: u64, weight: u32) -> u64 {
    value * u64::from(weight)
}

fn spelled(value: u64, weight: u32) -> u64 {
    black_box(value.to_string()).len() as u64 + u64::from(weight) //~ RF101 hot root=score; RF101 hot root=passed
} //~ RF103 hot root=score; RF103 hot root=passed

pub fn install(is_verbose: bool) {
    let _ = SCORE.set(if is_verbose { spelled } else { weighted });
}

// ringfence: root
#[inline(never)]
pub fn score(value: u64) -> u64 {
    match SCORE.get() {
        Some(score) => score(value, 3), //~ RF402 hot
        None => value,
    }
}

static SHARE: OnceLock<fn(u64, i8) -> u64> = OnceLock::new();

fn half(value: u64, more: i8) -> u64 {
    value / 2 + more as u64
}

fn third(value: u64, more: i8) -> u64 {
    value / 3 + more as u64
}

pub fn install_share(is_half: bool) {
    let _ = SHARE.set(if is_half { half } else { third });
}

// ringfence: root
/// What stands there does nothing but compute.
#[inline(never)]
pub fn share(value: u64) -> u64 {
    match SHARE.get() {
        Some(share) => share(value, 3), //~ RF402 hot
        None => value,
    }
}

// Behind a lock, by index, in a structure.

pub struct Callback {
    pub name: &'static str,
    pub run: fn(&mut [u64; 8], u16) -> u16,
}

static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());

pub fn listen(name: &'static str) {
    CALLBACKS.lock().unwrap().push(Callback { name, run: kept });
}

fn kept(values: &mut [u64; 8], at: u16) -> u16 {
    values[usize::from(at & 7)] += 1;
    let copy = black_box(values.to_vec()); //~ RF101 hot loop=1 root=notify
    copy.len() as u16
} //~ RF103 hot loop=1 root=notify

// ringfence: root
#[inline(never)]
pub fn notify(values: &mut [u64; 8]) -> u16 {
    let callbacks = CALLBACKS.lock().unwrap(); //~ RF201 hot; RF202 cold
    callbacks.iter().map(|each| (each.run)(values, 1)).sum() //~ RF402 hot loop=1
} //~ RF202 cold

static RULES: RwLock<[Option<fn(u8, u8, u8) -> u8>; 4]> = RwLock::new([None; 4]);

pub fn rule(at: usize) {
    RULES.write().unwrap()[at & 3] = Some(mixed);
}

fn mixed(red: u8, green: u8, blue: u8) -> u8 {
    red ^ green ^ blue
}

// ringfence: root
/// One function fits.
#[inline(never)]
pub fn mix(at: usize, red: u8) -> u8 {
    match RULES.read().unwrap()[at & 3] { //~ RF201 hot; RF202 cold
        Some(rule) => rule(red, 2, 3), //~ RF402 hot
        None => red,
    }
} //~ RF202 cold

// Chosen at start, kept in a field beside its data.

pub struct Scanner {
    needle: u8,
    run: fn(&Scanner, &[u8], u128) -> usize,
    seen: Cell<u64>,
}

fn one_by_one(scanner: &Scanner, text: &[u8], more: u128) -> usize {
    scanner.seen.set(scanner.seen.get() + more as u64);
    text.iter().position(|each| *each == scanner.needle).unwrap_or(text.len())
}

fn with_copy(scanner: &Scanner, text: &[u8], more: u128) -> usize {
    scanner.seen.set(scanner.seen.get() + more as u64);
    let text = black_box(text.to_vec()); //~ RF101 hot root=scan
    text.iter().rposition(|each| *each == scanner.needle).unwrap_or(text.len())
} //~ RF103 hot root=scan

impl Scanner {
    #[inline(never)]
    pub fn new(needle: u8) -> Scanner {
        let run = if std::env::args_os().count() > 1 { with_copy } else { one_by_one };
        Scanner { needle, run, seen: Cell::new(0) }
    }
}

// ringfence: root
/// What fits is followed; the scanner is the caller's, and so may be what it holds.
#[inline(never)]
pub fn scan(scanner: &Scanner, text: &[u8]) -> usize {
    (scanner.run)(scanner, text, 1) //~ RF402 hot; RF902 hot
}

// ringfence: root
/// What the caller passes is the caller's: nobody here knows it.
#[inline(never)]
pub fn passed(run: fn(u64, u32) -> u64, value: u64) -> u64 {
    run(value, 1) //~ RF402 hot; RF902 hot
}

// ringfence: root
/// Nothing in the build has that signature.
#[inline(never)]
pub fn nobody(scanners: &[fn(f64, f32, u8) -> f64], value: f64) -> f64 {
    scanners.iter().map(|each| each(value, 1.0, 2)).sum() //~ RF402 hot loop=1; RF902 hot loop=1
}

// What drops the values of thread-locals is called when the thread ends, by nobody else.

thread_local! {
    static SEEN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

#[inline(never)]
pub fn remember(value: u64) {
    SEEN.with(|seen| seen.borrow_mut().push(value));
}

// ringfence: root
/// Nothing in the build makes a waker.
#[inline(never)]
pub fn signal(waker: &Waker) {
    waker.wake_by_ref(); //~ RF402 hot always; RF902 hot always
}

pub struct Ended {
    pub run: fn(*mut u8),
}

// ringfence: root
/// Whoever made it.
#[inline(never)]
pub fn ended(ended: &Ended, at: *mut u8) {
    (ended.run)(at); //~ RF402 hot always; RF902 hot always
}
