use metrics::counter;

// ringfence: root
pub fn count(bytes: u64) {
    counter!("received").increment(bytes);
}
