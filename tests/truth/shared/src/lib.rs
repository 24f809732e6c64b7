//! Pairs of roots, one for each of two threads, that each write a word of their own. `main.rs` says where the words lie.

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

#[repr(align(64))]
pub struct Line(pub AtomicU64);

/// By steps of its own for each pair, or LLVM would fold the roots of several into one.
fn advance<const BY: u64>(word: &AtomicU64) {
    word.store(word.load(Ordering::Relaxed) + BY, Ordering::Release);
}

macro_rules! pair {
    ($pair:ident, $by:literal, $value:ident: $type:ty, $first:expr, $second:expr) => {
        pub mod $pair {
            use super::*;

            // ringfence: root
            #[inline(never)]
            pub fn first($value: $type) {
                advance::<$by>($first);
            }

            // ringfence: root
            #[inline(never)]
            pub fn second($value: $type) {
                advance::<$by>($second);
            }
        }
    };
}

#[repr(C, align(64))]
#[derive(Default)]
pub struct Close {
    pub sent: AtomicU64,
    pub taken: AtomicU64,
}
pair!(fields_close, 1, both: &Close, &both.sent, &both.taken);

#[repr(C, align(64))]
#[derive(Default)]
pub struct Spaced {
    pub sent: AtomicU64,
    pub between: [u64; 7],
    pub taken: AtomicU64,
}
pair!(fields_spaced, 2, both: &Spaced, &both.sent, &both.taken);

#[derive(Default)]
pub struct Padded {
    pub sent: CachePadded<AtomicU64>,
    pub taken: CachePadded<AtomicU64>,
}
pair!(fields_padded, 3, both: &Padded, &both.sent, &both.taken);

pub static SENT: AtomicU64 = AtomicU64::new(0);
pub static TAKEN: AtomicU64 = AtomicU64::new(0);
pair!(statics_close, 4, _value: (), &SENT, &TAKEN);

pub static SENT_APART: Line = Line(AtomicU64::new(0));
pub static TAKEN_APART: Line = Line(AtomicU64::new(0));
pair!(statics_apart, 5, _value: (), &SENT_APART.0, &TAKEN_APART.0);

pub static COUNTS: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];
pair!(elements_close, 6, _value: (), &COUNTS[1], &COUNTS[2]);

pub static LINES: [Line; 8] = [const { Line(AtomicU64::new(0)) }; 8];
pair!(elements_apart, 7, _value: (), &LINES[1].0, &LINES[2].0);
