use compact_str::{CompactString, ToCompactString};

// ringfence: root
pub fn label(order: u32) -> CompactString {
    order.to_compact_string()
}
