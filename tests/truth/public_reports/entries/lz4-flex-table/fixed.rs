use lz4_flex::block::{compress_into_with_table, CompressTable};

// ringfence: root
pub fn pack(frame: &[u8], into: &mut [u8], table: &mut CompressTable) -> usize {
    compress_into_with_table(frame, into, table).unwrap_or(0)
}
