//! What the iterators and methods of slices do to the heap: nothing, but for the one that collects.

// ringfence: root
#[inline(never)]
pub fn map(values: &[u64]) -> u64 {
    values.iter().map(|value| value * 3).sum()
}

// ringfence: root
#[inline(never)]
pub fn filter(values: &[u64]) -> usize {
    values.iter().filter(|value| **value % 7 == 1).count()
}

// ringfence: root
#[inline(never)]
pub fn filter_map(values: &[u64]) -> u64 {
    values.iter().filter_map(|value| value.checked_sub(9)).sum()
}

// ringfence: root
#[inline(never)]
pub fn zip(left: &[u64], right: &[u64]) -> u64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

// ringfence: root
#[inline(never)]
pub fn chain(left: &[u64], right: &[u64]) -> u64 {
    left.iter().chain(right).fold(0, |sum, value| sum ^ value)
}

// ringfence: root
#[inline(never)]
pub fn chunks(values: &[u64]) -> u64 {
    values.chunks(3).map(|chunk| chunk.iter().sum::<u64>()).fold(0, u64::max)
}

// ringfence: root
#[inline(never)]
pub fn chunks_exact(values: &[u64]) -> u64 {
    values.chunks_exact(4).map(|chunk| chunk[0] * chunk[3]).sum()
}

// ringfence: root
#[inline(never)]
pub fn windows(values: &[u64]) -> bool {
    values.windows(2).all(|pair| pair[0] < pair[1])
}

// ringfence: root
#[inline(never)]
pub fn rev(values: &[u64]) -> u64 {
    values.iter().rev().fold(0, |sum, value| sum * 31 + value)
}

// ringfence: root
#[inline(never)]
pub fn fold(values: &[u64]) -> u64 {
    values.iter().fold(1, |product, value| product * (value | 1))
}

// ringfence: root
#[inline(never)]
pub fn scan(values: &[u64]) -> u64 {
    values
        .iter()
        .scan(0, |sum, value| {
            *sum += value;
            Some(*sum)
        })
        .fold(0, |left, right| left ^ right)
}

// ringfence: root
#[inline(never)]
pub fn flat_map(values: &[[u64; 4]]) -> u64 {
    values.iter().flat_map(|inner| inner.iter()).sum()
}

// ringfence: root
#[inline(never)]
pub fn position(values: &[u64], wanted: u64) -> Option<usize> {
    values.iter().position(|value| *value == wanted)
}

// ringfence: root
#[inline(never)]
pub fn rposition(values: &[u64], wanted: u64) -> Option<usize> {
    values.iter().rposition(|value| *value == wanted)
}

// ringfence: root
#[inline(never)]
pub fn any(values: &[u64], limit: u64) -> bool {
    values.iter().any(|value| *value > limit)
}

// ringfence: root
#[inline(never)]
pub fn all(values: &[u64], limit: u64) -> bool {
    values.iter().all(|value| *value < limit)
}

// ringfence: root
#[inline(never)]
pub fn min(values: &[u64]) -> Option<u64> {
    values.iter().copied().min()
}

// ringfence: root
#[inline(never)]
pub fn max_by_key(values: &[(u64, u32)]) -> Option<u32> {
    values.iter().max_by_key(|pair| pair.0 & 0xff).map(|pair| pair.1)
}

// ringfence: root
#[inline(never)]
pub fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

// ringfence: root
#[inline(never)]
pub fn take_while(values: &[u64], limit: u64) -> u64 {
    values.iter().take_while(|value| **value < limit).sum()
}

// ringfence: root
#[inline(never)]
pub fn skip(values: &[u64]) -> u64 {
    values.iter().skip(5).take(20).sum()
}

// ringfence: root
#[inline(never)]
pub fn step_by(values: &[u64], step: usize) -> u64 {
    values.iter().step_by(step).sum()
}

// ringfence: root
#[inline(never)]
pub fn enumerate(values: &[u64]) -> u64 {
    values.iter().enumerate().map(|(index, value)| index as u64 * value).sum()
}

// ringfence: root
#[inline(never)]
pub fn copied(values: &[u64]) -> Option<u64> {
    values.iter().copied().last()
}

// ringfence: root
#[inline(never)]
pub fn collect(values: &[u64]) -> Vec<u64> {
    values.iter().map(|value| value + 1).collect() //~ RF101 hot
}

// ringfence: root
#[inline(never)]
pub fn iter_mut(values: &mut [u64]) {
    values.iter_mut().for_each(|value| *value = value.rotate_left(5));
}

// ringfence: root
#[inline(never)]
pub fn fill(values: &mut [u64], with: u64) {
    values.fill(with);
}

// ringfence: root
#[inline(never)]
pub fn swap(values: &mut [u64], left: usize, right: usize) {
    values.swap(left, right);
}

// ringfence: root
#[inline(never)]
pub fn reverse(values: &mut [u64]) {
    values.reverse();
}

// ringfence: root
#[inline(never)]
pub fn rotate(values: &mut [u64], by: usize) {
    values.rotate_left(by);
}

// ringfence: root
#[inline(never)]
pub fn split_at(values: &mut [u64], middle: usize) -> u64 {
    let (left, right) = values.split_at_mut(middle);
    left.iter_mut().zip(right).map(|(left, right)| std::mem::replace(left, *right)).sum()
}

// ringfence: root
#[inline(never)]
pub fn sort_unstable(values: &mut [u64]) {
    values.sort_unstable();
}

// ringfence: root
#[inline(never)]
pub fn binary_search(values: &[u64], wanted: u64) -> Result<usize, usize> {
    values.binary_search(&wanted)
}

// ringfence: root
#[inline(never)]
pub fn partition_point(values: &[u64], limit: u64) -> usize {
    values.partition_point(|value| *value < limit)
}

// ringfence: root
#[inline(never)]
pub fn copy_from_slice(to: &mut [u64], from: &[u64]) {
    to.copy_from_slice(from);
}
