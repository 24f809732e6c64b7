//! Roots that do little more than call a published crate, named after it.

#![allow(clippy::missing_errors_doc)]

pub mod ahash {
    use ahash::{AHashMap, RandomState};

    // ringfence: root
    #[inline(never)]
    pub fn get(map: &AHashMap<u64, u64>, key: u64) -> Option<u64> {
        map.get(&key).copied()
    }

    // ringfence: root
    #[inline(never)]
    pub fn insert(map: &mut AHashMap<u64, u64>, key: u64) -> Option<u64> {
        map.insert(key, 1)
    }

    // ringfence: root
    #[inline(never)]
    pub fn hash(state: &RandomState, text: &str) -> u64 {
        state.hash_one(text)
    }
}

pub mod bytes {
    use bytes::{Buf, BufMut, Bytes, BytesMut};

    // ringfence: root
    #[inline(never)]
    pub fn put(buffer: &mut BytesMut, value: u64, text: &[u8]) {
        buffer.put_u64(value);
        buffer.put_slice(text);
    }

    // ringfence: root
    #[inline(never)]
    pub fn get(buffer: &mut &[u8]) -> u64 {
        buffer.get_u64()
    }

    // ringfence: root
    #[inline(never)]
    pub fn split(buffer: &mut BytesMut, at: usize) -> Bytes {
        buffer.split_to(at).freeze()
    }

    // ringfence: root
    #[inline(never)]
    pub fn slice(bytes: &Bytes, at: usize) -> Bytes {
        bytes.slice(at..)
    }

    // ringfence: root
    #[inline(never)]
    pub fn release(bytes: Bytes) -> usize {
        bytes.len()
    }
}

pub mod crossbeam_queue {
    use crossbeam_queue::{ArrayQueue, SegQueue};

    // ringfence: root
    #[inline(never)]
    pub fn push(queue: &ArrayQueue<u64>, value: u64) -> bool {
        queue.push(value).is_ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn pop(queue: &ArrayQueue<u64>) -> Option<u64> {
        queue.pop()
    }

    // ringfence: root
    #[inline(never)]
    pub fn push_segment(queue: &SegQueue<u64>, value: u64) {
        queue.push(value);
    }

    // ringfence: root
    #[inline(never)]
    pub fn pop_segment(queue: &SegQueue<u64>) -> Option<u64> {
        queue.pop()
    }
}

pub mod flate2 {
    use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress};

    // ringfence: root
    #[inline(never)]
    pub fn checksum(crc: &mut Crc, bytes: &[u8]) -> u32 {
        crc.update(bytes);
        crc.sum()
    }

    // ringfence: root
    #[inline(never)]
    pub fn compress(state: &mut Compress, from: &[u8], to: &mut [u8]) -> bool {
        state.compress(from, to, FlushCompress::None).is_ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn decompress(state: &mut Decompress, from: &[u8], to: &mut [u8]) -> bool {
        state.decompress(from, to, FlushDecompress::None).is_ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn begin() -> Compress {
        Compress::new(Compression::fast(), false)
    }
}

pub mod hashbrown {
    use hashbrown::{HashMap, HashSet};

    // ringfence: root
    #[inline(never)]
    pub fn get(map: &HashMap<u64, u64>, key: u64) -> Option<u64> {
        map.get(&key).copied()
    }

    // ringfence: root
    #[inline(never)]
    pub fn entry(map: &mut HashMap<String, u64>, key: String) -> u64 {
        *map.entry(key).or_insert(7)
    }

    // ringfence: root
    #[inline(never)]
    pub fn remove(map: &mut HashMap<u64, String>, key: u64) -> bool {
        map.remove(&key).is_some()
    }

    // ringfence: root
    #[inline(never)]
    pub fn meet(one: &HashSet<u64>, other: &HashSet<u64>) -> usize {
        one.intersection(other).count()
    }
}

pub mod httparse {
    use httparse::{Request, Response, Status, EMPTY_HEADER};

    // ringfence: root
    #[inline(never)]
    pub fn request(bytes: &[u8]) -> Option<usize> {
        let mut headers = [EMPTY_HEADER; 16];
        match Request::new(&mut headers).parse(bytes) {
            Ok(Status::Complete(length)) => Some(length),
            _ => None,
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn response(bytes: &[u8]) -> Option<u16> {
        let mut headers = [EMPTY_HEADER; 16];
        let mut response = Response::new(&mut headers);
        response.parse(bytes).ok()?;
        response.code
    }

    // ringfence: root
    #[inline(never)]
    pub fn chunk(bytes: &[u8]) -> bool {
        httparse::parse_chunk_size(bytes).is_ok()
    }
}

pub mod indexmap {
    use indexmap::{IndexMap, IndexSet};

    // ringfence: root
    #[inline(never)]
    pub fn get(map: &IndexMap<u64, u64>, key: u64) -> Option<u64> {
        map.get(&key).copied()
    }

    // ringfence: root
    #[inline(never)]
    pub fn insert(map: &mut IndexMap<u64, u64>, key: u64) -> Option<u64> {
        map.insert(key, 1)
    }

    // ringfence: root
    #[inline(never)]
    pub fn remove(map: &mut IndexMap<u64, u64>, key: u64) -> Option<u64> {
        map.swap_remove(&key)
    }

    // ringfence: root
    #[inline(never)]
    pub fn sort(set: &mut IndexSet<u64>) {
        set.sort_unstable();
    }
}

pub mod itoa {
    // ringfence: root
    #[inline(never)]
    pub fn format(buffer: &mut itoa::Buffer, value: u64) -> usize {
        buffer.format(value).len()
    }

    // ringfence: root
    #[inline(never)]
    pub fn format_wide(buffer: &mut itoa::Buffer, value: i128) -> usize {
        buffer.format(value).len()
    }
}

pub mod lru {
    use lru::LruCache;

    // ringfence: root
    #[inline(never)]
    pub fn get(cache: &mut LruCache<u64, u64>, key: u64) -> Option<u64> {
        cache.get(&key).copied()
    }

    // ringfence: root
    #[inline(never)]
    pub fn put(cache: &mut LruCache<u64, u64>, key: u64) -> Option<u64> {
        cache.put(key, 1)
    }

    // ringfence: root
    #[inline(never)]
    pub fn pop(cache: &mut LruCache<u64, u64>) -> Option<(u64, u64)> {
        cache.pop_lru()
    }
}

pub mod memchr {
    use memchr::memmem::Finder;

    // ringfence: root
    #[inline(never)]
    pub fn byte(bytes: &[u8]) -> Option<usize> {
        memchr::memchr(b'\n', bytes)
    }

    // ringfence: root
    #[inline(never)]
    pub fn any_of(bytes: &[u8]) -> usize {
        memchr::memchr3_iter(b',', b';', b'\t', bytes).count()
    }

    // ringfence: root
    #[inline(never)]
    pub fn last(bytes: &[u8]) -> Option<usize> {
        memchr::memrchr(b'/', bytes)
    }

    // ringfence: root
    #[inline(never)]
    pub fn find(finder: &Finder, bytes: &[u8]) -> Option<usize> {
        finder.find(bytes)
    }
}

pub mod regex {
    use regex::Regex;

    // ringfence: root
    #[inline(never)]
    pub fn is_match(regex: &Regex, text: &str) -> bool {
        regex.is_match(text)
    }

    // ringfence: root
    #[inline(never)]
    pub fn find(regex: &Regex, text: &str) -> Option<usize> {
        regex.find(text).map(|found| found.start())
    }
}

pub mod rustc_hash {
    use rustc_hash::{FxHashMap, FxHashSet};

    // ringfence: root
    #[inline(never)]
    pub fn get(map: &FxHashMap<u64, u64>, key: u64) -> Option<u64> {
        map.get(&key).copied()
    }

    // ringfence: root
    #[inline(never)]
    pub fn insert(set: &mut FxHashSet<String>, key: String) -> bool {
        set.insert(key)
    }

    // ringfence: root
    #[inline(never)]
    pub fn remove(map: &mut FxHashMap<u64, u64>, key: u64) -> Option<u64> {
        map.remove(&key)
    }
}

pub mod ryu {
    // ringfence: root
    #[inline(never)]
    pub fn format(buffer: &mut ryu::Buffer, value: f64) -> usize {
        buffer.format(value).len()
    }

    // ringfence: root
    #[inline(never)]
    pub fn format_finite(buffer: &mut ryu::Buffer, value: f32) -> usize {
        buffer.format_finite(value).len()
    }
}

pub mod serde_json {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
        pub price: f64,
        pub tags: Vec<String>,
    }

    // ringfence: root
    #[inline(never)]
    pub fn write(order: &Order) -> Option<String> {
        serde_json::to_string(order).ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn read(text: &str) -> Option<Order> {
        serde_json::from_str(text).ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn field(value: &serde_json::Value) -> Option<u64> {
        value.get("id")?.as_u64()
    }

    // ringfence: root
    #[inline(never)]
    pub fn parse(bytes: &[u8]) -> bool {
        serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
    }
}

pub mod sha2 {
    use sha2::{Digest, Sha256, Sha512};

    // ringfence: root
    #[inline(never)]
    pub fn update(hasher: &mut Sha256, bytes: &[u8]) {
        hasher.update(bytes);
    }

    // ringfence: root
    #[inline(never)]
    pub fn digest(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    // ringfence: root
    #[inline(never)]
    pub fn wide(bytes: &[u8]) -> [u8; 64] {
        Sha512::digest(bytes).into()
    }
}

pub mod smallvec {
    use smallvec::SmallVec;

    // ringfence: root
    #[inline(never)]
    pub fn push(values: &mut SmallVec<[u64; 8]>, value: u64) {
        values.push(value);
    }

    // ringfence: root
    #[inline(never)]
    pub fn extend(values: &mut SmallVec<[u64; 8]>, more: &[u64]) {
        values.extend_from_slice(more);
    }

    // ringfence: root
    #[inline(never)]
    pub fn clear(values: &mut SmallVec<[String; 4]>) {
        values.clear();
    }

    // ringfence: root
    #[inline(never)]
    pub fn sum(values: &SmallVec<[u64; 8]>) -> u64 {
        values.iter().sum()
    }
}
