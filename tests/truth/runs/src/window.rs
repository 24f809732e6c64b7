//! A window is open while a root runs, and only then: what prepares its arguments and drops its result is not counted.

use crate::heap;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

struct Call {
    root: &'static str,
    from: &'static Location<'static>,
    is_contended: bool,
}

static IS_HELD: AtomicBool = AtomicBool::new(false);

/// Says of the calls from now on that another thread holds what they want, or that it no longer does.
pub fn contend(is_held: bool) {
    IS_HELD.store(is_held, Ordering::Release);
}

/// Calls of a root that are stepped, of those that one line makes.
const MOST_STEPPED: usize = 4;

static CALLS: Mutex<Vec<Call>> = Mutex::new(Vec::new());

/// Calls a root, given by its path as Rust prints it, and gives back what the root gave.
#[track_caller]
pub fn window<R>(root: &'static str, call: impl FnOnce() -> R) -> R {
    let (number, is_stepped) = number(root, Location::caller());
    measured(number, is_stepped, call)
}

/// Never inlined: what a stack holds inside this frame is the root's, and two frames around it is the line that names
/// the root.
#[inline(never)]
fn measured<R>(number: u64, is_stepped: bool, call: impl FnOnce() -> R) -> R {
    if !is_stepped {
        heap::open(number);
        let result = call();
        heap::open(0);
        return result;
    }
    mark(number);
    let result = call();
    mark(0);
    result
}

/// Tells the stepper (`stepper.c`), if it is there, that a window opens or, with 0, closes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn mark(number: u64) {
    // SAFETY: a trap that the stepper catches; without it no window is stepped.
    unsafe { std::arch::asm!("int3", in("rdi") number) };
}

#[cfg(not(target_arch = "x86_64"))]
fn mark(_: u64) {}

/// The number of a call, and whether it is stepped: that is slow, and the first calls from each line must do.
#[inline(never)]
fn number(root: &'static str, from: &'static Location<'static>) -> (u64, bool) {
    let mut calls = CALLS.lock().unwrap();
    let earlier = calls.iter().filter(|call| call.root == root && call.from == from).count();
    let is_stepped = under_stepper() && earlier < MOST_STEPPED;
    calls.push(Call { root, from, is_contended: IS_HELD.load(Ordering::Acquire) });
    (calls.len() as u64, is_stepped)
}

/// For how long a thread lets another one wait: long enough for the other to come where it waits.
pub fn a_while() -> Duration {
    Duration::from_millis(if under_stepper() { 100 } else { 20 })
}

fn under_stepper() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| std::env::var_os("STEPPED").is_some())
}

/// Writes JSON lines into the file that the command line names: the calls in their order, then what was asked of the
/// allocator in each.
pub fn write() -> Result<()> {
    let name = std::env::args_os().nth(1).expect("the name of the file to write");
    let mut file = BufWriter::new(File::create(name)?);
    for Call { root, from, is_contended } in CALLS.lock().unwrap().iter() {
        let (from, line) = (from.file(), from.line());
        writeln!(file, r#"{{"root":"{root}","file":"{from}","line":{line},"is_contended":{is_contended}}}"#)?;
    }
    for (call, kind, bytes, frames) in heap::log() {
        writeln!(file, r#"{{"call":{call},"kind":{kind},"bytes":{bytes},"frames":{frames:?}}}"#)?;
    }
    file.flush()
}
