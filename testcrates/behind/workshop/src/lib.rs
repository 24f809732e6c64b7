//! A dependency whose functions do what advice is given about, and siblings that do not.

use std::collections::HashMap;
use std::fmt::Write;

pub struct Task {
    pub cost: u64,
    pub next: Option<Box<Task>>,
}

#[inline(never)]
pub fn total_of_list(first: &Task) -> u64 {
    let (mut task, mut total) = (first, 0u64);
    loop {
        total = total.wrapping_add(task.cost);
        match &task.next {
            Some(next) => task = next,
            None => return total,
        }
    }
}

#[inline(never)]
pub fn total_of_slice(tasks: &[Task]) -> u64 {
    tasks.iter().fold(0, |total, task| total.wrapping_add(task.cost))
}

#[inline(never)]
pub fn total_by_name(prices: &HashMap<u64, u64>, names: &[u64]) -> u64 {
    let mut total = 0u64;
    for name in names {
        total = total.wrapping_add(prices.get(name).copied().unwrap_or(0));
    }
    total
}

#[inline(never)]
pub fn price_by_name(prices: &HashMap<u64, u64>, name: u64) -> u64 {
    prices.get(&name).copied().unwrap_or(0)
}

#[inline(never)]
pub fn total_by_number(prices: &[u64], numbers: &[u16]) -> u64 {
    numbers.iter().filter_map(|number| prices.get(*number as usize)).sum()
}

#[inline(never)]
pub fn label(out: &mut dyn Write, number: u64) -> bool {
    write!(out, "task {number}").is_ok()
}

#[inline(never)]
pub fn mark(out: &mut [u8; 8], number: u64) -> usize {
    out.copy_from_slice(&number.to_le_bytes());
    out.len()
}

/// Inlined into whoever calls it.
#[inline]
pub fn run(steps: &[u8], state: &mut [u64; 8]) {
    for step in steps {
        match step {
            0 => state[0] = state[1],
            1 => state[1] ^= 0x55,
            2 => state[2] = state[2].wrapping_mul(3),
            3 => state.swap(3, 4),
            4 => state[5] = !state[5],
            5 => state[6] = state[7] >> 1,
            6 => state[0] |= 9,
            7 => state[1] = state[1].wrapping_sub(1),
            8 => state[2] = state[3],
            _ => state[4] = state[5] ^ state[6],
        }
    }
}

#[inline(never)]
pub fn run_two(steps: &[u8], state: &mut [u64; 8]) {
    for step in steps {
        match step {
            0 => state[0] = state[1],
            _ => state[1] ^= 0x55,
        }
    }
}

#[derive(Clone)]
pub struct Plan {
    pub names: Vec<u64>,
    pub costs: Vec<u64>,
}

#[inline(never)]
pub fn longest(plans: &[Plan; 2]) -> Plan {
    let second = usize::from(plans[1].names.len() > plans[0].names.len());
    plans[second].clone()
}

#[inline(never)]
pub fn longer(plans: &[Plan; 2]) -> &Plan {
    &plans[usize::from(plans[1].names.len() > plans[0].names.len())]
}
