//! The generic functions of laminar-core's Ring 0, with an event type of a plausible size.
//!
//! A generic function exists only where it is instantiated, and a small one is inlined into its only caller. A static
//! that holds the function's address does both: it instantiates, and it keeps the function whole. Nothing here runs.

use std::mem::MaybeUninit;

use laminar_core::dag::{DagError, MulticastBuffer};
use laminar_core::operator::session_window::SessionWindowOperator;
use laminar_core::operator::sliding_window::SlidingWindowOperator;
use laminar_core::operator::window::{CountAggregator, TumblingWindowOperator};
use laminar_core::operator::Operator;
use laminar_core::streaming::broadcast::{BroadcastChannel, BroadcastError};
use laminar_core::streaming::{Consumer, Producer, RingBuffer, StreamingError};
use laminar_core::tpc::SpscQueue;

/// What travels through the queues: key, timestamp and payload, plain data.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    pub key: u64,
    pub timestamp: i64,
    pub price: f64,
}

/// `tpc::spsc::SpscQueue`.
pub struct Spsc {
    pub push: fn(&SpscQueue<Tick>, Tick) -> Result<(), Tick>,
    pub pop: fn(&SpscQueue<Tick>) -> Option<Tick>,
    pub pop_batch: fn(&SpscQueue<Tick>, usize) -> Vec<Tick>,
    pub pop_batch_into: fn(&SpscQueue<Tick>, &mut [MaybeUninit<Tick>]) -> usize,
    pub pop_each: fn(&SpscQueue<Tick>, usize, fn(Tick) -> bool) -> usize,
}

pub static SPSC: Spsc = Spsc {
    push: SpscQueue::push,
    pop: SpscQueue::pop,
    pop_batch: SpscQueue::pop_batch,
    pop_batch_into: SpscQueue::pop_batch_into,
    pop_each: SpscQueue::pop_each,
};

/// `dag::multicast::MulticastBuffer`.
pub struct Multicast {
    pub publish: fn(&MulticastBuffer<Tick>, Tick) -> Result<(), DagError>,
    pub consume: fn(&MulticastBuffer<Tick>, usize) -> Option<Tick>,
}

pub static MULTICAST: Multicast = Multicast {
    publish: MulticastBuffer::publish,
    consume: MulticastBuffer::consume,
};

/// `streaming::{ring_buffer, broadcast, channel}`.
pub struct Streaming {
    pub ring_push: fn(&RingBuffer<Tick>, Tick) -> Result<(), Tick>,
    pub ring_pop: fn(&RingBuffer<Tick>) -> Option<Tick>,
    pub broadcast: fn(&BroadcastChannel<Tick>, Tick) -> Result<(), BroadcastError>,
    pub read: fn(&BroadcastChannel<Tick>, usize) -> Option<Tick>,
    pub producer_push: fn(&Producer<Tick>, Tick) -> Result<(), StreamingError>,
    pub consumer_poll: fn(&Consumer<Tick>) -> Option<Tick>,
}

pub static STREAMING: Streaming = Streaming {
    ring_push: RingBuffer::push,
    ring_pop: RingBuffer::pop,
    broadcast: BroadcastChannel::broadcast,
    read: BroadcastChannel::read,
    producer_push: Producer::push,
    consumer_poll: Consumer::poll,
};

/// The window operators are generic over their aggregator, and reach the reactor as trait objects.
pub fn tumbling(operator: TumblingWindowOperator<CountAggregator>) -> Box<dyn Operator> {
    Box::new(operator)
}

pub fn sliding(operator: SlidingWindowOperator<CountAggregator>) -> Box<dyn Operator> {
    Box::new(operator)
}

pub fn session(operator: SessionWindowOperator<CountAggregator>) -> Box<dyn Operator> {
    Box::new(operator)
}
