//! A container of one's own marks its growth cold. Of a container that is new in the call LLVM folds the check away:
//! the growth is the only way on, and nothing behind it is unlikely. Where a check stands, its mark counts.

use std::sync::atomic::{AtomicU64, Ordering};

mod frame;
pub mod results;

use frame::Frame;

pub trait Link {
    fn transmit(&mut self, bytes: &[u8]);
}

pub struct Counter(pub u64);

impl Link for Counter {
    fn transmit(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }
}

#[inline(never)]
pub fn counting(counter: &mut Counter) -> &mut dyn Link {
    counter
}

#[derive(Debug)]
pub struct Closed;

pub struct Report(pub String);

impl From<Closed> for Report {
    #[cold]
    #[inline(never)]
    fn from(_: Closed) -> Report {
        Report("closed".to_string()) //~ RF101 cold
    }
}

/// The way around the growth is that of an error, which is none of the growth's.
// ringfence: root
#[inline(never)]
pub fn answers(link: &mut dyn Link, byte: Result<u8, Closed>) -> Result<(), Closed> {
    let mut frame = Frame::new();
    frame.add(byte?);
    link.transmit(frame.bytes()); //~ RF401 hot conditional loop=0
    Ok(())
}

/// The check stands for the loop's sake; the first byte always finds no room.
// ringfence: root
#[inline(never)]
pub fn collects(link: &mut dyn Link, bytes: &[u8]) {
    let mut frame = Frame::new();
    for byte in bytes {
        frame.add(*byte);
    }
    link.transmit(frame.bytes()); //~ RF401 hot always loop=0
}

/// Here there may be room.
// ringfence: root
#[inline(never)]
pub fn collects_into(frame: &mut Frame, bytes: &[u8]) {
    for byte in bytes {
        frame.add(*byte);
    }
}

/// The same where nothing is an error.
// ringfence: root
#[inline(never)]
pub fn answers_if_asked(link: &mut dyn Link, byte: Option<u8>) {
    let Some(byte) = byte else { return };
    let mut frame = Frame::new();
    frame.add(byte);
    link.transmit(frame.bytes()); //~ RF401 hot conditional loop=0
}

/// The check is written in the root itself.
// ringfence: root
#[inline(never)]
pub fn answers_by_hand(link: &mut dyn Link, byte: u8) {
    if byte == 0 {
        return;
    }
    let mut frame = Frame::new();
    if frame.is_full() {
        frame.grow();
    }
    frame.put(byte);
    link.transmit(frame.bytes()); //~ RF401 hot conditional loop=0
}

/// The error is decided in the function that the check is written in.
// ringfence: root
#[inline(never)]
pub fn answers_or_fails(link: &mut dyn Link, byte: Result<u8, Closed>) -> Result<(), Closed> {
    let mut frame = Frame::new();
    frame.add_result(byte)?;
    frame.put(0);
    link.transmit(frame.bytes()); //~ RF401 hot conditional loop=0
    Ok(())
}

/// Several folded checks in a row, an error in between.
// ringfence: root
#[inline(never)]
pub fn answers_twice(link: &mut dyn Link, first: Result<u8, Closed>, second: Result<u8, Closed>) -> Result<(), Closed> {
    let (mut head, mut body) = (Frame::new(), Frame::new());
    head.add(first?);
    body.add(second?);
    link.transmit(head.bytes()); //~ RF401 hot conditional loop=0
    link.transmit(body.bytes()); //~ RF401 hot conditional loop=0
    Ok(())
}

/// A new container in each turn of a loop.
// ringfence: root
#[inline(never)]
pub fn answers_each(link: &mut dyn Link, bytes: &[u8]) {
    for byte in bytes {
        let mut frame = Frame::new();
        frame.add(*byte);
        link.transmit(frame.bytes()); //~ RF401 hot conditional loop=1
    }
}

/// LLVM itself marks a function cold that always grows a new container.
// ringfence: root
#[inline(never)]
pub fn answers_made(link: &mut dyn Link, byte: Option<u8>) {
    if let Some(byte) = byte {
        let frame = frame::made(byte);
        link.transmit(frame.bytes()); //~ RF401 hot conditional loop=0
    }
}

/// A check that stands: the container lives on.
// ringfence: root
#[inline(never)]
pub fn keeps(frame: &mut Frame, byte: u8) {
    frame.add(byte);
}

/// A closure's mark counts where the closure is run.
// ringfence: root
#[inline(never)]
pub fn defaults(byte: Option<u64>) -> Result<u64, String> {
    Ok(byte.ok_or_else(|| missing())? + 1)
}

/// An error that is converted by a function of a trait, which rustc does not see to be cold.
// ringfence: root
#[inline(never)]
pub fn converts(byte: Result<u64, Closed>) -> Result<u64, Report> {
    Ok(byte? + 1)
}

/// A hint without any cold function.
// ringfence: root
#[inline(never)]
pub fn hinted(link: &mut dyn Link, byte: u8) {
    if byte > 200 {
        std::hint::cold_path();
        link.transmit(&[byte]); //~ RF401 cold
    }
}

/// What waits for another thread and complains about it: the way around is the loop's end.
// ringfence: root
#[inline(never)]
pub fn waits(ready: &AtomicU64) -> usize {
    let mut length = 0;
    while ready.load(Ordering::Acquire) == 0 {
        length += missing().len(); //~ RF103 cold
        std::thread::yield_now(); //~ RF202 cold; RF203 cold
    }
    length
}

#[cold]
#[inline(never)]
fn missing() -> String {
    "missing".to_string() //~ RF101 cold root=defaults; RF101 cold root=waits
}
