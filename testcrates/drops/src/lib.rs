//! Frees and destructors behind closing braces and assignments.

use std::sync::{Arc, Mutex};

pub trait Session {
    fn id(&self) -> u64;
}

pub struct Plain(pub u64);

impl Session for Plain {
    fn id(&self) -> u64 {
        self.0
    }
}

pub struct Registered {
    pub number: u64,
    pub closed: Arc<Mutex<Vec<u64>>>,
}

impl Session for Registered {
    fn id(&self) -> u64 {
        self.number
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.closed.lock().unwrap().push(self.number); //~ RF102 amortized; RF201 hot; RF202 cold; RF202 cold
    }
}

pub fn sessions(closed: Arc<Mutex<Vec<u64>>>) -> Vec<Box<dyn Session>> {
    vec![Box::new(Plain(1)), Box::new(Registered { number: 2, closed })]
}

pub struct Desk {
    pub session: Box<dyn Session>,
    pub shared: Arc<Plain>,
    pub slots: [u64; 4],
}

impl Desk {
    // ringfence: root
    pub fn close(&mut self, next: Box<dyn Session>) {
        self.session = next; //~ RF103 hot; RF401 hot
    }

    // ringfence: root
    pub fn release(shared: Arc<Plain>) -> u64 {
        shared.0
    } //~ RF103 hot

    // ringfence: root
    #[inline(never)]
    pub fn lend(&self) -> &Plain {
        &self.shared
    }

    // ringfence: root
    #[inline(never)]
    pub fn leak(&mut self, shared: Arc<Plain>) {
        self.slots[0] = shared.0;
        std::mem::forget(shared);
    }
}
