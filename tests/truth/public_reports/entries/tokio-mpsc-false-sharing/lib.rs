use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

// ringfence: root
pub fn emit(out: &UnboundedSender<u64>, event: u64) -> bool {
    out.send(event).is_ok()
}

// ringfence: root
pub fn poll(input: &mut UnboundedReceiver<u64>, context: &mut Context<'_>) -> u64 {
    match input.poll_recv(context) {
        Poll::Ready(Some(event)) => event,
        _ => 0,
    }
}
