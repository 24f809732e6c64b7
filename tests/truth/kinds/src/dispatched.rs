//! Calls of what others made: objects, pointers, wakers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Wake, Waker};

pub trait Recorder: Send + Sync {
    fn record(&self, value: u64) -> u64;
}

static RECORDER: OnceLock<Box<dyn Recorder>> = OnceLock::new();

pub struct Doubling;
pub struct Halving;

impl Recorder for Doubling {
    #[inline(never)]
    fn record(&self, value: u64) -> u64 {
        value * 2
    }
}

impl Recorder for Halving {
    #[inline(never)]
    fn record(&self, value: u64) -> u64 {
        value / 2
    }
}

#[inline(never)]
pub fn install(doubles: bool) {
    let _ = RECORDER.set(if doubles { Box::new(Doubling) } else { Box::new(Halving) });
}

// ringfence: root
#[inline(never)]
pub fn recorded(value: u64) -> u64 {
    RECORDER.get().map_or(0, |recorder| recorder.record(value))
}

static HOOK: AtomicUsize = AtomicUsize::new(0);

#[inline(never)]
fn tripled(value: u64) -> u64 {
    value * 3
}

#[inline(never)]
pub fn register() {
    HOOK.store(tripled as fn(u64) -> u64 as usize, Ordering::Release);
}

// ringfence: root
#[inline(never)]
pub fn hooked(value: u64) -> u64 {
    let hook = HOOK.load(Ordering::Acquire);
    if hook == 0 {
        return 0;
    }
    // SAFETY: only `register` writes it.
    let hook: fn(u64) -> u64 = unsafe { std::mem::transmute(hook) };
    hook(value)
}

pub type Handler = Box<dyn Fn(u64) -> u64 + Send + Sync>;

#[inline(never)]
pub fn handlers(step: u64) -> Vec<Handler> {
    vec![Box::new(move |value| value + step), Box::new(move |value| value ^ step)]
}

// ringfence: root
#[inline(never)]
pub fn handled(handlers: &[Handler], value: u64) -> u64 {
    handlers.iter().fold(value, |value, handler| handler(value))
}

pub struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    #[inline(never)]
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(2, Ordering::Relaxed);
    }
}

#[inline(never)]
pub fn bell() -> Waker {
    Arc::new(Bell(AtomicUsize::new(0))).into()
}

// ringfence: root
#[inline(never)]
pub fn signalled(waker: &Waker) {
    waker.wake_by_ref();
}

/// The type is known: no dispatch.
// ringfence: root
#[inline(never)]
pub fn direct(recorder: &Doubling, value: u64) -> u64 {
    recorder.record(value)
}
