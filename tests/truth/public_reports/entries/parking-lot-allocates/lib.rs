use parking_lot::Mutex;

// ringfence: root
pub fn book(total: &Mutex<u64>, size: u64) {
    *total.lock() += size;
}
