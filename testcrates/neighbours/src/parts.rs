//! A thread that is handed its part of a value only: what lies beside the part is seen where the whole is touched.

use std::sync::atomic::{AtomicU64, Ordering};

pub struct Inbox {
    pub taken: AtomicU64,
}

pub struct Outbox {
    pub sent: AtomicU64,
}

#[repr(C, align(64))]
pub struct Desk {
    pub inbox: Inbox,
    pub outbox: Outbox,
}

// ringfence: root
#[inline(never)]
pub fn put(desk: &Desk) -> u64 {
    let sent = desk.outbox.sent.load(Ordering::Relaxed) + 3;
    desk.outbox.sent.store(sent, Ordering::Release); //~ RF302 hot
    sent
}

// ringfence: root
#[inline(never)]
pub fn take(inbox: &Inbox) -> u64 {
    let taken = inbox.taken.load(Ordering::Relaxed) + 5;
    inbox.taken.store(taken, Ordering::Release); //~ RF302 hot
    taken
}

#[repr(align(64))]
pub struct WideInbox {
    pub taken: AtomicU64,
}

#[repr(align(64))]
pub struct WideOutbox {
    pub sent: AtomicU64,
}

pub struct WideDesk {
    pub inbox: WideInbox,
    pub outbox: WideOutbox,
}

// ringfence: root
#[inline(never)]
pub fn put_wide(desk: &WideDesk) -> u64 {
    let sent = desk.outbox.sent.load(Ordering::Relaxed) + 7;
    desk.outbox.sent.store(sent, Ordering::Release);
    sent
}

// ringfence: root
#[inline(never)]
pub fn take_wide(inbox: &WideInbox) -> u64 {
    let taken = inbox.taken.load(Ordering::Relaxed) + 9;
    inbox.taken.store(taken, Ordering::Release);
    taken
}
