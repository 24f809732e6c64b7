//! Hash tables by what they hash with, and keys that are hashed without a table.
//!
//! `tests/end_to_end/test_hashers.py` says which hasher each finding names.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher, RandomState};

#[derive(Clone, Default)]
pub struct Plain(u64);

impl Hasher for Plain {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(31) + u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Clone)]
pub struct Seeded {
    seed: u64,
}

impl BuildHasher for Seeded {
    type Hasher = Plain;

    fn build_hasher(&self) -> Plain {
        Plain(self.seed)
    }
}

// ringfence: root
#[inline(never)]
pub fn standard(map: &HashMap<u64, u64>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn keyed(map: &HashMap<u64, u64, ahash::RandomState>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn wrapped(map: &ahash::AHashMap<u64, u64>, keys: &[u64]) -> usize {
    keys.iter().filter(|key| map.contains_key(key)).count() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn firefox(map: &rustc_hash::FxHashMap<u64, u64>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn noll(map: &fnv::FnvHashMap<u64, u64>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn other(map: &HashMap<u64, u64, BuildHasherDefault<twox_hash::XxHash64>>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn ordered(map: &indexmap::IndexMap<u64, u64>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn ordered_by_firefox(map: &indexmap::IndexMap<u64, u64, rustc_hash::FxBuildHasher>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn brown(map: &hashbrown::HashMap<u64, u64>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn own_state(map: &HashMap<u64, u64, Seeded>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn own(map: &HashMap<u64, u64, BuildHasherDefault<Plain>>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).sum() //~ RF306 hot loop=1
}

// ringfence: root
#[inline(never)]
pub fn shard(keys: &[u64], counts: &mut [u32; 16]) {
    for key in keys {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        counts[(hasher.finish() & 15) as usize] += 1; //~ RF306 hot loop=1
    }
}

// ringfence: root
#[inline(never)]
pub fn sign(state: &RandomState, keys: &[(u64, u32)], signs: &mut [u64]) {
    for (key, sign) in keys.iter().zip(signs) {
        *sign = state.hash_one(key); //~ RF306 hot loop=1
    }
}

/// Another hasher, no table.
// ringfence: root
#[inline(never)]
pub fn sign_fast(state: &rustc_hash::FxBuildHasher, keys: &[(u64, u32)], signs: &mut [u64]) {
    for (key, sign) in keys.iter().zip(signs) {
        *sign = state.hash_one(key);
    }
}

/// Once a call.
// ringfence: root
#[inline(never)]
pub fn sign_one(key: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
