use prometheus::IntCounterVec;

// ringfence: root
pub fn count(packets: &IntCounterVec, port: &str) {
    packets.with_label_values(&[port]).inc();
}
