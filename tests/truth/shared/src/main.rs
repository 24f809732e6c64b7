//! Prints a line for each pair of roots: its name, and the addresses of the words that they write.

use std::hint::black_box;
use std::ptr::from_ref;
use std::sync::atomic::{AtomicU64, Ordering};

use shared::*;

fn say(pair: &str, first: &AtomicU64, second: &AtomicU64, call: impl FnOnce()) {
    call();
    let written = [first, second].map(|word| word.load(Ordering::Acquire));
    assert!(written[0] > 0 && written[0] == written[1], "each root of {pair} writes the word that is said to be its own");
    println!("{pair} {} {}", from_ref(first).addr(), from_ref(second).addr());
}

macro_rules! pair {
    ($pair:ident, $value:expr, $first:expr, $second:expr) => {
        say(stringify!($pair), $first, $second, || {
            $pair::first($value);
            $pair::second($value);
        })
    };
}

fn main() {
    let (close, spaced, padded) = black_box((Box::<Close>::default(), Box::<Spaced>::default(), Box::<Padded>::default()));
    pair!(fields_close, &close, &close.sent, &close.taken);
    pair!(fields_spaced, &spaced, &spaced.sent, &spaced.taken);
    pair!(fields_padded, &padded, &padded.sent, &padded.taken);
    pair!(statics_close, (), &SENT, &TAKEN);
    pair!(statics_apart, (), &SENT_APART.0, &TAKEN_APART.0);
    pair!(elements_close, (), &COUNTS[1], &COUNTS[2]);
    pair!(elements_apart, (), &LINES[1].0, &LINES[2].0);
}
