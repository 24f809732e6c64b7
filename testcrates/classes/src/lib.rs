//! The same allocation, reached in different ways.

use std::sync::OnceLock;

static NAME: OnceLock<String> = OnceLock::new();

pub struct History {
    pub values: Vec<u64>,
    pub names: Vec<String>,
}

impl History {
    // ringfence: root
    pub fn remember(&mut self, value: u64) {
        self.values.push(value); //~ RF102 amortized conditional
    }

    // ringfence: root
    pub fn doubled(&self) -> u64 {
        let mut doubled = Vec::new();
        for value in &self.values {
            doubled.push(value * 2 + doubled.len() as u64); //~ RF102 hot conditional
        }
        doubled.iter().rev().take(3).sum()
    } //~ RF103 hot conditional

    // ringfence: root
    pub fn boxed(&self, value: [u64; 4]) -> Box<[u64; 4]> {
        Box::new(value) //~ RF101 hot always
    }

    // ringfence: root
    pub fn at(&self, index: usize) -> u64 {
        self.values[index] + *self.values.first().expect("there is a first value")
    }

    // ringfence: root
    pub fn parsed(&self, text: &str) -> u64 {
        text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
    }

    // ringfence: root
    pub fn checked(&self, text: &str) -> u64 {
        text.parse().expect(&format!("{text} is no number")) //~ RF101 hot; RF102 hot; RF401 hot
    } //~ RF103 hot

    // ringfence: root
    pub fn name(&self) -> &'static str {
        NAME.get_or_init(|| self.names.concat()) //~ RF101 first-use; RF102 first-use; RF202 first-use; RF401 first-use
    }

    // ringfence: root
    pub fn limited(&self, value: u64) -> Result<u64, String> {
        if value > 1_000_000 {
            return Err(too_large(value));
        }
        Ok(value + 1)
    }
}

#[cold]
fn too_large(value: u64) -> String {
    format!("{value} is too large") //~ RF101 cold; RF102 cold; RF401 cold
}
