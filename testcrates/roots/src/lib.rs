//! Generic functions, trait methods, closures, async functions; and functions that vanish.

pub struct Ring<T> {
    slots: Vec<T>,
}

impl<T: Copy> Ring<T> {
    pub fn push(&mut self, value: T) {
        self.slots.push(value);
    }

    pub fn never(&self) -> Option<T> {
        self.slots.first().copied()
    }
}

/// Keeps two instances whole.
pub static PUSH: (fn(&mut Ring<u8>, u8), fn(&mut Ring<u64>, u64)) = (Ring::push, Ring::push);

pub trait Sink {
    fn write(&mut self, text: &str) -> usize;
}

pub struct Count(pub usize);

pub struct Keep(pub Vec<String>);

impl Sink for Count {
    #[inline(never)]
    fn write(&mut self, text: &str) -> usize {
        self.0 += text.len();
        self.0
    }
}

impl Sink for Keep {
    #[inline(never)]
    fn write(&mut self, text: &str) -> usize {
        self.0.push(text.to_string());
        self.0.len()
    }
}

pub async fn handle(value: u64) -> Vec<u64> {
    std::future::ready(()).await;
    vec![value; 3]
}

pub fn spawn(value: u64) -> std::pin::Pin<Box<dyn std::future::Future<Output = Vec<u64>>>> {
    Box::pin(handle(value))
}

#[inline(never)]
pub fn visit(values: &[u64], each: &mut dyn FnMut(u64)) {
    for value in values {
        each(*value);
    }
}

pub fn collected(values: &[u64]) -> Vec<u64> {
    let mut found = Vec::new();
    visit(values, &mut |value| found.push(value));
    found
}

/// So small that rustc leaves it to its callers.
pub fn tiny(value: u64) -> u64 {
    value + 1
}
