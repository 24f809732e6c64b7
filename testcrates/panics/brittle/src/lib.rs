//! What panics behind one call.

#[inline(never)]
pub fn nth_doubled(values: &[u64], nth: usize) -> u64 {
    let doubled = values[nth] * 2;
    match doubled.checked_sub(1) {
        Some(less) => less,
        None => none_left(nth),
    }
}

#[cold]
#[inline(never)]
fn none_left(nth: usize) -> ! {
    panic!("nothing left at {nth}")
}

#[inline(never)]
pub fn nth_or_zero(values: &[u64], nth: usize) -> u64 {
    values.get(nth).map_or(0, |value| value.wrapping_mul(2))
}
