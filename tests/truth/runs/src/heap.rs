//! The C allocator of this process, with a log: every call made inside a window is written down with its stack.
//!
//! C's functions are replaced, not Rust's global allocator: then what C code asks for is seen as well, and a crate may
//! bring a global allocator of its own. The program's own definitions come first when it is linked, and pass the call
//! on to glibc's under their other names. Under valgrind these are replaced in turn, and the log stays empty.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

const DEEPEST: usize = 64;
const WORDS: usize = 1 << 22;

/// What was asked of the allocator.
#[derive(Clone, Copy)]
#[repr(u64)]
pub enum Kind {
    Allocate = 0,
    Grow = 1,
    Free = 2,
}

/// Call of a root, kind, bytes, number of frames, frames; and the next one.
static mut LOG: [u64; WORDS] = [0; WORDS];
static USED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Number of the window that is open in this thread, 0 for none. Made without an allocation.
    static OPEN: Cell<u64> = const { Cell::new(0) };
}

extern "C" {
    static __executable_start: u8;
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(memory: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
    fn __libc_free(memory: *mut c_void);
    fn _Unwind_Backtrace(step: extern "C" fn(*mut c_void, *mut Stack) -> c_int, stack: *mut Stack) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
}

#[repr(C)]
struct Stack {
    depth: usize,
    frames: [u64; DEEPEST],
}

extern "C" fn step(context: *mut c_void, stack: *mut Stack) -> c_int {
    const END_OF_STACK: c_int = 5;
    // SAFETY: the unwinder passes on the pointer that it was given.
    let stack = unsafe { &mut *stack };
    if stack.depth == DEEPEST {
        return END_OF_STACK;
    }
    // SAFETY: the context is the unwinder's. The address behind a call may belong to the next line: one back.
    let address = unsafe { _Unwind_GetIP(context) } - 1;
    stack.frames[stack.depth] = (address - start()) as u64;
    stack.depth += 1;
    0
}

fn start() -> usize {
    &raw const __executable_start as usize
}

/// Opens the window of a call in this thread; 0 closes it.
pub fn open(call: u64) {
    OPEN.set(call);
}

#[inline(never)]
fn note(kind: Kind, bytes: usize) {
    let call = OPEN.get();
    if call == 0 {
        return;
    }
    OPEN.set(0);
    let mut stack = Stack { depth: 0, frames: [0; DEEPEST] };
    // SAFETY: the callback gets the stack, and nothing else does.
    unsafe { _Unwind_Backtrace(step, &mut stack) };
    let length = 4 + stack.depth;
    let position = USED.fetch_add(length, Ordering::AcqRel);
    assert!(position + length <= WORDS, "the log is full: call the roots less often");
    let head = [call, kind as u64, bytes as u64, stack.depth as u64];
    // SAFETY: the counter gave these words to nobody else.
    unsafe {
        let at = (&raw mut LOG).cast::<u64>().add(position);
        at.copy_from_nonoverlapping(head.as_ptr(), head.len());
        at.add(head.len()).copy_from_nonoverlapping(stack.frames.as_ptr(), stack.depth);
    }
    OPEN.set(call);
}

/// Everything in the log: call, kind, bytes, frames from the innermost, as addresses in the executable's file.
pub fn log() -> impl Iterator<Item = (u64, u64, u64, &'static [u64])> {
    // SAFETY: read when all windows are closed, apart from that of an endless loop that has nothing more to allocate.
    let mut rest = unsafe { std::slice::from_raw_parts((&raw const LOG).cast::<u64>(), USED.load(Ordering::Acquire)) };
    std::iter::from_fn(move || {
        let [call, kind, bytes, depth, behind @ ..] = rest else { return None };
        let (frames, next) = behind.split_at(*depth as usize);
        rest = next;
        Some((*call, *kind, *bytes, frames))
    })
}

#[no_mangle]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    note(Kind::Allocate, size);
    __libc_malloc(size)
}

#[no_mangle]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    note(Kind::Allocate, count * size);
    __libc_calloc(count, size)
}

#[no_mangle]
unsafe extern "C" fn realloc(memory: *mut c_void, size: usize) -> *mut c_void {
    note(if memory.is_null() { Kind::Allocate } else { Kind::Grow }, size);
    __libc_realloc(memory, size)
}

#[no_mangle]
unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    note(Kind::Allocate, size);
    __libc_memalign(alignment, size)
}

#[no_mangle]
unsafe extern "C" fn posix_memalign(memory: *mut *mut c_void, alignment: usize, size: usize) -> c_int {
    const NO_MEMORY: c_int = 12;
    note(Kind::Allocate, size);
    *memory = __libc_memalign(alignment, size);
    if (*memory).is_null() { NO_MEMORY } else { 0 }
}

#[no_mangle]
unsafe extern "C" fn free(memory: *mut c_void) {
    if memory.is_null() {
        return;
    }
    note(Kind::Free, 0);
    __libc_free(memory);
}
