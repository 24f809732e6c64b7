//! Messages between threads: queues for many senders are told, rings for one sender and one receiver are not.

use std::sync::mpsc;

pub struct Order {
    pub id: u64,
    pub quantity: u64,
}

pub struct Gateway {
    pub outbox: mpsc::Sender<Order>,
    pub bounded: mpsc::SyncSender<Order>,
    pub inbox: mpsc::Receiver<Order>,
    pub channel: crossbeam_channel::Sender<Order>,
    pub replies: crossbeam_channel::Receiver<Order>,
    pub array: crossbeam_queue::ArrayQueue<Order>,
    pub segments: crossbeam_queue::SegQueue<Order>,
}

impl Gateway {
    // ringfence: root
    pub fn send(&self, order: Order) -> bool {
        self.outbox.send(order).is_ok() //~ RF205 hot; RF204 hot; RF101 hot; RF102 amortized; RF103 hot; RF201 hot; RF202 hot
        //~^ RF101 cold; RF101 first-use; RF102 cold; RF102 first-use; RF103 cold; RF201 hot; RF202 cold
    }

    // ringfence: root
    pub fn try_send(&self, order: Order) -> bool {
        self.bounded.try_send(order).is_ok() //~ RF205 hot; RF204 hot; RF101 hot; RF103 hot; RF201 hot; RF202 hot
        //~^ RF201 hot; RF202 cold
    }

    // ringfence: root
    pub fn receive(&self) -> Option<Order> {
        self.inbox.try_recv().ok() //~ RF205 hot; RF204 hot; RF103 hot; RF201 hot; RF202 hot; RF201 hot; RF202 cold
    }

    // ringfence: root
    pub fn reply(&self) -> Option<Order> {
        self.replies.try_recv().ok() //~ RF205 hot; RF204 hot; RF101 cold; RF102 cold; RF103 hot; RF201 hot; RF202 hot
        //~^ RF103 cold; RF201 hot; RF202 cold
    }

    // ringfence: root
    pub fn hand_over(&self, order: Order) -> bool {
        self.channel.try_send(order).is_ok() //~ RF205 hot; RF204 hot; RF101 hot; RF102 cold; RF103 hot; RF201 hot; RF202 hot
        //~^ RF101 cold; RF103 cold; RF201 hot; RF202 cold
    }

    // ringfence: root
    pub fn keep(&self, order: Order) -> bool {
        self.array.push(order).is_ok() //~ RF205 hot; RF204 hot; RF202 hot
    }

    // ringfence: root
    pub fn wait_for(&self) -> Order {
        loop {
            if let Some(order) = self.array.pop() { //~ RF205 hot; RF202 hot; RF204 hot
                return order;
            }
            std::hint::spin_loop(); //~ RF203 hot
        }
    }

    // ringfence: root
    pub fn next(&self) -> Option<Order> {
        self.segments.pop() //~ RF205 hot; RF204 hot; RF103 hot; RF202 hot
    }
}

pub struct Ring {
    pub outbox: rtrb::Producer<Order>,
    pub inbox: rtrb::Consumer<Order>,
}

impl Ring {
    // ringfence: root
    pub fn send(&mut self, order: Order) -> bool {
        self.outbox.push(order).is_ok()
    }

    // ringfence: root
    pub fn wait_for(&mut self) -> Order {
        loop {
            if let Ok(order) = self.inbox.pop() {
                return order;
            }
            std::hint::spin_loop(); //~ RF203 hot
        }
    }

    // ringfence: root
    pub fn receive(&mut self) -> Option<Order> {
        self.inbox.pop().ok()
    }
}
