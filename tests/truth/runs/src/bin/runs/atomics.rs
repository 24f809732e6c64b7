//! Atomics, clocks, and loops that wait for another thread.

use clocks::Order;
use lines::ring::{Apart, Both, Close, Hopeful};
use orders::{Hub, Slot, Writer};
use runs::{a_while, window};
use spins::Shared;
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};


pub fn run() {
    clocks();
    orders();
    rings();
    spins();
}

fn clocks() {
    let mut orders = [3, 4].map(|id| Order { id, at: Instant::now() });
    for _ in 0..3 {
        window("clocks::stamp", || clocks::stamp(&mut orders[0]));
        window("clocks::stamp_all", || clocks::stamp_all(&mut orders));
        window("clocks::waited", || clocks::waited(&orders[0]));
        window("clocks::wall", clocks::wall);
        #[cfg(target_arch = "x86_64")]
        window("clocks::ticks", clocks::ticks);
        let now = Instant::now();
        window("clocks::waited_since", || clocks::waited_since(&orders[0], black_box(now)));
        window("clocks::rest_within", || clocks::rest_within(black_box(Duration::from_micros(50))));
        thread::current().unpark();
        window("clocks::rest", clocks::rest);
    }
}

fn orders() {
    let slot = Slot {
        value: UnsafeCell::new(0),
        ready: AtomicBool::new(false),
        head: AtomicUsize::new(0),
        count: AtomicU64::new(0),
    };
    let mut writer = Writer { last: 0, shown: AtomicU64::new(0) };
    for value in 0..3 {
        window("orders::Slot::advance", || slot.advance(black_box(1)));
        window("orders::Slot::head", || slot.head());
        window("orders::Slot::count", || slot.count());
        window("orders::Slot::settle", || slot.settle());
        window("orders::Slot::publish_weakly", || slot.publish_weakly(black_box(value)));
        window("orders::Slot::publish", || slot.publish(black_box(value)));
        window("orders::Slot::publish_behind_a_fence", || slot.publish_behind_a_fence(black_box(value)));
        window("orders::Slot::reset", || slot.reset());
        window("orders::Slot::tally", || slot.tally(black_box(value)));
        window("orders::draw", orders::draw);
        window("orders::raise", || orders::raise(black_box(value)));
        window("orders::read_watermark", orders::read_watermark);
        window("orders::set_watermark", || orders::set_watermark(black_box(value)));
        window("orders::count_for_oneself", orders::count_for_oneself);
        window("orders::Writer::note", || writer.note(black_box(value)));
    }
    let hub = Hub { made: OnceLock::new(), shared: Arc::new(3) };
    window("orders::Hub::made", || hub.made());
    hub.made.get_or_init(|| 1);
    window("orders::Hub::made", || hub.made());
    window("orders::Hub::share", || hub.share());
}

fn rings() {
    // SAFETY: each is a pair of counters.
    let (close, apart, hopeful, both): (Close, Apart, Hopeful, Both) = unsafe { std::mem::zeroed() };
    for _ in 0..3 {
        window("lines::ring::Close::send", || close.send());
        window("lines::ring::Close::receive", || close.receive());
        window("lines::ring::Apart::send", || apart.send());
        window("lines::ring::Apart::receive", || apart.receive());
        window("lines::ring::Hopeful::send", || hopeful.send());
        window("lines::ring::Hopeful::receive", || hopeful.receive());
        window("lines::ring::Both::forward", || both.forward());
        window("lines::ring::Both::backward", || both.backward());
    }
}

fn spins() {
    let shared =
        Shared { ready: AtomicBool::new(false), sequence: AtomicU64::new(0), total: AtomicU64::new(0) };
    until_raised(&shared.ready, || window("spins::Shared::wait_pausing", || shared.wait_pausing()));
    until_raised(&shared.ready, || window("spins::Shared::wait_yielding", || shared.wait_yielding()));
    until_raised(&shared.ready, || window("spins::Shared::wait_sleeping", || shared.wait_sleeping()));
    until_raised(&shared.ready, || window("spins::Shared::wait_backing_off", || shared.wait_backing_off()));
    until_raised(&shared.ready, || {
        window("spins::Shared::wait_longer_and_longer", || shared.wait_longer_and_longer());
    });
    let lowered = &shared.ready;
    lowered.store(true, Ordering::Release);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(a_while());
            lowered.store(false, Ordering::Release);
        });
        window("spins::Shared::claim", || shared.claim());
    });
    for value in [3, 1] {
        window("spins::Shared::raise", || shared.raise(black_box(value)));
        window("spins::Shared::poll", || shared.poll());
        window("spins::Shared::delay", || shared.delay(black_box(100)));
    }
}

/// Calls something that waits for a flag, and raises the flag after a while; and once more when it is raised.
pub fn until_raised(flag: &AtomicBool, wait: impl Fn()) {
    flag.store(false, Ordering::Release);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(a_while());
            flag.store(true, Ordering::Release);
        });
        wait();
    });
    wait();
}
