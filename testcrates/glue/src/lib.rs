//! The glue of a box of objects has one body, whichever trait they are of. LLVM keeps one of them, without an alias for
//! the others, and its calls name the trait of the one that was kept. What a caller drops its own code tells.

use std::hint::black_box;

/// The first by name, whose glue is kept. Its objects have nothing to drop.
pub trait Alarm {
    fn ring(&mut self) -> u64;
}

pub struct Bell(pub u64);

impl Alarm for Bell {
    fn ring(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

pub trait Session {
    fn id(&self) -> u64;
}

pub struct Open(pub u64);

impl Session for Open {
    fn id(&self) -> u64 {
        self.0
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        black_box(Box::new(self.0)); //~ RF101 hot root=closes; RF101 hot root=lets_go; RF101 hot root=forgets; RF101 hot root=closes_all; RF103 hot root=closes; RF103 hot root=lets_go; RF103 hot root=forgets; RF103 hot root=closes_all
    }
}

pub fn alarms() -> Vec<Box<dyn Alarm>> {
    vec![Box::new(Bell(1))]
}

pub fn sessions() -> Vec<Box<dyn Session>> {
    vec![Box::new(Open(1))]
}

pub struct Held {
    pub session: Box<dyn Session>,
    pub count: u64,
}

/// The frame of `drop` says what is dropped.
// ringfence: root
#[inline(never)]
pub fn closes(session: Box<dyn Session>) {
    drop(session); //~ RF103 hot; RF401 hot
}

/// The type in the frame does, by its field.
// ringfence: root
#[inline(never)]
pub fn lets_go(held: Held) -> u64 {
    held.count
} //~ RF103 hot; RF401 hot

/// As does the value that is replaced.
// ringfence: root
#[inline(never)]
pub fn forgets(session: &mut Option<Box<dyn Session>>) {
    *session = None; //~ RF103 hot; RF401 hot
}

/// The glue of the vector calls that of its elements, which is another's.
// ringfence: root
#[inline(never)]
pub fn closes_all(sessions: Vec<Box<dyn Session>>) -> usize {
    sessions.len()
} //~ RF103 hot; RF401 hot

/// Objects of the other trait are dropped without a call.
// ringfence: root
#[inline(never)]
pub fn silences(alarm: &mut Option<Box<dyn Alarm>>) -> bool {
    *alarm = None; //~ RF103 hot; RF401 hot
    true
}

// ringfence: root
#[inline(never)]
pub fn silences_all(alarms: &mut Vec<Box<dyn Alarm>>) {
    alarms.clear(); //~ RF103 hot; RF401 hot
}
