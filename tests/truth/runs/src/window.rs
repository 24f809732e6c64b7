//! A window is open while a root runs, and only then: what prepares its arguments and drops its result is not counted.

use crate::heap;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::panic::Location;
use std::sync::Mutex;

struct Call {
    root: &'static str,
    from: &'static Location<'static>,
}

static CALLS: Mutex<Vec<Call>> = Mutex::new(Vec::new());

/// Calls a root, given by its path as Rust prints it, and gives back what the root gave.
#[track_caller]
pub fn window<R>(root: &'static str, call: impl FnOnce() -> R) -> R {
    let number = number(root, Location::caller());
    measured(number, call)
}

/// Never inlined: what a stack holds inside this frame is the root's, and two frames around it is the line that names
/// the root.
#[inline(never)]
fn measured<R>(number: u64, call: impl FnOnce() -> R) -> R {
    heap::open(number);
    let result = call();
    heap::close();
    result
}

#[inline(never)]
fn number(root: &'static str, from: &'static Location<'static>) -> u64 {
    let mut calls = CALLS.lock().unwrap();
    calls.push(Call { root, from });
    calls.len() as u64
}

/// Writes JSON lines into the file that the command line names: the calls in their order, then what was asked of the
/// allocator in each.
pub fn write() -> Result<()> {
    let name = std::env::args_os().nth(1).expect("the name of the file to write");
    let mut file = BufWriter::new(File::create(name)?);
    for Call { root, from } in CALLS.lock().unwrap().iter() {
        writeln!(file, r#"{{"root":"{root}","file":"{}","line":{}}}"#, from.file(), from.line())?;
    }
    for (call, kind, bytes, frames) in heap::log() {
        writeln!(file, r#"{{"call":{call},"kind":{kind},"bytes":{bytes},"frames":{frames:?}}}"#)?;
    }
    file.flush()
}
