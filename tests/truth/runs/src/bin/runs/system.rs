//! What needs other threads, the kernel or C.

use files::Feed;
use guards::Desk;
use locks::Shared;
use runs::{a_while, contend, window};
use std::fs::OpenOptions;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{channel, sync_channel, Receiver};
use std::sync::{Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

const MANY: u64 = 256;

pub fn run() {
    files();
    channels();
    foreign();
    guards();
    locks();
    waiting();
    until_stopped();
    for_ever();
}

fn files() {
    let (_sender, inbox) = channel();
    let (mut feed, _other_end) = feed(inbox);
    for price in 0..3 {
        window("files::Feed::read_file", || feed.read_file());
        window("files::Feed::send", || feed.send());
        window("files::Feed::sync", || feed.sync());
        window("files::Feed::trace", || feed.trace(black_box(price)));
        window("files::Feed::to_memory", || feed.to_memory(black_box(b"data")));
        window("files::Feed::from_memory", || feed.from_memory(black_box(b"data")));
        window("files::Feed::next_sequence", || feed.next_sequence());
        thread::current().unpark();
        window("files::wait_for_a_signal", files::wait_for_a_signal);
    }
}

fn feed(inbox: Receiver<u64>) -> (Feed, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let socket = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
    let other_end = listener.accept().expect("the other end").0;
    let file = OpenOptions::new().read(true).write(true).open("/dev/null").expect("/dev/null");
    (Feed { file, socket, inbox, buffer: [0; 256], sequence: AtomicU64::new(0) }, other_end)
}

/// Each kind of channel: what is there, what is waited for, and the end.
fn channels() {
    let (unbounded, inbox) = channel();
    receive(inbox, move |value| unbounded.send(value).expect("a receiver"));
    for room in [0, 4] {
        let (bounded, inbox) = sync_channel(room);
        receive(inbox, move |value| bounded.send(value).expect("a receiver"));
    }
}

fn receive(inbox: Receiver<u64>, send: impl Fn(u64) + Send + 'static) {
    let (feed, _other_end) = feed(inbox);
    let sender = thread::spawn(move || {
        for value in 0..MANY {
            send(value);
            if value == MANY / 2 {
                thread::sleep(a_while());
            }
        }
    });
    thread::sleep(a_while());
    for _ in 0..MANY + 2 {
        window("files::Feed::next", || feed.next());
    }
    sender.join().expect("the sender ends");
}

/// What the crate `foreign` expects of its vendor.
#[no_mangle]
extern "C" fn vendor_send(_frame: *const u8, length: usize) -> i32 {
    length as i32
}

fn foreign() {
    window("foreign::send", || foreign::send(black_box(&[1, 2])));
    let memory = window("foreign::allocate", || foreign::allocate(black_box(24)));
    // SAFETY: it was just allocated.
    window("foreign::release", || unsafe { foreign::release(memory) });
    // PTHREAD_MUTEX_INITIALIZER is all zeroes on Linux.
    let mut mutex = MaybeUninit::<[u64; 5]>::zeroed();
    // SAFETY: initialised, and locked once.
    window("foreign::lock", || unsafe { foreign::lock(mutex.as_mut_ptr().cast()) });
    // SAFETY: ends with a zero byte.
    window("foreign::length", || unsafe { foreign::length(c"text".as_ptr().cast()) });
    window("foreign::no_operation", || foreign::no_operation(black_box(1)));
    window("foreign::flags", foreign::flags);
    window("foreign::fenced", || foreign::fenced(black_box(&mut 1)));
    window("foreign::kept", || foreign::kept(black_box(1)));
}

fn guards() {
    let mut desk = Desk {
        orders: parking_lot::Mutex::new(Vec::new()),
        limits: parking_lot::RwLock::new([1; 4]),
        open: Mutex::new(false),
        opened: Condvar::new(),
    };
    for order in 0..MANY {
        window("guards::Desk::add", || desk.add(black_box(order)));
    }
    window("guards::Desk::try_clear", || desk.try_clear());
    window("guards::Desk::limit", || desk.limit(black_box(1)));
    window("guards::Desk::set_limit", || desk.set_limit(black_box(1), 2));
    contended(|| desk.orders.lock(), || window("guards::Desk::add", || desk.add(black_box(1))));
    contended(|| desk.orders.lock(), || window("guards::Desk::try_clear", || desk.try_clear()));
    contended(|| desk.limits.write(), || window("guards::Desk::limit", || desk.limit(black_box(1))));
    contended(|| desk.limits.read(), || window("guards::Desk::set_limit", || desk.set_limit(black_box(1), 2)));
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(a_while());
            *desk.open.lock().unwrap() = true;
            desk.announce();
        });
        window("guards::Desk::wait", || desk.wait());
    });
    window("guards::Desk::wait", || desk.wait());
    window("guards::Desk::announce", || desk.announce());
    window("guards::Desk::owned", || desk.owned());
}

/// Runs something in a thread of its own, whose first wait it is, while another holds the lock.
pub fn contended<G, R: Send>(lock: impl Fn() -> G + Sync, call: impl FnOnce() -> R + Send) {
    let is_held = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let held = lock();
            contend(true);
            is_held.wait();
            // Its own thread has to begin, too.
            thread::sleep(3 * a_while());
            contend(false);
            drop(held);
        });
        is_held.wait();
        scope.spawn(call);
    });
}

struct Everywhere(Shared);

// SAFETY: its cell is not used where several threads see it.
unsafe impl Sync for Everywhere {}

impl Everywhere {
    fn get(&self) -> &Shared {
        &self.0
    }
}

fn locks() {
    let shared = Shared {
        total: Mutex::new(0),
        limit: RwLock::new(0),
        seen: parking_lot::Mutex::new(0),
        table: parking_lot::RwLock::new(0),
        count: AtomicU64::new(0),
        last: std::cell::Cell::new(0),
    };
    for _ in 0..2 {
        window("locks::Shared::add", || shared.add(black_box(1)));
        window("locks::Shared::try_add", || shared.try_add(black_box(1)));
        window("locks::Shared::limit", || shared.limit());
        window("locks::Shared::set_limit", || shared.set_limit(black_box(3)));
        window("locks::Shared::claim", || shared.claim());
        window("locks::Shared::bump", || shared.bump());
        window("locks::Shared::remember", || shared.remember(black_box(3)));
    }
    let shared = Everywhere(shared);
    let get = || shared.get();
    contended(|| get().total.lock(), || window("locks::Shared::add", || get().add(black_box(1))));
    contended(|| get().total.lock(), || window("locks::Shared::try_add", || get().try_add(black_box(1))));
    contended(|| get().limit.write(), || window("locks::Shared::limit", || get().limit()));
    contended(|| get().limit.read(), || window("locks::Shared::set_limit", || get().set_limit(black_box(3))));
}

fn waiting() {
    window("waiting::pause", waiting::pause);
    window("waiting::give_way", waiting::give_way);
    let start = Instant::now();
    window("waiting::marked", || waiting::marked(black_box(3)));
    window("waiting::on_processor", || waiting::on_processor(black_box(3)));
    window("waiting::elapsed", || waiting::elapsed(black_box(start)));
    window("waiting::spin", || waiting::spin(black_box(3)));
    let ended = thread::spawn(|| ());
    thread::sleep(a_while());
    window("waiting::join", || waiting::join(ended));
    let running = thread::spawn(|| thread::sleep(a_while()));
    window("waiting::join", || waiting::join(running));
    std::panic::set_hook(Box::new(|_| ()));
    let failing = thread::spawn(|| panic!("{}", black_box("a text that is boxed")));
    window("waiting::join", || waiting::join(failing));
}

fn until_stopped() {
    let core = stop_flag::Core {
        stop: AtomicBool::new(false),
        inbox: [const { AtomicU64::new(5) }; 64],
        seen: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(a_while());
            core.stop.store(true, Ordering::Release);
        });
        window("stop_flag::core_main", || stop_flag::core_main(&core, black_box("core")));
    });
    window("stop_flag::core_main", || stop_flag::core_main(&core, black_box("")));
    window("stop_flag::walk", || stop_flag::walk(black_box(&[1; 50]), black_box("name")));
    window("stop_flag::walk", || stop_flag::walk(black_box(&[]), black_box("")));
}

/// Comes last: its thread still spins when the process ends, with nothing more in its inbox.
fn for_ever() {
    let core = Arc::new(event_loop::Core {
        inbox: [const { AtomicU64::new(5) }; 64],
        seen: AtomicU64::new(0),
        names: [const { AtomicU64::new(0) }; 8],
    });
    let run = Arc::clone(&core);
    thread::spawn(move || window("event_loop::core_main", || event_loop::core_main(&run, black_box("core"))));
    while core.inbox.iter().any(|event| event.load(Ordering::Acquire) != 0) {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(a_while());
}
