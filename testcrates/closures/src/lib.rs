//! One function that calls whatever it is given, and two callers of which only one allocates.

#[inline(never)]
fn each(values: &[u64], visit: &mut dyn FnMut(u64)) {
    for value in values {
        visit(*value); //~ RF401 hot loop=1 root=total; RF401 hot loop=1 root=texts
    }
}

// ringfence: root
pub fn total(values: &[u64]) -> u64 {
    let mut sum = 0;
    each(values, &mut |value| sum += value);
    sum
}

// ringfence: root
pub fn texts(values: &[u64], found: &mut [String]) {
    let mut slots = found.iter_mut();
    each(values, &mut |value| {
        if let Some(slot) = slots.next() {
            *slot = value.to_string(); //~ RF101 hot loop=1 root=texts; RF103 hot loop=1 root=texts
        }
    });
}
