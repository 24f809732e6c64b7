//! What every success shares is not cold, although a failure leads around it: the way around is none of who succeeds.

use std::hint::black_box;

pub struct Closed;

pub enum Reason {
    Empty,
    Large(u32),
}

#[cold]
#[inline(never)]
fn journal(value: u64) -> u64 {
    black_box(Box::new(value)); //~ RF101 hot root=in_registers; RF103 hot root=in_registers; RF101 hot root=in_one_bit; RF103 hot root=in_one_bit; RF101 hot root=in_memory; RF103 hot root=in_memory; RF101 hot root=in_a_niche; RF103 hot root=in_a_niche; RF101 hot root=of_an_option; RF103 hot root=of_an_option; RF101 hot loop=1 root=of_each; RF103 hot loop=1 root=of_each; RF101 cold root=of_some; RF103 cold root=of_some; RF101 cold root=of_failures; RF103 cold root=of_failures; RF101 cold root=without_a_result; RF103 cold root=without_a_result
    value + 1
}

// ringfence: root
#[inline(never)]
pub fn in_registers(asked: Result<u64, Closed>) -> Result<u64, Closed> {
    let value = match asked {
        Ok(value) => value,
        Err(error) => return Err(error),
    };
    Ok(journal(value))
}

// ringfence: root
#[inline(never)]
pub fn in_one_bit(value: u64) -> Result<(), Closed> {
    if value == 0 {
        return Err(Closed);
    }
    journal(value);
    Ok(())
}

// ringfence: root
#[inline(never)]
pub fn in_memory(value: u64) -> Result<[u64; 8], Closed> {
    if value == 0 {
        return Err(Closed);
    }
    Ok([journal(value); 8])
}

/// The value that means success lies where a reason has its kind.
// ringfence: root
#[inline(never)]
pub fn in_a_niche(value: u64) -> Result<u32, Reason> {
    match value {
        0 => return Err(Reason::Empty),
        1000.. => return Err(Reason::Large(value as u32)),
        _ => {}
    }
    Ok(journal(value) as u32)
}

// ringfence: root
#[inline(never)]
pub fn of_an_option(first: Option<u64>, second: Option<u64>) -> Option<(u64, u64)> {
    let first = first?;
    let Some(second) = second else { return None };
    Some((journal(first), second))
}

/// Who gets to the end has been there for each value.
// ringfence: root
#[inline(never)]
pub fn of_each(values: &[u64]) -> Result<u64, Closed> {
    let mut sum = 0;
    for value in values {
        if *value == 0 {
            return Err(Closed);
        }
        sum += journal(*value);
    }
    Ok(sum)
}

/// Here there is a way around it to success.
// ringfence: root
#[inline(never)]
pub fn of_some(value: u64) -> Result<u64, Closed> {
    if value == 0 {
        return Err(Closed);
    }
    if value == 9 {
        return Ok(journal(value));
    }
    Ok(value)
}

// ringfence: root
#[inline(never)]
pub fn of_failures(value: u64) -> Result<u64, Closed> {
    if value == 0 {
        journal(value);
        return Err(Closed);
    }
    Ok(value)
}

/// Nothing says that one of the answers is a failure.
// ringfence: root
#[inline(never)]
pub fn without_a_result(value: u64) -> bool {
    if value == 0 {
        return false;
    }
    journal(value);
    true
}
