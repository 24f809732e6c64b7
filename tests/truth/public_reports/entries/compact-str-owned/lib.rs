use compact_str::CompactString;

// ringfence: root
pub fn keep(name: String) -> CompactString {
    CompactString::new(name)
}
