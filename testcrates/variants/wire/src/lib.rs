//! What comes over the wire.

pub enum Message {
    Beat(u64),
    Full { number: u32, body: [u64; 80] },
}
