//! Several things behind one line: what a person would call different things are several findings, what is alike is one
//! finding with a number.

use depot::Bins;

// ringfence: root
#[inline(never)]
pub fn on_pause(micros: u64) {
    // The log line is a note, sleeping an error: the one does not hide the other.
    depot::rest(micros); //~ RF202 hot; RF202 hot
}

// ringfence: root
#[inline(never)]
pub fn on_murmur() {
    depot::murmur(); //~ RF202 hot
}

// ringfence: root
#[inline(never)]
pub fn on_counts(bins: &Bins) -> usize {
    // One kind, one type: one finding. So are the waits for both.
    depot::both_counts(bins) //~ RF201 hot; RF202 cold
}

// ringfence: root
#[inline(never)]
pub fn on_all_kinds(bins: &Bins) -> u64 {
    depot::all_kinds(bins) //~ RF201 hot; RF201 hot; RF201 hot; RF202 cold
}

// ringfence: root
#[inline(never)]
pub fn on_label(number: u64) -> usize {
    let (boxed, reserved) = depot::label(number); //~ RF101 hot
    std::hint::black_box((&boxed, &reserved));
    reserved.capacity()
} //~ RF103 hot; RF103 hot

// ringfence: root
#[inline(never)]
pub fn on_twice(numbers: &mut Vec<u64>, more: &mut Vec<u64>, number: u64) {
    depot::twice(numbers, more, number); //~ RF102 amortized
}
