//! Containers: growth, removal, conversion.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};

// ringfence: root
pub fn entry(map: &mut HashMap<u64, Vec<u64>>) {
    map.entry(3).or_default().push(4);
}

// ringfence: root
pub fn counted(words: &[&'static str]) -> HashMap<&'static str, usize> {
    let mut counts = HashMap::new();
    for word in words {
        *counts.entry(*word).or_insert(0) += 1;
    }
    counts
}

// ringfence: root
pub fn removed(map: &mut HashMap<u64, String>) -> usize {
    map.remove(&1).map_or(0, |text| text.len())
}

// ringfence: root
pub fn retained(map: &mut HashMap<u64, String>) {
    map.retain(|key, _| key % 2 == 0);
}

// ringfence: root
pub fn cleared(map: &mut HashMap<u64, String>) {
    map.clear();
}

// ringfence: root
pub fn drained(map: &mut HashMap<u64, String>) -> usize {
    map.drain().map(|(_, text)| text.len()).sum()
}

// ringfence: root
pub fn copied(map: &HashMap<u64, String>) -> HashMap<u64, String> {
    map.clone()
}

// ringfence: root
pub fn distinct(values: &[u64]) -> HashSet<u64> {
    values.iter().copied().collect()
}

// ringfence: root
pub fn ordered(values: &[u64]) -> BTreeSet<u64> {
    values.iter().copied().collect()
}

// ringfence: root
pub fn tree_removed(map: &mut BTreeMap<u64, String>) -> Option<String> {
    map.pop_first().map(|(_, text)| text)
}

// ringfence: root
pub fn tree_merged(pair: (BTreeMap<u64, u64>, BTreeMap<u64, u64>)) -> BTreeMap<u64, u64> {
    let (mut left, mut right) = pair;
    left.append(&mut right);
    left
}

// ringfence: root
pub fn tree_copied(map: &BTreeMap<u64, String>) -> BTreeMap<u64, String> {
    map.clone()
}

// ringfence: root
pub fn tree_dropped(map: BTreeMap<u64, String>) -> usize {
    map.len()
}

// ringfence: root
pub fn tree_split(map: &mut BTreeMap<u64, u64>) -> BTreeMap<u64, u64> {
    map.split_off(&4)
}

// ringfence: root
pub fn tree_range(map: &BTreeMap<u64, u64>) -> u64 {
    map.range(2..5).map(|(_, value)| value).sum()
}

// ringfence: root
pub fn heap_pushed(heap: &mut BinaryHeap<u64>) {
    heap.push(3);
}

// ringfence: root
pub fn heap_sorted(values: &[u64]) -> Vec<u64> {
    let heap: BinaryHeap<u64> = values.to_vec().into();
    heap.into_sorted_vec()
}

// ringfence: root
pub fn linked(list: &mut LinkedList<u64>) {
    list.push_back(3);
    if list.len() > 3 {
        list.pop_front();
    }
}

// ringfence: root
pub fn queued(queue: &mut VecDeque<u64>) {
    queue.extend([1, 2, 3]);
    queue.pop_front();
}

// ringfence: root
pub fn straightened(queue: VecDeque<u64>) -> Vec<u64> {
    queue.into()
}

// ringfence: root
pub fn inserted(values: &mut Vec<u64>) {
    values.insert(0, 1);
}

// ringfence: root
pub fn extended(values: &mut Vec<u64>) {
    values.extend_from_slice(&[1, 2, 3]);
}

// ringfence: root
pub fn resized(values: &mut Vec<u64>) {
    values.resize(values.len() * 2 + 1, 0);
}

// ringfence: root
pub fn spliced(values: &mut Vec<u64>) -> Vec<u64> {
    values.splice(..1, [7, 8, 9]).collect()
}

// ringfence: root
pub fn appended(pair: (&mut Vec<u64>, &mut Vec<u64>)) {
    pair.0.append(pair.1);
}

// ringfence: root
pub fn doubled(values: &mut Vec<u64>) {
    values.extend_from_within(..);
}

// ringfence: root
pub fn truncated(values: &mut Vec<String>) {
    values.truncate(1);
}

// ringfence: root
pub fn deduplicated(values: &mut Vec<String>) {
    values.dedup();
}

// ringfence: root
pub fn swapped_out(values: &mut Vec<String>) -> String {
    values.swap_remove(0)
}

// ringfence: root
pub fn stable(values: &mut [(u64, u64)]) {
    values.sort_by_key(|value| value.0);
}

// ringfence: root
pub fn cached(values: &mut [u64]) {
    values.sort_by_cached_key(|value| value % 7);
}

// ringfence: root
pub fn rotated(values: &mut [u64]) {
    values.rotate_left(2);
}

// ringfence: root
pub fn boxed(values: Vec<u64>) -> Box<[u64]> {
    values.into_boxed_slice()
}

// ringfence: root
pub fn fixed(values: Vec<u64>) -> Result<[u64; 4], usize> {
    values.try_into().map_err(|values: Vec<u64>| values.len())
}

// ringfence: root
pub fn nested(values: &[Vec<String>]) -> Vec<Vec<String>> {
    values.to_vec()
}

// ringfence: root
pub fn concatenated(values: &[Vec<u64>]) -> Vec<u64> {
    values.concat()
}

// ringfence: root
pub fn reserved(values: &mut Vec<u64>) {
    values.reserve(8);
}

// ringfence: root
pub fn tried(values: &mut Vec<u64>) -> bool {
    values.try_reserve(8).is_ok()
}
