use bytes::{Buf, Bytes};

// ringfence: root
pub fn body(packet: &mut Bytes, length: usize) -> Bytes {
    packet.take(length).copy_to_bytes(length)
}
