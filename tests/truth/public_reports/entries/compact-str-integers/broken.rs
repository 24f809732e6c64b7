use compact_str::CompactStr;

// ringfence: root
pub fn label(order: u32) -> CompactStr {
    CompactStr::new(order.to_string())
}
