//! What a dependency does behind one call, told at that call as a note; and siblings that do none of it.

use std::collections::HashMap;

use workshop::{Plan, Task};

// ringfence: root
#[inline(never)]
pub fn asks_for_list(first: &Task) -> u64 {
    workshop::total_of_list(first) //~ RF305 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn asks_for_slice(tasks: &[Task]) -> u64 {
    workshop::total_of_slice(tasks)
}

// ringfence: root
#[inline(never)]
pub fn asks_by_name(prices: &HashMap<u64, u64>, names: &[u64]) -> u64 {
    workshop::total_by_name(prices, names) //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn asks_for_one(prices: &HashMap<u64, u64>, name: u64) -> u64 {
    workshop::price_by_name(prices, name)
}

// ringfence: root
#[inline(never)]
pub fn asks_by_number(prices: &[u64], numbers: &[u16]) -> u64 {
    workshop::total_by_number(prices, numbers)
}

// ringfence: root
#[inline(never)]
pub fn labels(out: &mut String, number: u64) -> bool {
    workshop::label(out, number) //~ RF503 hot always loop=0; RF401 hot always; RF401 hot conditional; RF102 amortized
}

// ringfence: root
#[inline(never)]
pub fn marks(out: &mut [u8; 8], number: u64) -> usize {
    workshop::mark(out, number)
}

// ringfence: root
#[inline(never)]
pub fn runs(steps: &[u8], state: &mut [u64; 8]) {
    workshop::run(steps, state); //~ RF405 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn runs_two(steps: &[u8], state: &mut [u64; 8]) {
    workshop::run_two(steps, state);
}

// ringfence: root
#[inline(never)]
pub fn takes_a_copy(plans: &[Plan; 2]) -> Plan {
    workshop::longest(plans) //~ RF104 hot; RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn takes_a_look(plans: &[Plan; 2]) -> usize {
    workshop::longer(plans).names.len()
}
