//! What threads hand over to each other, where nobody has to wait.

use held::{Book, Desk, Ledger, Rates};
use queues::{Gateway, Order, Ring};
use runs::window;
use std::hint::black_box;
use std::sync::mpsc::{channel, sync_channel};
use std::sync::Mutex;

const MANY: u64 = 256;

pub fn run() {
    held();
    queues();
    rings();
    // The last: this thread stays where it is pinned.
    pinned();
}

fn held() {
    let desk = Desk {
        book: Mutex::new(Book { orders: vec![1, 2, 3], best: 4 }),
        ledger: Mutex::new(Ledger { total: 5 }),
        rates: parking_lot::Mutex::new(Rates { rate: 6 }),
        listener: Mutex::new(held::listeners().remove(0)),
    };
    for total in 0..3 {
        window("held::Desk::settle", || desk.settle());
        window("held::Desk::correct", || desk.correct());
        window("held::Desk::settle_elsewhere", || desk.settle_elsewhere());
        window("held::Desk::reprice", || desk.reprice());
        window("held::Desk::try_reprice", || desk.try_reprice());
        window("held::Desk::one_after_the_other", || desk.one_after_the_other());
        window("held::Desk::copy_of_orders", || desk.copy_of_orders());
        window("held::Desk::copy_behind", || desk.copy_behind());
        window("held::Desk::tell", || desk.tell(black_box(total)));
    }
}

fn queues() {
    let order = |id| Order { id, quantity: 1 };
    let (outbox, inbox) = channel();
    let (bounded, _room) = sync_channel(4);
    let (channel, replies) = crossbeam_channel::unbounded();
    let gateway = Gateway {
        outbox,
        bounded,
        inbox,
        channel,
        replies,
        array: crossbeam_queue::ArrayQueue::new(4),
        segments: crossbeam_queue::SegQueue::new(),
    };
    for id in 0..MANY {
        window("queues::Gateway::send", || gateway.send(order(black_box(id))));
        window("queues::Gateway::try_send", || gateway.try_send(order(black_box(id))));
        window("queues::Gateway::hand_over", || gateway.hand_over(order(black_box(id))));
        window("queues::Gateway::keep", || gateway.keep(order(black_box(id))));
        gateway.segments.push(order(id));
    }
    for _ in 0..=MANY {
        window("queues::Gateway::receive", || gateway.receive().is_some());
        window("queues::Gateway::reply", || gateway.reply().is_some());
        window("queues::Gateway::next", || gateway.next().is_some());
    }
    window("queues::Gateway::wait_for", || gateway.wait_for().id);
}

fn rings() {
    let (outbox, inbox) = rtrb::RingBuffer::new(4);
    let mut ring = Ring { outbox, inbox };
    for id in 0..6 {
        window("queues::Ring::send", || ring.send(Order { id: black_box(id), quantity: 1 }));
    }
    window("queues::Ring::wait_for", || ring.wait_for().id);
    for _ in 0..4 {
        window("queues::Ring::receive", || ring.receive().is_some());
    }
}

fn pinned() {
    let mut worker = pinned::Worker { core: 0, seen: 0 };
    window("pinned::Worker::start", || worker.start());
    for price in 0..3 {
        window("pinned::Worker::on_event", || worker.on_event(black_box(price)));
    }
}
