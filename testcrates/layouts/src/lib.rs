//! Types whose layout debug info must describe. `examples/measure.rs` prints what rustc says of them.

#![allow(dead_code)]

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64};

pub struct Plain {
    pub flag: bool,
    pub count: u64,
    pub code: u16,
}

#[repr(C)]
pub struct Ordered {
    pub flag: bool,
    pub count: u64,
    pub code: u16,
}

#[repr(C, packed)]
pub struct Packed {
    pub flag: bool,
    pub count: u64,
}

#[repr(C, packed(2))]
pub struct PackedToTwo {
    pub flag: bool,
    pub count: u64,
}

#[repr(align(64))]
pub struct Padded {
    pub value: AtomicU64,
}

#[repr(C)]
pub struct Straddling {
    pub name: [u8; 60],
    pub last: [u32; 4],
    pub after: u64,
}

#[repr(transparent)]
pub struct Wrapper(pub NonZeroU32);

pub struct Pair(pub u8, pub u64, pub u8);

pub struct Nothing;

pub struct Generic<T> {
    pub first: T,
    pub second: Option<T>,
    pub third: Vec<T>,
}

pub struct Owner {
    pub queue: Padded,
    pub ready: AtomicU32,
    pub generic: Generic<u16>,
    pub boxed: Option<Box<u8>>,
    pub text: &'static str,
    pub object: Box<dyn std::fmt::Debug>,
    pub table: [[u16; 3]; 5],
}

#[repr(C)]
pub union Either {
    pub number: u64,
    pub bytes: [u8; 12],
}

pub enum Plainly {
    One,
    Two,
    Three,
}

pub enum Wide {
    Empty,
    Small(u8),
    Large { values: [u64; 20], count: u16 },
}

pub enum Niche {
    None,
    Some(Box<u64>),
}

/// Uses every type, so that debug info describes it.
#[inline(never)]
#[allow(clippy::too_many_arguments)]
pub fn touch(
    plain: &Plain,
    ordered: &Ordered,
    packed: &Packed,
    two: &PackedToTwo,
    straddling: &Straddling,
    wrapper: &Wrapper,
    pair: &Pair,
    nothing: &Nothing,
    owner: &Owner,
    either: &Either,
    enums: (&Plainly, &Wide, &Niche),
) -> u64 {
    let _ = (nothing, wrapper, two.flag);
    let wide = match enums.1 {
        Wide::Empty => 0,
        Wide::Small(value) => u64::from(*value),
        Wide::Large { values, count } => values[usize::from(*count) % 20],
    };
    let niche = match enums.2 {
        Niche::None => 0,
        Niche::Some(value) => **value,
    };
    let plainly = matches!(enums.0, Plainly::Two) as u64;
    // SAFETY: every bit pattern of the union is a number.
    let number = unsafe { either.number };
    plain.count + ordered.count + u64::from(packed.flag) + straddling.after + pair.1 + number + wide + niche + plainly
        + owner.table[2][1] as u64
}

/// An async function: its state machine is a type too.
pub async fn wait(owner: &Owner) -> u16 {
    let first = owner.generic.first;
    std::future::ready(()).await;
    first + owner.table[0][0]
}

/// Makes the state machine exist.
#[inline(never)]
pub fn start(owner: &Owner) -> impl std::future::Future<Output = u16> + '_ {
    wait(owner)
}
