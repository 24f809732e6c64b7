use lz4_flex::block::compress_into;

// ringfence: root
pub fn pack(frame: &[u8], into: &mut [u8]) -> usize {
    compress_into(frame, into).unwrap_or(0)
}
