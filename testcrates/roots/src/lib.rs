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

/// Nothing in this crate polls it.
pub async fn unheard(value: u64) -> Vec<u64> {
    std::future::ready(()).await;
    vec![value; 5]
}

#[inline(always)]
fn label(value: u64) -> String {
    value.to_string()
}

/// Two functions that hold what is left of `label`; one calls it in a loop of its own.
#[inline(never)]
pub fn labelled(value: u64) -> String {
    label(value)
}

#[inline(never)]
pub fn all_labelled(values: &[u64], out: &mut Vec<String>) {
    for value in values {
        out.push(label(*value));
    }
}

pub struct Worker;

impl Worker {
    /// Starts two threads with names.
    pub fn start(number: usize, text: &'static str) -> std::io::Result<()> {
        std::thread::Builder::new().name(format!("core-{number}")).spawn(move || {
            std::hint::black_box(text.to_string());
        })?;
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(writer)?;
        Ok(())
    }
}

fn writer() {
    std::hint::black_box(vec![1u8; 100]);
}
