//! Closures and trait objects whose methods LLVM hands over as plain pointers: they are virtual calls all the same, and
//! function pointers that go the same way are none.

use std::hint::black_box;
use std::sync::OnceLock;

// `take` becomes an address and the method: LLVM loads the method where `each` is called.
#[inline(never)]
fn each(values: &[u64], take: &mut dyn FnMut(u64) -> bool) -> usize {
    let mut taken = 0;
    for value in values {
        if !take(*value) { //~ RF401 hot loop=1 root=summed; RF401 hot loop=1 root=listed; RF401 hot loop=1 root=given; RF902 hot loop=1 root=given
            break;
        }
        taken += 1;
    }
    taken
}

// ringfence: root
#[inline(never)]
pub fn summed(values: &[u64], limit: u64) -> u64 {
    let mut sum = 0;
    each(values, &mut |value| {
        sum += value;
        sum < limit
    });
    sum
}

// ringfence: root
#[inline(never)]
pub fn listed(values: &[u64], limit: u64, kept: &mut Vec<u64>) -> usize {
    each(values, &mut |value| {
        kept.push(value); //~ RF102 amortized loop=1 root=listed
        value < limit
    })
}

// ringfence: root
/// Who calls this makes the closure.
#[inline(never)]
pub fn given(values: &[u64], take: &mut dyn FnMut(u64) -> bool) -> usize {
    each(values, take) + 1
}

// Two ways to one object, and one call behind them.

pub trait Meter: Sync {
    fn count(&self, more: u64, at: u16) -> u64;
}

struct Loud(u64);

impl Meter for Loud {
    #[inline(never)]
    fn count(&self, more: u64, at: u16) -> u64 {
        let values = black_box(vec![self.0, more, u64::from(at)]); //~ RF101 hot root=counted
        values.len() as u64
    } //~ RF103 hot root=counted
}

static LOUD: Loud = Loud(3);
static METER: OnceLock<&'static dyn Meter> = OnceLock::new();

pub fn install() {
    let _ = METER.set(&LOUD);
}

#[inline(never)]
fn shared() -> Option<&'static dyn Meter> {
    METER.get().copied()
}

#[inline(never)]
fn with(meter: &dyn Meter, more: u64) -> u64 {
    meter.count(more, 1) + meter.count(more, 2) //~ RF401 hot root=counted; RF401 hot root=counted
}

// ringfence: root
#[inline(never)]
pub fn counted(own: Option<&'static dyn Meter>, more: u64) -> u64 {
    match own.or_else(shared) {
        Some(meter) => with(meter, more),
        None => more,
    }
}

// The same with a function and its data: no virtual call.

pub struct Hook<'a> {
    pub data: &'a u64,
    pub run: &'a Table,
}

pub struct Table {
    pub names: [usize; 3],
    pub first: fn(&u64, u64, u32) -> u64,
}

#[inline(never)]
fn run(data: &u64, table: &Table, more: u64) -> u64 {
    (table.first)(data, more, 1) //~ RF402 hot root=hooked; RF902 hot root=hooked
}

// ringfence: root
#[inline(never)]
pub fn hooked(hook: &Hook<'_>, more: u64) -> u64 {
    run(hook.data, hook.run, more)
}
