//! What a chain of iterators collects into, and what it keeps on the way.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

// ringfence: root
pub fn filtered(values: &[u64]) -> Vec<u64> {
    values.iter().filter(|value| *value % 2 == 0).copied().collect()
}

// ringfence: root
pub fn in_place(values: Vec<u64>) -> Vec<u64> {
    values.into_iter().filter(|value| value % 2 == 0).collect()
}

// ringfence: root
pub fn narrowed(values: Vec<u64>) -> Vec<u8> {
    values.into_iter().map(|value| value as u8).collect()
}

// ringfence: root
pub fn split(values: &[u64]) -> (Vec<u64>, Vec<u64>) {
    values.iter().partition(|value| **value > 3)
}

// ringfence: root
pub fn unzipped(pairs: &[(u64, String)]) -> (Vec<u64>, Vec<String>) {
    pairs.iter().cloned().unzip()
}

// ringfence: root
pub fn fallible(texts: &[&str]) -> Option<Vec<u64>> {
    texts.iter().map(|text| text.parse().ok()).collect()
}

// ringfence: root
pub fn flattened(values: &[Vec<u64>]) -> Vec<u64> {
    values.iter().flatten().copied().collect()
}

// ringfence: root
pub fn grouped(values: &[u64]) -> BTreeMap<u64, Vec<u64>> {
    let mut groups: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for value in values {
        groups.entry(value % 3).or_default().push(*value);
    }
    groups
}

// ringfence: root
pub fn indexed(values: &[u64]) -> HashMap<u64, usize> {
    values.iter().enumerate().map(|(position, value)| (*value, position)).collect()
}

// ringfence: root
pub fn erased(up: bool) -> u64 {
    let values: Box<dyn Iterator<Item = u64>> = if up { Box::new(0..10) } else { Box::new((0..10).rev().chain(5..7)) };
    values.map(|value| value * 3).sum()
}

// ringfence: root
pub fn shared(values: &[u64]) -> Rc<[u64]> {
    values.iter().map(|value| value + 1).collect()
}

// ringfence: root
pub fn text(values: &[char]) -> String {
    values.iter().filter(|value| value.is_alphabetic()).collect()
}

// ringfence: root
pub fn largest(values: &[String]) -> Option<String> {
    values.iter().max().cloned()
}

// ringfence: root
pub fn folded(values: &[u64]) -> String {
    values.iter().fold(String::new(), |mut text, value| {
        text.push(char::from(b'a' + (*value % 26) as u8));
        text
    })
}

// ringfence: root
pub fn peeked(text: &str) -> Vec<String> {
    let mut rest = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(first) = rest.next() {
        let mut token = first.to_string();
        while let Some(more) = rest.next_if(char::is_ascii_digit) {
            token.push(more);
        }
        tokens.push(token);
    }
    tokens
}

// ringfence: root
pub fn windows(values: &[u64]) -> u64 {
    values.windows(2).map(|pair| pair[0] * pair[1]).chain(values.chunks(3).map(|chunk| chunk[0])).sum()
}

// ringfence: root
pub fn zipped(values: &[u64]) -> u64 {
    values.iter().zip(values.iter().skip(1)).filter(|(left, right)| left < right).map(|(left, _)| left).sum()
}
