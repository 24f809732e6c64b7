//! Functions whose bodies nobody reads, and what the project says of them in `ringfence.toml`.

unsafe extern "C" {
    fn vendor_now() -> u64;
    fn vendor_batch_begin(count: usize) -> i32;
    fn vendor_flush() -> i32;
    fn vendor_open(name: *const u8) -> i32;
    fn vendor_close() -> i32;
    fn vendor_flush_all(each: extern "C" fn()) -> i32;
}

// ringfence: root
pub fn now() -> u64 {
    // SAFETY: always allowed.
    unsafe { vendor_now() }
}

// ringfence: root
pub fn begin(count: usize) -> i32 {
    // SAFETY: any count.
    unsafe { vendor_batch_begin(count) } //~ RF101 hot always; RF103 hot always; RF201 hot always
}

// ringfence: root
pub fn flush(full: bool) -> i32 {
    if full {
        // SAFETY: always allowed.
        return unsafe { vendor_flush() }; //~ RF202 hot conditional
    }
    0
}

// ringfence: root
pub fn open(name: &[u8]) -> i32 {
    // SAFETY: ends with a zero byte.
    unsafe { vendor_open(name.as_ptr()) } //~ RF903 hot always
}

// ringfence: root
pub fn close() -> i32 {
    // SAFETY: always allowed.
    unsafe { vendor_close() } //~ RF903 hot always
}

/// Has a body, which is not followed.
#[inline(never)]
pub fn warm(size: usize) -> Vec<u64> {
    vec![7; size]
}

// ringfence: root
pub fn warmed(size: usize, table: &mut [u64; 4]) {
    let made = std::mem::ManuallyDrop::new(warm(size));
    table[0] = made.len() as u64;
}

pub trait Codec {
    fn encode(&self, value: u64) -> u64;
}

pub struct Plain;
pub struct Kept(pub u64);

impl Codec for Plain {
    #[inline(never)]
    fn encode(&self, value: u64) -> u64 {
        value.rotate_left(3)
    }
}

impl Codec for Kept {
    #[inline(never)]
    fn encode(&self, value: u64) -> u64 {
        *std::hint::black_box(Box::new(value ^ self.0))
    }
}

pub fn codecs() -> [Box<dyn Codec>; 2] {
    [Box::new(Plain), Box::new(Kept(3))]
}

// ringfence: root
pub fn encoded(codec: &dyn Codec, value: u64) -> u64 {
    codec.encode(value) //~ RF401 hot always; RF201 hot
}

// ringfence: root
#[inline(never)]
pub fn labelled(value: u64) -> usize {
    std::hint::black_box(value.to_string()).len() //~ RF101 hot
} //~ RF103 hot

extern "C" fn record() {
    drop(std::hint::black_box(Box::new(1_u8))); //~ RF101 hot; RF103 hot
}

// ringfence: root
pub fn flush_all() -> i32 {
    // SAFETY: the callback may be called at any time.
    unsafe { vendor_flush_all(record) } //~ RF903 hot always
}
