//! Threads that are started, and threads that are waited for: only the latter's work is the starter's.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub struct Board {
    pub lines: Mutex<Vec<u64>>,
    pub ended: AtomicBool,
    pub turns: AtomicU64,
}

#[inline(never)]
fn refresh(board: &Board) {
    while !board.ended.load(Ordering::Acquire) {
        board.lines.lock().unwrap().push(1);
        thread::sleep(Duration::from_millis(1));
    }
}

#[inline(never)]
fn count(turns: &AtomicU64) {
    turns.fetch_add(1, Ordering::Relaxed);
}

// ringfence: root
#[inline(never)]
pub fn starts(board: &Arc<Board>) {
    let board = board.clone();
    thread::spawn(move || refresh(&board));
}

// ringfence: root
#[inline(never)]
pub fn starts_named(board: &Arc<Board>) -> std::io::Result<JoinHandle<()>> {
    let board = board.clone();
    thread::Builder::new().name("board".into()).spawn(move || refresh(&board))
}

// ringfence: root
#[inline(never)]
pub fn waits_in_scope(board: &Board) {
    thread::scope(|scope| {
        scope.spawn(|| refresh(board));
    });
}

// ringfence: root
#[inline(never)]
pub fn joins(board: &Arc<Board>) -> bool {
    let board = board.clone();
    let handle = thread::spawn(move || refresh(&board));
    handle.join().is_ok()
}

#[inline(never)]
fn started(board: &Arc<Board>) -> JoinHandle<()> {
    let board = board.clone();
    thread::spawn(move || refresh(&board))
}

// ringfence: root
/// The handle goes on.
#[inline(never)]
pub fn hands_on(board: &Arc<Board>) -> JoinHandle<()> {
    started(board)
}

// ringfence: root
/// The same start, and a wait behind it.
#[inline(never)]
pub fn joins_what_another_started(board: &Arc<Board>) -> bool {
    started(board).join().is_ok()
}

pub struct Clock {
    pub board: Arc<Board>,
    pub ticking: Option<JoinHandle<()>>,
}

impl Clock {
    // ringfence: root
    /// It waits for the thread of the call before.
    #[inline(never)]
    pub fn restart(&mut self) {
        if let Some(before) = self.ticking.take() {
            let _ = before.join();
        }
        self.ticking = Some(started(&self.board));
    }
}

/// Joins in its drop.
pub struct Crew {
    members: Vec<JoinHandle<()>>,
}

impl Crew {
    #[inline(never)]
    pub fn new(board: &Arc<Board>) -> Crew {
        Crew { members: (0..4).map(|_| started(board)).collect() }
    }
}

impl Drop for Crew {
    #[inline(never)]
    fn drop(&mut self) {
        for member in self.members.drain(..) {
            let _ = member.join();
        }
    }
}

// ringfence: root
#[inline(never)]
pub fn with_a_crew(board: &Arc<Board>) -> u64 {
    let _crew = Crew::new(board);
    board.turns.load(Ordering::Relaxed)
}

// ringfence: root
/// One is waited for, and does nothing of interest; the other runs beside.
#[inline(never)]
pub fn waits_for_the_quiet_one(turns: &AtomicU64, board: &Arc<Board>) {
    thread::scope(|scope| {
        scope.spawn(|| count(turns));
    });
    let board = board.clone();
    thread::spawn(move || refresh(&board));
}

unsafe extern "C" {
    fn pthread_create(
        thread: *mut u64,
        attributes: *const c_void,
        entry: extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> i32;
    fn pthread_join(thread: u64, result: *mut *mut c_void) -> i32;
}

extern "C" fn keep(argument: *mut c_void) -> *mut c_void {
    Box::into_raw(Box::new(argument)).cast()
}

// ringfence: root
#[inline(never)]
pub fn starts_as_c_does(argument: *mut c_void) -> u64 {
    let mut thread = 0;
    // SAFETY: the entry takes any argument.
    unsafe { pthread_create(&mut thread, std::ptr::null(), keep, argument) };
    thread
}

// ringfence: root
#[inline(never)]
pub fn joins_as_c_does(argument: *mut c_void) -> *mut c_void {
    let (mut thread, mut result) = (0, std::ptr::null_mut());
    // SAFETY: see above; the thread was started.
    unsafe {
        pthread_create(&mut thread, std::ptr::null(), keep, argument);
        pthread_join(thread, &mut result);
    }
    result
}
